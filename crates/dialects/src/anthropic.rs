//! Anthropic's Messages API: `message_start`, content blocks, `message_delta`, `message_stop`.

use serde_json::Value;

use crate::Piece;
use crate::json::{message, text};

#[derive(Debug, Default)]
pub(crate) struct Anthropic {
    /// Why the model stopped, told before the message ends.
    stop_reason: Option<String>,
}

impl Anthropic {
    pub(crate) fn read(&mut self, value: &Value, out: &mut Vec<Piece>) {
        match value["type"].as_str().unwrap_or_default() {
            "content_block_start" => block(&value["content_block"], out),
            "content_block_delta" => delta(&value["delta"], out),
            "message_delta" => {
                let reason = text(&value["delta"], "stop_reason");
                self.stop_reason = reason.map(str::to_owned).or(self.stop_reason.take());
            }
            "message_stop" => {
                let reason = self.stop_reason.take();
                out.push(Piece::Finished(
                    reason.unwrap_or_else(|| "message_stop".to_owned()),
                ));
            }
            "error" => out.push(Piece::Error(message(&value["error"]))),
            _ => {}
        }
    }
}

/// Blocks begin empty; one that does not is not cut.
fn block(block: &Value, out: &mut Vec<Piece>) {
    match block["type"].as_str().unwrap_or_default() {
        "text" => out.extend(text(block, "text").map(|text| Piece::Text(text.to_owned()))),
        "thinking" => out.extend(text(block, "thinking").map(|text| Piece::Thinking(text.to_owned()))),
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            out.extend(text(block, "name").map(|name| Piece::Tool(name.to_owned())));
        }
        _ => {}
    }
}

fn delta(delta: &Value, out: &mut Vec<Piece>) {
    let more = |key: &str| text(delta, key).map(str::to_owned);
    out.extend(match delta["type"].as_str().unwrap_or_default() {
        "text_delta" => more("text").map(Piece::Text),
        "thinking_delta" => more("thinking").map(Piece::Thinking),
        "input_json_delta" => more("partial_json").map(Piece::ToolInput),
        _ => None,
    });
}
