//! Content: texts, and what is no text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pontoon_jsonrpc::{Raw, RawObject};

use super::plain;

/// One piece of content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// Bytes with their media type.
    Binary(String, Vec<u8>),
    /// A title or name, and a URI.
    Link(String, String),
    /// Something newer than this program, or nonsense.
    Other(Raw),
}

impl Piece {
    /// Reads a content block: of a tool's result, a prompt, or a question to a model.
    pub(crate) fn of_block(raw: &Raw) -> Self {
        let read = |block: RawObject| match &*block.get_str("type")? {
            "text" => Some(Self::Text(text(&block, "text")?)),
            "image" | "audio" => Self::binary(&block, "data"),
            "resource" => Some(Self::of_resource(&block.get("resource")?)),
            "resource_link" => {
                let name = text(&block, "title").or_else(|| text(&block, "name"))?;
                Some(Self::Link(name, text(&block, "uri")?))
            }
            _ => None,
        };
        raw.object()
            .and_then(read)
            .unwrap_or_else(|| Self::Other(raw.clone()))
    }

    /// Reads one of the contents of a resource.
    pub(crate) fn of_resource(raw: &Raw) -> Self {
        let read = |contents: RawObject| {
            text(&contents, "text")
                .map(Self::Text)
                .or_else(|| Self::binary(&contents, "blob"))
        };
        raw.object()
            .and_then(read)
            .unwrap_or_else(|| Self::Other(raw.clone()))
    }

    fn binary(object: &RawObject, key: &str) -> Option<Self> {
        let bytes = STANDARD.decode(&*object.get_str(key)?).ok()?;
        let kind = text(object, "mimeType").unwrap_or_else(|| "application/octet-stream".to_owned());
        Some(Self::Binary(kind, bytes))
    }
}

/// Content in a question, in lines fit for a terminal; a single block or a list of them.
pub(crate) fn lines(content: Option<&Raw>) -> Vec<String> {
    let blocks = content.map(|content| {
        content
            .decode::<Vec<Raw>>()
            .unwrap_or_else(|_| vec![content.clone()])
    });
    let line = |block: &Raw| match Piece::of_block(block) {
        Piece::Text(text) => plain(&text),
        Piece::Binary(kind, bytes) => format!("[{}, {}]", plain(&kind), size(bytes.len())),
        Piece::Link(name, uri) => plain(&format!("{name} <{uri}>")),
        Piece::Other(raw) => plain(raw.as_str()),
    };
    blocks.unwrap_or_default().iter().map(line).collect()
}

/// A number of bytes, for people.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn text(object: &RawObject, key: &str) -> Option<String> {
    object.get_str(key).map(std::borrow::Cow::into_owned)
}
