//! A legacy client in front of a modern server.

use memchr::memmem;
use pontoon_jsonrpc::{ErrorObject, Kind, Raw, RawObject, code};
use pontoon_mcp::error::{HEADER_MISMATCH, MISSING_CAPABILITY, RESOURCE_NOT_FOUND, UNSUPPORTED_VERSION};
use pontoon_mcp::meta::{
    CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL, META, PROGRESS_TOKEN, PROTOCOL_VERSION, RESERVED_PREFIX,
    SERVER_INFO,
};
use pontoon_mcp::{ClientCapabilities, LegacyRevision, LogLevel, ModernRevision, Question, method};

use crate::exchange::UpstreamId;

/// What a legacy client says of itself in every request that goes on to a modern server.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    client_info: Raw,
    capabilities: ClientCapabilities,
}

impl Voice {
    /// Somebody who can be asked nothing.
    pub(crate) fn of_nobody(client_info: Raw) -> Self {
        Self {
            client_info,
            capabilities: ClientCapabilities::none(),
        }
    }

    /// A client that introduced itself in a handshake that settled on `revision`.
    pub(crate) fn new(client_info: Raw, declared: &ClientCapabilities, revision: LegacyRevision) -> Self {
        Self {
            client_info,
            capabilities: modern_capabilities(declared, revision),
        }
    }

    /// What it can be asked.
    pub(crate) fn capabilities(&self) -> &ClientCapabilities {
        &self.capabilities
    }

    /// The keys of `_meta` that every modern request has.
    fn describe(&self, meta: &RawObject, level: Option<LogLevel>, token: Option<Raw>) -> Raw {
        let mut edit = meta.edit();
        // What only a modern client may say, a legacy one cannot have meant.
        for (key, _) in meta.iter().filter(|(key, _)| key.starts_with(RESERVED_PREFIX)) {
            edit.remove(&key);
        }
        edit.set(PROTOCOL_VERSION, Raw::string(ModernRevision::NEWEST.as_str()));
        edit.set(CLIENT_INFO, self.client_info.clone());
        edit.set(CLIENT_CAPABILITIES, self.capabilities.raw().clone());
        if let Some(level) = level {
            edit.set(LOG_LEVEL, Raw::string(level.as_str()));
        }
        if let Some(token) = token {
            edit.set(PROGRESS_TOKEN, token);
        }
        edit.finish()
    }

    /// Parameters of a request that the link itself sends to a modern server.
    pub(crate) fn own_params(&self) -> Raw {
        let empty = RawObject::empty();
        let mut edit = empty.edit();
        edit.set(META, self.describe(&RawObject::empty(), None, None));
        edit.finish()
    }
}

/// Capabilities as 2026-07-28 knows them. Roots no longer announce changes, and only a 2025-11-25 client knows what to
/// do with a URL.
fn modern_capabilities(declared: &ClientCapabilities, revision: LegacyRevision) -> ClientCapabilities {
    let declared = declared.across_eras();
    let Some(object) = declared.raw().object() else {
        return ClientCapabilities::none();
    };
    let mut edit = object.edit();
    if object.contains(Question::Roots.capability()) {
        edit.set(Question::Roots.capability(), Raw::empty_object());
    }
    let elicitation = object.get(Question::Elicitation.capability());
    if let Some(modes) = elicitation.and_then(|elicitation| elicitation.object())
        && revision < LegacyRevision::V2025_11_25
    {
        edit.set(
            Question::Elicitation.capability(),
            modes.edit().remove("url").finish(),
        );
    }
    ClientCapabilities::new(edit.finish()).unwrap_or_else(ClientCapabilities::none)
}

