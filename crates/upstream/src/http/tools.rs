//! What is known of a server's tools: which arguments they want repeated in headers.
//!
//! Source: 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters".

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use memchr::memmem;
use pontoon_jsonrpc::{Message, Outcome, Raw, RawObject};
use pontoon_mcp::{MirroredParameter, X_MCP_HEADER, header};

use crate::http::client::Header;
use crate::http::outgoing::Call;

/// How many annotated tools of one server are remembered, and how much memory they may take. What others want is not
/// known, and their calls are the server's to refuse.
const MAX_TOOLS: usize = 4096;
const MAX_BYTES: usize = 4 << 20;

type Parameters = Arc<[(HeaderName, MirroredParameter)]>;

/// The annotated tools of a server, as last listed.
#[derive(Default)]
pub(crate) struct Tools(Mutex<Known>);

#[derive(Default)]
struct Known {
    tools: HashMap<String, Parameters>,
    bytes: usize,
}

impl Tools {
    /// The headers that a call of a tool needs besides the usual ones.
    pub(crate) fn headers(&self, call: &Call) -> Vec<Header> {
        let Some(parameters) = self.lock().tools.get(&call.tool).cloned() else {
            return Vec::new();
        };
        let Some(arguments) = call.arguments.as_ref().and_then(Raw::object) else {
            return Vec::new();
        };
        let header = |(name, parameter): &(HeaderName, MirroredParameter)| {
            let value = parameter.value(&arguments)?;
            let value = HeaderValue::from_str(&header::encode_value(&value)).ok()?;
            Some((name.clone(), value))
        };
        parameters.iter().filter_map(header).collect()
    }

    /// Learns from a list of tools that passes. "The client MUST exclude the invalid tool from the result of
    /// tools/list": so it does not pass.
    pub(crate) fn learn(&self, message: Message, server: &str) -> Message {
        match message {
            Message::Response(mut response) => {
                if let Outcome::Result(result) = &mut response.outcome
                    && let Some(cleaned) = self.learn_from(result, server)
                {
                    *result = cleaned;
                }
                Message::Response(response)
            }
            other => other,
        }
    }

    /// Returns the list without invalid tools, if there were any.
    pub(crate) fn learn_from(&self, result: &Raw, server: &str) -> Option<Raw> {
        let is_annotated = memmem::find(result.as_bytes(), X_MCP_HEADER.as_bytes()).is_some();
        if !is_annotated && self.lock().tools.is_empty() {
            return None;
        }
        let result = result.object()?;
        let listed: Vec<Raw> = result.get("tools")?.decode().ok()?;
        let all = listed.len();
        let valid: Vec<Raw> = listed
            .into_iter()
            .filter(|tool| self.is_valid(tool, server))
            .collect();
        (valid.len() < all).then(|| result.edit().set("tools", Raw::encode(&valid)).finish())
    }

    fn is_valid(&self, tool: &Raw, server: &str) -> bool {
        let Some((tool, name)) = named(tool) else {
            // What is no tool is not ours to judge.
            return true;
        };
        let read = match tool.get("inputSchema") {
            Some(schema) => MirroredParameter::read_all(&schema),
            None => Ok(Vec::new()),
        };
        match read {
            Ok(parameters) => {
                self.lock().remember(name, parameters);
                true
            }
            Err(why) => {
                tracing::warn!(server, tool = name, %why, "the tool's annotations are invalid, so it is left out");
                self.lock().forget(&name);
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What was known of the tool before is over, also where there is no room for what is now.
    fn remember(&mut self, tool: String, parameters: Vec<MirroredParameter>) {
        self.forget(&tool);
        let named = parameters.into_iter().filter_map(|parameter| {
            let name = format!("{}{}", header::PARAM_PREFIX, parameter.name());
            Some((HeaderName::try_from(name).ok()?, parameter))
        });
        let named: Parameters = named.collect();
        let bytes = self.bytes + size(&tool, &named);
        if !named.is_empty() && self.tools.len() < MAX_TOOLS && bytes <= MAX_BYTES {
            self.bytes = bytes;
            self.tools.insert(tool, named);
        }
    }

    fn forget(&mut self, tool: &str) {
        if let Some(before) = self.tools.remove(tool) {
            self.bytes -= size(tool, &before);
        }
    }
}

/// What a tool takes, in bytes.
fn size(tool: &str, parameters: &[(HeaderName, MirroredParameter)]) -> usize {
    let own = size_of::<(String, Parameters)>() + tool.len();
    let each = |(name, parameter): &(HeaderName, MirroredParameter)| {
        size_of::<HeaderName>() + name.as_str().len() + parameter.size()
    };
    own + parameters.iter().map(each).sum::<usize>()
}

fn named(tool: &Raw) -> Option<(RawObject, String)> {
    let tool = tool.object()?;
    let name = tool.get_str("name")?.into_owned();
    Some((tool, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_take_no_more_memory_than_they_may() {
        let annotated = |property: &str| {
            let schema =
                format!(r#"{{"properties":{{"{property}":{{"type":"string","x-mcp-header":"A"}}}}}}"#);
            let schema = Raw::parse(schema, &pontoon_jsonrpc::Limits::SERVER).unwrap();
            MirroredParameter::read_all(&schema).unwrap()
        };
        let long = "a".repeat(MAX_BYTES / 2);
        let mut known = Known::default();
        for (tool, property) in [("t", &*long), ("u", &*long), ("v", "a")] {
            known.remember(tool.to_owned(), annotated(property));
        }
        assert!(known.tools.contains_key("t") && known.tools.contains_key("v"));
        assert!(!known.tools.contains_key("u") && known.bytes <= MAX_BYTES);
        known.remember("t".to_owned(), Vec::new());
        known.remember("u".to_owned(), annotated(&long));
        assert!(known.tools.contains_key("u"));
        known.remember("v".to_owned(), annotated(&long));
        assert!(!known.tools.contains_key("v"));
        known.forget("u");
        assert_eq!((known.tools.len(), known.bytes), (0, 0));
    }
}
