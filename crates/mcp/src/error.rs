//! Error codes of MCP beyond those of JSON-RPC, and the errors that carry data.

use pontoon_jsonrpc::{ErrorObject, Raw, code};

use crate::Revision;
use crate::meta::MetaError;

/// Legacy: the resource does not exist. 2026-07-28 uses `-32602` instead.
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// 2025-11-25: an elicitation by URL has to be done first.
pub const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Modern: headers and body disagree, or a required header is missing.
pub const HEADER_MISMATCH: i64 = -32020;
/// Modern: the client did not declare a capability that the request needs.
pub const MISSING_CAPABILITY: i64 = -32021;
/// Modern: the revision that a request names is not served.
pub const UNSUPPORTED_VERSION: i64 = -32022;

/// `-32020`: `detail` says which header, and what was expected.
pub fn header_mismatch(detail: &str) -> ErrorObject {
    ErrorObject {
        code: HEADER_MISMATCH,
        message: format!("Header mismatch: {detail}"),
        data: None,
    }
}

/// `-32022` with `data.supported` and `data.requested`.
///
/// Source: 2026-07-28, Versioning, "Protocol Version Negotiation".
pub fn unsupported_version(requested: &str) -> ErrorObject {
    #[derive(serde::Serialize)]
    struct Data<'a> {
        supported: Vec<&'static str>,
        requested: &'a str,
    }
    let supported = Revision::all().map(Revision::as_str).collect();
    ErrorObject {
        code: UNSUPPORTED_VERSION,
        message: "Unsupported protocol version".to_owned(),
        data: Some(Raw::encode(&Data { supported, requested })),
    }
}

/// `-32601`, naming the method.
pub fn method_not_found(method: &str) -> ErrorObject {
    ErrorObject {
        code: code::METHOD_NOT_FOUND,
        message: format!("Method not found: {method}"),
        data: None,
    }
}

/// `-32602` with an explanation.
pub fn invalid_params(detail: impl Into<String>) -> ErrorObject {
    ErrorObject {
        code: code::INVALID_PARAMS,
        message: detail.into(),
        data: None,
    }
}

/// `-32600` with an explanation.
pub fn invalid_request(detail: impl Into<String>) -> ErrorObject {
    ErrorObject {
        code: code::INVALID_REQUEST,
        message: detail.into(),
        data: None,
    }
}

impl From<MetaError> for ErrorObject {
    fn from(error: MetaError) -> Self {
        match error {
            MetaError::Missing(key) => {
                invalid_params(format!("Invalid params: _meta lacks the required field {key:?}"))
            }
            MetaError::Invalid { key, expected } => {
                invalid_params(format!("Invalid params: _meta field {key:?} must be {expected}"))
            }
            MetaError::Unsupported(requested) => unsupported_version(&requested),
        }
    }
}
