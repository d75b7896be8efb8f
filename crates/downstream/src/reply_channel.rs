//! `compat.get_channel_responses`: a POST is answered with 202, and the reply comes on a GET stream of the same client.
//!
//! No revision has this, and 2025-11-25 forbids it ("the server MUST either return `Content-Type: text/event-stream` …
//! or `application/json`"): some tutorials teach it all the same. What they leave out is whose stream it is. Here it
//! is the session's, else the one that both requests name by an unguessable `?channel=`, else the one of the client's
//! account and address, unless a proxy stands in between, behind which all clients have one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;
use pontoon_jsonrpc::Request;
use pontoon_mcp::LegacyRevision;
use pontoon_policy::{Account, Caller, TrustedProxies};
use pontoon_session::{Aborted, Delivery, Outbox, Retention, Session};

use crate::backend::{Backend, SessionNeed, Streaming, Target};
use crate::channel::{is_long_and_plain, parameter};
use crate::context::Context;
use crate::event;
use crate::gateway::Shared;
use crate::response::{self, Reply};
use crate::sse_body::{EventStream, Framing, Hold, Pace};
use crate::status::{Fault, Problem};

/// How often its stream says `: ping`, as those clients were told.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const NAME: &str = "channel";
/// What a proxy adds that lets clients through under its own address.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "via", "x-real-ip"];

/// Whose stream it is: at which server, on whose account, and the name they gave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    server: Arc<str>,
    account: Option<Account>,
    name: Option<Box<str>>,
}

impl Key {
    /// `None` for a client that cannot be told from others.
    fn of(
        server: &Arc<str>,
        caller: &Caller,
        head: &Parts,
        proxies: &TrustedProxies,
    ) -> Result<Option<Self>, Fault> {
        let server = Arc::clone(server);
        let named = head.uri.query().map_or(Ok(None), |query| parameter(query, NAME));
        if let Some(name) = named.map_err(|_| Fault::ChannelName)? {
            if !is_long_and_plain(name) {
                return Err(Fault::ChannelName);
            }
            let name = Some(name.into());
            return Ok(Some(Self {
                server,
                account: None,
                name,
            }));
        }
        // Its clients have the proxy's address, whether or not it says so.
        let came_through = FORWARDED.iter().any(|header| head.headers.contains_key(*header));
        if came_through || proxies.trusts(caller.address()) {
            return Ok(None);
        }
        let account = Some(caller.account());
        Ok(Some(Self {
            server,
            account,
            name: None,
        }))
    }
}

/// The streams that are open.
#[derive(Debug, Default)]
pub(crate) struct ReplyChannels(Mutex<HashMap<Key, Arc<Outbox>>>);

impl ReplyChannels {
    fn get(&self, key: &Key) -> Option<Arc<Outbox>> {
        self.lock().get(key).filter(|outbox| !outbox.has_ended()).cloned()
    }

    /// False if it is open already: its replies must not go to another. One that has ended is only not collected yet.
    fn open(&self, key: &Key, outbox: &Arc<Outbox>) -> bool {
        match self.lock().entry(key.clone()) {
            Entry::Occupied(mut ended) if ended.get().has_ended() => {
                ended.insert(Arc::clone(outbox));
                true
            }
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(Arc::clone(outbox));
                true
            }
        }
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Ends all of them.
    pub(crate) fn close(&self) {
        // To wake a reader may be to drop it, and what it holds comes back here for the lock.
        let open: Vec<_> = self.lock().values().cloned().collect();
        for outbox in open {
            outbox.abort(Aborted::Closed);
        }
    }

