//! The rules of the standard, one by one.

use std::time::Duration;

use bytes::Bytes;
use pontoon_sse::{Decoder, EventTooLarge, Item, Limits};

/// Items as short text: `name|data|id`, `: comment`, `retry ms`, `too large`.
fn read_with(decoder: &mut Decoder, chunks: &[&[u8]]) -> Vec<String> {
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut chunk = Bytes::copy_from_slice(chunk);
        while let Some(item) = decoder.decode(&mut chunk) {
            seen.push(show(item));
        }
        assert!(chunk.is_empty());
    }
    seen
}

fn show(item: Result<Item, EventTooLarge>) -> String {
    match item {
        Ok(Item::Event(event)) => {
            format!(
                "{}|{}|{}",
                event.name,
                String::from_utf8_lossy(&event.data),
                event.last_event_id
            )
        }
        Ok(Item::Comment(text)) => format!(": {text}"),
        Ok(Item::Retry(delay)) => format!("retry {}", delay.as_millis()),
        Err(EventTooLarge { .. }) => "too large".to_owned(),
    }
}

fn read(text: &str) -> Vec<String> {
    read_with(&mut Decoder::default(), &[text.as_bytes()])
}

#[test]
fn the_examples_of_the_standard() {
    assert_eq!(
        read(
            "data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n\
             data: This is the third message.\n\n"
        ),
        [
            "message|This is the first message.|",
            "message|This is the second message, it\nhas two lines.|",
            "message|This is the third message.|",
        ]
    );
    assert_eq!(
        read("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n"),
        ["add|73857293|", "remove|2153|", "add|113411|"]
    );
    assert_eq!(
        read("data: YHOO\ndata: +2\ndata: 10\n\n"),
        ["message|YHOO\n+2\n10|"]
    );
    assert_eq!(
        read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"),
        [": test stream", "message|first event|1", "message|second event|"]
    );
    assert_eq!(read("data\n\ndata\ndata\n\ndata:"), ["message||", "message|\n|"]);
    assert_eq!(
        read("data:test\n\ndata: test\n\n"),
        ["message|test|", "message|test|"]
    );
}

#[test]
fn every_line_end_counts_wherever_it_is_cut() {
    let expected = ["e|1\n2|x", "message|3|x"];
    for end in ["\n", "\r", "\r\n"] {
        let text = "event: e\nid: x\ndata: 1\ndata: 2\n\ndata: 3\n\n".replace('\n', end);
        assert_eq!(read(&text), expected, "{end:?}");
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(read_with(&mut Decoder::default(), &bytes), expected, "{end:?}");
    }
    assert_eq!(read("data: 1\r\r\ndata: 2\n\r"), ["message|1|", "message|2|"]);
    // The event is complete at the return: it does not wait for a line feed that may never come.
    assert_eq!(
        read_with(&mut Decoder::default(), &[b"data: 1\r", b"\n\r"]),
        ["message|1|"]
    );
}

#[test]
fn one_byte_order_mark_at_the_start_is_dropped() {
    for chunks in [
        &[&b"\xef\xbb\xbfdata: 1\n\n"[..]][..],
        &[b"\xef", b"\xbb", b"\xbf", b"data: 1\n\n"],
        &[b"\xef\xbb", b"", b"\xbfdata: 1\n\n"],
    ] {
        assert_eq!(read_with(&mut Decoder::default(), chunks), ["message|1|"]);
    }
    // Twice, later, or cut short, it belongs to the name of an unknown field.
    for text in [
        &b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n"[..],
        b"\n\xef\xbb\xbfdata: 1\n\n",
        b"\xef\xbbdata: 1\n\n",
    ] {
        assert!(read_with(&mut Decoder::default(), &[text]).is_empty());
    }
    assert_eq!(
        read_with(&mut Decoder::default(), &[b"\xef", b"\xbb\n\ndata: 1\n\n"]),
        ["message|1|"]
    );
}

