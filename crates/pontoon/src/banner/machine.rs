//! One line of JSON, for scripts that start Pontoon.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Announcement, Endpoint};

/// Its fields are an interface: they may grow, but none changes or goes away.
#[derive(serde::Serialize)]
struct Line<'a> {
    listening: &'a str,
    servers: Servers<'a>,
    default: Option<&'a str>,
}

/// An object by name, in the order of the configuration.
struct Servers<'a>(&'a [Endpoint]);

impl Serialize for Servers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for Endpoint { name, own, .. } in self.0 {
            map.serialize_entry(name, own)?;
        }
        map.end()
    }
}

impl Announcement {
    /// The line, with its end.
    pub(crate) fn machine(&self) -> String {
        let default = self.endpoints.iter().find(|endpoint| endpoint.is_default);
        let line = Line {
            listening: &self.listening,
            servers: Servers(&self.endpoints),
            default: default.map(|endpoint| endpoint.name.as_str()),
        };
        let mut text = serde_json::to_string(&line).expect("texts are always JSON");
        text.push('\n');
        text
    }
}
