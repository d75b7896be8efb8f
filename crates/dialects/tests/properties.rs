//! For any bytes: nothing panics, chunks do not matter, and what is held stays bounded.

use bytes::Bytes;
use pontoon_dialects::{Dialect, Piece, Reader};
use pontoon_sse::{Decoder, Item};
use proptest::{collection::vec, prelude::*, sample::select};

const STREAMS: [&str; 7] = [
    include_str!("golden/chatgpt.sse"),
    include_str!("golden/kimi.sse"),
    include_str!("golden/deepseek.sse"),
    include_str!("golden/deepseek_fragments.sse"),
    include_str!("golden/openai_chat.sse"),
    include_str!("golden/openai_responses.sse"),
    include_str!("golden/anthropic.sse"),
];

fn read(mut reader: Reader, chunks: &[&[u8]]) -> Vec<Piece> {
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

fn readers() -> impl Iterator<Item = Reader> {
    let named = Dialect::ALL.into_iter().map(Reader::new);
    named.chain([Reader::guessing()])
}

/// Changes that documents may be told to make, sensible or not.
fn frame() -> impl Strategy<Value = String> {
    let paths = vec![
        "",
        "/message",
        "/message/content",
        "/message/content/parts",
        "/message/content/parts/0",
        "/message/content/thoughts/0/content",
        "/message/author/role",
        "response",
        "response/content",
        "response/fragments",
        "response/fragments/-1/content",
        "response/fragments/99999999999999999999/content",
        "response/status",
        "///",
    ];
    let operations = vec![
        "add", "append", "replace", "patch", "remove", "truncate", "APPEND", "BATCH", "SET",
    ];
    let values = vec![
        "\"x\"",
        "\"\"",
        "null",
        "7",
        "{}",
        "[]",
        r#"["a","b"]"#,
        r#"{"message":{"author":{"role":"assistant"},"content":{"content_type":"code","parts":["x"]}}}"#,
        r#"{"response":{"content":"c","fragments":[{"type":"THINK","content":"t"},7]}}"#,
        r#"[{"p":"content","o":"append","v":"x"},{"v":[{"type":"RESPONSE","content":"y"}],"p":"fragments","o":"APPEND"}]"#,
        r#"[{"p":"","o":"patch","v":[{"p":"","o":"patch","v":[]}]}]"#,
    ];
    let member = |name: &'static str, values: Vec<&'static str>| {
        proptest::option::of(select(values).prop_map(move |value| format!("\"{name}\":\"{value}\",")))
    };
    (member("p", paths), member("o", operations), select(values)).prop_map(|(path, operation, value)| {
        let (path, operation) = (path.unwrap_or_default(), operation.unwrap_or_default());
        format!("data: {{{path}{operation}\"v\":{value}}}\n\n")
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
        for reader in readers() {
            read(reader, &[&bytes]);
        }
    }

    #[test]
    fn arbitrary_changes_do_no_harm(frames in vec(frame(), 0..20)) {
        let stream = frames.concat();
        for reader in readers() {
            read(reader, &[stream.as_bytes()]);
        }
    }

    #[test]
    fn damaged_streams_do_no_harm(
        stream in select(&STREAMS[..]),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..10),
    ) {
        let mut bytes = stream.as_bytes().to_vec();
        for (place, byte) in damage {
            let length = bytes.len();
            bytes[place.index(length)] = byte;
        }
        for reader in readers() {
            read(reader, &[&bytes]);
        }
    }

    #[test]
    fn chunks_do_not_matter(stream in select(&STREAMS[..]), cuts in vec(any::<prop::sample::Index>(), 0..10)) {
        let bytes = stream.as_bytes();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(Reader::guessing(), &chunks), read(Reader::guessing(), &[bytes]));
    }
}