/// Parameters as a modern server knows them, and the client's progress token.
pub(crate) fn request_params(
    params: Option<&Raw>,
    minted: UpstreamId,
    voice: &Voice,
    level: Option<LogLevel>,
) -> (Raw, Option<Raw>) {
    let object = params.and_then(Raw::object).unwrap_or_else(RawObject::empty);
    let meta = object
        .get(META)
        .and_then(|meta| meta.object())
        .unwrap_or_else(RawObject::empty);
    let token = meta.get(PROGRESS_TOKEN);
    let described = voice.describe(&meta, level, token.as_ref().map(|_| minted.to_raw()));
    let mut edit = object.edit();
    // Members of a retry, which a legacy client cannot have meant.
    edit.remove("inputResponses").remove("requestState");
    edit.set(META, described);
    (edit.finish(), token)
}

/// A modern result as a legacy client expects it.
pub(crate) fn result(method: &str, result: &Raw) -> Raw {
    let Some(object) = result.object() else {
        return result.clone();
    };
    let mut edit = object.edit();
    edit.remove("resultType").remove("ttlMs").remove("cacheScope");
    if let Some(meta) = object.get(META).and_then(|meta| meta.object())
        && meta.contains(SERVER_INFO)
    {
        if meta.len() == 1 {
            edit.remove(META);
        } else {
            edit.set(META, meta.edit().remove(SERVER_INFO).finish());
        }
    }
    match method {
        // Up to 2025-11-25 it is an object.
        method::TOOLS_CALL if object.get("structuredContent").is_some_and(is_no_object) => {
            edit.remove("structuredContent");
        }
        method::TOOLS_LIST => {
            if let Some(tools) = object.get("tools").and_then(|tools| legacy_tools(&tools)) {
                edit.set("tools", tools);
            }
        }
        _ => {}
    }
    edit.finish()
}

fn is_no_object(value: Raw) -> bool {
    value.kind() != Kind::Object
}

/// The list without output schemas that a legacy client would refuse: up to 2025-11-25 their root is an object. `None`
/// if there are none.
fn legacy_tools(tools: &Raw) -> Option<Raw> {
    memmem::find(tools.as_bytes(), b"outputSchema")?;
    let mut changed = false;
    let tools: Vec<Raw> = tools.decode().ok()?;
    let tools: Vec<Raw> = tools
        .into_iter()
        .map(|tool| match without_foreign_schema(&tool) {
            Some(tool) => {
                changed = true;
                tool
            }
            None => tool,
        })
        .collect();
    changed.then(|| Raw::encode(&tools))
}

fn without_foreign_schema(tool: &Raw) -> Option<Raw> {
    let tool = tool.object()?;
    let schema = tool.get("outputSchema")?;
    let root = schema
        .object()
        .and_then(|schema| Some(schema.get_str("type")? == "object"));
    (root != Some(true)).then(|| tool.edit().remove("outputSchema").finish())
}

/// A modern error as a legacy client expects it.
pub(crate) fn error(method: &str, error: ErrorObject) -> ErrorObject {
    match error.code {
        // "If the requested resource does not exist" (2026-07-28, Resources, "Error Handling"): told from other
        // invalid parameters by the URI in its data.
        code::INVALID_PARAMS if method == method::RESOURCES_READ && names_resource(&error) => ErrorObject {
            code: RESOURCE_NOT_FOUND,
            ..error
        },
        HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION => ErrorObject {
            code: code::INTERNAL_ERROR,
            message: format!("{} ({})", error.message, explanation(error.code)),
            data: error.data,
        },
        _ => error,
    }
}

fn names_resource(error: &ErrorObject) -> bool {
    let data = error.data.as_ref().and_then(Raw::object);
    data.is_some_and(|data| data.contains("uri")) || error.message.to_ascii_lowercase().contains("not found")
}

const fn explanation(code: i64) -> &'static str {
    match code {
        HEADER_MISMATCH => "the server and the gateway disagree about a header of this request",
        MISSING_CAPABILITY => "the server needs a capability that this client did not declare in initialize",
        _ => "the server does not serve the revision 2026-07-28 for this request",
    }
}

#[cfg(test)]
mod tests;
