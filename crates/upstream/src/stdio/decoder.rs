//! From the bytes on a standard output to messages. Pure.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use pontoon_jsonrpc::lines::{Edges, Frame, Framer};
use pontoon_jsonrpc::{Limits, Message, Payload, Refusal, code};

use crate::refused::{stand_in, too_large, unreadable};
use crate::stdio::clean::{Line, clean};

/// Reads what a server writes on its standard output: messages, one on each line, between whatever else
/// programs print there.
///
/// Neither I/O nor a clock, and what comes out does not depend on how the bytes came in pieces. Memory stays
/// below about twice the longest line that is taken.
#[derive(Debug)]
pub struct StdioDecoder {
    framer: Framer,
    max_line: usize,
    /// What the lines up to here held and nobody took yet.
    found: VecDeque<Heard>,
}

/// What was found on a standard output.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A message.
    Message(Message),
    /// An answer in place of one that was no valid message, or too long: somebody waits for it, and no other will come.
    StandIn(Message),
    /// Something that was skipped.
    Skipped(Skipped),
}

/// Why something was skipped. What it was may be a secret, so it is not told.
#[derive(Clone, Debug)]
pub enum Skipped {
    /// The line is longer than lines may be.
    Oversize,
    /// The line is no JSON: a banner, what a package manager has to say.
    Noise,
    /// The line is not UTF-8.
    InvalidUtf8,
    /// The line is JSON and no valid message.
    Refused(Refusal),
}

/// What is behind a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Newline,
    /// Nothing: the stream has ended.
    None,
}

impl StdioDecoder {
    /// A decoder that skips lines of more than `max_line` bytes.
    pub fn new(max_line: usize) -> Self {
        Self {
            framer: Framer::new(max_line),
            max_line,
            found: VecDeque::new(),
        }
    }

    /// Takes in bytes. Call [`decode`](Self::decode) until it has nothing more before the next ones.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer().extend_from_slice(bytes);
        self.appended(bytes.len());
    }

    /// Where to append what is read next.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        self.framer.buffer()
    }

    /// Tells how much the last read appended. Returns whether it filled what it was offered.
    pub(crate) fn appended(&mut self, bytes: usize) -> bool {
        self.framer.appended(bytes)
    }

    /// What comes next. `None` means that more has to be read.
    pub fn decode(&mut self) -> Option<Heard> {
        while self.found.is_empty() {
            match self.framer.next_frame()? {
                Frame::Line(line) => self.line(line, Ending::Newline),
                Frame::Oversize => self.skip(Skipped::Oversize),
                Frame::Skipped(edges) => {
                    let instead = edges.answered().map(|id| too_large(id, self.max_line));
                    self.found.extend(instead.map(Heard::StandIn));
                }
            }
        }
        self.found.pop_front()
    }

    /// The stream has ended: what is left is a last line, perhaps cut off. [`decode`](Self::decode) has what
    /// is in it.
    pub fn finish(&mut self) {
        if let Some(line) = self.framer.finish() {
            self.line(line, Ending::None);
        }
    }

    fn line(&mut self, line: Bytes, ending: Ending) {
        match clean(line) {
            Line::Blank => {}
            Line::Object(text) => self.take(Message::parse(text.clone(), &Limits::SERVER), &text, ending),
            Line::Array(text) => match Payload::parse(text.clone(), &Limits::SERVER) {
                Ok(Payload::Batch(messages)) => {
                    messages
                        .into_iter()
                        .for_each(|message| self.take(message, &text, ending));
                }
                Ok(Payload::Single(message)) => self.take(Ok(message), &text, ending),
                // A log line like `[info] ready` begins the same way.
                Err(refusal) => self.take(Err(refusal), &text, ending),
            },
            Line::Noise(text) => self.skip(noise(&text)),
        }
    }

    fn take(&mut self, message: Result<Message, Refusal>, text: &Bytes, ending: Ending) {
        match message {
            Ok(message) => self.found.push_back(Heard::Message(message)),
            Err(refusal) if refusal.code() == code::PARSE_ERROR || std::str::from_utf8(text).is_err() => {
                self.skip(noise(text));
                if ending == Ending::None {
                    // Cut off by the end, and that is what whoever waits is told.
                    return;
                }
                // Programs print much that is no message; but what begins like an answer was to be one.
                let answered = Edges::of(text).answered();
                let instead = answered.map(|id| unreadable(id, &refusal));
                self.found.extend(instead.map(Heard::StandIn));
            }
            Err(refusal) => {
                let instead = stand_in(&refusal).map(Heard::StandIn);
                self.skip(Skipped::Refused(refusal));
                self.found.extend(instead);
            }
        }
    }

    fn skip(&mut self, why: Skipped) {
        self.found.push_back(Heard::Skipped(why));
    }
}

