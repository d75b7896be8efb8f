//! Streams seen in the wild.

use bytes::Bytes;
use pontoon_sse::{Decoder, Event, Field, Item, ReceivedEvent};

fn read(text: &'static str) -> Vec<ReceivedEvent> {
    let mut decoder = Decoder::default();
    let mut chunk = Bytes::from_static(text.as_bytes());
    let items: Vec<_> = std::iter::from_fn(|| decoder.decode(&mut chunk)).collect();
    assert!(!decoder.is_mid_event());
    items
        .into_iter()
        .map(|item| match item {
            Ok(Item::Event(event)) => event,
            other => panic!("only events: {other:?}"),
        })
        .collect()
}

fn texts(events: &[ReceivedEvent]) -> Vec<&str> {
    events
        .iter()
        .map(|event| std::str::from_utf8(&event.data).expect("text"))
        .collect()
}

#[test]
fn chat_streams_are_read_to_the_byte() {
    let events = read(include_str!("golden/chatgpt_seed.sse"));
    assert!(events.iter().all(|event| event.name == "delta"));
    let seen = texts(&events);
    assert_eq!(seen.len(), 6);
    // The blanks behind the data are data.
    assert_eq!(
        seen[1],
        "{\"v\": \"\\u4e86\\u5ba2\\u6237\\u7aef\\u8fd9\\u8fb9\\uff0c\\u63a5\\u4e0b\\u6765\\u770b\\u770b\"}       "
    );
    assert_eq!(seen[5], r#"{"v": "js\nconst http = require(\"http"}"#);

    let events = read(include_str!("golden/kimi_seed.sse"));
    assert_eq!(events.len(), 7);
    assert_eq!(
        texts(&events)[2],
        r#"{"event":"cmpl","idx_s":0,"idx_z":0,"text":",","view":"cmpl"}"#
    );

    let events = read(include_str!("golden/deepseek_seed.sse"));
    assert!(
        events
            .iter()
            .all(|event| event.name == "message" && event.last_event_id.is_empty())
    );
    let expected =
        [" **", "1", ".", " ", "高级", "用法", "与", "功能"].map(|text| format!("{{\"v\": \"{text}\"}}"));
    assert_eq!(texts(&events), expected);
}

#[test]
fn the_reply_stream_is_written_as_it_is_read() {
    let text = include_str!("golden/reply_stream.txt");
    let events = read(text);
    let names: Vec<_> = events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["endpoint", "message", "message", "message"]);
    assert_eq!(
        texts(&events)[0],
        "/messages?sessionId=aecf45b0-7d6b-4312-9abc-cdde89427d46"
    );
    let written: Vec<u8> = events
        .iter()
        .flat_map(|event| {
            let name = Field::new(&event.name).expect("one line");
            Event {
                event: Some(name),
                data: Some(&event.data),
                ..Event::default()
            }
            .encode_to_bytes()
        })
        .collect();
    assert_eq!(String::from_utf8(written).expect("text"), text);
}

const CHATS: [&str; 3] = [
    include_str!("golden/chatgpt_seed.sse"),
    include_str!("golden/kimi_seed.sse"),
    include_str!("golden/deepseek_seed.sse"),
];

/// Who names the kind of an event in `event`, and who inside the data (docs/learn/providers.md).
#[test]
fn s0_19_s0_20_kinds_are_named_in_two_places() {
    let names = |text| read(text).iter().all(|event| event.name == "message");
    assert_eq!(CHATS.map(names), [false, true, true]);
    let inside = |text| texts(&read(text)).iter().all(|data| data.contains("\"event\":"));
    assert_eq!(CHATS.map(inside), [false, true, false]);
}

/// Without ids there is nothing to come back with: such a stream is read once, in order.
#[test]
fn s0_21_chat_streams_cannot_be_resumed() {
    for text in CHATS {
        let mut decoder = Decoder::default();
        let mut chunk = Bytes::from_static(text.as_bytes());
        while decoder.decode(&mut chunk).is_some() {}
        assert_eq!((decoder.last_event_id(), decoder.retry()), ("", None));
    }
}

/// The stream that docs/learn/event-streams.md begins with.
#[test]
fn s4_26_the_example_of_the_book_is_read() {
    let page = include_str!("../../../docs/learn/event-streams.md");
    let (_, stream) = page.split_once("no-transform\n\n").expect("there is a head");
    let (stream, _) = stream.split_once("```").expect("it ends");
    let mut decoder = Decoder::default();
    let mut chunk = Bytes::from(format!("{stream}\n"));
    let items: Vec<_> = std::iter::from_fn(|| decoder.decode(&mut chunk)).collect();
    let told: Vec<_> = items
        .iter()
        .map(|item| item.as_ref().expect("within the limits"))
        .collect();
    let [
        Item::Comment(_),
        Item::Event(news),
        Item::Event(lines),
        Item::Retry(delay),
    ] = told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!((&*news.name, &*news.last_event_id), ("news", "1"));
    assert_eq!(
        (&*lines.name, &lines.data[..]),
        ("message", &b"two lines\nof data"[..])
    );
    assert_eq!(delay.as_millis(), 5000);
}
