//! What a server writes on its standard output, whole against in pieces.

use pontoon_jsonrpc::{Limits, Message};
use pontoon_upstream::{Heard, StdioDecoder};

/// Small, so that inputs reach it.
const MAX_LINE: usize = 256;

/// The first byte says into which pieces the rest is cut.
pub(crate) fn target(data: &[u8]) {
    let Some((cut, text)) = data.split_first() else {
        return;
    };
    let whole = heard(&[text]);
    let step = usize::from(cut % 32) + 1;
    let first = usize::from(cut / 32).min(text.len());
    let (head, tail) = text.split_at(first);
    let pieces: Vec<_> = std::iter::once(head).chain(tail.chunks(step)).collect();
    assert_eq!(heard(&pieces), whole, "pieces of {step} after {first}");
    let lines = text.split(|byte| *byte == b'\n').count();
    // A batch is one line and many messages, each with a stand-in at worst.
    assert!(whole.len() <= lines + 2 * Limits::SERVER.max_batch * lines);
}

/// What comes out, as text.
fn heard(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = StdioDecoder::new(MAX_LINE);
    let mut heard = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        while let Some(next) = decoder.decode() {
            heard.push(seen(next));
        }
    }
    decoder.finish();
    while let Some(next) = decoder.decode() {
        heard.push(seen(next));
    }
    heard
}

fn seen(heard: Heard) -> String {
    match heard {
        Heard::Message(message) => written(&message),
        // Nobody would understand it better than what it stands in for.
        Heard::StandIn(message) => {
            assert!(
                matches!(message, Message::Response(_)),
                "only answers are waited for"
            );
            written(&message)
        }
        Heard::Skipped(why) => format!("{why:?}"),
    }
}

fn written(message: &Message) -> String {
    let bytes = message.to_bytes();
    Message::parse(bytes.clone(), &Limits::SERVER).expect("what we write can be read");
    String::from_utf8(bytes.to_vec()).expect("messages are text")
}
