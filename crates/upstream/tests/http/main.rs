//! Servers behind a URL, scripted to the byte.

mod annotations;
mod heard;
mod idle;
mod peer;
mod sessions;
mod source;
mod sse;
mod stateless;
mod tls;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use heard::Heard;
use peer::Peer;
use pontoon_upstream::{Connection, Connector as _, Http, HttpSettings, HttpTarget, HttpTransport};

const SETTINGS: HttpSettings = HttpSettings {
    max_message: 4096,
    max_queue: 1 << 20,
    connect_timeout: Duration::from_secs(5),
    read_timeout: Duration::from_secs(20),
    stop_timeout: Duration::from_secs(5),
};

/// A connection to a peer.
struct House {
    peer: Peer,
    heard: Arc<Heard>,
    connection: Connection,
}

impl House {
    async fn new(era: HttpTransport) -> Self {
        let peer = Peer::new().await;
        let (heard, connection) = connect(&target(&peer), era).await;
        Self {
            peer,
            heard,
            connection,
        }
    }

    /// With a session that was opened.
    async fn opened() -> Self {
        let mut house = Self::new(HttpTransport::Streamable).await;
        house.send(INITIALIZE);
        let opening = house.peer.next().await;
        let headers = "Content-Type: application/json\r\nMcp-Session-Id: s-1\r\n";
        opening.answer(200, headers, OPENED).await;
        house.heard.answer(1).await;
        house.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        house.peer.next().await.accept().await;
        let stream = house.peer.next().await;
        assert_eq!(stream.method(), "GET");
        stream.answer(405, "", "").await;
        house
    }

    fn send(&self, message: &str) {
        self.connection
            .send(Bytes::from(message.to_owned()))
            .expect("there is room");
    }

    /// Sends a request and returns what the server sees of it.
    async fn ask(&mut self, id: i64) -> peer::Asked {
        self.send(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"echo"}}}}"#
        ));
        self.peer.next().await
    }
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
const OPENED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#;

fn target(peer: &Peer) -> HttpTarget {
    HttpTarget {
        url: peer.url(),
        headers: vec![("X-Key".to_owned(), "k".to_owned())],
        extra_ca: None,
    }
}

async fn connect(target: &HttpTarget, era: HttpTransport) -> (Arc<Heard>, Connection) {
    let http = Http::new("test", target, era, SETTINGS).expect("the target is well formed");
    start(&http).await
}

/// Another connection to a peer that was met before.
async fn meet(http: &Http, peer: Peer) -> House {
    let (heard, connection) = start(http).await;
    House {
        peer,
        heard,
        connection,
    }
}

async fn start(http: &Http) -> (Arc<Heard>, Connection) {
    let heard = Arc::new(Heard::default());
    let idle = http.connect().await.expect("there is nothing to bring up");
    let connection = idle.start(Arc::clone(&heard) as _);
    (heard, connection)
}

#[test]
fn a_target_that_cannot_be_is_refused_and_secrets_are_not_told() {
    let new = |url: &str, name: &str, value: &str, ca: Option<&str>| {
        let target = HttpTarget {
            url: url.to_owned(),
            headers: vec![(name.to_owned(), value.to_owned())],
            extra_ca: ca.map(|ca| ca.as_bytes().to_vec()),
        };
        Http::new("test", &target, HttpTransport::Streamable, SETTINGS).map_err(|error| error.to_string())
    };
    for (url, name, value, ca, expected) in [
        (
            "file:///etc/passwd",
            "X-Key",
            "k",
            None,
            "no http or https address",
        ),
        ("nonsense", "X-Key", "k", None, "no http or https address"),
        ("http://h", "X Key", "secret", None, "\"X Key\" has a name"),
        (
            "http://h",
            "X-Key",
            "secret\r\nX: y",
            None,
            "\"X-Key\" has a name or value",
        ),
        ("http://h", "Mcp-Session-Id", "secret", None, "transport's own"),
        ("http://h", "Host", "secret", None, "transport's own"),
        ("http://h", "X-Key", "k", Some("secret"), "no certificate"),
    ] {
        let error = new(url, name, value, ca).expect_err("it is refused");
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
    let http =
        new("http://user:secret@h:1/secret?secret", "X-Key", "secret", None).expect("it is well formed");
    assert_eq!(http.describe(), "http://h:1");
    assert!(!format!("{http:?}").contains("secret"));
}
