//! An item's JSON as the API sent it, without the whitespace a pretty-printing API adds.

use serde::Deserialize;

/// What of an item decides whether it is shown; everything else stays raw.
#[derive(Deserialize)]
pub(super) struct Visibility {
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    dead: bool,
}

impl Visibility {
    pub(super) fn is_shown(&self) -> bool {
        !self.deleted && !self.dead
    }
}

/// Removes the whitespace between tokens of a valid JSON text. Strings, numbers and the order of
/// keys stay as they are, which parsing and writing again would not promise.
pub(super) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_keeps_what_is_inside_strings() {
        let pretty = "{\n  \"a b\" : \"x  \\\" \\\\\", \r\n\t\"n\": [ 1.50, 1e2 ] ,\"ü\": \" ü\"\n}";
        assert_eq!(compact(pretty), r#"{"a b":"x  \" \\","n":[1.50,1e2],"ü":" ü"}"#);
    }

    #[test]
    fn compact_text_is_unchanged() {
        let golden = include_str!("../../tests/golden/hackernews/item_43690955.json");
        assert_eq!(compact(golden), golden);
    }
}
