//! Names of servers: they become path segments, so they are few and plain characters.

use std::fmt;

/// The name of a server, as it stands in URLs: 1 to 64 of `a-z`, `0-9`, `-`, `_`, starting with a letter or digit,
/// and none of the words that mean something else there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(String);

/// Why a text is no name of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The form is wrong.
    #[error("a server's name is 1 to 64 of a-z, 0-9, - and _, and starts with a letter or digit")]
    Form,
    /// The word is taken by a route.
    #[error("this word is taken by an address of Pontoon itself")]
    Reserved,
}

/// First path segments that are, or will be, routes of their own.
pub(crate) const RESERVED: &[&str] = &[
    "admin",
    "api",
    "authorize",
    "health",
    "inspector",
    "mcp",
    "messages",
    "metrics",
    "oauth",
    "ready",
    "register",
    "sse",
    "token",
];

const MAX_LEN: usize = 64;

impl ServerName {
    /// # Errors
    ///
    /// The form is wrong or the word is reserved.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts_well || text.len() > MAX_LEN || !text.bytes().all(is_plain) {
            return Err(NameError::Form);
        }
        if RESERVED.contains(&text) {
            return Err(NameError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The nearest name to any text, if something of the text is left: `My Server` becomes `my-server`.
    pub fn from_free_text(text: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in text.chars() {
            match c.to_ascii_lowercase() {
                c if c.is_ascii_alphanumeric() || c == '_' => slug.push(c),
                _ if slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
        }
        let slug = slug.trim_start_matches(['-', '_']);
        let slug = slug[..slug.len().min(MAX_LEN)].trim_end_matches(['-', '_']);
        Self::new(slug).ok()
    }

    /// A name for a command that was given none, taken from what it runs:
    /// `npx -y @modelcontextprotocol/server-everything@2` becomes `everything`.
    pub fn from_command<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = words.into_iter();
        let program = base_name(words.next().unwrap_or_default());
        let subject = match program {
            _ if RUNNERS.contains(&program) => {
                words.find(|word| !word.starts_with('-') && !VERBS.contains(word))
            }
            _ => None,
        };
        let subject = base_name(subject.unwrap_or(program));
        // A line for a shell says too much to be a name.
        let subject = if subject.contains(char::is_whitespace) {
            ""
        } else {
            subject
        };
        let bare = strip_affixes(subject.split(['@', '=']).next().unwrap_or_default());
        Self::from_free_text(bare).unwrap_or_else(|| Self("server".to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Programs that run what their first plain argument names.
const RUNNERS: &[&str] = &[
    "npx", "npm", "bunx", "bun", "pnpm", "pnpx", "yarn", "deno", "uvx", "uv", "pipx", "node", "python",
    "python3", "sh", "bash",
];

const VERBS: &[&str] = &["run", "exec", "dlx", "x", "tool"];

/// The last component of a path or a scoped package, without the ending of a script.
fn base_name(word: &str) -> &str {
    let last = word.rsplit(['/', '\\']).next().unwrap_or_default();
    [".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".exe"]
        .iter()
        .find_map(|ending| last.strip_suffix(ending))
        .unwrap_or(last)
}

/// What every server's package carries in its name says nothing about it.
fn strip_affixes(name: &str) -> &str {
    let mut bare = name;
    for prefix in ["mcp-server-", "server-", "mcp-"] {
        bare = bare.strip_prefix(prefix).unwrap_or(bare);
    }
    for suffix in ["-mcp-server", "-server", "-mcp"] {
        bare = bare.strip_suffix(suffix).unwrap_or(bare);
    }
    bare
}
