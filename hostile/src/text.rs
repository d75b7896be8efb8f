//! Placeholders in the text of a case.

/// What placeholders stand for in one run of a case.
pub(crate) struct Scope<'a> {
    /// Name and value of the plain ones.
    pub(crate) values: &'a dyn Fn(&str) -> Option<String>,
}

impl Scope<'_> {
    /// Replaces every placeholder: `{name}`, `{hex FF 00}` and `{repeat N <text>}`. Braces around anything else stay.
    pub(crate) fn expand(&self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            bytes.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            let length = self.placeholder(rest, &mut bytes).unwrap_or_else(|| {
                bytes.push(b'{');
                1
            });
            rest = &rest[length..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        bytes
    }

    /// Writes what stands for the placeholder at the start of `text`; its length.
    fn placeholder(&self, text: &str, bytes: &mut Vec<u8>) -> Option<usize> {
        if let Some(repeat) = text.strip_prefix("{repeat ") {
            let (count, body) = repeat.split_once(" <")?;
            let end = end_of(body)?;
            let piece = self.expand(&body[..end]);
            bytes.extend(piece.repeat(count.parse().ok()?));
            return Some(text.len() - body.len() + end + 2);
        }
        let (inside, _) = text[1..].split_once('}')?;
        if let Some(digits) = inside.strip_prefix("hex ") {
            for pair in digits.split_whitespace() {
                bytes.push(u8::from_str_radix(pair, 16).ok()?);
            }
        } else {
            bytes.extend(self.value(inside)?.into_bytes());
        }
        Some(inside.len() + 2)
    }

    fn value(&self, name: &str) -> Option<String> {
        Some(match name {
            "cr" => "\r".to_owned(),
            "lf" => "\n".to_owned(),
            "crlf" => "\r\n".to_owned(),
            "nul" => "\0".to_owned(),
            "tab" => "\t".to_owned(),
            "sp" => " ".to_owned(),
            "empty" => String::new(),
            _ => (self.values)(name)?,
        })
    }
}

/// Where the text of a `{repeat` ends; others may stand in it.
fn end_of(body: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, _) in body.char_indices() {
        if body[at..].starts_with("{repeat ") {
            depth += 1;
        } else if body[at..].starts_with(">}") {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

/// Bytes as one line that a person can read; long ones lose their middle.
pub(crate) fn shown(bytes: &[u8], limit: usize) -> String {
    let whole = bytes
        .escape_ascii()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\'", "'");
    if whole.len() <= limit {
        return whole;
    }
    let half = limit / 2;
    format!(
        "{} …({} bytes)… {}",
        &whole[..half],
        bytes.len(),
        &whole[whole.len() - half..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Vec<u8> {
        let values = |name: &str| (name == "meta").then(|| "M".to_owned());
        Scope { values: &values }.expand(text)
    }

    #[test]
    fn known_names_are_replaced_and_json_stays() {
        assert_eq!(expand(r#"{"a":{},{meta}}"#), br#"{"a":{},M}"#);
        assert_eq!(expand("{hex FF 0a}{crlf}"), b"\xff\n\r\n");
        assert_eq!(expand("{unknown} {hex zz}"), b"{unknown} {hex zz}");
    }

    #[test]
    fn text_is_repeated_with_what_stands_in_it() {
        assert_eq!(expand("{repeat 3 <[{lf}>}]"), b"[\n[\n[\n]");
        assert_eq!(expand(r#"{repeat 2 <{"a":>}1"#), br#"{"a":{"a":1"#);
        assert_eq!(expand("{repeat 2 <a{repeat 3 <b>}>}c"), b"abbbabbbc");
    }

    #[test]
    fn long_bytes_lose_their_middle() {
        assert_eq!(shown(b"a\r\n\"", 100), "a\\r\\n\"");
        assert!(shown(&[b'x'; 1000], 40).contains("(1000 bytes)"));
    }
}
