//! One short conversation with a server.

use std::time::Duration;

use pontoon_config::{Server, Upstream};
use pontoon_jsonrpc::{ErrorObject, Message, Outcome, Raw, RawObject, code, encode};
use pontoon_mcp::meta::{CLIENT_CAPABILITIES, CLIENT_INFO, META, PROTOCOL_VERSION, SERVER_INFO};
use pontoon_mcp::{ModernRevision, method};
use pontoon_upstream::{Closed, Connector};
use tokio::time::{Instant, timeout_at};

use super::finding::{Offer, Trouble};
use crate::peer::{News, Peer};

/// Pages of one list that are asked for. Who has more is told as "at least".
const MAX_PAGES: usize = 20;

/// How long a server may be silent when it is asked whether it speaks 2026-07-28.
const INQUIRY: Duration = Duration::from_secs(5);

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// With `initialize` first.
    Legacy,
    /// In requests that describe themselves.
    Modern,
}

/// What a server says of itself, and the part that is its name and version.
type Described = (RawObject, Option<RawObject>);

impl Speech {
    /// Parameters of a request for a page of a list.
    fn params(self, cursor: Option<Raw>) -> Option<Raw> {
        match self {
            Self::Legacy => cursor.map(|cursor| RawObject::empty().edit().set("cursor", cursor).finish()),
            Self::Modern => Some(modern_params(cursor)),
        }
    }
}

