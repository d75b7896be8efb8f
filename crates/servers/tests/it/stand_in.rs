//! An HTTP API on a local socket, made of a function.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Method, path and query: `GET /v0/topstories.json`.
    pub(crate) line: String,
    /// With names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// How often the same line was asked for before.
    pub(crate) before: u32,
}

/// How one request is answered.
pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: String,
    end: End,
}

enum End {
    Whole,
    /// Nothing at all.
    Silence,
    /// The body so far, and what is pushed from then on.
    Open,
}

impl Reply {
    pub(crate) fn json(body: impl ToString) -> Self {
        Self {
            status: 200,
            headers: "Content-Type: application/json\r\n".to_owned(),
            body: body.to_string(),
            end: End::Whole,
        }
    }

    pub(crate) fn html() -> Self {
        Self::json("<!doctype html><h1>Just a moment</h1>")
    }

    pub(crate) fn status(status: u16, body: impl ToString) -> Self {
        Self {
            status,
            ..Self::json(body)
        }
    }

    pub(crate) fn silence() -> Self {
        Self {
            end: End::Silence,
            ..Self::json("")
        }
    }

    /// An event stream that starts like this and goes on with what is pushed.
    pub(crate) fn events(start: impl ToString) -> Self {
        Self {
            headers: "Content-Type: text/event-stream\r\n".to_owned(),
            end: End::Open,
            ..Self::json(start)
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }
}

/// The stand-in; its tasks end with the test's runtime.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    log: Arc<watch::Sender<Vec<Asked>>>,
    pushed: broadcast::Sender<Option<String>>,
    before: Arc<Mutex<HashMap<String, u32>>>,
}

impl StandIn {
    pub(crate) async fn start(route: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let api = Self {
            address: listener.local_addr().expect("bound"),
            log: Arc::new(watch::Sender::default()),
            pushed: broadcast::Sender::new(64),
            before: Arc::default(),
        };
        let (accepting, route) = (api.clone(), Arc::new(route));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (api, route) = (accepting.clone(), Arc::clone(&route));
                tokio::spawn(async move { api.serve(stream, &*route).await });
            }
        });
        api
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often a line was asked for.
    pub(crate) fn seen(&self, line: &str) -> usize {
        self.log
            .borrow()
            .iter()
            .filter(|asked| asked.line == line)
            .count()
    }

    pub(crate) fn log(&self) -> Vec<Asked> {
        self.log.borrow().clone()
    }

    /// Waits until a line was asked for so often.
    pub(crate) async fn until_seen(&self, line: &str, times: usize) {
        let mut log = self.log.subscribe();
        let enough = |log: &Vec<Asked>| log.iter().filter(|asked| asked.line == line).count() >= times;
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), log.wait_for(enough)).await;
        waited
            .unwrap_or_else(|_| panic!("{line} is asked for {times} times"))
            .expect("we hold the sender");
    }

    /// How many event streams are open.
    pub(crate) fn listeners(&self) -> usize {
        self.pushed.receiver_count()
    }

    /// Writes to every open event stream.
    pub(crate) fn push(&self, text: &str) {
        let _ = self.pushed.send(Some(text.to_owned()));
    }

    /// Ends every open event stream.
    pub(crate) fn hang_up(&self) {
        let _ = self.pushed.send(None);
    }

    async fn serve(&self, stream: TcpStream, route: &(dyn Fn(&Asked) -> Reply + Send + Sync)) {
        let mut stream = BufReader::new(stream);
        let Some(asked) = self.read(&mut stream).await else {
            return;
        };
        // Before the answer and the log, so that who sees either can push.
        let pushed = self.pushed.subscribe();
        let reply = route(&asked);
        let length = match reply.end {
            End::Whole => format!("Content-Length: {}\r\n", reply.body.len()),
            End::Open => String::new(),
            End::Silence => {
                drop(pushed);
                self.log.send_modify(|log| log.push(asked));
                return std::future::pending().await;
            }
        };
        let head = format!(
            "HTTP/1.1 {} Whatever\r\n{}{length}Connection: close\r\n\r\n",
            reply.status, reply.headers
        );
        let _ = stream.write_all(format!("{head}{}", reply.body).as_bytes()).await;
        let pushed = matches!(reply.end, End::Open).then_some(pushed);
        self.log.send_modify(|log| log.push(asked));
        if let Some(pushed) = pushed {
            keep_open(stream, pushed).await;
        }
    }

    async fn read(&self, stream: &mut BufReader<TcpStream>) -> Option<Asked> {
        let mut asked = Asked::default();
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        asked.line = line.rsplit_once(' ')?.0.to_owned();
        loop {
            line.clear();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            asked.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = asked.headers.get("content-length").and_then(|it| it.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        asked.body = String::from_utf8(body).ok()?;
        let mut before = self.before.lock().expect("not poisoned");
        let count = before.entry(asked.line.clone()).or_default();
        asked.before = *count;
        *count += 1;
        drop(before);
        Some(asked)
    }
}

async fn keep_open(mut stream: BufReader<TcpStream>, mut pushed: broadcast::Receiver<Option<String>>) {
    let mut closed = [0];
    loop {
        let text = tokio::select! {
            text = pushed.recv() => text,
            // Whatever comes: a client that listens says nothing more.
            _ = stream.read(&mut closed) => return,
        };
        let Ok(Some(text)) = text else { return };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