fn noise(text: &Bytes) -> Skipped {
    match std::str::from_utf8(text) {
        Ok(_) => Skipped::Noise,
        Err(_) => Skipped::InvalidUtf8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &[u8]) -> Vec<String> {
        let mut decoder = StdioDecoder::new(200);
        decoder.feed(text);
        let mut heard: Vec<_> = std::iter::from_fn(|| decoder.decode()).collect();
        decoder.finish();
        heard.extend(std::iter::from_fn(|| decoder.decode()));
        let name = |heard: Heard| match heard {
            Heard::Message(message) => format!("message {}", message.method().map_or("", |method| method)),
            Heard::StandIn(_) => "stand-in".to_owned(),
            Heard::Skipped(Skipped::Refused(_)) => "refused".to_owned(),
            Heard::Skipped(why) => format!("{why:?}"),
        };
        heard.into_iter().map(name).collect()
    }

    #[test]
    fn messages_are_found_between_what_else_is_printed() {
        let text = b"starting\n\n{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\xff\n{\"jsonrpc\":\"2.0\",\"method\":\"b\"}";
        assert_eq!(heard(text), ["Noise", "message a", "InvalidUtf8", "message b"]);
    }

    #[test]
    fn each_part_of_a_batch_comes_in_its_place() {
        let text = br#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":7,"result":1},{"jsonrpc":"2.0","method":"b"}]
"#;
        assert_eq!(heard(text), ["message a", "refused", "stand-in", "message b"]);
    }

    #[test]
    fn long_lines_are_skipped() {
        let text = [
            "x".repeat(300).as_str(),
            "\n{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n",
        ]
        .concat();
        assert_eq!(heard(text.as_bytes()), ["Oversize", "message a"]);
    }

    #[test]
    fn an_answer_that_the_end_cut_off_is_nobodys_mistake() {
        let cut = br#"{"jsonrpc":"2.0","id":7,"result":{"a":"#;
        assert_eq!(heard(cut), ["Noise"]);
        assert_eq!(heard(br#"{"jsonrpc":"2.0","id":7,"result":{}}"#), ["message "]);
    }

    #[test]
    fn whoever_waits_for_an_answer_that_is_no_json_is_told() {
        for answer in [
            b"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":\"\x01\"}}\n".as_slice(),
            b"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":}}\n",
        ] {
            assert_eq!(heard(answer), ["Noise", "stand-in"]);
        }
        let latin = b"{\"result\":{\"a\":\"\xe9\"},\"jsonrpc\":\"2.0\",\"id\":7}\n";
        assert_eq!(heard(latin), ["InvalidUtf8", "stand-in"]);
        assert_eq!(heard(b"{starting}\n{\"id\":7,\"level\":}\n"), ["Noise", "Noise"]);
    }

    #[test]
    fn whoever_waits_for_a_long_answer_is_told() {
        let text = [
            r#"{"result":{"a":""#,
            &"x".repeat(300),
            r#""},"jsonrpc":"2.0","id":7}"#,
            "\n{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n",
        ]
        .concat();
        assert_eq!(heard(text.as_bytes()), ["Oversize", "stand-in", "message a"]);
    }
}
