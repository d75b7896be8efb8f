//! `pontoon call`: its arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pontoon_mcp::{LegacyRevision, LogLevel};

pub(super) const EXAMPLES: &str = "\
Examples:
  pontoon call http://127.0.0.1:3000/mcp
      says what the server is, and lists its tools, prompts and resources
  pontoon call http://127.0.0.1:3000/mcp echo message=hi
      calls a tool; count=3 is a number if the tool's schema says so, and count:=3 is JSON always
  pontoon call http://127.0.0.1:3000/mcp resources/read uri=showcase://counter
      any method: tools/list, prompts/get name=greet, completion/complete, ping, …
  pontoon call http://127.0.0.1:3000/mcp subscribe showcase://counter
      prints changes as they come
  pontoon call echo message=hi --json -- npx -y @modelcontextprotocol/server-everything
      a stdio server; the result as JSON, for scripts";

/// The arguments of `pontoon call`.
#[derive(Args, Debug)]
pub(crate) struct CallArguments {
    /// The server's URL (not with -- COMMAND), a method or tool, and its arguments
    ///
    /// Without a method or tool the server is described. `key=value` is an argument: a text, or what the tool's schema
    /// says; `key:=JSON` is JSON. `tool:NAME` is a tool whatever its name looks like. After `subscribe` follow the
    /// URIs of resources.
    #[arg(value_name = "URL|WHAT|KEY=VALUE")]
    pub(crate) words: Vec<String>,

    /// A program that speaks MCP on standard input and output, with its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// The whole parameters or arguments: JSON, @FILE, or - for standard input.
    ///
    /// Of a tool or prompt its arguments, of another method its parameters. Nothing in it is checked.
    #[arg(long, visible_alias = "arguments", value_name = "JSON")]
    pub(crate) params: Option<String>,

    /// Which era of the protocol to speak.
    #[arg(long, value_enum, default_value_t = Era::Auto)]
    pub(crate) era: Era,

    /// Offer this revision in `initialize`; implies --era legacy
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    pub(crate) revision: Option<LegacyRevision>,

    /// Write the result as it came, as one JSON document; progress and log messages as lines on standard error.
    #[arg(long)]
    pub(crate) json: bool,

    /// Save images, sounds and other binary content in this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,

    /// How long the server may be silent.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// Ask for the server's log messages of this level and above.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) log_level: Option<LogLevel>,

    #[command(flatten)]
    pub(crate) http: HttpArguments,

    #[command(flatten)]
    pub(crate) questions: QuestionArguments,

    /// `subscribe`: end after so many changes.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) count: Option<u64>,

    /// Pontoon's own log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "off")]
    pub(crate) log: String,
}

/// What a server behind a URL is told.
#[derive(Args, Debug)]
#[command(next_help_heading = "Servers behind a URL")]
pub(crate) struct HttpArguments {
    /// Send a header, 'Name: value'; may be given several times.
    #[arg(long, value_name = "HEADER", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,

    /// The environment variable that holds the bearer token.
    #[arg(long, value_name = "VAR", conflicts_with = "bearer_file")]
    pub(crate) bearer_env: Option<String>,

    /// The file that holds the bearer token.
    #[arg(long, value_name = "FILE")]
    pub(crate) bearer_file: Option<PathBuf>,

    /// Certificates in PEM form to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// How the server's questions are answered.
#[derive(Args, Debug)]
#[command(next_help_heading = "Questions of the server")]
pub(crate) struct QuestionArguments {
    /// Fill in this field of forms; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) answer: Vec<(String, String)>,

    /// Fill in the fields of forms from an object: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    pub(crate) answers: Option<String>,

    /// A directory that servers may be told to work in; may be given several times.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Vec<PathBuf>,
}

/// Which era of the protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Era {
    /// 2026-07-28 if the server speaks it, else the legacy handshake, down to HTTP+SSE
    Auto,
    /// Up to 2025-11-25, opened by `initialize`
    Legacy,
    /// 2026-07-28
    Modern,
}

fn revision(text: &str) -> Result<LegacyRevision, String> {
    LegacyRevision::parse(text).ok_or_else(|| {
        let known: Vec<_> = LegacyRevision::ALL.iter().map(|known| known.as_str()).collect();
        format!("the revisions with a handshake are {}", known.join(", "))
    })
}

fn level(text: &str) -> Result<LogLevel, String> {
    LogLevel::parse(text).ok_or_else(|| {
        let known: Vec<_> = LogLevel::ALL.iter().map(|known| known.as_str()).collect();
        format!("the levels are {}", known.join(", "))
    })
}

/// `500ms`, `15s`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let problem = || format!("`{text}` is no duration; write `500ms`, `15s`, `2m` or `1h`");
    let unit = text
        .find(|character: char| !character.is_ascii_digit())
        .ok_or_else(problem)?;
    let (digits, unit) = text.split_at(unit);
    let millis_each = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(problem()),
    };
    let count: u64 = digits.parse().map_err(|_| problem())?;
    match count.checked_mul(millis_each) {
        // A deadline this far away can still be added to the time it is now.
        Some(millis @ 1..=31_536_000_000) => Ok(Duration::from_millis(millis)),
        _ => Err(problem()),
    }
}

/// The value may be a secret: no message repeats it.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written 'Name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("an answer is written KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("15s", 15_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "15",
            "s",
            "0s",
            "1.5s",
            "-1s",
            "99999999999999999999s",
            "9000000h",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_header_that_is_refused_is_not_repeated() {
        assert_eq!(header("X-Key:  a:b "), Ok(("X-Key".to_owned(), "a:b".to_owned())));
        let refused = header("s3cret").expect_err("it has no name");
        assert!(!refused.contains("s3cret"));
    }
}
