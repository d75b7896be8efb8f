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

/// How many annotated tools of one server are remembered. What others want is not known, and their calls are the
/// server's to refuse.
const MAX_TOOLS: usize = 4096;

type Parameters = Arc<[(HeaderName, MirroredParameter)]>;

/// The annotated tools of a server, as last listed.
#[derive(Default)]
pub(crate) struct Tools(Mutex<HashMap<String, Parameters>>);

impl Tools {
    /// The headers that a call of a tool needs besides the usual ones.
    pub(crate) fn headers(&self, call: &Call) -> Vec<Header> {
        let Some(parameters) = self.lock().get(&call.tool).cloned() else {
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
        if !is_annotated && self.lock().is_empty() {
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
                self.remember(name, parameters);
                true
            }
            Err(why) => {
                tracing::warn!(server, tool = name, %why, "the tool's annotations are invalid, so it is left out");
                self.lock().remove(&name);
                false
            }
        }
    }

    fn remember(&self, tool: String, parameters: Vec<MirroredParameter>) {
        let mut tools = self.lock();
        if parameters.is_empty() {
            tools.remove(&tool);
            return;
        }
        if tools.len() >= MAX_TOOLS && !tools.contains_key(&tool) {
            return;
        }
        let named = parameters.into_iter().filter_map(|parameter| {
            let name = format!("{}{}", header::PARAM_PREFIX, parameter.name());
            Some((HeaderName::try_from(name).ok()?, parameter))
        });
        tools.insert(tool, named.collect());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Parameters>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(tool: &Raw) -> Option<(RawObject, String)> {
    let tool = tool.object()?;
    let name = tool.get_str("name")?.into_owned();
    Some((tool, name))
}
