//! For any stream: chunks do not matter, what is written is read, and a reader written down straight from the
//! standard sees the same.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use proptest::{collection::vec, option, prelude::*, sample::select};

use pontoon_sse::{Decoder, Event, EventTooLarge, Field, Item, Limits, encode_comment};

type Items = Vec<Result<Item, EventTooLarge>>;

const LIMITS: Limits = Limits {
    max_event_len: 40,
    max_retry: Duration::from_millis(1000),
};
const WIDE: Limits = Limits {
    max_event_len: usize::MAX,
    max_retry: Duration::MAX,
};

fn read(limits: Limits, chunks: &[&[u8]]) -> (Items, String, Option<Duration>, bool) {
    let mut decoder = Decoder::new(limits);
    let mut items = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::copy_from_slice(chunk);
        items.extend(std::iter::from_fn(|| decoder.decode(&mut chunk)));
    }
    (
        items,
        decoder.last_event_id().to_owned(),
        decoder.retry(),
        decoder.is_mid_event(),
    )
}

/// Pieces that make streams, whole and broken.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"data",
        b"data: x",
        b"data:",
        b"data:  y",
        b"event: e",
        b"event:",
        b"id: 1",
        b"id",
        b"id: \0",
        b"retry: 12",
        b"retry: 99999",
        b"retry: x",
        b": comment",
        b":",
        b"unknown: 1",
        b" ",
        b"a long piece of text that fills",
        b"\xff",
        "é".as_bytes(),
        b"\xef\xbb\xbf",
        b"\xef",
        b"\n",
        b"\n",
        b"\n\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b"\r\r",
    ];
    vec(select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

/// Cuts a stream at places chosen by the numbers.
fn cut<'a>(stream: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (stream.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for end in places.into_iter().chain([stream.len()]) {
        chunks.push(&stream[start..end]);
        start = end;
    }
    chunks
}

/// The standard, word by word, over a whole stream.
fn reference(stream: &[u8]) -> (Vec<Item>, String) {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut items = Vec::new();
    let (mut data, mut name, mut id, mut last_id) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in whole_lines(stream) {
        if line.is_empty() {
            last_id = id.clone();
            if !data.is_empty() {
                data.pop();
                items.push(event(&name, &data, &last_id));
            }
            data.clear();
            name.clear();
            continue;
        }
        let (field, value) = match line.iter().position(|b| *b == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &b""[..]),
        };
        let value = if value.first() == Some(&b' ') {
            &value[1..]
        } else {
            value
        };
        match field {
            b"" => items.push(Item::Comment(text(value))),
            b"event" => name = value.to_vec(),
            b"data" => {
                data.extend(value);
                data.push(b'\n');
            }
            b"id" if !value.contains(&0) => id = value.to_vec(),
            b"retry" => items.extend(
                text(value)
                    .parse()
                    .ok()
                    .map(|n| Item::Retry(Duration::from_millis(n))),
            ),
            _ => {}
        }
    }
    (items, text(&last_id))
}

fn event(name: &[u8], data: &[u8], id: &[u8]) -> Item {
    let name = if name.is_empty() {
        "message".to_owned()
    } else {
        text(name)
    };
    Item::Event(pontoon_sse::ReceivedEvent {
        name: name.into(),
        data: Bytes::copy_from_slice(data),
        last_event_id: text(id).into(),
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines that end, without their ends.
fn whole_lines(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut bytes = stream.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                lines.push(Vec::new());
            }
            b'\n' => lines.push(Vec::new()),
            other => lines.last_mut().expect("never empty").push(*other),
        }
    }
    lines.pop();
    lines
}

fn one_line() -> impl Strategy<Value = String> {
    "[^\r\n\\x00]{0,12}"
}

fn lines() -> impl Strategy<Value = String> {
    "([a-z :é]{0,8}|\r|\n|\r\n){0,6}"
}

/// At least two thousand cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.max(2000),
        failure_persistence: None,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chunks_do_not_matter(stream in stream(), places in vec(any::<usize>(), 0..12)) {
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        for limits in [LIMITS, WIDE] {
            let whole = read(limits, &[&stream]);
            prop_assert_eq!(&whole, &read(limits, &cut(&stream, &places)));
            prop_assert_eq!(&whole, &read(limits, &bytes));
        }
    }

    #[test]
    fn the_standard_sees_the_same(stream in stream()) {
        let (items, last_event_id, ..) = read(WIDE, &[&stream]);
        let items: Vec<Item> = items.into_iter().map(|item| item.expect("no limit")).collect();
        prop_assert_eq!((items, last_event_id), reference(&stream));
    }

    #[test]
    fn what_is_written_is_read(events in vec((
        option::of(one_line()), option::of(one_line()), option::of(0..100_000_u64), option::of(lines()), option::of(lines()),
    ), 0..6)) {
        let mut out = BytesMut::new();
        let mut expected = Vec::new();
        let mut last_id = String::new();
        for (id, name, retry, data, comment) in &events {
            let field = |text: &'_ Option<String>| text.clone();
            let (id, name) = (field(id), field(name));
            let retry = retry.map(Duration::from_millis);
            let written = Event {
                id: id.as_deref().map(|id| Field::new(id).expect("one line")),
                event: name.as_deref().map(|name| Field::new(name).expect("one line")),
                retry,
                data: data.as_deref().map(str::as_bytes),
            };
            written.encode(&mut out);
            last_id = id.unwrap_or(last_id);
            expected.extend(retry.map(Item::Retry));
            if let Some(data) = data {
                let data = data.replace("\r\n", "\n").replace('\r', "\n");
                expected.push(event(name.unwrap_or_default().as_bytes(), data.as_bytes(), last_id.as_bytes()));
            }
            if let Some(comment) = comment {
                encode_comment(comment, &mut out);
                let comment = comment.replace("\r\n", "\n").replace('\r', "\n");
                expected.extend(comment.split('\n').map(|line| Item::Comment(line.to_owned())));
            }
        }
        let (items, ..) = read(WIDE, &[&out]);
        let items: Vec<Item> = items.into_iter().map(|item| item.expect("no limit")).collect();
        prop_assert_eq!(items, expected);
    }
}
