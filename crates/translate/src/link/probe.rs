//! What a server speaks, learnt while it is opened.
//!
//! Source: 2026-07-28, Versioning, "Backward Compatibility with Initialization-Based Versions", and the pages of the
//! transports that it names.

use pontoon_jsonrpc::{ErrorObject, Outcome, Request};
use pontoon_mcp::ModernRevision;
use pontoon_mcp::error::UNSUPPORTED_VERSION;

use super::client::requested_revision;
use super::upstream_listen::Ended;
use super::{
    ClientExchange, Deadline, Duration, Effect, Fault, InFlight, LegacyRevision, Link, MemberId, Opened,
    Origin, Outlet, Purpose, Raw, Reason, Server, State, Text, Timeouts, UpstreamId, Voice, method, opening,
};
use crate::exchange::Bridge;
use crate::fault::Sent;

/// How long a server may be silent when it is asked what it is: legacy ones may be silent for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// [`PATIENCE`], unless the whole opening has to be shorter.
pub(super) fn patience(timeouts: Timeouts) -> Duration {
    PATIENCE.min(timeouts.open / 2)
}

/// How the server is opened.
#[derive(Debug, Default)]
pub(super) struct Probe {
    certainty: Certainty,
    stage: Stage,
    /// What `initialize` asks for.
    revision: Option<LegacyRevision>,
    /// How long the first of two attempts may take, if it is the modern one.
    patience: Duration,
    /// How long the opening may take in all.
    until: Duration,
    /// How `initialize` failed, where it was the first attempt.
    failure: Option<Reason>,
    /// It was asked once more in the same revision.
    repeated: bool,
    /// How the era that was tried first was refused, when it was last.
    refusal: Refusal,
    inquiry: Inquiry,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Certainty {
    /// The server speaks this era, whatever it says.
    #[default]
    Given,
    /// It may turn out to speak the other one.
    Guessed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    First,
    /// The server has refused the era that was tried first.
    Second,
}

/// How a server let it be known that it does not speak an era.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refusal {
    /// It said so.
    #[default]
    Stated,
    /// It was silent, went away or fell over: it may have been slow, or broken for a moment.
    Unclear,
}

/// Whether a server that speaks one era speaks 2026-07-28 as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inquiry {
    /// It was not asked.
    #[default]
    Open,
    /// It was asked and has not answered.
    UnderWay,
    /// It does.
    Yes,
    /// It does not, as it said.
    No,
    /// It seems not to: it was silent, went away or fell over when it was asked. It may be asked again.
    Unclear,
    /// The question or the answer was lost, which says nothing about the server.
    Unheard,
}

impl Probe {
    pub(super) fn begin(&mut self, revision: LegacyRevision, timeouts: Timeouts, now: Duration) {
        self.revision = Some(revision);
        self.patience = now + patience(timeouts);
        self.until = now + timeouts.open;
    }

    /// There is nothing left to try, or no need to.
    pub(super) fn succeeded(&mut self) {
        self.stage = Stage::First;
        self.failure = None;
        self.repeated = false;
    }

    /// The connection is gone, perhaps over a question that it was asked. Who said no may be replaced by one that says
    /// yes.
    pub(super) fn lose(&mut self) {
        self.inquiry = match self.inquiry {
            Inquiry::UnderWay => Inquiry::Unclear,
            Inquiry::No => Inquiry::Open,
            known => known,
        };
    }

    pub(super) fn deadline(&self, tried: Server) -> Deadline {
        let at = if tried == Server::Modern && self.may_turn() {
            self.patience
        } else {
            self.until
        };
        Deadline::fixed(at)
    }

    /// Whether the other era is left to try.
    fn may_turn(&self) -> bool {
        (self.certainty, self.stage) == (Certainty::Guessed, Stage::First)
    }
}

impl Refusal {
    /// What is known of a server that gave no answer. What it provably did not process it has refused.
    const fn of(fault: &Fault) -> Self {
        match fault.sent {
            Sent::No => Self::Stated,
            Sent::Perhaps => Self::Unclear,
        }
    }
}