fn modern_params(cursor: Option<Raw>) -> Raw {
    let info = Raw::from_static(concat!(
        r#"{"name":"pontoon","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    ));
    let empty = RawObject::empty();
    let mut meta = empty.edit();
    meta.set(PROTOCOL_VERSION, Raw::string(ModernRevision::NEWEST.as_str()));
    meta.set(CLIENT_INFO, info);
    meta.set(CLIENT_CAPABILITIES, Raw::empty_object());
    let mut params = empty.edit();
    if let Some(cursor) = cursor {
        params.set("cursor", cursor);
    }
    params.set(META, meta.finish());
    params.finish()
}

/// Whether an answer to `server/discover` is one: some servers answer anything.
fn speaks_modern(result: &RawObject) -> bool {
    let versions = result
        .get("supportedVersions")
        .and_then(|all| all.decode::<Vec<String>>().ok());
    versions.is_some_and(|all| all.iter().any(|version| ModernRevision::parse(version).is_some()))
}

/// A server that is being asked.
pub(super) struct Conversation {
    peer: Peer,
    upstream: Upstream,
    /// How long it may take to answer: the first question as long as a start may take.
    patience: Duration,
    call_timeout: Duration,
}

impl Conversation {
    pub(super) async fn open(server: &Server, connector: &dyn Connector) -> Result<Self, Trouble> {
        let patience = match &server.upstream {
            Upstream::Command(command) => command.start_timeout,
            Upstream::Remote(remote) => remote.start_timeout,
            Upstream::Builtin(_) => server.call_timeout,
        };
        let idle = timeout_at(Instant::now() + patience, connector.connect()).await;
        let idle = idle.map_err(|_| silence(patience))?;
        let idle = idle.map_err(|error| {
            Trouble::new(
                error.to_string(),
                "is the program installed, and in the PATH that pontoon was started with?",
            )
        })?;
        Ok(Self {
            peer: Peer::of(idle),
            upstream: server.upstream.clone(),
            patience,
            call_timeout: server.call_timeout,
        })
    }

    /// Shakes hands, or asks what the server is, and then for the lists that it says it has.
    pub(super) async fn learn(&mut self, speech: Speech) -> Result<Offer, Trouble> {
        let (described, info) = match speech {
            Speech::Legacy => self.initialize().await?,
            Speech::Modern => self.discover().await?,
        };
        self.patience = self.call_timeout;
        let text = |key| {
            info.as_ref()
                .and_then(|info| Some(info.get_str(key)?.into_owned()))
        };
        let revision = match speech {
            Speech::Legacy => described
                .get_str("protocolVersion")
                .map(std::borrow::Cow::into_owned),
            Speech::Modern => Some(ModernRevision::NEWEST.as_str().to_owned()),
        };
        let mut offer = Offer {
            revisions: vec![revision.unwrap_or_else(|| "no revision".to_owned())],
            server: text("name").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
            lists: Vec::new(),
        };
        let capabilities = described.get("capabilities").and_then(|all| all.object());
        let capabilities = capabilities.unwrap_or_else(RawObject::empty);
        for what in ["tools", "prompts", "resources"] {
            if capabilities.contains(what) {
                offer.lists.push((what, self.count(what, speech).await?));
            }
        }
        Ok(offer)
    }

    async fn initialize(&mut self) -> Result<Described, Trouble> {
        let params = Raw::from_static(concat!(
            r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"pontoon","version":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}}"#
        ));
        let result = self.ask(method::INITIALIZE, Some(&params)).await?;
        let result = result.map_err(|error| {
            Trouble::refusal(
                format!("it refused `initialize`: {} ({})", error.message, error.code),
                "does it speak a revision from 2024-11-05 to 2025-11-25, or 2026-07-28?",
            )
        })?;
        self.peer.send(encode::notification(method::INITIALIZED, None));
        let result = result.object().unwrap_or_else(RawObject::empty);
        let info = result.get("serverInfo").and_then(|info| info.object());
        Ok((result, info))
    }

    async fn discover(&mut self) -> Result<Described, Trouble> {
        let params = modern_params(None);
        let result = self.ask(method::DISCOVER, Some(&params)).await?;
        let result = result.map_err(|error| {
            Trouble::new(
                format!("it refused `server/discover`: {} ({})", error.message, error.code),
                "does it speak 2026-07-28? Leave `era` away to have that found out",
            )
        })?;
        let result = result.object().filter(speaks_modern);
        let result = result.ok_or_else(|| {
            Trouble::new(
                "its answer to `server/discover` does not name 2026-07-28",
                "leave `era` away to have found out what it speaks",
            )
        })?;
        let meta = result.get(META).and_then(|meta| meta.object());
        let info = meta.and_then(|meta| meta.get(SERVER_INFO)?.object());
        Ok((result, info))
    }

    /// Whether the server speaks 2026-07-28. Nothing else may have been said.
    pub(super) async fn describes_itself(&mut self) -> bool {
        // It has started before: it need not be waited for as if it did for the first time.
        self.patience = self.patience.min(INQUIRY);
        self.discover().await.is_ok()
    }

    /// How many entries a list has, over all its pages.
    async fn count(&mut self, what: &str, speech: Speech) -> Result<usize, Trouble> {
        let (method, mut count) = (format!("{what}/list"), 0);
        let mut params = speech.params(None);
        for _ in 0..MAX_PAGES {
            let page = self.ask(&method, params.as_ref()).await?;
            let page = page.map_err(|error| {
                Trouble::new(
                    format!(
                        "it offers {what} and refused `{method}`: {} ({})",
                        error.message, error.code
                    ),
                    "clients will see none; its own log may say why",
                )
            })?;
            let page = page.object().unwrap_or_else(RawObject::empty);
            let entries = page.get(what).and_then(|list| list.decode::<Vec<Raw>>().ok());
            count += entries.map_or(0, |entries| entries.len());
            let Some(cursor) = page.get("nextCursor").filter(|cursor| cursor.as_str() != "null") else {
                break;
            };
            params = speech.params(Some(cursor));
        }
        Ok(count)
    }

    /// Asks and waits for the answer, answering the server's own questions meanwhile.
    async fn ask(&mut self, method: &str, params: Option<&Raw>) -> Result<Result<Raw, ErrorObject>, Trouble> {
        let id = self.peer.request(method, params);
        let deadline = Instant::now() + self.patience;
        loop {
            let news = timeout_at(deadline, self.peer.next()).await;
            match news.map_err(|_| self.silent())? {
                News::Message(Message::Response(response)) if response.id.as_ref() == Some(&id) => {
                    return Ok(match response.outcome {
                        Outcome::Result(result) => Ok(result),
                        Outcome::Error(error) => Err(error),
                    });
                }
                News::Message(Message::Request(request)) => {
                    let answer = if *request.method == *"ping" {
                        encode::result(&request.id, &Raw::empty_object())
                    } else {
                        let error = ErrorObject::new(code::METHOD_NOT_FOUND, "nobody is there to be asked");
                        encode::error(Some(&request.id), &error)
                    };
                    self.peer.send(answer);
                }
                News::Message(_) => {}
                News::Failed(_, failure) => return Err(Trouble::of_failure(&failure)),
                News::Closed(why) => return Err(self.lost(&why)),
            }
        }
    }

    /// Something else than MCP may have been said all the time.
    fn silent(&self) -> Trouble {
        let said = self.peer.diagnostics();
        if said.counters.noise_lines > 0 {
            return Trouble::new(
                format!(
                    "it printed {} lines that are not JSON-RPC, and did not answer",
                    said.counters.noise_lines
                ),
                "is it an MCP server, and told to speak on standard input and output?",
            );
        }
        silence(self.patience).with_output(&said.stderr_tail)
    }

    fn lost(&self, why: &Closed) -> Trouble {
        let next = match self.upstream {
            Upstream::Command(_) => {
                "run the command by hand: does it wait for input, and what does it print?"
            }
            Upstream::Remote(_) | Upstream::Builtin(_) => "try again",
        };
        Trouble::new(why.to_string(), next).with_output(why.stderr_tail().unwrap_or_default())
    }

    pub(super) async fn close(self) {
        self.peer.close().await;
    }
}

fn silence(patience: Duration) -> Trouble {
    Trouble::new(
        format!("it did not answer within {} s", patience.as_secs()),
        "package runners download on their first start: run the command once by hand, or raise start_timeout",
    )
}
