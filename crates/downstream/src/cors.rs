//! What browsers ask before and after: Cross-Origin Resource Sharing.
//!
//! The guard has accepted the origin before anything here runs.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use pontoon_mcp::header;

use crate::response::{self, Reply};

/// Request headers that pages may set on any request.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, Mcp-Name, traceparent, tracestate, baggage";
/// Response headers that pages may read.
const EXPOSED: &str = "Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version, Retry-After";
/// How long a browser may remember a preflight, in seconds.
const MAX_AGE: &str = "600";
/// Most `Mcp-Param-*` headers that one preflight is granted.
const MAX_PARAMETERS: usize = 64;

/// Answers OPTIONS at a path that takes the methods in `allow`.
pub(crate) fn preflight(allow: &'static str, request: &HeaderMap) -> Reply {
    let mut reply = response::empty(StatusCode::NO_CONTENT);
    let headers = reply.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers(request));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    reply
}

/// Lets the page at `origin` read the response.
pub(crate) fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// The fixed list, and those `Mcp-Param-*` that the page names: a preflight
/// has to list each by name, and no list of ours can know them.
fn allowed_headers(request: &HeaderMap) -> HeaderValue {
    let asked = request
        .get_all(ACCESS_CONTROL_REQUEST_HEADERS)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let parameters = asked
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|name| is_parameter(name));
    let mut allowed = REQUEST_HEADERS.to_owned();
    for name in parameters.take(MAX_PARAMETERS) {
        allowed.push_str(", ");
        allowed.push_str(name);
    }
    HeaderValue::try_from(allowed).expect("header names are header values")
}

fn is_parameter(name: &str) -> bool {
    let prefix = header::PARAM_PREFIX;
    name.len() > prefix.len()
        && name
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        && http::HeaderName::from_bytes(name.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_parameter_headers_are_reflected() {
        let mut request = HeaderMap::new();
        let asked = "mcp-param-region, X-Evil, Mcp-Param-, Mcp-Param-a b, MCP-PARAM-City";
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(asked));
        let allowed = allowed_headers(&request);
        assert_eq!(
            allowed,
            format!("{REQUEST_HEADERS}, mcp-param-region, MCP-PARAM-City")
        );
    }

    #[test]
    fn a_flood_of_parameter_headers_is_cut() {
        let mut request = HeaderMap::new();
        let asked: Vec<_> = (0..1000).map(|n| format!("mcp-param-{n}")).collect();
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, asked.join(",").parse().unwrap());
        let allowed = allowed_headers(&request);
        assert_eq!(
            allowed.to_str().unwrap().matches("mcp-param-").count(),
            MAX_PARAMETERS
        );
    }
}
