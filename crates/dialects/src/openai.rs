//! The APIs of OpenAI and those compatible with them: chunks of (chat) completions, and the events of responses.

use serde_json::Value;

use crate::Piece;
use crate::json::{message, text};

pub(crate) fn read(event: &str, value: &Value, out: &mut Vec<Piece>) {
    if let Some(choices) = value["choices"].as_array() {
        choices.iter().for_each(|choice| chunk(choice, out));
    }
    match value["type"].as_str() {
        Some(kind) => response(kind, value, out),
        // Servers that fail in the middle say so in an event like any other.
        None if !value["error"].is_null() => out.push(Piece::Error(message(&value["error"]))),
        None if event == "error" => out.push(Piece::Error(message(value))),
        None => {}
    }
}

/// A part of one of the answers.
fn chunk(choice: &Value, out: &mut Vec<Piece>) {
    let delta = &choice["delta"];
    let more = text(delta, "content")
        .or(text(choice, "text"))
        .or(text(delta, "refusal"));
    if let Some(index @ 1..) = choice["index"].as_u64() {
        out.extend(more.map(|text| Piece::Choice {
            index,
            text: text.to_owned(),
        }));
        return;
    }
    // DeepSeek's and vLLM's name, and OpenRouter's.
    let thinking = text(delta, "reasoning_content").or(text(delta, "reasoning"));
    out.extend(thinking.map(|text| Piece::Thinking(text.to_owned())));
    out.extend(more.map(|text| Piece::Text(text.to_owned())));
    let calls = delta["tool_calls"].as_array();
    for call in calls.into_iter().flatten().map(|call| &call["function"]) {
        out.extend(text(call, "name").map(|name| Piece::Tool(name.to_owned())));
        out.extend(text(call, "arguments").map(|input| Piece::ToolInput(input.to_owned())));
    }
    out.extend(text(choice, "finish_reason").map(|reason| Piece::Finished(reason.to_owned())));
}

/// An event of the Responses API.
fn response(kind: &str, value: &Value, out: &mut Vec<Piece>) {
    let delta = || text(value, "delta").map(str::to_owned);
    out.extend(match kind {
        "response.output_text.delta" | "response.refusal.delta" => delta().map(Piece::Text),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            delta().map(Piece::Thinking)
        }
        "response.function_call_arguments.delta"
        | "response.mcp_call_arguments.delta"
        | "response.custom_tool_call_input.delta" => delta().map(Piece::ToolInput),
        "response.output_item.added" => text(&value["item"], "name").map(|name| Piece::Tool(name.to_owned())),
        "response.completed" => Some(Piece::Finished("completed".to_owned())),
        "response.incomplete" => {
            let details = &value["response"]["incomplete_details"];
            let reason = text(details, "reason").unwrap_or("incomplete");
            Some(Piece::Finished(reason.to_owned()))
        }
        "response.failed" => Some(Piece::Error(message(&value["response"]["error"]))),
        "error" => Some(Piece::Error(message(value.get("error").unwrap_or(value)))),
        _ => None,
    });
}