impl Server {
    const fn other(self) -> Self {
        match self {
            Self::Legacy => Self::Modern,
            Self::Modern => Self::Legacy,
        }
    }
}

impl<O: Outlet> Link<O> {
    /// The same link to a server of which it is only guessed what it speaks: where it refuses that, the other era is
    /// tried.
    #[must_use]
    pub fn guessing(mut self) -> Self {
        self.probe.certainty = Certainty::Guessed;
        self.state = State::Closed;
        self
    }

    /// The same link to a modern server that has to describe itself before anything else: legacy sessions are opened
    /// with that.
    #[must_use]
    pub fn discovering(mut self) -> Self {
        self.state = State::Closed;
        self
    }

    /// Whether the connection was lost over one era, and the other one is to be tried on the next.
    pub fn goes_on(&self) -> bool {
        self.probe.stage == Stage::Second && matches!(self.state, State::Closed)
    }

    /// Asks what the server speaks, by asking it to open.
    pub(super) fn send_opening(&mut self, out: &mut O) {
        let (name, params, purpose) = match self.server {
            Server::Legacy => {
                let revision = self.probe.revision.unwrap_or(LegacyRevision::NEWEST);
                let params = opening::initialize_params(&self.introduction, revision);
                (method::INITIALIZE, params, Purpose::Open)
            }
            Server::Modern => (method::DISCOVER, self.own_params(), Purpose::Discover),
        };
        let deadline = self.probe.deadline(self.server);
        if let Err(reason) = self.send_own_until(name, Some(&params), (purpose, deadline), out) {
            self.fail_opening(reason.in_opening(), out);
        }
    }

    /// Parameters of a request of the link's own to a modern server.
    pub(super) fn own_params(&self) -> Raw {
        Voice::of_nobody(self.introduction.client_info.clone()).own_params()
    }

    /// The server did not open: it may be of the other era.
    pub(super) fn opening_failed(&mut self, fault: &Fault, out: &mut O) {
        let first = self.probe.failure;
        if self.may_be_a_refusal(fault.reason) && self.probe.may_turn() {
            self.turn(fault.reason, Refusal::of(fault));
            return self.send_opening(out);
        }
        self.fail_opening(first.unwrap_or(fault.reason), out);
    }

    /// The server answered, and did not open.
    pub(super) fn opening_refused(&mut self, reason: Reason, out: &mut O) {
        self.opening_failed(&Fault::before(reason), out);
    }

    fn may_be_a_refusal(&self, reason: Reason) -> bool {
        match reason {
            Reason::HandshakeFailed | Reason::Protocol => true,
            // Legacy servers may be silent to what they do not know; a modern one MUST answer.
            Reason::StartTimeout => self.server == Server::Modern,
            _ => false,
        }
    }

    fn turn(&mut self, reason: Reason, refusal: Refusal) {
        self.probe.stage = Stage::Second;
        self.probe.refusal = refusal;
        self.probe.failure = (self.server == Server::Legacy).then_some(reason);
        self.server = self.server.other();
    }

    /// Neither era would do: the next opening begins where this one did.
    pub(super) fn close_opening(&mut self) {
        self.state = State::Closed;
        if self.probe.stage == Stage::Second {
            self.server = self.server.other();
        }
        self.probe.succeeded();
    }

    /// The connection was lost while it was opened: some servers end when they hear what they do not know. Whether the
    /// other era is to be tried on the next one.
    pub(super) fn turns_after_loss(&mut self) -> bool {
        let own =
            |exchange: &InFlight<O::Exchange>| matches!(exchange.origin, Origin::Link(_)) && exchange.opens();
        let turns = self.probe.may_turn() && !self.in_flight_where(own).is_empty();
        if turns {
            self.turn(Reason::StartFailed, Refusal::Unclear);
        }
        turns
    }