    /// Forgets a stream, unless another has taken its place.
    fn forget(&self, key: &Key, outbox: &Arc<Outbox>) {
        if let Entry::Occupied(entry) = self.lock().entry(key.clone())
            && Arc::ptr_eq(entry.get(), outbox)
        {
            entry.remove();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Arc<Outbox>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the stream when it is over.
struct Place<B: Backend> {
    shared: Arc<Shared<B>>,
    key: Key,
    outbox: Arc<Outbox>,
}

impl<B: Backend> Hold for Place<B> {}

impl<B: Backend> Drop for Place<B> {
    fn drop(&mut self) {
        self.shared.reply_channels.forget(&self.key, &self.outbox);
    }
}

impl<B: Backend> Context<'_, B> {
    /// Whether replies may go to GET streams here: never with a server whose clients need sessions, unless in one.
    fn has_reply_channels(&self) -> bool {
        self.shared.settings.compat.get_channel_responses
            && self.server.backend.session_need() == SessionNeed::Optional
    }

    /// GET without a session: a stream for the replies to this client. `None` where there are none of that kind.
    pub(crate) fn reply_channel(&self) -> Result<Option<Reply>, Fault> {
        if !self.has_reply_channels() {
            return Ok(None);
        }
        self.refuse_while_draining()?;
        let key = self.key()?.ok_or(Fault::ChannelName)?;
        let place = self
            .shared
            .policy
            .permit_listener(&self.caller, self.server.name(), ())?;
        let outbox = Outbox::endless(self.shared.settings.streams.queue_bytes, Retention::None);
        let reader = outbox.reader();
        if !self.shared.reply_channels.open(&key, &outbox) {
            return Err(Fault::ChannelTaken);
        }
        let pace = Pace {
            keep_alive: Some(KEEP_ALIVE),
            retry: None,
        };
        let shared = Arc::clone(self.shared);
        let stream = EventStream::new(reader, None, pace)
            .framed(Framing::Nameless)
            // Whoever looks at it sees that it is open.
            .opening_with(event::PING_COMMENT)
            .holding(Box::new((Place { shared, key, outbox }, place)));
        Ok(Some(response::events(stream)))
    }

    fn key(&self) -> Result<Option<Key>, Fault> {
        let proxies = &self.shared.settings.trusted_proxies;
        Key::of(self.server.name(), &self.caller, self.head, proxies)
    }

    /// The stream on which this client awaits replies, if it has one.
    pub(crate) fn open_reply_channel(&self) -> Result<Option<Arc<Outbox>>, Fault> {
        if !self.has_reply_channels() {
            return Ok(None);
        }
        let key = self.key()?;
        Ok(key.and_then(|key| self.shared.reply_channels.get(&key)))
    }

    /// The GET stream of a session, if its client reads one and replies may go there.
    pub(crate) fn session_channel(&self, session: &Session<B::Attachment>) -> Option<Arc<Outbox>> {
        let on = self.shared.settings.compat.get_channel_responses;
        on.then(|| session.listening()).flatten()
    }

    /// A request without a session whose reply goes to a GET stream.
    pub(crate) async fn single_through(
        &self,
        outbox: Arc<Outbox>,
        request: Request,
        revision: Option<LegacyRevision>,
    ) -> Result<Reply, Problem> {
        let id = request.id.clone();
        let permit = self.permit_alone(request).map_err(|fault| fault.of(&id))?;
        let target = target(outbox);
        let revision = revision.unwrap_or(LegacyRevision::ASSUMED);
        let backend = &self.server.backend;
        backend.once(&self.caller, revision, permit, target).await;
        Ok(response::empty(StatusCode::ACCEPTED))
    }

    /// A request of a session whose reply goes to its GET stream.
    pub(crate) async fn exchange_through(
        &self,
        outbox: Arc<Outbox>,
        session: &Arc<Session<B::Attachment>>,
        request: Request,
    ) -> Result<Reply, Problem> {
        let id = request.id.clone();
        let permit = self.permit_new(request).map_err(|fault| fault.of(&id))?;
        self.server.backend.request(session, permit, target(outbox)).await;
        Ok(response::empty(StatusCode::ACCEPTED))
    }
}

/// Sends an answer that is there already.
pub(crate) fn deliver(outbox: &Outbox, answer: &Delivery) -> Reply {
    // A client that is gone has lost its stream with it.
    let _ = outbox.push(answer.message.clone());
    response::empty(StatusCode::ACCEPTED)
}

fn target(outbox: Arc<Outbox>) -> Target {
    Target {
        outbox,
        streaming: Streaming::Accepted,
    }
}

impl<B: Backend> Hold for (Place<B>, pontoon_policy::Permit<()>) {}
