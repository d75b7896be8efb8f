//! A connected rmcp client. Parameters and results pass as the wire's JSON, so that a check reads like its twins.

#![expect(deprecated, reason = "the legacy features are the subject of the test")]

use std::{fmt::Write as _, time::Duration};

use anyhow::{Context as _, bail, ensure};
use rmcp::{
    ClientLifecycleMode, ClientServiceExt as _, RoleClient,
    model::{ClientRequest, ProgressToken, ProtocolVersion, Request, ServerResult},
    service::{PeerRequestOptions, RequestHandle, RunningService},
    transport::StreamableHttpClientTransport,
};
use serde_json::{Map, Value, json};

use crate::{
    cell::{Cell, Mode},
    handler::{Handler, typed},
    report::Finding,
};

pub(crate) struct Client {
    service: RunningService<RoleClient, Handler>,
    mode: Mode,
}

impl Client {
    pub(crate) async fn connect(cell: &Cell, url: &str) -> anyhow::Result<Self> {
        let modern = vec![ProtocolVersion::V_2026_07_28];
        let lifecycle = match cell.mode {
            Mode::Legacy => ClientLifecycleMode::Initialize,
            Mode::Auto => ClientLifecycleMode::Auto {
                preferred_versions: modern,
                legacy_version: None,
            },
            Mode::Pin => ClientLifecycleMode::Discover {
                preferred_versions: modern,
            },
        };
        let handler = Handler::new(nonce()?, &cell.plan.elicitation.content);
        let transport = StreamableHttpClientTransport::from_uri(url);
        let service = handler.serve_with_lifecycle(transport, lifecycle).await?;
        Ok(Self {
            service,
            mode: cell.mode,
        })
    }

    pub(crate) fn service(&self) -> &RunningService<RoleClient, Handler> {
        &self.service
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn handler(&self) -> &Handler {
        self.service.service()
    }

    pub(crate) fn expect_peer(&self, cell: &Cell) -> Finding {
        let peer = self.service.peer_info().context("no handshake was recorded")?;
        let revision = peer.protocol_version.as_str();
        ensure!(
            revision == cell.revision,
            "negotiated {revision}, want {}",
            cell.revision
        );
        let name = peer.server_info.as_ref().map(|info| info.name.as_str());
        ensure!(name == Some(&*cell.plan.name), "server calls itself {name:?}");
        Ok(format!("{revision} {}", cell.plan.name))
    }

    pub(crate) async fn list(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        Ok(match kind {
            "tools" => values(self.service.list_all_tools().await?),
            "resources" => values(self.service.list_all_resources().await?),
            "templates" => values(self.service.list_all_resource_templates().await?),
            "prompts" => values(self.service.list_all_prompts().await?),
            other => bail!("there is no list of {other}"),
        }?)
    }

    /// A call to its end; questions inside it are answered by the handler, in either era.
    pub(crate) async fn call(&self, tool: &str, arguments: &Map<String, Value>) -> anyhow::Result<Value> {
        let params = typed(json!({"name": tool, "arguments": arguments}))?;
        Ok(serde_json::to_value(self.service.call_tool(params).await?)?)
    }

    /// A call that can be watched and withdrawn.
    pub(crate) async fn start(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        options: PeerRequestOptions,
    ) -> anyhow::Result<RequestHandle<RoleClient>> {
        let params = typed(json!({"name": tool, "arguments": arguments}))?;
        let request = ClientRequest::CallToolRequest(Request::new(params));
        Ok(self.service.send_cancellable_request(request, options).await?)
    }

    /// The result of a call that [`Self::start`] began, and the progress tokens that it had: every round of questions has
    /// its own.
    pub(crate) async fn finish(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        mut handle: RequestHandle<RoleClient>,
    ) -> anyhow::Result<(Value, Vec<ProgressToken>)> {
        let mut tokens = Vec::new();
        loop {
            tokens.push(handle.progress_token.clone());
            let asked = match handle.await_response().await? {
                ServerResult::CallToolResult(result) => return Ok((serde_json::to_value(result)?, tokens)),
                ServerResult::InputRequiredResult(asked) => serde_json::to_value(asked)?,
                other => bail!("not the result of a tool: {other:?}"),
            };
            let answer = |question: &Value| {
                self.handler()
                    .answer(question["method"].as_str().unwrap_or_default())
            };
            let answers: Map<_, _> = asked["inputRequests"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, question)| (name.clone(), answer(question)))
                .collect();
            let state = &asked["requestState"];
            let params = json!({"name": tool, "arguments": arguments, "inputResponses": answers, "requestState": state});
            let request = ClientRequest::CallToolRequest(Request::new(typed(params)?));
            handle = self
                .service
                .send_cancellable_request(request, PeerRequestOptions::no_options())
                .await?;
        }
    }

    /// Options that ask a modern server for log messages; a legacy one has `logging/setLevel`.
    pub(crate) async fn with_logging(&self, level: &str) -> anyhow::Result<PeerRequestOptions> {
        match self.mode {
            Mode::Auto | Mode::Pin => Ok(PeerRequestOptions::no_options()
                .with_meta(typed(json!({"io.modelcontextprotocol/logLevel": level}))?)),
            Mode::Legacy => {
                self.service.set_level(typed(json!({"level": level}))?).await?;
                Ok(PeerRequestOptions::no_options())
            }
        }
    }

    pub(crate) async fn read(&self, uri: &str) -> anyhow::Result<Value> {
        let result = self.service.read_resource(typed(json!({"uri": uri}))?).await?;
        Ok(serde_json::to_value(result)?)
    }

    pub(crate) async fn prompt(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Value, rmcp::ServiceError> {
        let params =
            typed(json!({"name": name, "arguments": arguments})).map_err(rmcp::ServiceError::McpError)?;
        let result = self.service.get_prompt(params).await?;
        serde_json::to_value(result).map_err(|_| rmcp::ServiceError::UnexpectedResponse)
    }

    pub(crate) async fn complete(&self, reference: &Value, argument: &Value) -> anyhow::Result<Value> {
        let params = typed(json!({"ref": reference, "argument": argument}))?;
        Ok(serde_json::to_value(self.service.complete(params).await?)?)
    }

    /// Waits until what the server told meets the condition, at most 10 s.
    pub(crate) async fn until(
        &self,
        condition: impl Fn(&crate::handler::Told) -> bool,
        otherwise: &str,
    ) -> anyhow::Result<()> {
        let wait = async {
            loop {
                let news = self.handler().news.notified();
                if condition(&self.handler().told()) {
                    return;
                }
                news.await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(10), wait).await;
        told.map_err(|_| {
            let told = self.handler().told();
            anyhow::anyhow!(
                "{otherwise}: logs {:?}, updates {:?}, progress {:?}",
                told.logs,
                told.updates,
                told.progress
            )
        })
    }

    pub(crate) async fn close(self) -> Finding {
        self.service.cancel().await?;
        Ok(String::new())
    }
}

/// A fresh name that no other run shares.
pub(crate) fn nonce() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    }))
}

fn values<T: serde::Serialize>(items: Vec<T>) -> serde_json::Result<Vec<Value>> {
    items.into_iter().map(serde_json::to_value).collect()
}
