//! Which arguments of a server's tools clients repeat in headers, as last listed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memchr::memmem;
use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::{MirroredParameter, X_MCP_HEADER};

/// Annotated tools of one server that are remembered. What clients say about others is not checked.
const MAX_TOOLS: usize = 4096;

/// Annotated tools by their names.
#[derive(Default)]
pub(crate) struct Annotations(Mutex<HashMap<String, Arc<[MirroredParameter]>>>);

impl Annotations {
    /// Learns from a list of tools, or a page of one, that goes to a client.
    pub(crate) fn learn(&self, listed: &Raw) {
        let is_annotated = memmem::find(listed.as_bytes(), X_MCP_HEADER.as_bytes()).is_some();
        if !is_annotated && self.lock().is_empty() {
            return;
        }
        let tools = listed
            .object()
            .and_then(|listed| listed.get("tools")?.decode::<Vec<Raw>>().ok());
        for tool in tools.unwrap_or_default().iter().filter_map(Raw::object) {
            self.learn_tool(&tool);
        }
    }

    /// A tool whose annotations are invalid has none that anybody could follow.
    fn learn_tool(&self, tool: &RawObject) {
        let Some(name) = tool.get_str("name") else { return };
        let schema = tool.get("inputSchema");
        let parameters = schema.and_then(|schema| MirroredParameter::read_all(&schema).ok());
        let parameters = parameters.filter(|parameters| !parameters.is_empty());
        let mut tools = self.lock();
        match parameters {
            Some(parameters) if tools.len() < MAX_TOOLS || tools.contains_key(&*name) => {
                tools.insert(name.into_owned(), parameters.into());
            }
            Some(_) => {}
            None => drop(tools.remove(&*name)),
        }
    }

    /// The arguments of a tool that headers repeat, if any are known.
    pub(crate) fn of(&self, tool: &str) -> Option<Arc<[MirroredParameter]>> {
        self.lock().get(tool).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<[MirroredParameter]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_as_they_were_listed_last() {
        let annotations = Annotations::default();
        let list = |schema: &str| {
            let text = format!(r#"{{"tools":[{{"name":"t","inputSchema":{schema}}},7]}}"#);
            annotations.learn(&Raw::parse(text, &pontoon_jsonrpc::Limits::SERVER).unwrap());
            annotations.of("t").map_or(0, |parameters| parameters.len())
        };
        assert_eq!(list("{}"), 0);
        let annotated = r#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}"#;
        assert_eq!(list(annotated), 1);
        assert_eq!(list(&annotated.replace("\"A\"", "\"not a token\"")), 0);
        assert_eq!(list(annotated), 1);
        assert_eq!(list("{}"), 0);
    }
}
