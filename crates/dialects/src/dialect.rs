//! Who speaks.

use std::fmt;

use serde_json::Value;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// ChatGPT's web page: `delta_encoding: v1`, changes of a document.
    ChatGpt,
    /// KIMI's web page: the event's name is inside the JSON.
    Kimi,
    /// DeepSeek's web page: changes of a document, in other words than ChatGPT's.
    DeepSeek,
    /// The APIs of OpenAI and everybody compatible: chat completions and responses.
    OpenAi,
    /// Anthropic's Messages API: named events.
    Anthropic,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ChatGpt,
        Self::Kimi,
        Self::DeepSeek,
        Self::OpenAi,
        Self::Anthropic,
    ];

    /// In lower case, as on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatGpt => "chatgpt",
            Self::Kimi => "kimi",
            Self::DeepSeek => "deepseek",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Who speaks so, if one event tells. `event` is its name, `message` if it has none.
    pub fn recognize(event: &str, data: &[u8]) -> Option<Self> {
        match event {
            "delta_encoding" => return Some(Self::ChatGpt),
            "update_session" => return Some(Self::DeepSeek),
            _ => {}
        }
        let value: Value = serde_json::from_slice(data).ok()?;
        let kind = value["type"].as_str().unwrap_or_default();
        match (event, kind) {
            ("delta", _) if value.get("v").is_some() => Some(Self::ChatGpt),
            (_, "message_start" | "content_block_start" | "content_block_delta" | "message_delta") => {
                Some(Self::Anthropic)
            }
            (_, kind) if kind.starts_with("response.") => Some(Self::OpenAi),
            ("message", "resume_conversation_token" | "input_message" | "message_marker") => {
                Some(Self::ChatGpt)
            }
            ("ready", _) if value.get("response_message_id").is_some() => Some(Self::DeepSeek),
            _ if value["choices"].is_array() => Some(Self::OpenAi),
            ("message", _) => Self::by_members(&value),
            _ => None,
        }
    }

    fn by_members(value: &Value) -> Option<Self> {
        let has = |key: &str| value.get(key).is_some();
        if value["event"].is_string() && (has("text") || has("view") || has("idx_s") || has("group_id")) {
            return Some(Self::Kimi);
        }
        if !has("v") {
            return None;
        }
        // Both say `{"v": …}` in the middle. Only the page of ChatGPT writes JSON pointers, and operations in lower case.
        let path = value["p"].as_str().unwrap_or_default();
        let operation = value["o"].as_str().unwrap_or_default();
        let is_chatgpt = path.starts_with('/') || matches!(operation, "add" | "append" | "replace" | "patch");
        Some(match is_chatgpt || value["v"].get("message").is_some() {
            true => Self::ChatGpt,
            false => Self::DeepSeek,
        })
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