    /// The server described itself, or did not.
    pub(super) fn finish_discovery(&mut self, outcome: &Outcome, now: Duration, out: &mut O) {
        match described(outcome) {
            Ok(opened) => {
                self.note_description(opened);
                self.restore(now, out);
                self.send_returned(out);
                out.opened(Ok(()));
            }
            Err(NotDescribed::Legacy) => self.opening_refused(Reason::HandshakeFailed, out),
            // "The client SHOULD select a mutually supported version … and retry" (Versioning), once.
            Err(NotDescribed::Confused) if !std::mem::replace(&mut self.probe.repeated, true) => {
                self.send_opening(out);
            }
            Err(NotDescribed::Confused) => self.opening_refused(Reason::HandshakeFailed, out),
            Err(NotDescribed::Foreign) => self.fail_opening(Reason::HandshakeFailed, out),
        }
    }

    fn note_description(&mut self, opened: Opened) {
        self.server = Server::Modern;
        self.probe.succeeded();
        self.state = State::Open(Some(Box::new(opened)));
    }

    /// A request of the link's own will not be answered.
    pub(super) fn own_request_failed(
        &mut self,
        id: UpstreamId,
        purpose: &Purpose,
        fault: &Fault,
        out: &mut O,
    ) {
        match purpose {
            Purpose::Open | Purpose::Discover => self.opening_failed(fault, out),
            Purpose::Inquire => {
                self.probe.inquiry = match (fault.reason, Refusal::of(fault)) {
                    (Reason::Protocol, Refusal::Stated) => Inquiry::No,
                    // A legacy server may be silent to what it does not know, and any server may be slow or broken for
                    // a moment.
                    (Reason::Timeout | Reason::Protocol, _) => Inquiry::Unclear,
                    _ => Inquiry::Unheard,
                };
            }
            Purpose::Listen => self.listen_ended(id, &Ended::Failed(fault), out),
            Purpose::Subscribe => self.subscription_settled(id, out),
            Purpose::Unsubscribe | Purpose::SetLevel => {}
        }
    }
}

/// Sessions that open a server themselves.
impl<O: Outlet> Link<O> {
    /// `initialize` of the one session of a modern server, which is answered from what the server says of itself.
    pub(super) fn greet(
        &mut self,
        owner: O::Exchange,
        member: MemberId,
        request: &Request,
        now: Duration,
        out: &mut O,
    ) {
        self.state = State::Opening;
        let bridge = Bridge::LegacyToModern { log_level: None };
        let client = ClientExchange {
            member: Some(member),
            effect: Effect::Greet {
                requested: requested_revision(request.params.as_ref()),
                refusal: None,
            },
            ..ClientExchange::stateless(owner, request.id.clone(), None, bridge)
        };
        self.send_greeting(client, Deadline::fixed(now + self.timeouts.open), out);
    }

    fn send_greeting(&mut self, client: ClientExchange<O::Exchange>, deadline: Deadline, out: &mut O) {
        let id = self.mint();
        let params = self.own_params();
        let exchange = (client, Text::from_static(method::DISCOVER));
        self.send_for_client(id, Some(&params), exchange, deadline, out);
    }

    /// Whether a client's `initialize` got no answer in a way that a modern server may be behind.
    pub(super) fn refuses_handshake(&self, client: &ClientExchange<O::Exchange>, fault: &Fault) -> bool {
        self.may_be_modern(client) && self.may_be_a_refusal(fault.reason)
    }

    pub(super) fn may_be_modern(&self, client: &ClientExchange<O::Exchange>) -> bool {
        matches!(client.effect, Effect::Open) && self.probe.may_turn()
    }

    /// The server refused a client's `initialize`, with this error or by other means: before the client hears of it the
    /// server is asked what it is.
    pub(super) fn ask_what_it_is(
        &mut self,
        mut client: ClientExchange<O::Exchange>,
        answer: Result<ErrorObject, &Fault>,
        deadline: Deadline,
        out: &mut O,
    ) {
        let refusal = answer
            .as_ref()
            .map_or_else(|fault| Refusal::of(fault), |_| Refusal::Stated);
        self.turn(Reason::HandshakeFailed, refusal);
        let member = client.member.and_then(|member| self.members.get(&member));
        client.bridge = Bridge::LegacyToModern { log_level: None };
        client.effect = Effect::Greet {
            requested: member.and_then(|member| member.requested.clone()),
            refusal: answer.ok(),
        };
        self.send_greeting(client, deadline, out);
    }

