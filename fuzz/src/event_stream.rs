//! The event stream: cut anywhere, it means the same.

use bytes::Bytes;
use pontoon_sse::{Decoder, EventTooLarge, Item, Limits};

/// Small, so that the limit is met as well.
const MAX_EVENT: usize = 256;

pub(crate) fn target(data: &[u8]) {
    let Some((cuts, stream)) = data.split_first() else {
        return;
    };
    let whole = decode(std::iter::once(stream));
    let step = usize::from(*cuts % 17) + 1;
    assert_eq!(decode(stream.chunks(step)), whole, "chunks of {step} bytes");
    assert_eq!(decode(stream.chunks(1)), whole, "single bytes");
}

fn decode<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Item, EventTooLarge>> {
    let limits = Limits {
        max_event_len: MAX_EVENT,
        ..Limits::default()
    };
    let mut decoder = Decoder::new(limits);
    let mut items = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::copy_from_slice(chunk);
        while let Some(item) = decoder.decode(&mut chunk) {
            items.push(item);
        }
    }
    items
}
