//! Method names, and which of them belong to which era.

/// The legacy handshake.
pub const INITIALIZE: &str = "initialize";
/// The client's word that the handshake is over.
pub const INITIALIZED: &str = "notifications/initialized";
/// Liveness check, either way; legacy only.
pub const PING: &str = "ping";
/// The modern description of a server.
pub const DISCOVER: &str = "server/discover";
/// The modern stream of change notifications.
pub const LISTEN: &str = "subscriptions/listen";
/// First message on a [`LISTEN`] stream.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// Lists tools.
pub const TOOLS_LIST: &str = "tools/list";
/// Calls a tool.
pub const TOOLS_CALL: &str = "tools/call";
/// Lists prompts.
pub const PROMPTS_LIST: &str = "prompts/list";
/// Gets a prompt.
pub const PROMPTS_GET: &str = "prompts/get";
/// Lists resources.
pub const RESOURCES_LIST: &str = "resources/list";
/// Lists resource templates.
pub const TEMPLATES_LIST: &str = "resources/templates/list";
/// Reads a resource.
pub const RESOURCES_READ: &str = "resources/read";
/// Legacy subscription to one resource.
pub const SUBSCRIBE: &str = "resources/subscribe";
/// End of a legacy subscription.
pub const UNSUBSCRIBE: &str = "resources/unsubscribe";
/// Legacy log level of a session.
pub const SET_LEVEL: &str = "logging/setLevel";
/// Asks for completions of an argument.
pub const COMPLETE: &str = "completion/complete";

/// Progress of a request, by its token.
pub const PROGRESS: &str = "notifications/progress";
/// A log message.
pub const LOG_MESSAGE: &str = "notifications/message";
/// Withdraws a request.
pub const CANCELLED: &str = "notifications/cancelled";
/// The list of tools changed.
pub const TOOLS_CHANGED: &str = "notifications/tools/list_changed";
/// The list of prompts changed.
pub const PROMPTS_CHANGED: &str = "notifications/prompts/list_changed";
/// The list of resources changed.
pub const RESOURCES_CHANGED: &str = "notifications/resources/list_changed";
/// A subscribed resource changed.
pub const RESOURCE_UPDATED: &str = "notifications/resources/updated";
/// The client's list of roots changed; legacy only.
pub const ROOTS_CHANGED: &str = "notifications/roots/list_changed";

/// Question: let the client's model write a message.
pub const SAMPLING: &str = "sampling/createMessage";
/// Question: ask the user.
pub const ELICITATION: &str = "elicitation/create";
/// Question: the client's root directories.
pub const ROOTS_LIST: &str = "roots/list";

/// Methods of the legacy core that 2026-07-28 removed: a modern request for
/// one of them is an unknown method, whatever the server behind could do.
///
/// Source: 2026-07-28, changelog, major changes 2, 4 and 5.
pub fn removed_in_modern(method: &str) -> bool {
    matches!(method, INITIALIZE | PING | SUBSCRIBE | UNSUBSCRIBE | SET_LEVEL)
}

/// Methods that exist only in the modern core.
pub fn absent_in_legacy(method: &str) -> bool {
    matches!(method, DISCOVER | LISTEN)
}

/// Notifications that say no more than that a list has to be asked for again:
/// two that follow each other say what one does.
pub fn is_list_change(method: &str) -> bool {
    matches!(method, TOOLS_CHANGED | PROMPTS_CHANGED | RESOURCES_CHANGED)
}

/// The parameter that the `Mcp-Name` header mirrors for `method`, if any.
///
/// Source: 2026-07-28, Streamable HTTP, "Standard Request Headers".
pub fn mirrored_name(method: &str) -> Option<&'static str> {
    match method {
        TOOLS_CALL | PROMPTS_GET => Some("name"),
        RESOURCES_READ => Some("uri"),
        _ => None,
    }
}

/// Requests whose answer may be a question: `input_required`.
///
/// Source: 2026-07-28, Multi Round-Trip Requests, "Supported Requests".
pub fn may_ask(method: &str) -> bool {
    matches!(method, TOOLS_CALL | PROMPTS_GET | RESOURCES_READ)
}

/// Requests whose complete results carry `ttlMs` and `cacheScope`.
///
/// Source: 2026-07-28, Caching, "Cacheable Results".
pub fn cacheable(method: &str) -> bool {
    matches!(
        method,
        DISCOVER | TOOLS_LIST | PROMPTS_LIST | RESOURCES_LIST | TEMPLATES_LIST | RESOURCES_READ
    )
}

/// Methods that are requests by definition: the same name without an id is
/// an invalid message, never a notification to pass on.
pub fn is_request(method: &str) -> bool {
    removed_in_modern(method)
        || absent_in_legacy(method)
        || cacheable(method)
        || matches!(
            method,
            TOOLS_CALL | PROMPTS_GET | COMPLETE | SAMPLING | ELICITATION | ROOTS_LIST
        )
}
