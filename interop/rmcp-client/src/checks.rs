//! What must come back, check by check; the twin of `clients/checks.mjs` and `clients/checks.py`.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, bail, ensure};
use futures_util::future::try_join_all;
use rmcp::service::PeerRequestOptions;
use serde_json::{Map, Value};

use crate::{
    cell::{Call, Cell, Plan, Progress, Resume},
    client::{Client, nonce},
    report::Finding,
    watch::{Subject, Watch},
};

pub(crate) struct Checks<'a> {
    pub(crate) client: &'a Client,
    pub(crate) cell: &'a Cell,
}

impl Checks<'_> {
    pub(crate) async fn run(&self, check: &str) -> Finding {
        let plan = &self.cell.plan;
        match check {
            "tools" => self.tools().await,
            "resources" => self.listed(check, "uri", &plan.resources).await,
            "templates" => self.listed(check, "uriTemplate", &plan.templates).await,
            "prompts" => self.listed(check, "name", &plan.prompts).await,
            "echo" => self.echo(&format!("héllo ✓ {}", nonce()?)).await,
            "progress" => self.progress().await,
            "log" => self.log().await,
            "read" => self.read().await,
            "subscribe" => self.subscribe().await,
            "list_changed" => self.list_changed().await,
            "prompt" => self.prompt().await,
            "complete" => self.complete().await,
            "cancel" => self.cancel().await,
            "cancel_at_server" => self.cancel_at_server().await,
            "header_param" => self.header_param().await,
            "concurrent" => self.concurrent().await,
            "large" => self.large().await,
            "tool_error" => self.tool_error().await,
            "protocol_error" => self.protocol_error().await,
            "sampling" => self.asked("sampling", &plan.sampling).await,
            "elicitation" => {
                let Plan { elicitation, .. } = plan;
                let call = Call {
                    tool: elicitation.tool.clone(),
                    arguments: elicitation.arguments.clone(),
                };
                self.asked("elicitation", &call).await
            }
            "roots" => self.asked("roots", &plan.roots).await,
            "resume" => self.resume().await,
            other => bail!("unknown check {other}"),
        }
    }

    async fn tools(&self) -> Finding {
        let Plan {
            tools, absent_tools, ..
        } = &self.cell.plan;
        let count = self.listed("tools", "name", tools).await?;
        let listed = self.client.list("tools").await?;
        let present: Vec<_> = absent_tools
            .iter()
            .filter(|name| listed.iter().any(|tool| tool["name"] == name.as_str()))
            .collect();
        ensure!(
            present.is_empty(),
            "offered although they cannot work: {present:?}"
        );
        Ok(count)
    }

    async fn listed(&self, kind: &str, member: &str, wanted: &[String]) -> Finding {
        let items = self.client.list(kind).await?;
        let names: Vec<&str> = items.iter().filter_map(|item| item[member].as_str()).collect();
        let missing: Vec<_> = wanted
            .iter()
            .filter(|name| !names.contains(&name.as_str()))
            .collect();
        ensure!(missing.is_empty(), "missing {missing:?}; got {names:?}");
        ensure!(
            names.iter().collect::<HashSet<_>>().len() == names.len(),
            "listed twice: {names:?}"
        );
        Ok(names.len().to_string())
    }

    async fn echo(&self, said: &str) -> Finding {
        let spec = &self.cell.plan.echo;
        let arguments = Map::from_iter([(spec.argument.clone(), Value::from(said))]);
        let got = text_of(&self.client.call(&spec.tool, &arguments).await?);
        let want = spec.answer.replace("{text}", said);
        ensure!(
            got == want,
            "want {} bytes, got {}: {}",
            want.len(),
            got.len(),
            start(&got)
        );
        Ok(start(said))
    }

    /// Two at once, told apart by their tokens.
    async fn progress(&self) -> Finding {
        let spec = &self.cell.plan.progress;
        let (one, two) = tokio::join!(
            self.with_progress(self.client, spec),
            self.with_progress(self.client, spec)
        );
        Ok(format!("{} | {}", one?, two?))
    }

    async fn with_progress(&self, client: &Client, spec: &Progress) -> Finding {
        let handle = client
            .start(&spec.tool, &spec.arguments, PeerRequestOptions::no_options())
            .await?;
        let (result, tokens) = client.finish(&spec.tool, &spec.arguments, handle).await?;
        let text = text_of(&result);
        ensure!(
            text.contains(&spec.answer),
            "answer lacks {:?}: {text}",
            spec.answer
        );
        // rmcp hands notifications to a task of their own; the last one may come after the result.
        let wanted = spec.steps - self.cell.plan.may_lose;
        let seen = |told: &crate::handler::Told| -> Vec<f64> {
            let of = |token| told.progress.get(token).into_iter().flatten().copied();
            tokens.iter().flat_map(of).collect()
        };
        client
            .until(|told| seen(told).len() >= wanted, "progress is missing")
            .await?;
        let seen = seen(&client.handler().told());
        ensure!(
            seen.windows(2).all(|pair| pair[0] < pair[1]),
            "not strictly increasing: {seen:?}"
        );
        Ok(format!("{seen:?}"))
    }

    async fn log(&self) -> Finding {
        let spec = &self.cell.plan.log;
        let options = self.client.with_logging("debug").await?;
        let before = self.client.handler().told().logs.len();
        let handle = self.client.start(&spec.tool, &spec.arguments, options).await?;
        self.client.finish(&spec.tool, &spec.arguments, handle).await?;
        let is_it = |log: &&Value| log["data"].to_string().contains(&spec.contains);
        self.client
            .until(
                |told| told.logs[before..].iter().any(|log| is_it(&log)),
                "no such log message",
            )
            .await?;
        if spec.again {
            self.client.call(&spec.tool, &spec.arguments).await?;
        }
        let told = self.client.handler().told();
        Ok(told.logs[before..]
            .iter()
            .find(is_it)
            .map(ToString::to_string)
            .unwrap_or_default())
    }

    async fn read(&self) -> Finding {
        let spec = &self.cell.plan.read;
        let result = self.client.read(&spec.uri).await?;
        let content = &result["contents"][0];
        ensure!(content["uri"] == *spec.uri, "wrong contents: {result}");
        let text = content["text"].as_str().context("not a text")?;
        ensure!(text.contains(&spec.contains), "lacks {:?}: {text}", spec.contains);
        Ok(start(text))
    }

    async fn subscribe(&self) -> Finding {
        let spec = &self.cell.plan.subscribe;
        let mut watch = Watch::begin(self.client, Subject::Resource(spec.uri.clone())).await?;
        self.client.call(&spec.tool, &spec.arguments).await?;
        watch.next().await?;
        if spec.again {
            self.client.call(&spec.tool, &spec.arguments).await?;
        }
        watch.end().await?;
        Ok(spec.uri.clone())
    }

    async fn list_changed(&self) -> Finding {
        let spec = self
            .cell
            .plan
            .list_changed
            .as_ref()
            .context("the plan has no listChanged")?;
        let mut watch = Watch::begin(self.client, Subject::Tools).await?;
        for wanted in [true, false] {
            self.client.call(&spec.tool, &Map::new()).await?;
            watch.next().await?;
            let present = self
                .client
                .list("tools")
                .await?
                .iter()
                .any(|tool| tool["name"] == *spec.adds);
            ensure!(present == wanted, "{} is here: {present}", spec.adds);
        }
        watch.end().await?;
        Ok(spec.adds.clone())
    }

    async fn prompt(&self) -> Finding {
        let spec = &self.cell.plan.prompt;
        let result = self.client.prompt(&spec.name, &spec.arguments).await?;
        let text = result["messages"][0]["content"]["text"]
            .as_str()
            .context("not a text")?;
        ensure!(text.contains(&spec.contains), "lacks {:?}: {text}", spec.contains);
        Ok(text.to_owned())
    }

    async fn complete(&self) -> Finding {
        let spec = &self.cell.plan.complete;
        let result = self.client.complete(&spec.reference, &spec.argument).await?;
        let values: Vec<String> = serde_json::from_value(result["completion"]["values"].clone())?;
        ensure!(values == spec.values, "got {values:?}");
        Ok(values.join(","))
    }

    async fn cancel(&self) -> Finding {
        let spec = &self.cell.plan.cancel;
        self.withdrawn_call(&spec.tool, &spec.arguments).await?;
        self.echo(&format!("still here {}", nonce()?)).await
    }

    async fn cancel_at_server(&self) -> Finding {
        let spec = self
            .cell
            .plan
            .cancel_at_server
            .as_ref()
            .context("the plan has no cancelAtServer")?;
        let before = self.count(&spec.counter).await?;
        let handle = self
            .client
            .start(&spec.tool, &spec.arguments, PeerRequestOptions::no_options())
            .await?;
        // The tool says nothing while it waits; after these round trips the call has long arrived.
        for trip in 0..3 {
            self.echo(&format!("trip {trip}")).await?;
        }
        handle
            .cancel(Some("the user changed their mind".to_owned()))
            .await?;
        while self.count(&spec.counter).await? != before + 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(format!("{before} → {}", before + 1))
    }

    /// The number that a resource's text is.
    async fn count(&self, uri: &str) -> anyhow::Result<u64> {
        let result = self.client.read(uri).await?;
        Ok(result["contents"][0]["text"]
            .as_str()
            .context("not a text")?
            .parse()?)
    }

    /// Starts a call and withdraws it at its first progress notification.
    async fn withdrawn_call(&self, tool: &str, arguments: &Map<String, Value>) -> anyhow::Result<()> {
        let handle = self
            .client
            .start(tool, arguments, PeerRequestOptions::no_options())
            .await?;
        let token = handle.progress_token.clone();
        self.client
            .until(
                |told| told.progress.contains_key(&token),
                "the slow tool did not begin",
            )
            .await?;
        handle
            .cancel(Some("the user changed their mind".to_owned()))
            .await?;
        Ok(())
    }

    async fn header_param(&self) -> Finding {
        let spec = self
            .cell
            .plan
            .header_param
            .as_ref()
            .context("the plan has no headerParam")?;
        let text = text_of(&self.client.call(&spec.tool, &spec.arguments).await?);
        ensure!(text.contains(&spec.contains), "lacks {:?}: {text}", spec.contains);
        Ok(text)
    }

    async fn concurrent(&self) -> Finding {
        let mut said = Vec::new();
        for index in 0..50 {
            said.push(format!("call {index} {}", nonce()?));
        }
        try_join_all(said.iter().map(|said| self.echo(said))).await?;
        Ok("50 own answers".to_owned())
    }

    async fn large(&self) -> Finding {
        let said = payload(self.cell.plan.large_bytes);
        self.echo(&said).await?;
        Ok(format!("{} bytes both ways", said.len()))
    }

    async fn tool_error(&self) -> Finding {
        let spec = &self.cell.plan.tool_error;
        let result = self.client.call(&spec.tool, &spec.arguments).await?;
        ensure!(result["isError"] == true, "isError is not set: {result}");
        let text = text_of(&result);
        ensure!(text.contains(&spec.contains), "lacks {:?}: {text}", spec.contains);
        Ok(start(&text))
    }

    async fn protocol_error(&self) -> Finding {
        let spec = &self.cell.plan.protocol_error;
        match self.client.prompt(&spec.name, &Map::new()).await {
            Err(rmcp::ServiceError::McpError(error)) => {
                ensure!(error.code.0 == spec.code, "want code {}: {error:?}", spec.code);
                Ok(start(&error.message))
            }
            other => bail!("an unknown prompt gave {other:?}"),
        }
    }

    async fn asked(&self, kind: &'static str, spec: &Call) -> Finding {
        let text = text_of(&self.client.call(&spec.tool, &spec.arguments).await?);
        let handler = self.client.handler();
        ensure!(
            handler.told().asked.contains_key(kind),
            "the client was never asked: {text}"
        );
        ensure!(
            text.contains(&handler.nonce),
            "the answer did not reach the tool: {text}"
        );
        Ok(start(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// The same server behind a proxy that cuts the stream in the middle of this call, and inside a notification.
    async fn resume(&self) -> Finding {
        let Resume {
            tool,
            arguments,
            steps,
            answer,
            update,
        } = &self.cell.plan.resume;
        let client = Client::connect(self.cell, &self.cell.resume_url).await?;
        let spec = Progress {
            tool: tool.clone(),
            arguments: arguments.clone(),
            steps: *steps,
            answer: answer.clone(),
        };
        let seen = self.with_progress(&client, &spec).await?;
        if let Some(update) = update {
            let mut watch = Watch::begin(&client, Subject::Resource(update.uri.clone())).await?;
            client.call(&update.tool, &Map::new()).await?;
            watch.next().await?;
            watch.end().await?;
        }
        client.close().await?;
        Ok(format!("across the cut: {seen}"))
    }
}

fn text_of(result: &Value) -> String {
    let blocks = result["content"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
    texts.join("\n")
}

/// The first characters, for a table.
fn start(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Text of exactly `size` bytes that repeats nowhere, so that a lost or doubled piece shows.
fn payload(size: usize) -> String {
    let mut text = String::with_capacity(size + 64);
    for line in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&format!("{line} \"quoted\" \\ ünï ✓\n"));
    }
    while text.len() > size {
        text.pop();
    }
    let missing = size - text.len();
    text + &".".repeat(missing)
}
