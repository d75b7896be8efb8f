//! Events as they are written.

use std::time::Duration;

use bytes::BytesMut;
use pontoon_sse::{Event, Field, FieldError, encode_comment};

fn data(text: &str) -> String {
    let event = Event {
        data: Some(text.as_bytes()),
        ..Event::default()
    };
    String::from_utf8(event.encode_to_bytes().to_vec()).expect("text")
}

#[test]
fn lines_come_in_one_order() {
    let event = Event {
        data: Some(br#"{"a":1}"#),
        retry: Some(Duration::from_millis(5000)),
        event: Some(Field::from_static("message")),
        id: Some(Field::from_static("123")),
    };
    assert_eq!(
        event.encode_to_bytes(),
        "id: 123\nevent: message\nretry: 5000\ndata: {\"a\":1}\n\n"
    );
}

#[test]
fn what_is_absent_is_left_out() {
    assert_eq!(Event::default().encode_to_bytes(), "\n");
    assert_eq!(data(""), "data: \n\n");
    let event = Event {
        retry: Some(Duration::ZERO),
        ..Event::default()
    };
    assert_eq!(event.encode_to_bytes(), "retry: 0\n\n");
    let event = Event {
        retry: Some(Duration::MAX),
        ..Event::default()
    };
    assert_eq!(event.encode_to_bytes(), "retry: 18446744073709551615999\n\n");
    let event = Event {
        id: Some(Field::from_static("")),
        data: Some(b""),
        ..Event::default()
    };
    assert_eq!(event.encode_to_bytes(), "id: \ndata: \n\n");
}

#[test]
fn every_kind_of_line_end_starts_a_line() {
    assert_eq!(data("a\nb\rc\r\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    assert_eq!(data("\n"), "data: \ndata: \n\n");
    assert_eq!(data("a\r\n\r\n"), "data: a\ndata: \ndata: \n\n");
    assert_eq!(data("\n\r"), "data: \ndata: \ndata: \n\n");
    assert_eq!(data("x\r\revent: evil"), "data: x\ndata: \ndata: event: evil\n\n");
}

#[test]
fn ids_and_names_stay_on_their_line() {
    for (text, offset) in [("1\ndata: x", 1), ("a\r", 1), ("\0", 0), ("é\n", 2)] {
        assert_eq!(Field::new(text), Err(FieldError { offset }));
    }
    assert_eq!(
        Field::new("a: b é\u{2028}").map(|field| field.as_str()),
        Ok("a: b é\u{2028}")
    );
}

#[test]
fn comments_keep_every_line_a_comment() {
    let comment = |text| {
        let mut out = BytesMut::new();
        encode_comment(text, &mut out);
        out
    };
    assert_eq!(comment(""), ": \n\n");
    assert_eq!(comment("keep-alive"), ": keep-alive\n\n");
    assert_eq!(comment("a\r\ndata: x\n"), ": a\n: data: x\n: \n\n");
}

#[test]
fn one_reservation_is_exact_and_what_is_there_stays() {
    let event = Event {
        id: Some(Field::from_static("1")),
        event: Some(Field::from_static("e")),
        retry: Some(Duration::from_secs(1)),
        data: Some(b"a\nb"),
    };
    let written = event.encode_to_bytes();
    let mut out = BytesMut::from(": x\n\n");
    event.encode(&mut out);
    assert_eq!(out, [b": x\n\n", &written[..]].concat());

    let mut exact = BytesMut::with_capacity(written.len());
    let start = exact.as_ptr();
    event.encode(&mut exact);
    assert_eq!((exact.as_ptr(), exact.capacity()), (start, written.len()));
}
