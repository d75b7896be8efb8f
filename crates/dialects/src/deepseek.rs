//! DeepSeek's web page.
//!
//! A response is a document, and events change it: `{"p": path, "o": operation, "v": value}`; what is left out is that
//! of the event before. The text is in `response/content` and `response/thinking_content`, later in fragments that
//! have a type of their own.

use serde_json::Value;

use crate::Piece;
use crate::grown::Texts;
use crate::json::{message, text};
use crate::sticky::{Absent, Change, Sticky};

/// Fragments of one response that are told apart; later ones are taken for the answer.
pub const MAX_FRAGMENTS: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct DeepSeek {
    sticky: Sticky,
    fragments: Vec<Kind>,
    texts: Texts,
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answer,
    Thinking,
    /// What it searched for and the like.
    Other,
}

impl DeepSeek {
    pub(crate) fn read(&mut self, event: &str, value: &Value, out: &mut Vec<Piece>) {
        match event {
            "finish" | "close" => self.finish(event, out),
            "error" => out.push(Piece::Error(message(value))),
            "hint" | "toast" if value["type"] == "error" => out.push(Piece::Error(message(value))),
            "message" => {
                let changes = self.sticky.changes(value, Absent::StaysWithPath, "batch");
                for change in changes.iter().flatten() {
                    self.apply(change, out);
                }
            }
            // ready, update_session, title, …
            _ => {}
        }
    }

    fn apply(&mut self, change: &Change<'_>, out: &mut Vec<Piece>) {
        let Change {
            path,
            operation,
            value,
        } = change;
        let parts: Vec<_> = path.split('/').collect();
        match parts.as_slice() {
            [""] if value.is_object() => self.response(&value["response"], out),
            // A capture begins in the middle, where neither path nor operation is named any more.
            [""] => self.grow("response/content", "append", Kind::Answer, value, out),
            ["response"] => self.response(value, out),
            ["response", "content"] => self.grow(path, operation, Kind::Answer, value, out),
            ["response", "thinking_content"] => self.grow(path, operation, Kind::Thinking, value, out),
            ["response", "fragments"] => self.fragments(operation, value, out),
            ["response", "fragments", index, "content"] => {
                let (index, kind) = self.fragment(index);
                self.grow(&format!("fragments/{index}"), operation, kind, value, out);
            }
            ["response", "status"] if **value == "FINISHED" => self.finish("FINISHED", out),
            _ => {}
        }
    }

    /// A new document.
    fn response(&mut self, response: &Value, out: &mut Vec<Piece>) {
        if !response.is_object() {
            return;
        }
        self.texts.clear();
        self.fragments.clear();
        self.is_over = false;
        self.grow(
            "response/thinking_content",
            "set",
            Kind::Thinking,
            &response["thinking_content"],
            out,
        );
        self.grow("response/content", "set", Kind::Answer, &response["content"], out);
        self.fragments("set", &response["fragments"], out);
    }

    fn fragments(&mut self, operation: &str, value: &Value, out: &mut Vec<Piece>) {
        if operation != "append" {
            self.fragments.clear();
        }
        let one = std::slice::from_ref(value);
        let fragments = value.as_array().map_or(one, Vec::as_slice);
        for fragment in fragments.iter().filter(|fragment| fragment.is_object()) {
            let kind = match text(fragment, "type").unwrap_or_default() {
                "THINK" => Kind::Thinking,
                "RESPONSE" | "" => Kind::Answer,
                _ => Kind::Other,
            };
            if self.fragments.len() < MAX_FRAGMENTS {
                self.fragments.push(kind);
            }
            let index = self.fragments.len() - 1;
            self.grow(
                &format!("fragments/{index}"),
                "set",
                kind,
                &fragment["content"],
                out,
            );
        }
    }

    /// Which one is meant; `-1` is the last.
    fn fragment(&self, index: &str) -> (usize, Kind) {
        let last = self.fragments.len().saturating_sub(1);
        let index = index.parse().unwrap_or(last);
        (index, self.fragments.get(index).copied().unwrap_or(Kind::Answer))
    }

    fn grow(&mut self, path: &str, operation: &str, kind: Kind, value: &Value, out: &mut Vec<Piece>) {
        let Some(text) = value.as_str() else { return };
        let grown = self.texts.at(path);
        let piece = match operation {
            "append" => grown.append(text),
            _ => grown.set(text),
        };
        out.extend(piece.and_then(|piece| match (kind, piece) {
            (Kind::Answer, piece) => Some(piece),
            (Kind::Thinking, Piece::Text(text) | Piece::Rewritten(text)) => Some(Piece::Thinking(text)),
            (Kind::Thinking | Kind::Other, _) => None,
        }));
    }

    fn finish(&mut self, why: &str, out: &mut Vec<Piece>) {
        if !std::mem::replace(&mut self.is_over, true) {
            out.push(Piece::Finished(why.to_owned()));
        }
    }
}
