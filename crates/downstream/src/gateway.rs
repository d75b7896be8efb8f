//! What all transports share, and the way in.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use pontoon_policy::{Account, Caller, Gauge, KeyedGauge, OriginGuard, Policy};
use pontoon_session::{Session, Sessions};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::backend::Backend;
use crate::body::BodyLimits;
use crate::caught::caught;
use crate::context::Context;
use crate::counters::{Counters, Tally};
use crate::forwarded::Forwarded;
use crate::hosted::Hosted;
use crate::hub::Hub;
use crate::registration::Abandoned;
use crate::reply_channel::ReplyChannels;
use crate::response::{self, Reply, ResponseBody};
use crate::route::{Endpoint, Layout, RouteError, Routes};
use crate::signpost::Signpost;
use crate::sse_body::Pace;
use crate::status::{Fault, Problem};
use crate::wire::{Head, Notes};
use crate::{Settings, body, channel, cors};

/// Serves a set of backends to MCP clients of every revision. Cheap to clone.
pub struct Gateway<B: Backend>(pub(crate) Arc<Shared<B>>);

/// What all requests of a gateway share.
pub(crate) struct Shared<B: Backend> {
    pub(crate) settings: Settings,
    pub(crate) policy: Arc<Policy>,
    guard: OriginGuard,
    routes: Routes,
    signpost: Signpost,
    servers: Vec<Hosted<B>>,
    pub(crate) sessions: Sessions<B::Attachment>,
    pub(crate) abandoned: Abandoned,
    started: Instant,
    draining: AtomicBool,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) connections: Arc<Gauge>,
    pub(crate) per_address: Arc<KeyedGauge<IpAddr>>,
    pub(crate) event_places: Arc<KeyedGauge<Account>>,
    pub(crate) reply_channels: ReplyChannels,
    pub(crate) tally: Tally,
}

/// How far the gateway has come to its end. Connections watch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Everything is served.
    Running,
    /// No new connections; what is in flight may finish.
    Draining,
    /// What is left is cut.
    Cut,
}

impl<B: Backend> Clone for Gateway<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Gateway<B> {
    /// Lays out the addresses of `backends`; `default` is the index of the one
    /// that is served without its name as well.
    ///
    /// # Errors
    ///
    /// [`RouteError`] if the addresses clash.
    pub fn new(
        settings: Settings,
        policy: Arc<Policy>,
        guard: OriginGuard,
        backends: Vec<Arc<B>>,
        default: Option<usize>,
    ) -> Result<Self, RouteError> {
        let servers: Vec<_> = backends.into_iter().map(Hosted::new).collect();
        let names: Vec<_> = servers.iter().map(|server| Arc::clone(server.name())).collect();
        let layout = Layout {
            names: &names,
            default,
            prefix: &settings.prefix,
            public_prefix: &settings.public_prefix,
            extra: &settings.extra_paths,
        };
        let routes = Routes::new(&layout)?;
        let events_path = format!("{}{}", settings.prefix, channel::PATH);
        if settings.events.is_some() && routes.find(&events_path).is_some() {
            return Err(RouteError::Claimed(events_path));
        }
        let of_address = settings
            .events
            .as_ref()
            .map_or(0, |events| events.max_per_address);
        Ok(Self(Arc::new(Shared {
            policy,
            guard,
            routes,
            event_places: KeyedGauge::new("max_clients_per_address", of_address),
            reply_channels: ReplyChannels::default(),
            signpost: Signpost::new(&layout),
            servers,
            sessions: Sessions::new(settings.sessions),
            abandoned: Abandoned::default(),
            started: Instant::now(),
            draining: AtomicBool::new(false),
            tally: Tally::default(),
            stage: watch::Sender::new(Stage::Running),
            connections: Gauge::new("max_connections", settings.max_connections),
            per_address: KeyedGauge::new(
                "max_connections_per_address",
                settings.max_connections_per_address,
            ),
            settings,
        })))
    }

