//! Whole streams, as providers send them. Those that end in `_seed` were captured, the others are written after captures.

use bytes::Bytes;
use pontoon_dialects::{Dialect, Piece, Reader};
use pontoon_sse::{Decoder, Item};

/// What a stream said, put together.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    thinking: String,
    tools: Vec<String>,
    others: Vec<String>,
}

fn read(mut reader: Reader, stream: &'static str) -> (Option<Dialect>, Said) {
    let mut decoder = Decoder::default();
    let mut chunk = Bytes::from_static(stream.as_bytes());
    let mut said = Said::default();
    while let Some(item) = decoder.decode(&mut chunk) {
        if let Item::Event(event) = item.expect("it is short") {
            for piece in reader.read(&event.name, &event.data) {
                said.take(piece);
            }
        }
    }
    (reader.dialect(), said)
}

impl Said {
    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Text(more) => self.text.push_str(&more),
            Piece::Rewritten(whole) => self.text = whole,
            Piece::Thinking(more) => self.thinking.push_str(&more),
            Piece::Tool(name) => self.tools.push(format!("{name} ")),
            Piece::ToolInput(more) if self.tools.is_empty() => self.tools.push(more),
            Piece::ToolInput(more) => self.tools.last_mut().expect("there is one").push_str(&more),
            Piece::Choice { index, text } => self.others.push(format!("{index}: {text}")),
            Piece::Finished(why) => self.others.push(why),
            Piece::Error(what) => self.others.push(format!("error: {what}")),
            Piece::Unreadable(_) => self.others.push("unreadable".to_owned()),
        }
    }
}

fn said(text: &str, thinking: &str, tools: &[&str], others: &[&str]) -> Said {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Said {
        text: text.to_owned(),
        thinking: thinking.to_owned(),
        tools: owned(tools),
        others: owned(others),
    }
}

/// Recognized or named, a stream says the same.
fn assert_says(dialect: Dialect, stream: &'static str, expected: &Said) {
    for reader in [Reader::guessing(), Reader::new(dialect)] {
        let (spoken, heard) = read(reader, stream);
        assert_eq!(spoken, Some(dialect));
        assert_eq!(&heard, expected, "{dialect}");
    }
}

#[test]
fn s0_10_s0_16_s0_19_chatgpt_as_captured() {
    let text = "好，咱接着说，说完了客户端这边，接下来看看 **服务端怎么实现 SSE**。\n\n---\n\n### 🔧 服务端示例（以 Node.js 为例）\n\n```js\nconst http = require(\"http";
    let stream = include_str!("golden/chatgpt_seed.sse");
    assert!(stream.contains("} \n"), "there are spaces behind the JSON");
    assert_eq!(
        stream.matches("event: delta\n").count(),
        6,
        "the events have a name of their own"
    );
    assert_says(Dialect::ChatGpt, stream, &said(text, "", &[], &[]));
}

#[test]
fn s0_16_chatgpt_from_beginning_to_end() {
    let text = "Server-Sent Events:\n\n- a “stream”\n- of text 🔧.";
    // Half a surrogate pair is no JSON text: that event is shown, and the next ones go on.
    let others = ["unreadable", "message_stream_complete", "[DONE]"];
    let expected = said(text, "Recalling the standard.", &[r#"{"q":"sse"}"#], &others);
    assert_says(Dialect::ChatGpt, include_str!("golden/chatgpt.sse"), &expected);
}

#[test]
fn s0_17_s0_20_kimi_as_captured() {
    let stream = include_str!("golden/kimi_seed.sse");
    assert!(!stream.contains("event:"), "the event's name is inside the JSON");
    assert_says(Dialect::Kimi, stream, &said("好的,除了前面", "", &[], &[]));
}

#[test]
fn s0_17_kimi_from_beginning_to_end() {
    let expected = said("Hello,\nworld", "Let me see", &[], &["all_done"]);
    assert_says(Dialect::Kimi, include_str!("golden/kimi.sse"), &expected);
}

#[test]
fn s0_18_deepseek_as_captured() {
    let expected = said(" **1. 高级用法与功能", "", &[], &[]);
    assert_says(
        Dialect::DeepSeek,
        include_str!("golden/deepseek_seed.sse"),
        &expected,
    );
}

#[test]
fn s0_18_deepseek_from_beginning_to_end() {
    let expected = said("Hello, world!", "Hm, a greeting", &[], &["FINISHED"]);
    assert_says(Dialect::DeepSeek, include_str!("golden/deepseek.sse"), &expected);
}

#[test]
fn s0_18_deepseek_in_fragments() {
    let expected = said("One, two, three", "Let me think", &[], &["FINISHED"]);
    let stream = include_str!("golden/deepseek_fragments.sse");
    assert_says(Dialect::DeepSeek, stream, &expected);
}

#[test]
fn s0_21_none_of_the_captured_streams_sets_an_id() {
    for stream in [
        include_str!("golden/chatgpt_seed.sse"),
        include_str!("golden/kimi_seed.sse"),
        include_str!("golden/deepseek_seed.sse"),
    ] {
        let mut decoder = Decoder::default();
        let mut chunk = Bytes::from_static(stream.as_bytes());
        while decoder.decode(&mut chunk).is_some() {}
        assert_eq!(decoder.last_event_id(), "");
    }
}

#[test]
fn openai_chat_completions() {
    let expected = said(
        "Hello world",
        "Thinking",
        &[r#"search {"q":1}"#],
        &["1: Hi", "tool_calls", "[DONE]"],
    );
    assert_says(Dialect::OpenAi, include_str!("golden/openai_chat.sse"), &expected);
}

#[test]
fn openai_responses() {
    let expected = said("Hello world", "Thinking", &[r#"search {"q":1}"#], &["completed"]);
    assert_says(
        Dialect::OpenAi,
        include_str!("golden/openai_responses.sse"),
        &expected,
    );
}

#[test]
fn anthropic_messages() {
    let expected = said("Hello world", "Thinking", &[r#"search {"q":1}"#], &["tool_use"]);
    assert_says(
        Dialect::Anthropic,
        include_str!("golden/anthropic.sse"),
        &expected,
    );
}