#[test]
fn one_space_after_the_colon_is_dropped() {
    assert_eq!(
        read("data:  two\n\ndata:\ttab\n\ndata:no: colon\n\n"),
        ["message| two|", "message|\ttab|", "message|no: colon|"]
    );
    assert_eq!(read(":a\n: b\n:  c\n:\n"), [": a", ": b", ":  c", ": "]);
}

#[test]
fn unknown_fields_are_ignored() {
    assert_eq!(
        read("DATA: 1\n data: 2\ndata : 3\nfoo\nfoo: bar\ndatadata: 4\n\n"),
        [""; 0]
    );
}

#[test]
fn an_event_without_data_is_not_delivered_but_its_id_counts() {
    let mut decoder = Decoder::default();
    assert_eq!(
        read_with(&mut decoder, &[b"event: lost\nid: 1\n\ndata: x\n\n"]),
        ["message|x|1"]
    );
    assert_eq!(read_with(&mut decoder, &[b"id: 2\n"]), [""; 0]);
    assert_eq!(decoder.last_event_id(), "1");
    assert_eq!(read_with(&mut decoder, &[b"\n"]), [""; 0]);
    assert_eq!(decoder.last_event_id(), "2");
}

#[test]
fn ids_stay_until_the_next() {
    assert_eq!(
        read(
            "data: a\nid: 1\n\ndata: b\n\nid: with\0nul\ndata: c\n\nid:\ndata: d\n\nid: é\u{fffd}\ndata: e\n\n"
        ),
        [
            "message|a|1",
            "message|b|1",
            "message|c|1",
            "message|d|",
            "message|e|é\u{fffd}"
        ]
    );
}

#[test]
fn retry_takes_digits_only() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.retry(), None);
    let text = "retry: 5000\nretry:\nretry\nretry: -1\nretry: 1.5\nretry: 1e3\nretry: 5 \nretry:  5\nretry: ٣\nretry: 007\n";
    assert_eq!(
        read_with(&mut decoder, &[text.as_bytes()]),
        ["retry 5000", "retry 7"]
    );
    assert_eq!(decoder.retry(), Some(Duration::from_millis(7)));
    let hour = Limits::default().max_retry.as_millis();
    for huge in ["99999999999", "18446744073709551616", &"9".repeat(1000)] {
        assert_eq!(read(&format!("retry: {huge}\n")), [format!("retry {hour}")]);
    }
}

#[test]
fn an_unfinished_event_is_discarded() {
    for text in [
        "data: 1",
        "data: 1\n",
        "event: x\n",
        "data: 1\nid: 9\n",
        "data: 1\r\n",
        "d",
    ] {
        let mut decoder = Decoder::default();
        assert!(read_with(&mut decoder, &[text.as_bytes()]).is_empty());
        assert!(decoder.is_mid_event(), "{text:?}");
        assert_eq!(decoder.last_event_id(), "");
    }
    for text in [
        "",
        "\n",
        "data: 1\n\n",
        ": comment\n",
        "retry: 1\n",
        "data: 1\r\n\r",
    ] {
        let mut decoder = Decoder::default();
        read_with(&mut decoder, &[text.as_bytes()]);
        assert!(!decoder.is_mid_event(), "{text:?}");
    }
}

#[test]
fn the_continuing_stream_keeps_id_and_delay() {
    let mut decoder = Decoder::default();
    read_with(
        &mut decoder,
        &[b"retry: 20\nid: 1\ndata: a\n\nid: 2\ndata: cut o"],
    );
    let mut decoder = decoder.reconnected();
    assert_eq!(
        (decoder.last_event_id(), decoder.retry()),
        ("1", Some(Duration::from_millis(20)))
    );
    assert_eq!(
        read_with(&mut decoder, &[b"\xef\xbb\xbfdata: b\n\n"]),
        ["message|b|1"]
    );
}

#[test]
fn names_and_ids_that_are_no_text_are_replaced_but_data_is_not() {
    let mut decoder = Decoder::default();
    let mut chunk = Bytes::from_static(b"event: \xff\nid: \xff\ndata: \xff\xc3\xa9\n\n");
    let Some(Ok(Item::Event(event))) = decoder.decode(&mut chunk) else {
        panic!("an event")
    };
    assert_eq!((&*event.name, &*event.last_event_id), ("\u{fffd}", "\u{fffd}"));
    assert_eq!(event.data, &b"\xff\xc3\xa9"[..]);
}

