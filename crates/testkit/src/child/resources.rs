//! `--resources`: two resources that can be read and subscribed to.

use std::collections::BTreeSet;

use crate::answers::METHOD_NOT_FOUND;
use crate::wire::{Params, quoted};

pub(crate) const URIS: [&str; 2] = ["test://one", "test://two"];

#[derive(Default)]
pub(crate) struct Resources {
    subscribed: BTreeSet<String>,
    version: u64,
}

impl Resources {
    /// The result or the error of a method.
    pub(crate) fn handle(&mut self, method: &str, params: &Params<'_>) -> Result<String, String> {
        match method {
            "resources/list" => Ok(list()),
            "resources/templates/list" => Ok(r#"{"resourceTemplates":[]}"#.to_owned()),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                let known = params.uri.as_deref().filter(|uri| URIS.contains(uri));
                let uri = known.ok_or(r#"{"code":-32002,"message":"Resource not found"}"#)?;
                Ok(self.on(method, uri))
            }
            _ => Err(METHOD_NOT_FOUND.to_owned()),
        }
    }

    fn on(&mut self, method: &str, uri: &str) -> String {
        match method {
            "resources/subscribe" => {
                self.subscribed.insert(uri.to_owned());
            }
            "resources/unsubscribe" => {
                self.subscribed.remove(uri);
            }
            _ => {
                let text = quoted(&format!("version {}", self.version));
                let uri = quoted(uri);
                return format!(r#"{{"contents":[{{"uri":{uri},"mimeType":"text/plain","text":{text}}}]}}"#);
            }
        }
        "{}".to_owned()
    }

    /// Changes every resource; the notifications that owes.
    pub(crate) fn updates(&mut self) -> Vec<String> {
        self.version += 1;
        let uris = self.subscribed.iter().map(|uri| quoted(uri));
        uris.map(|uri| {
            format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":{uri}}}}}"#
            )
        })
        .collect()
    }
}

fn list() -> String {
    let resources = URIS.map(|uri| format!(r#"{{"uri":{},"name":{}}}"#, quoted(uri), quoted(uri)));
    format!(r#"{{"resources":[{}]}}"#, resources.join(","))
}
