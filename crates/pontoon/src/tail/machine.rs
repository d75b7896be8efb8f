//! One JSON object per line, for scripts.

use std::time::Duration;

use pontoon_dialects::Piece;
use pontoon_sse::Item;
use pontoon_upstream::Happening;
use serde::Serialize;

use super::gaps::Step;
use super::watch::{Seen, Watch};

/// Its members are an interface: there may be more, but none changes or goes away.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Opened {
        time: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        resumed_after: Option<&'a str>,
    },
    Event {
        time: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        gap_ms: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        missing_ids: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        out_of_order: Option<bool>,
        name: &'a str,
        data: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        not_utf8: Option<bool>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        decoded: Vec<Decoded<'a>>,
    },
    Comment {
        time: &'a str,
        text: &'a str,
    },
    Retry {
        time: &'a str,
        retry_ms: u128,
    },
    Skipped {
        time: &'a str,
        max_bytes: usize,
    },
    Lost {
        time: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        inside_event: bool,
        back_in_ms: u128,
    },
    End {
        events: u64,
        data_bytes: u64,
        duration_ms: f64,
        longest_gap_ms: f64,
        reconnects: u64,
        missing_ids: u64,
        skipped: u64,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Decoded<'a> {
    Text(&'a str),
    Rewritten(&'a str),
    Thinking(&'a str),
    Tool(&'a str),
    ToolInput(&'a str),
    Choice { index: u64, text: &'a str },
    Finished(&'a str),
    Error(&'a str),
    Unreadable(&'a str),
}

/// What happened.
pub(super) fn line(happening: &Happening, seen: &Seen, pieces: &[Piece]) -> String {
    let time = seen.time.as_str();
    let lossy;
    written(&match happening {
        Happening::Opened { resumed_after } => Line::Opened {
            time,
            resumed_after: resumed_after.as_deref(),
        },
        Happening::Item(Item::Event(event)) => {
            lossy = String::from_utf8_lossy(&event.data);
            Line::Event {
                time,
                gap_ms: seen.gap.map(millis),
                id: seen.id.as_deref(),
                missing_ids: match seen.step {
                    Step::Missing(count) => Some(count),
                    Step::Next | Step::Back => None,
                },
                out_of_order: (seen.step == Step::Back).then_some(true),
                name: &event.name,
                data: &lossy,
                not_utf8: std::str::from_utf8(&event.data).is_err().then_some(true),
                decoded: pieces.iter().map(Decoded::of).collect(),
            }
        }
        Happening::Item(Item::Comment(text)) => Line::Comment { time, text },
        Happening::Item(Item::Retry(delay)) => Line::Retry {
            time,
            retry_ms: delay.as_millis(),
        },
        Happening::Skipped { max } => Line::Skipped {
            time,
            max_bytes: *max,
        },
        Happening::Lost {
            why,
            is_mid_event,
            pause,
        } => Line::Lost {
            time,
            why: why.as_ref().map(ToString::to_string),
            inside_event: *is_mid_event,
            back_in_ms: pause.as_millis(),
        },
    })
}

/// The last line.
pub(super) fn end(watch: &Watch) -> String {
    written(&Line::End {
        events: watch.events,
        data_bytes: watch.data_bytes,
        duration_ms: millis(watch.duration()),
        longest_gap_ms: millis(watch.longest_gap),
        reconnects: watch.reconnects,
        missing_ids: watch.missing_ids,
        skipped: watch.skipped,
    })
}

impl<'a> Decoded<'a> {
    fn of(piece: &'a Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::Rewritten(text) => Self::Rewritten(text),
            Piece::Thinking(text) => Self::Thinking(text),
            Piece::Tool(name) => Self::Tool(name),
            Piece::ToolInput(text) => Self::ToolInput(text),
            Piece::Choice { index, text } => Self::Choice { index: *index, text },
            Piece::Finished(why) => Self::Finished(why),
            Piece::Error(what) => Self::Error(what),
            Piece::Unreadable(why) => Self::Unreadable(why),
        }
    }
}

fn written(line: &Line<'_>) -> String {
    let mut text = serde_json::to_string(line).expect("texts and numbers are always JSON");
    text.push('\n');
    text
}

/// To the microsecond.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
