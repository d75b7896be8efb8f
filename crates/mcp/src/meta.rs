//! Reserved keys of `_meta` (2026-07-28, Overview, "Reserved keys").

use pontoon_jsonrpc::{Raw, RawObject};

use crate::{ClientCapabilities, LogLevel, ModernRevision, Revision};

/// The member of `params` and `result` that holds metadata.
pub const META: &str = "_meta";
/// Opts a request into progress notifications.
pub const PROGRESS_TOKEN: &str = "progressToken";
/// Revision of a modern request.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Name and version of the client.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Capabilities of the client for this request.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Lowest level of log messages that a request wants to see.
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// The listen request that a notification belongs to.
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// Name and version of the server.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Prefix of the keys that a legacy peer must not see.
pub const RESERVED_PREFIX: &str = "io.modelcontextprotocol/";

/// What a modern request says of itself.
#[derive(Clone, Debug)]
pub struct RequestMeta {
    /// Revision of this request.
    pub revision: ModernRevision,
    /// Name and version of the client, if it says so.
    pub client_info: Option<Raw>,
    /// Capabilities of the client.
    pub capabilities: ClientCapabilities,
    /// Lowest level of log messages wanted; none without it.
    pub log_level: Option<LogLevel>,
}

/// Why a modern request's `_meta` was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaError {
    /// A required key is missing: `-32602`.
    Missing(&'static str),
    /// A key holds a value of the wrong type: `-32602`.
    Invalid {
        /// The key.
        key: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// The revision is not one that requests may name: `-32022`.
    Unsupported(String),
}

/// The revision that a request names in its `_meta`, as written; `None` if it
/// names none, which is how a legacy request looks.
pub fn named_revision(params: Option<&Raw>) -> Option<Raw> {
    params?.object()?.get(META)?.object()?.get(PROTOCOL_VERSION)
}

impl RequestMeta {
    /// Reads the reserved keys of a modern request.
    ///
    /// # Errors
    ///
    /// [`MetaError`] names the first key that is missing or wrong.
    pub fn read(params: Option<&RawObject>) -> Result<Self, MetaError> {
        let meta = params
            .and_then(|params| params.get(META))
            .and_then(|meta| meta.object());
        let Some(meta) = meta else {
            return Err(MetaError::Missing(META));
        };
        let revision = Self::read_revision(&meta)?;
        let capabilities = meta
            .get(CLIENT_CAPABILITIES)
            .ok_or(MetaError::Missing(CLIENT_CAPABILITIES))?;
        let capabilities = ClientCapabilities::new(capabilities).ok_or(MetaError::Invalid {
            key: CLIENT_CAPABILITIES,
            expected: "an object",
        })?;
        let client_info = meta.get(CLIENT_INFO);
        if client_info.as_ref().is_some_and(|info| info.object().is_none()) {
            return Err(MetaError::Invalid {
                key: CLIENT_INFO,
                expected: "an object",
            });
        }
        let log_level = meta
            .get(LOG_LEVEL)
            .map(|level| Self::read_level(&level))
            .transpose()?;
        Ok(Self {
            revision,
            client_info,
            capabilities,
            log_level,
        })
    }

    fn read_revision(meta: &RawObject) -> Result<ModernRevision, MetaError> {
        let named = meta
            .get(PROTOCOL_VERSION)
            .ok_or(MetaError::Missing(PROTOCOL_VERSION))?;
        let named = named
            .to_string_value()
            .ok_or(MetaError::Invalid {
                key: PROTOCOL_VERSION,
                expected: "a string",
            })?
            .into_owned();
        match Revision::parse(&named) {
            Some(Revision::Modern(revision)) => Ok(revision),
            Some(Revision::Legacy(_)) | None => Err(MetaError::Unsupported(named)),
        }
    }

    fn read_level(level: &Raw) -> Result<LogLevel, MetaError> {
        level
            .to_string_value()
            .and_then(|level| LogLevel::parse(&level))
            .ok_or(MetaError::Invalid {
                key: LOG_LEVEL,
                expected: "a log level, debug to emergency",
            })
    }
}