    /// The server described itself for the sake of a session, or did not.
    pub(super) fn finish_greeting(
        &mut self,
        client: ClientExchange<O::Exchange>,
        outcome: Outcome,
        now: Duration,
        out: &mut O,
    ) {
        self.undo(&client);
        let Effect::Greet { requested, refusal } = client.effect else {
            return;
        };
        match described(&outcome) {
            Ok(opened) => {
                self.note_description(opened);
                let guest = (client.member, requested.as_deref());
                self.welcome_as(client.owner, &client.id, guest, out);
                self.tend(now, out);
            }
            Err(_) => {
                // The server lives: its client may ask for another revision.
                self.close_opening();
                if self.probe.certainty == Certainty::Guessed {
                    self.server = Server::Legacy;
                }
                let error = match (refusal, outcome) {
                    (Some(error), _) | (None, Outcome::Error(error)) => error,
                    (None, Outcome::Result(_)) => Fault::after(Reason::Protocol).to_error(),
                };
                super::refuse(client.owner, &client.id, &error, out);
            }
        }
    }
}

/// Servers that speak both eras.
impl<O: Outlet> Link<O> {
    /// Asks a legacy server that is open whether it serves 2026-07-28 as well. [`inquiry`](Self::inquiry) tells.
    pub fn inquire(&mut self, now: Duration, out: &mut O) {
        let settled = matches!(self.probe.inquiry, Inquiry::UnderWay | Inquiry::Yes | Inquiry::No);
        if settled || !self.is_open() {
            return;
        }
        let params = self.own_params();
        self.probe.inquiry = match self.send_own(method::DISCOVER, Some(&params), Purpose::Inquire, now, out)
        {
            Ok(()) => Inquiry::UnderWay,
            Err(_) => Inquiry::Unheard,
        };
    }

    /// Whether the server serves 2026-07-28 as well, as far as is known.
    pub fn inquiry(&self) -> Inquiry {
        self.probe.inquiry
    }

    /// How the server refused the era that it was spoken to in first, where it opened in the other one.
    pub fn refusal(&self) -> Refusal {
        self.probe.refusal
    }

    pub(super) fn finish_inquiry(&mut self, outcome: &Outcome) {
        self.probe.inquiry = match described(outcome) {
            Ok(_) => Inquiry::Yes,
            Err(_) => Inquiry::No,
        };
    }
}

enum NotDescribed {
    /// It is no modern server, or serves legacy revisions as well.
    Legacy,
    /// It is a modern server that refused a revision which it says it serves.
    Confused,
    /// It is a modern server that serves none of our revisions: "Do not fall back to `initialize`".
    Foreign,
}

/// What the answer to `server/discover` says.
fn described(outcome: &Outcome) -> Result<Opened, NotDescribed> {
    match outcome {
        Outcome::Result(result) => Opened::discovered(result).ok_or(NotDescribed::Legacy),
        Outcome::Error(error) if error.code == UNSUPPORTED_VERSION => Err(refusal(error)),
        Outcome::Error(_) => Err(NotDescribed::Legacy),
    }
}

/// What a server says that does not serve the revision it was asked in: those that it serves.
fn refusal(error: &ErrorObject) -> NotDescribed {
    let data = error.data.as_ref().and_then(Raw::object);
    let supported = data.and_then(|data| data.get("supported")?.decode::<Vec<String>>().ok());
    let serves = |known: fn(&str) -> bool| supported.iter().flatten().any(|version| known(version));
    if serves(|version| ModernRevision::parse(version).is_some()) {
        NotDescribed::Confused
    } else if supported.is_none() || serves(|version| LegacyRevision::parse(version).is_some()) {
        NotDescribed::Legacy
    } else {
        NotDescribed::Foreign
    }
}
