//! Single events, dialect by dialect: what is broken, unusual, or not known.

use pontoon_dialects::{Dialect, Piece, Reader};

/// The name of an event, and its data.
type Event<'a> = (&'a str, &'a str);

fn read(dialect: Dialect, events: &[Event<'_>]) -> Vec<Piece> {
    let mut reader = Reader::new(dialect);
    let pieces = events
        .iter()
        .flat_map(|(event, data)| reader.read(event, data.as_bytes()));
    pieces.collect()
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn finished(why: &str) -> Piece {
    Piece::Finished(why.to_owned())
}

fn error(what: &str) -> Piece {
    Piece::Error(what.to_owned())
}

#[test]
fn what_is_not_known_passes_in_every_dialect() {
    for dialect in Dialect::ALL {
        for data in [
            "{}",
            "[]",
            "null",
            "0",
            "\"v1\"",
            r#"{"type":"of tomorrow"}"#,
            r#"{"event":"of tomorrow","text":"x"}"#,
            r#"{"choices":7}"#,
            r#"{"p":1,"o":2,"v":3}"#,
            r#"{"p":"/a/b","o":"c","v":{}}"#,
            r#"{"p":"x","o":"patch","v":[1,{"v":2},{"p":[],"v":"x"}]}"#,
            r#"{"delta":7,"type":"content_block_delta"}"#,
        ] {
            for event in ["tomorrow", "message"] {
                assert_eq!(read(dialect, &[(event, data)]), [], "{dialect} {event} {data}");
            }
        }
    }
}

#[test]
fn broken_json_is_said_and_the_next_event_goes_on() {
    for (dialect, good) in [
        (Dialect::ChatGpt, r#"{"v":"x"}"#),
        (Dialect::Kimi, r#"{"event":"cmpl","text":"x"}"#),
        (Dialect::DeepSeek, r#"{"v":"x"}"#),
        (Dialect::OpenAi, r#"{"choices":[{"delta":{"content":"x"}}]}"#),
        (
            Dialect::Anthropic,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}"#,
        ),
    ] {
        let pieces = read(dialect, &[("message", "{\"v\": "), ("message", good)]);
        assert!(
            matches!(&pieces[..], [Piece::Unreadable(_), Piece::Text(x)] if x == "x"),
            "{pieces:?}"
        );
    }
}

#[test]
fn chatgpt_keeps_path_and_operation_each_by_itself() {
    let pieces = read(
        Dialect::ChatGpt,
        &[
            (
                "delta",
                r#"{"p":"/message/content/parts/0","o":"append","v":"a"}"#,
            ),
            ("delta", r#"{"p":"/message/content/parts/1","v":"b"}"#),
            ("delta", r#"{"v":"c"}"#),
            ("delta", r#"{"o":"replace","v":"bcd"}"#),
            ("delta", r#"{"v":"new"}"#),
            ("delta", r#"{"o":"remove","v":"new"}"#),
        ],
    );
    let expected = [
        text("a"),
        text("b"),
        text("c"),
        text("d"),
        Piece::Rewritten("new".to_owned()),
    ];
    assert_eq!(pieces, expected);
}

#[test]
fn chatgpt_says_what_failed() {
    for (data, what) in [
        (
            r#"{"type":"error","error":{"message":"overloaded"}}"#,
            "overloaded",
        ),
        (
            r#"{"message":null,"error":"no such conversation"}"#,
            "no such conversation",
        ),
        (
            r#"{"p":"","o":"add","v":{"message":null,"error":"limit"}}"#,
            "limit",
        ),
    ] {
        assert_eq!(
            read(Dialect::ChatGpt, &[("message", data)]),
            [error(what)],
            "{data}"
        );
    }
}

#[test]
fn deepseek_sets_where_a_path_comes_without_a_known_operation() {
    let pieces = read(
        Dialect::DeepSeek,
        &[
            ("message", r#"{"p":"response/content","o":"APPEND","v":"a"}"#),
            ("message", r#"{"v":"b"}"#),
            ("message", r#"{"p":"response/content","v":"abc"}"#),
            ("message", r#"{"v":"d"}"#),
            ("message", r#"{"p":"response/content","o":"OVERTURN","v":"z"}"#),
        ],
    );
    let expected = [
        text("a"),
        text("b"),
        text("c"),
        text("d"),
        Piece::Rewritten("z".to_owned()),
    ];
    assert_eq!(pieces, expected);
}

#[test]
fn deepseek_ends_once_and_says_what_failed() {
    let pieces = read(
        Dialect::DeepSeek,
        &[
            ("hint", r#"{"type":"error","content":"busy"}"#),
            ("hint", r#"{"type":"note","content":"x"}"#),
            ("finish", "{}"),
            ("close", "{}"),
        ],
    );
    assert_eq!(pieces, [error("busy"), finished("finish")]);
}

#[test]
fn kimi_says_what_failed() {
    let data = r#"{"event":"error","error":{"error_type":"chat.limit","message":"too many"}}"#;
    assert_eq!(read(Dialect::Kimi, &[("message", data)]), [error("too many")]);
}

#[test]
fn openai_in_its_variants() {
    for (event, data, expected) in [
        (
            "message",
            r#"{"choices":[{"text":"old","index":0}]}"#,
            text("old"),
        ),
        (
            "message",
            r#"{"choices":[{"delta":{"refusal":"no"}}]}"#,
            text("no"),
        ),
        (
            "message",
            r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#,
            Piece::Thinking("hm".to_owned()),
        ),
        (
            "message",
            r#"{"error":{"message":"quota","type":"x"}}"#,
            error("quota"),
        ),
        ("error", r#"{"message":"cut off"}"#, error("cut off")),
        (
            "error",
            r#"{"type":"error","message":"bad","code":"c"}"#,
            error("bad"),
        ),
        (
            "response.failed",
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"oops"}}}"#,
            error("oops"),
        ),
        (
            "response.incomplete",
            r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}"#,
            finished("max_output_tokens"),
        ),
        (
            "response.refusal.delta",
            r#"{"type":"response.refusal.delta","delta":"no"}"#,
            text("no"),
        ),
        ("message", " [DONE] ", finished("[DONE]")),
    ] {
        assert_eq!(read(Dialect::OpenAi, &[(event, data)]), [expected], "{data}");
    }
}

#[test]
fn anthropic_in_its_variants() {
    for (data, expected) in [
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            error("Overloaded"),
        ),
        (r#"{"type":"message_stop"}"#, finished("message_stop")),
        (
            r#"{"type":"content_block_start","content_block":{"type":"text","text":"at once"}}"#,
            text("at once"),
        ),
        (
            r#"{"type":"content_block_start","content_block":{"type":"server_tool_use","name":"web_search"}}"#,
            Piece::Tool("web_search".to_owned()),
        ),
    ] {
        assert_eq!(
            read(Dialect::Anthropic, &[("message", data)]),
            [expected],
            "{data}"
        );
    }
}

#[test]
fn who_speaks_is_recognized_where_it_can_be() {
    for (event, data, expected) in [
        ("delta_encoding", "\"v1\"", Some(Dialect::ChatGpt)),
        (
            "message",
            r#"{"p":"","o":"add","v":{"message":{}},"c":0}"#,
            Some(Dialect::ChatGpt),
        ),
        (
            "message",
            r#"{"p":"/message/content/parts/0","v":"x"}"#,
            Some(Dialect::ChatGpt),
        ),
        ("message", r#"{"v":"x"}"#, Some(Dialect::DeepSeek)),
        (
            "message",
            r#"{"v":"x","p":"response/content","o":"APPEND"}"#,
            Some(Dialect::DeepSeek),
        ),
        ("ready", r#"{"response_message_id":2}"#, Some(Dialect::DeepSeek)),
        (
            "message",
            r#"{"event":"req","group_id":"g"}"#,
            Some(Dialect::Kimi),
        ),
        (
            "message",
            r#"{"object":"chat.completion.chunk","choices":[]}"#,
            Some(Dialect::OpenAi),
        ),
        (
            "response.created",
            r#"{"type":"response.created"}"#,
            Some(Dialect::OpenAi),
        ),
        (
            "message_start",
            r#"{"type":"message_start"}"#,
            Some(Dialect::Anthropic),
        ),
        // Others' streams, ours among them.
        ("ping", r#"{"type":"ping"}"#, None),
        ("message", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, None),
        ("endpoint", "/messages?sessionId=1", None),
        ("message", "7", None),
        ("close", "close", None),
        ("message", "[DONE]", None),
    ] {
        assert_eq!(
            Dialect::recognize(event, data.as_bytes()),
            expected,
            "{event} {data}"
        );
    }
    for dialect in Dialect::ALL {
        assert_eq!(Dialect::named(dialect.name()), Some(dialect));
    }
    assert_eq!(Dialect::named("none"), None);
}
