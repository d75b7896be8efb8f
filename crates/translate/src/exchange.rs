//! Requests on their way through a link.

use bytes::Bytes;
use std::time::Duration;

use pontoon_jsonrpc::{ErrorObject, Id, Raw, Request, Text};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{ClientCapabilities, LogLevel};

use crate::cache;

use crate::again::Again;

/// A request id, and progress token, that we minted toward a server. Clients'
/// ids never travel upstream: they collide from the first request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UpstreamId(pub(crate) u64);

impl UpstreamId {
    pub(crate) fn to_id(self) -> Id {
        Id::Integer(i64::try_from(self.0).expect("ids are counted from 1 and never reach 2^63"))
    }

    pub(crate) fn to_raw(self) -> Raw {
        Raw::number(self.0)
    }
}

/// A legacy session on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId(pub(crate) u32);

/// Whose request it is.
#[derive(Clone, Debug)]
pub enum Client {
    /// A legacy session that joined the link.
    Member(MemberId),
    /// A legacy request outside any session.
    Alone,
    /// A modern request. Boxed: legacy ones are not to carry the room for it around.
    Modern(Box<Modern>),
}

/// What there is to know of a modern request.
#[derive(Clone, Debug)]
pub struct Modern {
    /// What it says of itself.
    pub meta: RequestMeta,
    /// On whose account it comes.
    pub account: Account,
    /// What it is a retry of, if it is one.
    pub retry: Option<Retry>,
}

/// What a request was answered with a question for. A client holds it, sealed, as `requestState` and brings it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A call that waits at a legacy server for the answers.
    Parked(Ticket),
    /// Nothing waits: the request is made once more.
    Again,
    /// Something of a modern server's own, as it wrote it.
    Own(Raw),
}

/// One round of questions of a parked call. It serves once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The call, among all of its link.
    pub call: u64,
    /// The round, among all of the call.
    pub round: u32,
}

/// An account of whoever keeps accounts: equal ones are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Account(pub u128);

/// Who asked, as far as a link can tell. What is about one of them must not
/// reach another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Member(MemberId),
    Account(Account),
    Unknown,
}

/// A request as it enters the link.
#[derive(Debug)]
pub struct Incoming<E> {
    /// Where its messages go.
    pub owner: E,
    /// Whose it is.
    pub client: Client,
    /// The request.
    pub request: Request,
}

/// A request in flight toward the server.
#[derive(Debug)]
pub(crate) struct InFlight<E> {
    pub(crate) origin: Origin<E>,
    pub(crate) method: Text,
    pub(crate) deadline: Deadline,
    pub(crate) delivery: Delivery,
}

impl<E> InFlight<E> {
    /// Whether it is part of a handshake.
    pub(crate) fn opens(&self) -> bool {
        match &self.origin {
            Origin::Client(client) => client.opens(),
            Origin::Link(purpose) => matches!(purpose, Purpose::Open | Purpose::Discover),
        }
    }

    /// Whether the server has not seen it.
    pub(crate) fn is_held(&self) -> bool {
        matches!(self.delivery, Delivery::Held)
    }

    /// Whether the server is to be told that nobody waits for it any more. `initialize` MUST NOT be cancelled
    /// (2025-11-25, Cancellation), and a legacy server that is probed knows nothing of cancellation yet.
    pub(crate) fn is_cancellable(&self) -> bool {
        !self.is_held() && !self.opens()
    }
}

/// Where a request is on its way to the server.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// It was sent.
    Sent,
    /// The server had forgotten the session and did not take it; it goes out
    /// once more when there is a new one.
    Returned(Bytes),
    /// It went out once more.
    SentAgain,
    /// It waits for something else: for answers of its client, or for a
    /// subscription to be acknowledged.
    Held,
}

/// Who waits for the answer.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are of clients, and a box for each of their calls would cost more than the room of the others"
)]
#[derive(Debug)]
pub(crate) enum Origin<E> {
    /// A client.
    Client(ClientExchange<E>),
    /// The link itself.
    Link(Purpose),
}

/// A client's exchange.
#[derive(Debug)]
pub(crate) struct ClientExchange<E> {
    pub(crate) owner: E,
    /// The id under which the client waits.
    pub(crate) id: Id,
    pub(crate) member: Option<MemberId>,
    /// The client's own progress token.
    pub(crate) token: Option<Raw>,
    pub(crate) bridge: Bridge,
    pub(crate) effect: Effect,
    /// What its client can be asked by answering it with a question.
    pub(crate) asks: Option<ClientCapabilities>,
    /// What its result answers, if it may be kept for others who ask the same.
    pub(crate) keeps: Option<Box<cache::Question>>,
    /// What is needed to make the request again, where its answer may be a
    /// question to a legacy client.
    pub(crate) again: Option<Box<Again>>,
}

