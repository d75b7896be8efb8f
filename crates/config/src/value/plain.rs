//! Text, yes or no, choices, and lists of these.

use crate::node::{Node, Value};
use crate::section::{Refused, nearest};

pub(crate) fn text(node: &Node) -> Result<String, Refused> {
    match node.as_str() {
        Some("") => Err(Refused::because("is empty")),
        Some(text) if text.contains('\0') => Err(Refused::because("contains a NUL character")),
        Some(text) => Ok(text.to_owned()),
        None => Err(Refused::value(node)),
    }
}

pub(crate) fn switch(node: &Node) -> Result<bool, Refused> {
    match node.value {
        Value::Bool(value) => Ok(value),
        _ => Err(Refused::value(node)),
    }
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(node: &Node, choices: &[(&'static str, T)]) -> Result<T, Refused> {
    let word = node.as_str().ok_or_else(|| Refused::value(node))?;
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let refused = Refused::value(node);
    Err(match nearest(word, choices.iter().map(|(name, _)| *name)) {
        Some(name) => refused.hint(format!("did you mean \"{name}\"?")),
        None => refused,
    })
}

/// A list whose items are read by `item`; the first bad item is the one pointed at.
pub(crate) fn list<T>(node: &Node, item: impl Fn(&Node) -> Result<T, Refused>) -> Result<Vec<T>, Refused> {
    let Value::Array(items) = &node.value else {
        return Err(Refused::value(node));
    };
    let parse = |node: &Node| {
        item(node).map_err(|refused| {
            let span = refused.span.clone().unwrap_or_else(|| node.span.clone());
            Refused {
                why: format!("has an item that {}", refused.why),
                ..refused
            }
            .at(span)
        })
    };
    items.iter().map(parse).collect()
}
