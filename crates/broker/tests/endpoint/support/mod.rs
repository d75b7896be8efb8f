//! Clients of an endpoint, and servers in memory behind it.

mod call;
mod connector;
mod server;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use call::Call;
pub(crate) use connector::{Fake, Next};
use pontoon_broker::{Attachment, Endpoint, EndpointSettings, Hosting};
use pontoon_downstream::Backend;
use pontoon_jsonrpc::{Limits, Message, Raw};
use pontoon_mcp::LegacyRevision;
use pontoon_mcp::meta::RequestMeta;
use pontoon_policy::{Caller, Gauge, Policy};
use pontoon_session::{Owner, Session, SessionId, StreamLimits, Transport};
pub(crate) use server::{Server, Tongue};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// One endpoint.
pub(crate) struct House {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) fake: Arc<Fake>,
    pub(crate) all_processes: Arc<Gauge>,
    policy: Policy,
}

/// A legacy client.
pub(crate) struct Visitor<'h> {
    house: &'h House,
    pub(crate) session: Arc<Session<Attachment>>,
}

impl House {
    /// Nothing is warm unless `change` says so.
    pub(crate) fn with(hosting: Hosting, change: impl FnOnce(&mut EndpointSettings)) -> Self {
        let mut settings = EndpointSettings::new("fake", hosting);
        settings.warm = 0;
        change(&mut settings);
        let fake = Arc::new(Fake::default());
        let all_processes = Gauge::new("max_processes_total", 10_000);
        let endpoint = Endpoint::new(settings, Arc::clone(&fake) as Arc<_>, Arc::clone(&all_processes));
        Self {
            endpoint: Arc::new(endpoint),
            fake,
            all_processes,
            policy: Policy::new(1_000),
        }
    }

    pub(crate) fn new(hosting: Hosting) -> Self {
        Self::with(hosting, |_| {})
    }

    /// A client that has not said anything.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        let limits = StreamLimits {
            queue_bytes: 1 << 20,
            replay_bytes: 1 << 20,
            streams: 8,
        };
        let owner = Owner::new("anonymous", "fake", "127.0.0.1");
        let session = Session::new(
            SessionId::random(),
            owner,
            Transport::Streamable,
            limits,
            Duration::ZERO,
        );
        Visitor {
            house: self,
            session: Arc::new(session),
        }
    }

    /// A client whose session is open.
    pub(crate) async fn guest(&self) -> Visitor<'_> {
        let visitor = self.visitor();
        let answer = visitor.initialize().await;
        assert!(answer["result"].is_object(), "{answer}");
        visitor
    }

    /// A request of a modern client at `address`; `meta` goes into its `_meta`.
    pub(crate) async fn modern(&self, address: &str, meta: &str, method: &str, params: &str) -> Call {
        let separator = if meta.is_empty() { "" } else { "," };
        let capabilities = r#""io.modelcontextprotocol/clientCapabilities":{}"#;
        let capabilities = if meta.contains("clientCapabilities") {
            ""
        } else {
            capabilities
        };
        let separator = if capabilities.is_empty() { "" } else { separator };
        let meta = format!(
            r#"{{"io.modelcontextprotocol/protocolVersion":"2026-07-28",{capabilities}{separator}{meta}}}"#
        );
        let params = params
            .replacen('{', &format!(r#"{{"_meta":{meta},"#), 1)
            .replace(",}", "}");
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let Ok(Message::Request(request)) = Message::parse(text.clone(), &Limits::CLIENT) else {
            panic!("no request: {text}")
        };
        let object = request.params.as_ref().and_then(Raw::object);
        let meta = RequestMeta::read(object.as_ref()).expect("the metadata is complete");
        let (call, target) = Call::abandonable(self.endpoint.bell());
        let caller = caller(address);
        let permit = self
            .policy
            .permit(&caller, "fake", request)
            .expect("there is room");
        self.endpoint.stateless(&caller, meta, permit, target).await;
        call
    }

    /// A tool call of a modern client.
    pub(crate) async fn modern_call(&self, address: &str, tool: &str) -> Call {
        self.modern(address, "", "tools/call", &format!(r#"{{"name":"{tool}"}}"#))
            .await
    }

    /// A legacy request without a session.
    pub(crate) async fn once(&self, method: &str, params: &str) -> Call {
        let (call, target) = Call::kept();
        let caller = caller("127.0.0.1");
        let permit = self.policy.permit(&caller, "fake", request(1, method, params));
        let permit = permit.expect("there is room");
        self.endpoint
            .once(&caller, LegacyRevision::NEWEST, permit, target)
            .await;
        call
    }

    /// Whether it is known that headers of this client repeat arguments of a tool.
    pub(crate) fn mirrors(&self, address: &str, tool: &str) -> bool {
        self.endpoint.mirrored(&caller(address), tool).is_some()
    }

    /// Calls that hold a slot of the policy.
    pub(crate) fn in_flight(&self) -> usize {
        self.policy.in_flight().held()
    }
}

impl Visitor<'_> {
    /// Sends `initialize` and waits for the answer.
    pub(crate) async fn initialize(&self) -> serde_json::Value {
        self.begin_initialize().await.answer().await
    }

    pub(crate) async fn begin_initialize(&self) -> Call {
        let params = r#"{"protocolVersion":"2025-06-18","capabilities":{"roots":{}},"clientInfo":{"name":"visitor","version":"1"}}"#;
        let (call, target) = Call::kept();
        let caller = caller("127.0.0.1");
        let request = request(0, "initialize", params);
        let permit = self
            .house
            .policy
            .permit(&caller, "fake", request)
            .expect("there is room");
        self.house
            .endpoint
            .open(&caller, &self.session, permit, target)
            .await;
        call
    }

    /// Sends a request; the call may still wait for its server when this returns.
    pub(crate) async fn request(&self, id: i64, method: &str, params: &str) -> Call {
        let (call, target) = Call::kept();
        let caller = caller("127.0.0.1");
        let request = request(id, method, params);
        let permit = self
            .house
            .policy
            .permit(&caller, "fake", request)
            .expect("there is room");
        self.house.endpoint.request(&self.session, permit, target).await;
        call
    }

    pub(crate) async fn call(&self, id: i64, tool: &str) -> Call {
        self.request(id, "tools/call", &format!(r#"{{"name":"{tool}"}}"#))
            .await
    }

    pub(crate) fn leave(&self) {
        self.house.endpoint.close(&self.session);
    }
}

fn caller(address: &str) -> Caller {
    Caller::anonymous(address.parse::<IpAddr>().expect("an address"))
}

fn request(id: i64, method: &str, params: &str) -> pontoon_jsonrpc::Request {
    let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
    match Message::parse(text, &Limits::CLIENT) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

/// Waits, in the clock's time, until `condition` holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let patience = 120 * SECOND;
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(patience, waiting)
        .await
        .expect("it holds within two minutes");
}
