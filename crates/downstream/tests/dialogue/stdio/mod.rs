//! One client on a pipe, of either era or of both.

mod batch;
mod end;
mod framing;
mod legacy;
mod modern;

use std::sync::Arc;

use pontoon_downstream::{Explain, Pipe, PipeEnd, PipeSettings};
use pontoon_policy::Policy;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::Fake;

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// Bytes that the system's pipe holds in each direction.
const PIPE: usize = 64 * 1024;

/// The client's ends of the pipe, and what serves the other ones.
struct Piped {
    input: Option<DuplexStream>,
    output: BufReader<DuplexStream>,
    backend: Arc<Fake>,
    serving: JoinHandle<PipeEnd>,
    stop: oneshot::Sender<()>,
}

impl Piped {
    fn new() -> Self {
        Self::with(PipeSettings::default())
    }

    fn with(settings: PipeSettings) -> Self {
        Self::explained(settings, None)
    }

    fn explained(settings: PipeSettings, explain: Option<Arc<dyn Explain>>) -> Self {
        let backend = Arc::new(Fake::new("fake"));
        let mut pipe = Pipe::new(Arc::clone(&backend), Arc::new(Policy::new(1_000)), settings);
        if let Some(explain) = explain {
            pipe = pipe.explained_by(explain);
        }
        let (input, server_input) = tokio::io::duplex(PIPE);
        let (server_output, output) = tokio::io::duplex(PIPE);
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(pipe.serve(server_input, server_output, async move {
            // A test that drops its end does not ask to stop.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Self {
            input: Some(input),
            output: BufReader::new(output),
            backend,
            serving,
            stop,
        }
    }

    /// One that has opened a session of `revision`.
    async fn opened(revision: &str) -> Self {
        let mut piped = Self::new();
        piped.send(&initialize(revision)).await;
        assert_eq!(piped.next().await["result"]["protocolVersion"], revision);
        piped.send(INITIALIZED).await;
        piped
    }

    async fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes()).await;
    }

    async fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).await.unwrap();
    }

    /// The next line, which is one JSON text.
    async fn next(&mut self) -> Value {
        let line = self.line().await;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).await.unwrap();
        assert!(line.ends_with('\n'), "the output ended: {line:?}");
        line
    }

    /// Asks something that is answered at once: nothing else comes before that.
    async fn expect_silence(&mut self) {
        self.send(&modern(999, "tools/list", "")).await;
        assert_eq!(self.next().await["id"], 999);
    }

    fn close(&mut self) {
        self.input = None;
    }

    /// What is left to read, and how it ended.
    async fn end(mut self) -> (Vec<Value>, PipeEnd) {
        let mut rest = Vec::new();
        let mut line = String::new();
        while self.output.read_line(&mut line).await.unwrap() > 0 {
            rest.push(serde_json::from_str(&line).unwrap());
            line.clear();
        }
        (rest, self.serving.await.unwrap())
    }
}

fn initialize(revision: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{revision}"}}}}"#)
}

fn legacy(id: u32, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#)
}

fn modern(id: u32, method: &str, more: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{META}{more}}}}}"#)
}

fn cancel(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#)
}
