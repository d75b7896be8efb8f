//! KIMI's web page: every event is a `message`, and what it is is said inside.

use serde_json::Value;

use crate::Piece;
use crate::json::{message, text};

pub(crate) fn read(value: &Value, out: &mut Vec<Piece>) {
    match value["event"].as_str().unwrap_or_default() {
        "cmpl" => out.extend(text(value, "text").map(|text| Piece::Text(text.to_owned()))),
        // What its thinking model says first.
        "k1" => out.extend(text(value, "text").map(|text| Piece::Thinking(text.to_owned()))),
        // `done` ends one answer of several.
        "all_done" => out.push(Piece::Finished("all_done".to_owned())),
        "error" => out.push(Piece::Error(message(value.get("error").unwrap_or(value)))),
        _ => {}
    }
}
