//! The client's own side: what it answers when the server asks, and what it was told.

// Sampling, roots and logging are deprecated by 2026-07-28; that they still cross is what is tried here.
#![expect(deprecated, reason = "the legacy features are the subject of the test")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult,
        ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken,
        ResourceUpdatedNotificationParam,
    },
    service::{NotificationContext, RequestContext},
};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

/// What the server has told this client so far.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) logs: Vec<Value>,
    pub(crate) updates: Vec<String>,
    pub(crate) tool_changes: usize,
    pub(crate) progress: HashMap<ProgressToken, Vec<f64>>,
    pub(crate) asked: HashMap<&'static str, usize>,
}

/// Shared between rmcp's service loop and the checks.
#[derive(Clone)]
pub(crate) struct Handler {
    /// Comes back through the server in every answer.
    pub(crate) nonce: String,
    content: Map<String, Value>,
    told: Arc<Mutex<Told>>,
    pub(crate) news: Arc<Notify>,
}

impl Handler {
    pub(crate) fn new(nonce: String, content: &Map<String, Value>) -> Self {
        let content = content
            .iter()
            .map(|(key, value)| {
                (
                    key.clone(),
                    if value == "$NONCE" {
                        json!(nonce)
                    } else {
                        value.clone()
                    },
                )
            })
            .collect();
        Self {
            nonce,
            content,
            told: Arc::default(),
            news: Arc::default(),
        }
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told
            .lock()
            .expect("no check panics while it holds this lock")
    }

    fn note(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told());
        self.news.notify_waiters();
    }

    fn asked(&self, kind: &'static str) {
        self.note(|told| *told.asked.entry(kind).or_default() += 1);
    }

    /// What this client says to a question, by the method that asks it.
    pub(crate) fn answer(&self, method: &str) -> Value {
        match method {
            "sampling/createMessage" => {
                self.asked("sampling");
                let content = json!({"type": "text", "text": format!("sampled {}", self.nonce)});
                json!({"model": "interop", "role": "assistant", "stopReason": "endTurn", "content": content})
            }
            "elicitation/create" => {
                self.asked("elicitation");
                json!({"action": "accept", "content": self.content})
            }
            _ => {
                self.asked("roots");
                json!({"roots": [{"uri": format!("file:///interop/{}", self.nonce), "name": "interop"}]})
            }
        }
    }
}

/// The wire's JSON as rmcp's type.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        typed(json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"sampling": {}, "elicitation": {"form": {}}, "roots": {"listChanged": true}},
            "clientInfo": {"name": "interop-rmcp", "version": "1.0.0"},
        }))
        .expect("these are the members of initialize")
    }

    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        typed(self.answer("sampling/createMessage"))
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        typed(self.answer("elicitation/create"))
    }

    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        typed(self.answer("roots/list"))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.note(|told| {
            told.progress
                .entry(params.progress_token)
                .or_default()
                .push(params.progress);
        });
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.note(|told| {
            told.logs
                .push(json!({"level": params.level, "data": params.data}));
        });
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.note(|told| told.tool_changes += 1);
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.note(|told| told.updates.push(params.uri));
    }
}
