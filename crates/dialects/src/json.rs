//! Small looks into JSON that is not trusted to have any shape.

use serde_json::Value;

/// A member that is a text and not empty.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

/// What an error says: a text, or an object with a message of one of the usual names.
pub(crate) fn message(error: &Value) -> String {
    let named = ["message", "content", "detail", "error_type", "type", "code"];
    let found = named.iter().find_map(|key| text(error, key));
    match (error.as_str(), found) {
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => error.to_string(),
    }
}
