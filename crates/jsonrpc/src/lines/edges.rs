//! What the two ends of a line tell of it, when the line is too long to be kept.

use bytes::Bytes;

use crate::Id;

/// So much is kept of each end: room for `{"jsonrpc": "2.0", "id": …, "result":` and white space.
const KEPT: usize = 128;

/// The first and the last bytes of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Edges {
    /// The ends of a line that is there.
    pub fn of(line: &[u8]) -> Self {
        let mut edges = Self::default();
        edges.extend(line);
        edges
    }

    /// Takes in the next piece of the line.
    pub fn extend(&mut self, piece: &[u8]) {
        let room = KEPT - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
        self.tail
            .extend_from_slice(&piece[piece.len().saturating_sub(KEPT)..]);
        let surplus = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..surplus);
    }

    /// The request that the line answers, if it is an answer. Serialisers write the id in front of the result
    /// or behind it; ids toward servers are integers.
    ///
    /// In a line that is JSON the last brace closes the message itself, so what stands before it is a member of
    /// the message and not of something within.
    pub fn answered(&self) -> Option<Id> {
        self.id_beside(is_outcome, integer)
    }

    /// The id of the request that the line is, if it is one. Clients write it in front of the method or behind the
    /// parameters, and choose integers or strings.
    pub fn asked(&self) -> Option<Id> {
        self.id_beside(is_call, |text| integer(text).or_else(|| plain_string(text)))
    }

    /// The id of a message that has `content` beside it.
    fn id_beside(&self, content: fn(&str) -> bool, read: impl Fn(&str) -> Option<Id>) -> Option<Id> {
        let (head, tail) = (without_space(&self.head), without_space(&self.tail));
        let begin = head.strip_prefix('{')?;
        let begin = begin.strip_prefix(r#""jsonrpc":"2.0","#).unwrap_or(begin);
        if let Some(rest) = begin.strip_prefix(r#""id":"#) {
            let (id, rest) = rest.split_once(',')?;
            let rest = rest.strip_prefix(r#""jsonrpc":"2.0","#).unwrap_or(rest);
            return content(rest).then(|| read(id)).flatten();
        }
        if !content(begin) {
            return None;
        }
        let end = tail.strip_suffix('}')?;
        let end = end.strip_suffix(r#","jsonrpc":"2.0""#).unwrap_or(end);
        let (_, id) = end.rsplit_once(r#","id":"#)?;
        read(id)
    }
}

fn is_outcome(rest: &str) -> bool {
    rest.starts_with(r#""result":"#) || rest.starts_with(r#""error":"#)
}

fn is_call(rest: &str) -> bool {
    rest.starts_with(r#""method":"#)
}

/// A string in which nothing has to be unescaped.
fn plain_string(text: &str) -> Option<Id> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    inside.bytes().all(is_plain).then(|| Id::from(inside))
}

fn integer(text: &str) -> Option<Id> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok().map(Id::Integer)).flatten()
}

/// The text without white space. The strings that are looked for contain none.
fn without_space(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let dense: Bytes = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    // Cut somewhere, it may begin or end within a character.
    String::from_utf8_lossy(&dense).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(line: &str) -> Option<Id> {
        let mut whole = Edges::default();
        whole.extend(line.as_bytes());
        for size in [1, 7, 128, 1000] {
            let mut pieces = Edges::default();
            line.as_bytes()
                .chunks(size)
                .for_each(|piece| pieces.extend(piece));
            assert_eq!(pieces, whole, "{size}");
        }
        whole.answered()
    }

    fn long() -> String {
        format!(r#"{{"text":"{}","id":99}}"#, "é".repeat(500))
    }

    #[test]
    fn answers_are_known_by_their_ids_in_front_or_behind() {
        let long = long();
        for line in [
            format!(r#"{{"jsonrpc":"2.0","id":7,"result":{long}}}"#),
            format!(r#"{{"id":7,"jsonrpc":"2.0","result":{long}}}"#),
            format!(r#"{{"jsonrpc": "2.0", "id": 7, "error": {long}}}"#),
            format!(r#"{{"result":{long},"jsonrpc":"2.0","id":7}}"#),
            format!(r#"{{"result":{long},"id":7,"jsonrpc":"2.0"}}"#),
            format!(r#" {{ "jsonrpc" : "2.0", "result" : {long} , "id" : 7 }} "#) + "\r",
        ] {
            assert_eq!(answered(&line), Some(Id::Integer(7)), "{}", &line[..40]);
        }
    }

    #[test]
    fn requests_are_known_by_their_ids_in_front_or_behind() {
        let asked = |line: &str| Edges::of(line.as_bytes()).asked();
        let long = long();
        for (line, id) in [
            (
                format!(r#"{{"jsonrpc":"2.0","id":7,"method":"x","params":{long}}}"#),
                Id::Integer(7),
            ),
            (
                format!(r#"{{"method":"x","params":{long},"jsonrpc":"2.0","id":7}}"#),
                Id::Integer(7),
            ),
            (
                format!(r#"{{"jsonrpc":"2.0","id":"a-1","method":"x","params":{long}}}"#),
                "a-1".into(),
            ),
        ] {
            assert_eq!(asked(&line), Some(id), "{}", &line[..40]);
        }
        for line in [
            format!(r#"{{"jsonrpc":"2.0","id":7,"result":{long}}}"#),
            format!(r#"{{"jsonrpc":"2.0","method":"x","params":{long}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":"a\"b","method":"x","params":{long}}}"#),
        ] {
            assert_eq!(asked(&line), None, "{}", &line[..40]);
        }
    }

    #[test]
    fn nothing_is_guessed_of_other_lines() {
        let long = long();
        for line in [
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"x","params":{long}}}"#),
            format!(r#"{{"jsonrpc":"2.0","method":"x","params":{long},"id":7}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":"7","result":{long}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":7.5,"result":{long}}}"#),
            format!(r#"{{"jsonrpc":"2.0","result":{long}}}"#),
            format!(r#"{{"result":{long},"note":"\",\"id\":7"}}"#),
            format!("[{long}]"),
            "x".repeat(1000),
            String::new(),
        ] {
            assert_eq!(answered(&line), None, "{line}");
        }
    }
}
