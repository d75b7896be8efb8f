//! `pontoon tail`: its arguments.

use std::time::Duration;

use clap::{Args, ValueEnum};
use pontoon_dialects::Dialect;

use super::call::{HttpArguments, duration};

pub(super) const EXAMPLES: &str = "\
Examples:
  pontoon tail http://127.0.0.1:3000/sse
      every event with its time, id, name and the time since the last; comes back when the stream ends
  pontoon tail https://api.example.com/v1/chat/completions --bearer-env KEY --data @question.json --decode auto
      asks a model, and prints its answer as it grows
  pontoon tail capture.sse --decode chatgpt
      a stream that was captured; - is standard input, as in curl -sN URL | pontoon tail -
  pontoon tail http://127.0.0.1:3000/sse --json --count 10
      one JSON object per line, for scripts";

/// The arguments of `pontoon tail`.
#[derive(Args, Debug)]
pub(crate) struct TailArguments {
    /// The stream's URL, a file, or - for standard input
    #[arg(value_name = "URL|FILE|-")]
    pub(crate) source: String,

    /// Write one JSON object per line.
    #[arg(long)]
    pub(crate) json: bool,

    /// Print what a model says instead of the events: which provider's format it is.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Decode::None)]
    pub(crate) decode: Decode,

    /// End after so many events.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) count: Option<u64>,

    /// End with the first event of this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) until: Option<String>,

    /// Send a body: a text, @FILE, or - for standard input. It is JSON unless a header Content-Type says otherwise
    #[arg(long, value_name = "BODY")]
    pub(crate) data: Option<String>,

    /// The HTTP method [default: GET, or POST with --data]
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Resume after the event of this id.
    #[arg(long, value_name = "ID")]
    pub(crate) last_event_id: Option<String>,

    /// Whether to come back when the stream ends.
    #[arg(long, value_enum, default_value_t = Reconnect::Auto)]
    pub(crate) reconnect: Reconnect,

    /// Give up after so many connections in a row that brought nothing [default: never]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_failures: Option<u32>,

    /// How long the stream may be silent before it counts as lost [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) http: HttpArguments,

    /// Pontoon's own log: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "off")]
    pub(crate) log: String,
}

/// `--reconnect`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reconnect {
    /// With GET. Another method may do something each time
    Auto,
    /// Always
    Always,
    /// Never: the end of the stream is the end
    Never,
}

/// `--decode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decode {
    /// Not at all: events are printed
    None,
    /// What the first event that is recognized is in
    Auto,
    /// ChatGPT's web page
    Chatgpt,
    /// KIMI's web page
    Kimi,
    /// DeepSeek's web page
    Deepseek,
    /// OpenAI and compatible: chat completions and responses
    Openai,
    /// Anthropic: messages
    Anthropic,
}

impl Decode {
    /// The dialect that is named.
    pub(crate) fn dialect(self) -> Option<Dialect> {
        match self {
            Self::None | Self::Auto => None,
            Self::Chatgpt => Some(Dialect::ChatGpt),
            Self::Kimi => Some(Dialect::Kimi),
            Self::Deepseek => Some(Dialect::DeepSeek),
            Self::Openai => Some(Dialect::OpenAi),
            Self::Anthropic => Some(Dialect::Anthropic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_can_be_named() {
        for dialect in Dialect::ALL {
            let named = Decode::from_str(dialect.name(), false);
            assert_eq!(named.map(Decode::dialect), Ok(Some(dialect)));
        }
    }
}