    /// Answers one HTTP request that came from `peer`.
    ///
    /// The response's body must be polled or dropped: for modern requests
    /// dropping it is a cancellation, for HTTP+SSE the end of the session.
    pub async fn handle<T>(&self, request: Request<T>, peer: SocketAddr) -> Response<ResponseBody>
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let notes = Arc::new(Notes::without_wire());
        let Ok(reply) = self.clone().handle_on_wire(request, peer, notes).await;
        reply
    }

    /// As [`Gateway::handle`]; `notes` tell what the bytes of the head looked like.
    ///
    /// No async function, which would keep the whole request twice.
    pub(crate) fn handle_on_wire<T>(
        self,
        request: Request<T>,
        peer: SocketAddr,
        notes: Arc<Notes>,
    ) -> impl Future<Output = Result<Reply, Infallible>> + Send
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let (head, mut body) = request.into_parts();
        async move {
            let framing = notes.head();
            let mut reply = self.answer(&head, &mut body, peer, framing).await;
            // What follows a request whose end is not known for certain must
            // not be read as the next one.
            let certain = match framing {
                Head::Clear => !is_coded_oddly(&head),
                Head::Unseen => !head.headers.contains_key(TRANSFER_ENCODING),
                Head::Doubtful => false,
            };
            if !certain || !body::discard(&head, &mut body).await {
                notes.leave_unread();
                reply
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            } else if reply.headers().contains_key(CONNECTION) && self.ends_with_answer(&head) {
                // It must not say that it is kept. hyper says what is the case.
                reply.headers_mut().remove(CONNECTION);
            }
            Ok(reply)
        }
    }

    /// Whether the connection of this request is not used again.
    fn ends_with_answer(&self, head: &Parts) -> bool {
        head.version < Version::HTTP_11 || asks_to_close(head) || self.0.is_draining()
    }

    async fn answer<T>(&self, head: &Parts, body: &mut T, peer: SocketAddr, framing: Head) -> Reply
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let origin = match self.0.guard.check(&head.uri, &head.headers) {
            Ok(origin) => origin,
            Err(error) => return self.refuse(head, &Fault::Guard(error).into()),
        };
        let routed = match framing {
            _ if is_coded_oddly(head) => Err(Fault::Coding.into()),
            Head::Doubtful => Err(Fault::Framing.into()),
            Head::Clear | Head::Unseen => caught(self.route(head, body, peer))
                .await
                .unwrap_or_else(|_| Err(Fault::Panicked.into())),
        };
        let mut reply = routed.unwrap_or_else(|problem| self.refuse(head, &problem));
        if let Some(origin) = origin {
            cors::expose(reply.headers_mut(), origin.clone());
        }
        reply
    }

    fn refuse(&self, head: &Parts, problem: &Problem) -> Reply {
        let reason = problem.fault.label();
        self.0.tally.count(reason);
        tracing::debug!(reason, path = head.uri.path(), "refused");
        response::refuse(problem)
    }

    async fn route<T>(&self, head: &Parts, body: &mut T, peer: SocketAddr) -> Result<Reply, Problem>
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let path = head.uri.path();
        let Some(route) = self.0.routes.find(path) else {
            return self.outside(head, peer);
        };
        let server = &self.0.servers[route.server];
        let forwarded = Forwarded::of(&self.0.settings, peer.ip(), &head.headers);
        let context = Context {
            shared: &self.0,
            server,
            caller: Caller::anonymous(forwarded.client),
            public_prefix: forwarded.prefix,
            head,
        };
        let allow = route.endpoint.allow();
        match (&route.endpoint, &head.method) {
            (_, &Method::OPTIONS) => Ok(cors::preflight(allow, &head.headers)),
            (Endpoint::Mcp, &Method::POST) => context.post(body).await,
            (Endpoint::Mcp, &Method::GET) => context.get(),
            (Endpoint::Mcp, &Method::DELETE) => context.delete(),
            (Endpoint::Sse { messages }, &Method::GET) => context.open_stream(messages),
            (Endpoint::Messages, &Method::POST) => Box::pin(context.post_message(body)).await,
            _ => Err(Fault::Method(allow).into()),
        }
    }

    /// Paths that lead to no server.
    fn outside(&self, head: &Parts, peer: SocketAddr) -> Result<Reply, Problem> {
        let below = head.uri.path().strip_prefix(self.0.settings.prefix.as_str());
        if let (Some(channel::PATH), Some(events)) = (below, &self.0.settings.events) {
            let forwarded = Forwarded::of(&self.0.settings, peer.ip(), &head.headers);
            let caller = Caller::anonymous(forwarded.client);
            return Ok(self.0.event_channel(events, head, &caller)?);
        }
        let at_root = below.is_some_and(|rest| matches!(rest, "" | "/"));
        match head.method {
            // It names no path, and nothing here is a tunnel.
            Method::CONNECT => Err(Fault::Method(Endpoint::Mcp.allow()).into()),
            Method::GET | Method::HEAD if at_root => {
                let welcome = self.0.signpost.welcome.clone();
                Ok(response::text(StatusCode::OK, welcome))
            }
            _ => Err(Fault::UnknownPath(Arc::clone(&self.0.signpost.elsewhere)).into()),
        }
    }

    /// Ends the sessions whose time is over or whose client is gone.
    /// [`Gateway::serve`] does this by itself.
    pub fn sweep(&self) {
        self.end_abandoned();
        for session in self.0.sessions.expire(self.0.now()) {
            tracing::debug!(session = %session.id(), "session expired");
            self.0.close(&session);
        }
    }

    /// Ends the sessions whose client went away without a word.
    pub(crate) fn end_abandoned(&self) {
        for id in self.0.abandoned.take() {
            if let Some(session) = self.0.sessions.remove(id) {
                self.0.close(&session);
            }
        }
    }

    /// Sessions that are open.
    pub fn session_count(&self) -> usize {
        self.0.sessions.len()
    }

    /// What is held now and what was refused since the start.
    pub fn counters(&self) -> Counters {
        let shared = &self.0;
        let hub = shared.settings.events.as_ref().map(|events| &events.hub);
        Counters {
            event_clients: hub.map_or(0, Hub::client_count),
            event_clients_cut_off: hub.map_or(0, Hub::cut_off),
            reply_channels: shared.reply_channels.len(),
            connections: shared.connections.held(),
            connections_refused: shared.connections.refused() + shared.per_address.refused(),
            sessions: shared.sessions.len(),
            streams: shared.sessions.attached_streams(),
            sessions_refused: shared.sessions.refused(),
            refusals: shared.tally.snapshot(),
        }
    }

    /// Stops: no new connections and no new calls; calls in flight may finish
    /// until `within` is over; streams end the way their revision asks; then
    /// whatever is left is cut. Resolves when nothing is left.
    pub async fn drain(&self, within: Duration) {
        let deadline = Instant::now() + within;
        self.0.draining.store(true, Ordering::Relaxed);
        self.0.stage.send_replace(Stage::Draining);
        let backends = self.0.servers.iter().map(|server| Arc::clone(&server.backend));
        // Tasks of their own: what still stops at the deadline goes on stopping.
        let stopping: Vec<_> = backends
            .map(|backend| tokio::spawn(async move { backend.drain().await }))
            .collect();
        for stopped in stopping {
            let _ = tokio::time::timeout_at(deadline, stopped).await;
        }
        for session in self.0.sessions.drain() {
            self.0.close(&session);
        }
        if let Some(events) = &self.0.settings.events {
            events.hub.disconnect_all();
        }
        self.0.reply_channels.close();
        let _ = tokio::time::timeout_at(deadline, self.0.stage.closed()).await;
        self.0.stage.send_replace(Stage::Cut);
        self.0.stage.closed().await;
    }
}

