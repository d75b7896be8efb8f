//! Headers that mirror the body of a modern request.
//!
//! The body decides everything; the headers only have to agree with it.
//! Source: 2026-07-28, Streamable HTTP, "Request Metadata".

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use pontoon_jsonrpc::{ErrorObject, Raw, RawObject, Request};
use pontoon_mcp::error::header_mismatch;
use pontoon_mcp::header::{self, decode_value};
use pontoon_mcp::meta::{META, PROTOCOL_VERSION, RequestMeta};
use pontoon_mcp::{MirroredParameter, method};

const VERSION: HeaderName = HeaderName::from_static(header::PROTOCOL_VERSION);
const METHOD: HeaderName = HeaderName::from_static(header::METHOD);
const NAME: HeaderName = HeaderName::from_static(header::NAME);

/// Reads the `_meta` of a modern request and checks its headers against it.
///
/// # Errors
///
/// The error to answer with: `-32020`, `-32022`, or `-32602` for `_meta`.
pub(crate) fn validate(headers: &HeaderMap, request: &Request) -> Result<RequestMeta, ErrorObject> {
    let params = request.params.as_ref().and_then(Raw::object);
    check_version(headers, params.as_ref())?;
    let meta = RequestMeta::read(params.as_ref())?;
    let named = required(headers, &METHOD, "Mcp-Method")?;
    if *request.method != *named {
        return Err(header_mismatch("Mcp-Method is not the method of the body"));
    }
    check_name(headers, &request.method, params.as_ref())?;
    check_parameters(headers)?;
    Ok(meta)
}

/// Checks that headers repeat the arguments of a tool call that the tool's schema wants repeated, as far as `known`
/// knows the tool.
///
/// # Errors
///
/// `-32020` names the header.
pub(crate) fn validate_arguments(
    headers: &HeaderMap,
    request: &Request,
    known: impl FnOnce(&str) -> Option<Arc<[MirroredParameter]>>,
) -> Result<(), ErrorObject> {
    let params = request.params.as_ref().and_then(Raw::object);
    let Some(params) = params else { return Ok(()) };
    let Some(parameters) = params.get_str("name").and_then(|tool| known(&tool)) else {
        return Ok(());
    };
    let arguments = params.get("arguments").and_then(|arguments| arguments.object());
    let arguments = arguments.unwrap_or_else(RawObject::empty);
    parameters
        .iter()
        .try_for_each(|parameter| check_argument(headers, parameter, &arguments))
}

fn check_argument(
    headers: &HeaderMap,
    parameter: &MirroredParameter,
    arguments: &RawObject,
) -> Result<(), ErrorObject> {
    let name = format!("{}{}", header::PARAM_PREFIX, parameter.name());
    // What cannot be read was refused before.
    let said = headers
        .get(&name)
        .and_then(|value| decode_value(value.as_bytes()).ok());
    match (parameter.value(arguments), said) {
        (None, None) => Ok(()),
        (Some(_), Some(said)) if parameter.is_said_by(&said, arguments) => Ok(()),
        (Some(_), None) => Err(header_mismatch(&format!("{name} is missing"))),
        (Some(_), Some(_)) => Err(header_mismatch(&format!(
            "{name} is not the argument of the body"
        ))),
        (None, Some(_)) => Err(header_mismatch(&format!(
            "{name} repeats an argument that is not there"
        ))),
    }
}

/// Checks what a modern notification says of itself in headers. None is
/// required: the revision leaves them open for notifications.
///
/// # Errors
///
/// `-32020`.
pub(crate) fn validate_notification(headers: &HeaderMap, name: &str) -> Result<(), ErrorObject> {
    match single(headers, &METHOD, "Mcp-Method")? {
        Some(named) if named != name => Err(header_mismatch("Mcp-Method is not the method of the body")),
        _ => Ok(()),
    }
}

fn check_version(headers: &HeaderMap, params: Option<&RawObject>) -> Result<(), ErrorObject> {
    let header = required(headers, &VERSION, "MCP-Protocol-Version")?;
    let meta = params
        .and_then(|params| params.get(META))
        .and_then(|meta| meta.object());
    let Some(meta) = meta else { return Ok(()) };
    match meta.get_str(PROTOCOL_VERSION) {
        Some(named) if named != header => Err(header_mismatch(
            "MCP-Protocol-Version is not the protocolVersion of _meta",
        )),
        _ => Ok(()),
    }
}

fn check_name(headers: &HeaderMap, name: &str, params: Option<&RawObject>) -> Result<(), ErrorObject> {
    let Some(key) = method::mirrored_name(name) else {
        return Ok(());
    };
    let mirrored = required(headers, &NAME, "Mcp-Name")?;
    let mirrored = decode_value(mirrored.as_bytes())
        .map_err(|_| header_mismatch("Mcp-Name holds neither plain ASCII nor Base64 of UTF-8"))?;
    match params.and_then(|params| params.get_str(key)) {
        Some(value) if value == mirrored => Ok(()),
        _ => Err(header_mismatch(&format!("Mcp-Name is not the {key} of the body"))),
    }
}

/// Checks that `Mcp-Param-*` values can be read at all.
///
/// Whether they agree with the arguments takes the tool's schema, which says
/// which argument each of them mirrors: see [`validate_arguments`]. Headers that
/// no schema mentions are to be ignored.
fn check_parameters(headers: &HeaderMap) -> Result<(), ErrorObject> {
    let parameters = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with(header::PARAM_PREFIX));
    for (name, value) in parameters {
        if decode_value(value.as_bytes()).is_err() {
            return Err(header_mismatch(&format!(
                "{name} holds neither plain ASCII nor Base64 of UTF-8"
            )));
        }
        if headers.get_all(name).iter().nth(1).is_some() {
            return Err(header_mismatch(&format!("{name} must occur once")));
        }
    }
    Ok(())
}

fn required<'h>(headers: &'h HeaderMap, name: &HeaderName, label: &str) -> Result<&'h str, ErrorObject> {
    single(headers, name, label)?.ok_or_else(|| header_mismatch(&format!("{label} is missing")))
}

/// The value of a header that may occur once.
fn single<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    label: &str,
) -> Result<Option<&'h str>, ErrorObject> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(header_mismatch(&format!("{label} must occur once")));
    }
    let text =
        HeaderValue::to_str(value).map_err(|_| header_mismatch(&format!("{label} is not plain ASCII")))?;
    Ok(Some(text.trim_matches([' ', '\t'])))
}