impl<E> ClientExchange<E> {
    pub(crate) fn asker(&self) -> Asker {
        match (self.member, &self.bridge) {
            (Some(member), _) => Asker::Member(member),
            (None, Bridge::ModernToLegacy { account, .. }) => Asker::Account(*account),
            (None, Bridge::Straight | Bridge::Modern { .. } | Bridge::LegacyToModern { .. }) => {
                Asker::Unknown
            }
        }
    }

    /// Whether its success opens a session.
    pub(crate) fn opens(&self) -> bool {
        matches!(self.effect, Effect::Open | Effect::Greet { .. })
    }

    /// One that belongs to no session and leaves nothing behind, as modern requests do.
    pub(crate) fn stateless(owner: E, id: Id, token: Option<Raw>, bridge: Bridge) -> Self {
        Self {
            owner,
            id,
            member: None,
            token,
            bridge,
            effect: Effect::None,
            asks: None,
            keeps: None,
            again: None,
        }
    }
}

/// How the answer is carried over. Chosen once, when the exchange begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bridge {
    /// Both sides speak the same era: nothing but ids and tokens changes.
    Straight,
    /// Modern client, modern server: nothing changes either, but log
    /// messages go only to those who asked.
    Modern { log_level: Option<LogLevel> },
    /// Modern client, legacy server.
    ModernToLegacy {
        log_level: Option<LogLevel>,
        account: Account,
    },
    /// Legacy client, modern server.
    LegacyToModern { log_level: Option<LogLevel> },
}

impl Bridge {
    /// The lowest level of log messages that the client wants on this
    /// exchange's stream; `None` if it wants none.
    pub(crate) fn log_level(self) -> Option<LogLevel> {
        match self {
            Self::Straight => Some(LogLevel::Debug),
            Self::Modern { log_level }
            | Self::ModernToLegacy { log_level, .. }
            | Self::LegacyToModern { log_level } => log_level,
        }
    }
}

/// What an exchange changes in the link: subscriptions when it begins, undone
/// if it fails, the rest when it succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// The session is open.
    Open,
    /// The session is open once a modern server has described itself. The client asked for a revision, and the
    /// server has perhaps refused its `initialize`.
    Greet {
        requested: Option<String>,
        refusal: Option<ErrorObject>,
    },
    /// The member subscribes to this resource.
    Subscribe(String),
    /// The member unsubscribes.
    Unsubscribe(String),
    /// The server's log level is this one.
    SetLevel(LogLevel),
}

/// Why the link itself sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The handshake.
    Open,
    /// The description of a modern server, in place of a handshake.
    Discover,
    /// Whether a server that speaks one era speaks the other as well.
    Inquire,
    /// The stream of changes of a modern server, for legacy sessions.
    Listen,
    /// A listener's resource.
    Subscribe,
    /// A resource that nobody listens to any more.
    Unsubscribe,
    /// A level that some client wants.
    SetLevel,
}

/// When an exchange has taken too long, on the caller's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    /// The next one; progress moves it.
    pub(crate) soft: Option<Duration>,
    /// The last one; nothing moves it.
    pub(crate) hard: Option<Duration>,
}

impl Deadline {
    /// No deadline: a subscription lasts until somebody ends it.
    pub(crate) const NONE: Self = Self {
        soft: None,
        hard: None,
    };

    /// A time that no progress moves.
    pub(crate) fn fixed(at: Duration) -> Self {
        Self {
            soft: None,
            hard: Some(at),
        }
    }

    /// Time that was no fault of the server does not count.
    pub(crate) fn resume(&mut self, at: Duration, away: Duration) {
        self.extend(at);
        self.hard = self.hard.map(|hard| hard + away);
    }

    /// Moves what can be moved.
    pub(crate) fn extend(&mut self, at: Duration) {
        self.soft = self.soft.map(|_| at);
    }

    pub(crate) fn is_over(self, now: Duration) -> bool {
        self.soft.is_some_and(|deadline| deadline <= now) || self.hard.is_some_and(|deadline| deadline <= now)
    }
}
