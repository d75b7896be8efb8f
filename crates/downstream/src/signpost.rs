//! What those are told who come to no server: where the servers are.

use std::sync::Arc;

use crate::route::Layout;

/// Texts for addresses that lead nowhere, as the outside sees the paths.
#[derive(Debug)]
pub(crate) struct Signpost {
    /// What a person sees who opens the root in a browser.
    pub(crate) welcome: String,
    /// Where the servers are, for a refusal.
    pub(crate) elsewhere: Arc<str>,
}

impl Signpost {
    pub(crate) fn new(layout: &Layout<'_>) -> Self {
        let base = format!("{}{}", layout.public_prefix, layout.prefix);
        let named = format!("{base}/NAME/mcp (Streamable HTTP) and {base}/NAME/sse (HTTP+SSE)");
        let (first, rest) = match layout.default {
            Some(_) => (
                format!("{base}/mcp (Streamable HTTP) or {base}/sse (HTTP+SSE),\n"),
                format!("or at {base}/NAME/mcp and {base}/NAME/sse for a server by name.\n"),
            ),
            None => (
                format!("{base}/NAME/mcp (Streamable HTTP) or {base}/NAME/sse (HTTP+SSE),\n"),
                "with the name of a server.\n".to_owned(),
            ),
        };
        let default = match layout.default {
            Some(_) => format!(", the default one also at {base}/mcp and {base}/sse"),
            None => String::new(),
        };
        Self {
            welcome: format!("This is an MCP gateway. Point an MCP client at {first}{rest}"),
            elsewhere: format!("no server is at this path; servers are at {named}{default}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signpost(default: Option<usize>) -> Signpost {
        Signpost::new(&Layout {
            names: &[],
            default,
            prefix: "/tools",
            public_prefix: "/public",
            extra: &[],
        })
    }

    #[test]
    fn paths_are_those_that_clients_see() {
        let signpost = signpost(Some(0));
        assert_eq!(
            signpost.welcome,
            "This is an MCP gateway. Point an MCP client at /public/tools/mcp (Streamable HTTP) or /public/tools/sse (HTTP+SSE),\n\
             or at /public/tools/NAME/mcp and /public/tools/NAME/sse for a server by name.\n"
        );
        assert_eq!(
            &*signpost.elsewhere,
            "no server is at this path; servers are at /public/tools/NAME/mcp (Streamable HTTP) and \
             /public/tools/NAME/sse (HTTP+SSE), the default one also at /public/tools/mcp and /public/tools/sse"
        );
    }

    #[test]
    fn nobody_is_sent_to_a_default_that_is_not_there() {
        let signpost = signpost(None);
        assert!(!signpost.welcome.contains("/tools/mcp"), "{}", signpost.welcome);
        assert!(!signpost.elsewhere.contains("default"), "{}", signpost.elsewhere);
    }
}
