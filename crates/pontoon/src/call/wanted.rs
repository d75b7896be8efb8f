//! What is wanted of the server.

use pontoon_mcp::method;

use super::arguments::Word;
use super::trouble::Trouble;

/// What is wanted of the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To know what it is and offers.
    Overview,
    /// One of its lists, all pages.
    List(List, Vec<Word>),
    /// That one of its tools does something.
    Tool(String, Vec<Word>),
    /// Any other method.
    Method(String, Vec<Word>),
    /// To hear of changes: of these resources, and of lists.
    Changes(Vec<String>),
}

/// What a server can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Tools,
    Prompts,
    Resources,
    Templates,
}

impl List {
    pub(super) const ALL: [Self; 4] = [Self::Tools, Self::Prompts, Self::Resources, Self::Templates];

    pub(super) fn method(self) -> &'static str {
        match self {
            Self::Tools => method::TOOLS_LIST,
            Self::Prompts => method::PROMPTS_LIST,
            Self::Resources => method::RESOURCES_LIST,
            Self::Templates => method::TEMPLATES_LIST,
        }
    }

    /// The member of the result that holds the entries.
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// The capability of servers that have it.
    pub(super) fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }

    /// What one of its entries is.
    pub(super) fn entry(self) -> &'static str {
        match self {
            Self::Tools => "tool",
            Self::Prompts => "prompt",
            Self::Resources => "resource",
            Self::Templates => "resource template",
        }
    }
}

const SUBSCRIBE: &str = "subscribe";
const TOOL_PREFIX: &str = "tool:";

impl Wanted {
    /// Reads the words behind the server's address.
    pub(super) fn read(words: &[String]) -> Result<Self, Trouble> {
        let Some((what, rest)) = words.split_first() else {
            return Ok(Self::Overview);
        };
        if what == SUBSCRIBE {
            return Ok(Self::Changes(rest.to_vec()));
        }
        let arguments = rest.iter().map(|word| Word::read(word));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        if let Some(tool) = what.strip_prefix(TOOL_PREFIX) {
            return Ok(Self::Tool(tool.to_owned(), arguments));
        }
        if what.contains('=') {
            return Err(Trouble::usage(format!(
                "`{what}` is an argument, but of what? A method or tool comes first"
            )));
        }
        if let Some(list) = List::ALL.into_iter().find(|list| list.method() == what) {
            return Ok(Self::List(list, arguments));
        }
        if what.contains('/') || what == method::PING {
            return Ok(Self::Method(what.clone(), arguments));
        }
        Ok(Self::Tool(what.clone(), arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Wanted, Trouble> {
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        Wanted::read(&words)
    }

    #[test]
    fn what_has_a_slash_is_a_method_and_everything_else_a_tool() {
        let tool = |name: &str| Wanted::Tool(name.to_owned(), Vec::new());
        let method = |name: &str| Wanted::Method(name.to_owned(), Vec::new());
        for (text, expected) in [
            ("", Wanted::Overview),
            ("tools/list", Wanted::List(List::Tools, Vec::new())),
            (
                "resources/templates/list",
                Wanted::List(List::Templates, Vec::new()),
            ),
            ("echo", tool("echo")),
            ("tool:ping", tool("ping")),
            ("tool:a/b", tool("a/b")),
            ("ping", method("ping")),
            ("server/discover", method("server/discover")),
            ("vendor/thing", method("vendor/thing")),
            (
                "subscribe a:1 b:2?x=y",
                Wanted::Changes(vec!["a:1".to_owned(), "b:2?x=y".to_owned()]),
            ),
        ] {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn an_argument_without_a_method_is_refused() {
        for text in ["message=hi", "echo message"] {
            assert!(matches!(read(text), Err(Trouble::Usage(_))), "{text}");
        }
    }
}
