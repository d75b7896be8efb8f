//! The result of a request.

use pontoon_jsonrpc::{Raw, RawObject};

use super::content::{Piece, size};
use super::{Paper, pretty};
use crate::call::save::Folder;
use crate::call::trouble::Trouble;

/// What a result is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Prompt,
    Resource,
    Other,
}

/// The result as text. What is no text goes to the folder, if there is one.
pub(crate) fn result(
    kind: Kind,
    raw: &Raw,
    paper: Paper,
    folder: Option<&mut Folder>,
) -> Result<String, Trouble> {
    let mut writer = Writer {
        text: String::new(),
        paper,
        folder,
    };
    let object = raw.object().unwrap_or_else(RawObject::empty);
    match kind {
        Kind::Tool => writer.tool(&object)?,
        Kind::Prompt => writer.prompt(&object)?,
        Kind::Resource => {
            for contents in many(&object, "contents") {
                writer.piece(Piece::of_resource(&contents))?;
            }
        }
        Kind::Other => writer.line(&pretty(raw)),
    }
    Ok(writer.text)
}

struct Writer<'a> {
    text: String,
    paper: Paper,
    folder: Option<&'a mut Folder>,
}

impl Writer<'_> {
    fn tool(&mut self, result: &RawObject) -> Result<(), Trouble> {
        let blocks: Vec<_> = many(result, "content").iter().map(Piece::of_block).collect();
        let structured = result.get("structuredContent");
        // "a tool that returns structured content SHOULD also return the serialized JSON in a TextContent block."
        // (2025-11-25, Tools, "Structured Content"): one of both is enough.
        let is_repeated = |text: &str| {
            let repeated = serde_json::from_str::<serde_json::Value>(text).ok();
            repeated.is_some() && structured.as_ref().and_then(|raw| raw.decode().ok()) == repeated
        };
        for block in blocks {
            match block {
                Piece::Text(text) if is_repeated(&text) => {}
                block => self.piece(block)?,
            }
        }
        if let Some(structured) = &structured {
            self.line(&pretty(structured));
        }
        Ok(())
    }

    fn prompt(&mut self, result: &RawObject) -> Result<(), Trouble> {
        for message in many(result, "messages") {
            let message = message.object().unwrap_or_else(RawObject::empty);
            let role = message.get_str("role").unwrap_or_default();
            let role = self.paper.bold(&format!("{}:", self.paper.text(&role)));
            self.line(&role);
            let content = message.get("content");
            for block in content.iter() {
                self.piece(Piece::of_block(block))?;
            }
        }
        Ok(())
    }

    fn piece(&mut self, piece: Piece) -> Result<(), Trouble> {
        match piece {
            Piece::Text(text) => self.line(&self.paper.text(&text)),
            Piece::Link(name, uri) => self.line(&self.paper.text(&format!("{name} <{uri}>"))),
            Piece::Other(raw) => self.line(&self.paper.text(&pretty(&raw))),
            Piece::Binary(kind, bytes) => {
                let what = format!("{}, {}", self.paper.text(&kind), size(bytes.len()));
                let where_to = match &mut self.folder {
                    Some(folder) => format!("saved as {}", folder.save(&kind, &bytes)?.display()),
                    None => "--output-dir DIR saves it".to_owned(),
                };
                self.line(&format!("[{what}; {where_to}]"));
            }
        }
        Ok(())
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        if !text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

fn many(object: &RawObject, key: &str) -> Vec<Raw> {
    let list = object.get(key).and_then(|list| list.decode().ok());
    list.unwrap_or_default()
}
