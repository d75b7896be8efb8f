//! A stand-in for the Hacker News API on a local socket.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pontoon_servers::{HackerNews, HackerNewsSettings};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// How the stand-in answers one request.
pub(crate) enum Answer {
    Json(String),
    Html,
    Status(u16),
    Redirect(String),
    /// Nothing, until the client gives up.
    Silence,
    /// This, once [`NewsApi::release`] was called.
    Held(String),
}

/// The stand-in; its tasks end with the test's runtime.
#[derive(Clone)]
pub(crate) struct NewsApi {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<HashMap<String, u32>>>,
    held: Arc<AtomicUsize>,
    most_held: Arc<AtomicUsize>,
    released: Arc<Semaphore>,
}

impl NewsApi {
    /// `route` is given the path and how often it was asked for before.
    pub(crate) async fn start(route: impl Fn(&str, u32) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let api = Self {
            address: listener.local_addr().expect("bound"),
            seen: Arc::default(),
            held: Arc::default(),
            most_held: Arc::default(),
            released: Arc::new(Semaphore::new(0)),
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

    /// The five stories of the first capture.
    pub(crate) async fn golden() -> Self {
        Self::start(|path, _| golden(path)).await
    }

    pub(crate) fn settings(&self) -> HackerNewsSettings {
        HackerNewsSettings {
            base_url: format!("http://{}/v0", self.address),
            backoff: Duration::from_millis(1),
            ..HackerNewsSettings::default()
        }
    }

    pub(crate) fn server(&self) -> HackerNews {
        HackerNews::new(self.settings()).expect("valid settings")
    }

    /// How often a path was asked for.
    pub(crate) fn seen(&self, path: &str) -> u32 {
        self.seen
            .lock()
            .expect("not poisoned")
            .get(path)
            .copied()
            .unwrap_or(0)
    }

    /// How many requests are held now, and at most so far.
    pub(crate) fn held(&self) -> (usize, usize) {
        (
            self.held.load(Ordering::SeqCst),
            self.most_held.load(Ordering::SeqCst),
        )
    }

    /// Lets this many held requests go, now or as they come.
    pub(crate) fn release(&self, count: usize) {
        self.released.add_permits(count);
    }

    async fn serve(&self, stream: TcpStream, route: &(dyn Fn(&str, u32) -> Answer + Send + Sync)) {
        let mut stream = BufReader::new(stream);
        let mut path = String::new();
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
            if let Some(target) = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()) {
                path = target.to_owned();
            }
            line.clear();
        }
        let before = {
            let mut seen = self.seen.lock().expect("not poisoned");
            let count = seen.entry(path.clone()).or_default();
            *count += 1;
            *count - 1
        };
        let (status, kind, body) = match route(&path, before) {
            Answer::Json(body) => ("200 OK".to_owned(), "application/json", body),
            Answer::Html => (
                "200 OK".to_owned(),
                "text/html",
                "<!doctype html><h1>Busy</h1>".to_owned(),
            ),
            Answer::Status(status) => (format!("{status} Whatever"), "text/plain", "no".to_owned()),
            Answer::Redirect(to) => (
                format!("302 Found\r\nLocation: {to}"),
                "text/plain",
                String::new(),
            ),
            Answer::Silence => return std::future::pending().await,
            Answer::Held(body) => {
                self.hold().await;
                ("200 OK".to_owned(), "application/json", body)
            }
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    }

    async fn hold(&self) {
        let held = self.held.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_held.fetch_max(held, Ordering::SeqCst);
        self.released.acquire().await.expect("never closed").forget();
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the API answered when the first capture was taken.
pub(crate) fn golden(path: &str) -> Answer {
    Answer::Json(match path {
        "/v0/topstories.json" => include_str!("../golden/hackernews/seed_topstories.json").to_owned(),
        "/v0/item/43661954.json" => include_str!("../golden/hackernews/item_43661954.json").to_owned(),
        "/v0/item/43678590.json" => include_str!("../golden/hackernews/item_43678590.json").to_owned(),
        "/v0/item/43688658.json" => include_str!("../golden/hackernews/item_43688658.json").to_owned(),
        "/v0/item/43690955.json" => include_str!("../golden/hackernews/item_43690955.json").to_owned(),
        "/v0/item/43691334.json" => include_str!("../golden/hackernews/item_43691334.json").to_owned(),
        _ => return Answer::Status(404),
    })
}
