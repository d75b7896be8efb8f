//! What providers say: whatever it is, chunks do not matter, and nothing is said that was not in the stream.

use bytes::Bytes;
use pontoon_dialects::{Dialect, Piece, Reader};
use pontoon_sse::{Decoder, Item};

pub(crate) fn target(data: &[u8]) {
    let Some((cuts, stream)) = data.split_first() else {
        return;
    };
    let step = usize::from(*cuts % 17) + 1;
    let whole = read(Reader::guessing(), std::iter::once(stream));
    assert_eq!(
        read(Reader::guessing(), stream.chunks(step)),
        whole,
        "chunks of {step} bytes"
    );
    let named = Dialect::ALL
        .into_iter()
        .map(|dialect| read(Reader::new(dialect), std::iter::once(stream)));
    for pieces in named.chain([whole]) {
        let said: usize = pieces.iter().map(length).sum();
        assert!(said <= stream.len(), "{said} bytes out of {}", stream.len());
    }
}

fn read<'a>(mut reader: Reader, chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Piece> {
    let mut decoder = Decoder::default();
    let mut pieces = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::copy_from_slice(chunk);
        while let Some(item) = decoder.decode(&mut chunk) {
            if let Ok(Item::Event(event)) = item {
                pieces.extend(reader.read(&event.name, &event.data));
            }
        }
    }
    pieces
}

/// Of what a model said.
fn length(piece: &Piece) -> usize {
    match piece {
        Piece::Text(text)
        | Piece::Rewritten(text)
        | Piece::Thinking(text)
        | Piece::ToolInput(text)
        | Piece::Choice { text, .. } => text.len(),
        Piece::Tool(_) | Piece::Finished(_) | Piece::Error(_) | Piece::Unreadable(_) => 0,
    }
}
