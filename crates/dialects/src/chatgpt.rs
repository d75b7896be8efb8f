//! ChatGPT's web page: `delta_encoding: v1`.
//!
//! A message is a document, and events change it: `{"p": JSON pointer, "o": operation, "v": value}`. A path or an
//! operation that is left out is that of the event before; in the list of a `patch` nothing is left out.

use serde_json::Value;

use crate::Piece;
use crate::grown::Texts;
use crate::json::{message, text};
use crate::sticky::{Absent, Change, Sticky};

#[derive(Debug, Default)]
pub(crate) struct ChatGpt {
    sticky: Sticky,
    who: Who,
    what: What,
    texts: Texts,
}

/// Whose message is being written. A capture that begins in the middle does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Who {
    #[default]
    Assistant,
    /// The user, the system, or a tool: no answer.
    Other,
}

/// What is being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Answer,
    /// `content_type: code`, input for a tool.
    Code,
    /// `content_type: thoughts`
    Thoughts,
}

impl ChatGpt {
    pub(crate) fn read(&mut self, value: &Value, out: &mut Vec<Piece>) {
        if let Some(changes) = self.sticky.changes(value, Absent::Stays, "patch") {
            for change in &changes {
                self.apply(change, out);
            }
            return;
        }
        match value["type"].as_str().unwrap_or_default() {
            "message_stream_complete" => out.push(Piece::Finished("message_stream_complete".to_owned())),
            "error" => out.push(Piece::Error(message(value.get("error").unwrap_or(value)))),
            _ if !value["error"].is_null() => out.push(Piece::Error(message(&value["error"]))),
            _ => {}
        }
    }

    fn apply(&mut self, change: &Change<'_>, out: &mut Vec<Piece>) {
        let Change {
            path,
            operation,
            value,
        } = change;
        let is_end = matches!(operation.as_str(), "remove" | "truncate");
        match path.as_str() {
            _ if is_end => {}
            "" if value.is_object() => self.root(value, out),
            // A capture begins in the middle, where neither path nor operation is named any more.
            "" => self.write("message/content/parts/0", "append", value, out),
            "message" => self.message(value, out),
            "message/author/role" => self.who = who(value.as_str().unwrap_or_default()),
            "message/content" => self.content(value, out),
            "message/content/content_type" => self.what = what(value.as_str().unwrap_or_default()),
            path if path.starts_with("message/content/") => self.write(path, operation, value, out),
            _ => {}
        }
    }

    /// A new document.
    fn root(&mut self, root: &Value, out: &mut Vec<Piece>) {
        if !root["error"].is_null() {
            out.push(Piece::Error(message(&root["error"])));
        }
        if root["message"].is_object() {
            self.texts.clear();
            self.message(&root["message"], out);
        }
    }

    fn message(&mut self, message: &Value, out: &mut Vec<Piece>) {
        self.who = text(&message["author"], "role").map_or(Who::default(), who);
        self.content(&message["content"], out);
    }

    fn content(&mut self, content: &Value, out: &mut Vec<Piece>) {
        self.what = text(content, "content_type").map_or(What::default(), what);
        for key in ["parts", "text", "thoughts"] {
            self.write(&format!("message/content/{key}"), "add", &content[key], out);
        }
    }

    fn write(&mut self, path: &str, operation: &str, value: &Value, out: &mut Vec<Piece>) {
        match value {
            Value::String(text) => self.grow(path, operation, text, out),
            Value::Array(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.write(&format!("{path}/{index}"), operation, part, out);
                }
            }
            // A thought has a summary, which comes first, and the whole.
            Value::Object(thought) if path.contains("/thoughts") => {
                for key in ["summary", "content"] {
                    let value = thought.get(key).unwrap_or(&Value::Null);
                    self.write(&format!("{path}/{key}"), operation, value, out);
                }
            }
            _ => {}
        }
    }

    fn grow(&mut self, path: &str, operation: &str, text: &str, out: &mut Vec<Piece>) {
        let grown = self.texts.at(path);
        let piece = match operation {
            "append" => grown.append(text),
            _ => grown.set(text),
        };
        if self.who == Who::Assistant {
            let thinks = path.contains("/thoughts");
            out.extend(piece.map(|piece| {
                if thinks {
                    thought(piece)
                } else {
                    self.what.of(piece)
                }
            }));
        }
    }
}

impl What {
    fn of(self, piece: Piece) -> Piece {
        match (self, piece) {
            (Self::Code, Piece::Text(text) | Piece::Rewritten(text)) => Piece::ToolInput(text),
            (Self::Thoughts, piece) => thought(piece),
            (_, piece) => piece,
        }
    }
}

fn thought(piece: Piece) -> Piece {
    match piece {
        Piece::Text(text) | Piece::Rewritten(text) => Piece::Thinking(text),
        other => other,
    }
}

fn who(role: &str) -> Who {
    match role {
        "assistant" => Who::Assistant,
        _ => Who::Other,
    }
}

fn what(content_type: &str) -> What {
    match content_type {
        "code" => What::Code,
        "thoughts" | "reasoning_recap" => What::Thoughts,
        _ => What::Answer,
    }
}