/// Whether the body is more, or less, than chunked. hyper looks at the last
/// coding only, and would pass on what the others did to the body.
///
/// Source: RFC 9112, section 6.1.
fn is_coded_oddly(head: &Parts) -> bool {
    let codings = head.headers.get(TRANSFER_ENCODING);
    codings.is_some_and(|codings| !codings.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

/// Whether the client asks for the end of the connection behind the answer.
fn asks_to_close(head: &Parts) -> bool {
    let lines = head.headers.get_all(CONNECTION).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("close"))
}

impl Endpoint {
    /// The methods that are served there.
    fn allow(&self) -> &'static str {
        match self {
            Self::Mcp => "GET, POST, DELETE, OPTIONS",
            Self::Sse { .. } => "GET, OPTIONS",
            Self::Messages => "POST, OPTIONS",
        }
    }
}

impl<B: Backend> Shared<B> {
    /// The time on the clock of the sessions.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn body_limits(&self) -> BodyLimits {
        BodyLimits {
            bytes: self.settings.max_body_bytes,
            time: self.settings.body_timeout,
            rate: self.settings.min_body_rate,
        }
    }

    /// For streams whose client can come back.
    pub(crate) fn pace(&self) -> Pace {
        Pace {
            keep_alive: self.settings.keep_alive,
            retry: Some(self.settings.retry),
        }
    }

    /// For streams whose end is final.
    pub(crate) fn final_pace(&self) -> Pace {
        Pace {
            keep_alive: self.settings.keep_alive,
            retry: None,
        }
    }

    /// Ends a session, if nobody has yet.
    pub(crate) fn end(&self, session: &Session<B::Attachment>) {
        if let Some(session) = self.sessions.remove(session.id()) {
            self.close(&session);
        }
    }

    fn close(&self, session: &Arc<Session<B::Attachment>>) {
        let endpoint = session.owner().endpoint();
        if let Some(server) = self.servers.iter().find(|server| **server.name() == *endpoint) {
            // First, so that what is in flight is answered while it has a stream.
            server.backend.close(session);
        }
        session.close();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