#[test]
fn an_event_in_one_chunk_is_not_copied() {
    let body = Bytes::from_static(b"event: message\ndata: {\"a\":1}\n\n");
    let mut chunk = body.clone();
    let Some(Ok(Item::Event(event))) = Decoder::default().decode(&mut chunk) else {
        panic!("an event")
    };
    assert_eq!(event.data.as_ptr(), body[21..].as_ptr());
}

fn small() -> Decoder {
    Decoder::new(Limits {
        max_event_len: 16,
        ..Limits::default()
    })
}

#[test]
fn an_event_up_to_the_limit_passes() {
    assert_eq!(
        read_with(&mut small(), &[b"data: 1234567890\n\n"]),
        ["message|1234567890|"]
    );
    assert_eq!(
        read_with(&mut small(), &[b"data: 12345678901\n\n"]),
        ["too large"]
    );
    assert_eq!(
        read_with(&mut small(), &[b"data:1\ndata:2\ndata:3\n\n"]),
        ["message|1\n2\n3|"]
    );
}

#[test]
fn a_large_event_is_skipped_and_the_next_is_read() {
    let next = "data: next\n\n";
    for large in [
        "data: 12345678901\n\n".to_owned(),
        "data: 12345678901\r\nid: 5\r\n\r\n".to_owned(),
        "data\n".repeat(100) + "\n",
        "event: name\ndata: 12345678\n\n".to_owned(),
        "x".repeat(1000) + "\n\n",
        format!("id: {}\n\n", "x".repeat(100)),
    ] {
        let text = large + next;
        assert_eq!(
            read_with(&mut small(), &[text.as_bytes()]),
            ["too large", "message|next|"],
            "{text:?}"
        );
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(
            read_with(&mut small(), &bytes),
            ["too large", "message|next|"],
            "{text:?}"
        );
    }
}

#[test]
fn a_line_without_end_is_reported_once() {
    let mut decoder = small();
    let chunk = [b'x'; 100];
    assert_eq!(read_with(&mut decoder, &[&chunk[..]; 1000]), ["too large"]);
    assert!(decoder.is_mid_event());
    assert_eq!(
        read_with(&mut decoder, &[b"data: no\n", b"data: no\n\ndata: yes\n\n"]),
        ["message|yes|"]
    );
}

#[test]
fn the_id_before_a_large_event_counts() {
    let mut decoder = small();
    let text = b"id: 4\ndata: 12345678901\n\n";
    assert_eq!(read_with(&mut decoder, &[text]), ["too large"]);
    // Coming back with an older id would bring the same event again, for ever.
    assert_eq!(decoder.last_event_id(), "4");
}

/// Found by fuzzing: a byte that is no UTF-8 becomes three in a name.
#[test]
fn a_name_that_grows_over_the_limit_ends_with_its_own_event() {
    let limits = Limits {
        max_event_len: 20,
        ..Limits::default()
    };
    let stream: &[u8] = b"id: 7\nevent: \xff\xff\xff\xff\xff\xff\xff\xff\n\ndata: next\n\n";
    for chunks in [vec![stream], stream.chunks(1).collect()] {
        let seen = read_with(&mut Decoder::new(limits), &chunks);
        assert_eq!(seen, ["too large", "message|next|7"]);
    }
}

#[test]
fn a_stream_read_elsewhere_is_continued() {
    let mut decoder = Decoder::default().resuming("7");
    assert_eq!(decoder.last_event_id(), "7");
    let mut chunk = Bytes::from_static(b"data: x\n\nid\ndata: y\n\n");
    let ids: Vec<_> = std::iter::from_fn(|| decoder.decode(&mut chunk))
        .map(|item| match item {
            Ok(Item::Event(event)) => event.last_event_id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, ["7", ""]);
    assert_eq!(decoder.last_event_id(), "");
}
