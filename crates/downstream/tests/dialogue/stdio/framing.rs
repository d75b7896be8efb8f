//! Lines, good and bad.

use std::sync::Arc;

use pontoon_downstream::{Explain, PipeEnd, PipeSettings};

use super::{Piped, legacy, modern};

#[tokio::test(start_paused = true)]
async fn lines_end_in_lf_or_crlf_come_in_pieces_and_may_be_blank() {
    let mut piped = Piped::new();
    let line = modern(1, "tools/list", "");
    let bytes = format!(
        "\u{feff}{line}\r\n\n \r\n{}\n",
        line.replace("\"id\":1", "\"id\":2")
    );
    for piece in bytes.as_bytes().chunks(7) {
        piped.send_bytes(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(piped.next().await["id"], 1);
    assert_eq!(piped.next().await["id"], 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_is_refused_and_nothing_else_suffers() {
    let mut piped = Piped::new();
    for (line, code) in [
        ("hello", -32700),
        ("{\"jsonrpc\":\"2.0\",", -32700),
        ("\"x\"", -32600),
        ("[]", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, -32600),
        (r#"{"jsonrpc":"2.0","method":"tools/call"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, -32600),
    ] {
        piped.send(line).await;
        let refused = piped.next().await;
        assert_eq!(refused["error"]["code"], code, "{line} {refused}");
    }
    piped.send_bytes(b"\xff\xfe\n").await;
    assert_eq!(piped.next().await["error"]["code"], -32700);
    piped.expect_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_is_refused_by_its_id() {
    let mut piped = Piped::with(PipeSettings {
        max_line: 4096,
        ..PipeSettings::default()
    });
    let long = modern(7, "tools/list", &format!(r#","x":"{}""#, "x".repeat(20_000)));
    piped.send(&long).await;
    let refused = piped.next().await;
    assert_eq!(refused["id"], 7);
    assert_eq!(refused["error"]["data"]["reason"], "line_too_long", "{refused}");
    piped.send(&"x".repeat(200_000)).await;
    let refused = piped.next().await;
    assert_eq!(refused.get("id"), None);
    piped.expect_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_with_line_breaks_goes_out_on_one_line() {
    let mut piped = Piped::opened("2025-11-25").await;
    piped.send(&legacy(1, "slow")).await;
    let held = piped.backend.next().await;
    held.push("{\n  \"jsonrpc\": \"2.0\",\r\n  \"method\": \"x\"\n}")
        .unwrap();
    assert_eq!(piped.next().await["method"], "x");
    held.finish("{\n}");
    assert_eq!(
        piped.line().await,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{ }}\n"
    );
}

/// Says that everything is explained.
struct Words;

impl Explain for Words {
    fn explain(&self, reason: &str) -> Option<String> {
        (reason == "session_ended").then(|| "explained".to_owned())
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_our_own_are_explained_and_those_of_the_server_are_not() {
    let mut piped = Piped::explained(PipeSettings::default(), Some(Arc::new(Words)));
    for (data, message) in [
        (
            r#"{"source":"gateway","reason":"session_ended","sent":true}"#,
            "explained",
        ),
        (r#"{"source":"gateway","reason":"upstream_timeout"}"#, "as it was"),
        (r#"{"reason":"session_ended"}"#, "as it was"),
    ] {
        piped.send(&modern(1, "slow", "")).await;
        let held = piped.backend.next().await;
        let error = format!(
            r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32603,"message":"as it was","data":{data}}}}}"#
        );
        held.target.outbox.finish(error.into(), Some(-32603)).unwrap();
        let answer = piped.next().await;
        assert_eq!(answer["error"]["message"], message, "{data}");
        assert_eq!(
            answer["error"]["data"].to_string(),
            serde_json::from_str::<serde_json::Value>(data)
                .unwrap()
                .to_string()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_is_refused_also_where_the_input_ends_inside_it() {
    let mut piped = Piped::with(PipeSettings {
        max_line: 256,
        ..PipeSettings::default()
    });
    let line = modern(1, "tools/list", &format!(r#","x":"{}""#, "x".repeat(1_000)));
    piped.send_bytes(line.as_bytes()).await;
    piped.close();
    let (rest, end) = piped.end().await;
    assert_eq!(end, PipeEnd::Closed);
    assert_eq!((rest.len(), &rest[0]["id"]), (1, &1.into()), "{rest:?}");
}
