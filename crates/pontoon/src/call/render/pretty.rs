//! JSON with a member on each line. Digits, order and escapes stay as they came.

use pontoon_jsonrpc::Raw;

const INDENT: &str = "  ";

/// The same value, indented.
pub(crate) fn pretty(raw: &Raw) -> String {
    let mut writer = Writer::default();
    let mut characters = raw.as_str().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                writer.text.push('"');
                while let Some(inside) = characters.next() {
                    writer.text.push(inside);
                    match inside {
                        '\\' => writer.text.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                writer.text.push(character);
                match characters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => writer.text.push(end),
                    None => writer.open(),
                }
            }
            '}' | ']' => writer.close(character),
            ',' => {
                writer.text.push(',');
                writer.line();
            }
            ':' => writer.text.push_str(": "),
            ' ' | '\t' | '\n' | '\r' => {}
            other => writer.text.push(other),
        }
    }
    writer.text
}

#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn open(&mut self) {
        self.depth += 1;
        self.line();
    }

    fn close(&mut self, bracket: char) {
        self.depth -= 1;
        self.line();
        self.text.push(bracket);
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&INDENT.repeat(self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_but_the_space_around_it() {
        let raw =
            Raw::from_static(r#"{"z":9007199254740993,"a":[ ],"s":"x, {\"y\": 1}\\","o":{ "n" : 1.50}}"#);
        let expected = r#"{
  "z": 9007199254740993,
  "a": [],
  "s": "x, {\"y\": 1}\\",
  "o": {
    "n": 1.50
  }
}"#;
        assert_eq!(pretty(&raw), expected);
        assert_eq!(pretty(&Raw::from_static("7")), "7");
    }
}
