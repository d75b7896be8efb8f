//! Questions of a legacy server to a modern client.
//!
//! The server asks in the middle of a call and waits. Its client cannot be asked so: its request is answered with the
//! questions, the call is parked, and goes on when the client makes its request again and brings the answers.

use std::collections::VecDeque;

use pontoon_jsonrpc::{Outcome, RawObject, Request, code};
use pontoon_mcp::Question as Kind;
use pontoon_mcp::error::{invalid_params, invalid_request};

use super::{
    Account, Anomaly, Bridge, Bytes, ClientCapabilities, ClientExchange, Deadline, Duration, ErrorObject,
    Fault, Id, InFlight, Link, LogLevel, Opened, Origin, Outlet, Raw, Reason, Sharing, Text, UpstreamId,
    accept, cancelled, encode, post,
};
use crate::exchange::{Asker, Retry, Ticket};
use crate::input_required;

/// How long further questions are waited for before the first is brought: many servers ask several at once, and each
/// round costs the client a request.
const SETTLING: Duration = Duration::from_millis(20);

/// Most questions of one call that may be open.
const MAX_QUESTIONS: usize = 32;

/// Most notifications that are kept for a client that is away, the latest: progress says all that was said before it.
const MAX_MISSED: usize = 32;

/// Most questions that may wait for a call that they could belong to.
const MAX_WAITING: usize = 16;

/// How long a call is left alone by questions that it has not caused, from its beginning and theirs: most are over before,
/// and to be asked costs their clients a request more.
const COURTESY: Duration = Duration::from_secs(1);

/// How long after the handshake `roots/list` is taken for a matter of the server's own, which a call need not be interrupted
/// for, though nothing says what it is about.
const SETTLING_IN: Duration = Duration::from_secs(1);

/// A call whose client is asked something, from its first question to its end.
pub(super) struct Asking<P> {
    account: Account,
    /// What its client declared last that it can be asked.
    declared: Option<ClientCapabilities>,
    pub(super) round: u32,
    /// Questions without an answer, by the names that the client knows, in the order in which they were put.
    pub(super) open: Vec<(String, Asked)>,
    pub(super) stage: Stage,
    /// Held to the end.
    place: P,
}

/// Where a call is whose client is asked something.
pub(super) enum Stage {
    /// Its client still waits: more questions may come until then.
    Settling(Duration),
    /// Its client has the questions, and is to come back.
    Parked(Box<Parked>),
    /// Its client came back with all answers, and waits again.
    Resumed,
}

/// A call without a client.
pub(super) struct Parked {
    pub(super) method: Text,
    pub(super) deadline: Deadline,
    pub(super) since: Duration,
    until: Duration,
    /// What the server told about it meanwhile: the latest.
    missed: VecDeque<Missed>,
    /// How it ended meanwhile, for the client to hear when it comes back.
    pub(super) end: Option<End>,
}

impl Parked {
    /// What its client has to hear when it comes back, oldest first.
    pub(super) fn take_missed(&mut self) -> VecDeque<Missed> {
        std::mem::take(&mut self.missed)
    }

    /// The same for another round.
    pub(super) fn renewed(self, now: Duration, patience: Duration) -> Self {
        Self {
            until: now + patience,
            ..self
        }
    }
}

/// A notification about a call whose client is away, as the server wrote its params.
pub(super) enum Missed {
    Progress(Box<RawObject>),
    Log(LogLevel, Option<Raw>),
}

/// How a call ended while its client was away.
pub(super) enum End {
    Answered(Outcome),
    Failed(Fault),
}

/// A question that the server waits for.
pub(super) struct Asked {
    pub(super) server_id: Id,
    kind: Kind,
    subject: Subject,
    /// How long it may wait before it is brought: for others, or for the end of the call.
    patience: Duration,
    /// As `inputRequests` has it.
    request: Raw,
}

/// What a question is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The call that brings it: void when that is over.
    Call,
    /// The client, as far as is known. A call only brings it, and an answer is welcome also when that is over.
    Client,
}

/// A question that belongs to no call so far: `roots/list` right after the handshake, for example.
pub(super) struct Waiting {
    asked: Asked,
    params: Option<Raw>,
    /// Until then it leaves calls alone.
    courtesy: Duration,
    until: Duration,
}

impl Asked {
    /// What the server is told when nobody has answered.
    fn silence(&self) -> Bytes {
        super::question::silence(&self.server_id, Some(self.kind))
    }
}

impl<P> Asking<P> {
    pub(super) fn is_parked(&self) -> bool {
        matches!(self.stage, Stage::Parked(_))
    }

    pub(super) fn is_of(&self, account: Account) -> bool {
        self.account == account
    }

    /// When its questions are brought.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.stage {
            Stage::Settling(due) => Some(due),
            Stage::Parked(_) | Stage::Resumed => None,
        }
    }
}

impl<O: Outlet> Link<O> {
    /// Whether a question is for modern clients: theirs are the calls here, or will be.
    pub(super) fn asks_modern_clients(&self, within: Option<UpstreamId>) -> bool {
        match within.and_then(|id| self.client_of(id)) {
            Some(client) => matches!(client.bridge, Bridge::ModernToLegacy { .. }),
            None if within.is_some_and(|id| self.asking.contains_key(&id)) => true,
            None => self.sharing == Sharing::Exclusive && self.members.is_empty(),
        }
    }

    pub(super) fn client_of(&self, id: UpstreamId) -> Option<&ClientExchange<O::Exchange>> {
        match &self.in_flight.get(&id)?.origin {
            Origin::Client(client) => Some(client),
            Origin::Link(_) => None,
        }
    }

    /// Puts a question to the modern client that it is for, or keeps it until there is one.
    ///
    /// # Errors
    ///
    /// What the server is told if nobody can be asked.
    pub(super) fn ask_modern(
        &mut self,
        request: &Request,
        within: Option<UpstreamId>,
        now: Duration,
        out: &mut O,
    ) -> Result<(), ErrorObject> {
        let nobody = || super::question::nobody(&request.method);
        let kind = Kind::of(&request.method).ok_or_else(nobody)?;
        let says_nothing = within.is_none_or(|id| self.is_own(id));
        let is_settling_in = says_nothing && kind == Kind::Roots && now < self.opened_at + SETTLING_IN;
        let mut asked = Asked {
            server_id: request.id.clone(),
            kind,
            subject: Subject::Call,
            patience: if is_settling_in { COURTESY } else { SETTLING },
            request: input_required::question(&request.method, request.params.as_ref()),
        };
        let is_about_none = self.says_whose && kind == Kind::Roots;
        let call = match within {
            // What it asks about is over, or its client cannot be asked: that is no other client's affair.
            Some(id) if !self.is_own(id) => Some(self.asked_about(id).ok_or_else(nobody)?),
            _ => self.only_call().filter(|_| !is_about_none),
        };
        if let Some(call) = call {
            return self
                .put(call, asked, request.params.as_ref(), now, out)
                .map_err(|(_, error)| error);
        }
        if !self.introduction.capabilities.answers(kind) || self.waiting.len() >= MAX_WAITING {
            return Err(nobody());
        }
        asked.subject = Subject::Client;
        self.waiting.push(Waiting {
            asked,
            params: request.params.clone(),
            courtesy: if is_about_none { now + COURTESY } else { now },
            until: now + self.timeouts.call,
        });
        Ok(())
    }

    /// Whether a request is one of the link's own.
    pub(super) fn is_own(&self, id: UpstreamId) -> bool {
        let exchange = self.in_flight.get(&id);
        exchange.is_some_and(|exchange| matches!(exchange.origin, Origin::Link(_)))
    }

    /// The call, if its client can be asked.
    fn asked_about(&self, call: UpstreamId) -> Option<UpstreamId> {
        let can_ask = self.asking.contains_key(&call)
            || self.client_of(call).is_some_and(|client| client.asks.is_some());
        can_ask.then_some(call)
    }

    /// The one call that a question can belong to.
    fn only_call(&self) -> Option<UpstreamId> {
        if self.sharing == Sharing::Shared {
            return None;
        }
        // Where messages say whose they are, this one is not the parked call's, and that call's client may never come back.
        let parked = self
            .asking
            .iter()
            .filter(|(_, asking)| asking.is_parked() && !self.says_whose);
        let mut calls = self
            .client_exchanges()
            .filter(|(_, client)| client.asks.is_some())
            .map(|(id, _)| id)
            .chain(parked.map(|(id, _)| *id));
        let only = calls.next()?;
        calls.next().is_none().then_some(only)
    }

    /// Adds a question to those of a call; else tells what the server is to be told, and to which question.
    fn put(
        &mut self,
        call: UpstreamId,
        asked: Asked,
        params: Option<&Raw>,
        now: Duration,
        out: &mut O,
    ) -> Result<(), (Id, ErrorObject)> {
        let declared = match self.client_of(call) {
            Some(client) => client.asks.as_ref(),
            None => self.asking.get(&call).and_then(|asking| asking.declared.as_ref()),
        };
        if let Some(error) = declared.and_then(|declared| undeclared(declared, asked.kind, params)) {
            return Err((asked.server_id, error));
        }
        let name = format!("question-{}", self.next_question);
        let Some(asking) = self.asking_of(call, out) else {
            let error = invalid_request("Too many calls wait for their clients; try again later");
            return Err((asked.server_id, error));
        };
        if asking.open.len() >= MAX_QUESTIONS {
            let error = invalid_request(format!(
                "{MAX_QUESTIONS} questions of this call are open; that is the limit"
            ));
            return Err((asked.server_id, error));
        }
        let due = now + asked.patience;
        match &mut asking.stage {
            Stage::Settling(earlier) => *earlier = due.min(*earlier),
            Stage::Resumed => asking.stage = Stage::Settling(due),
            Stage::Parked(_) => {}
        }
        asking.open.push((name, asked));
        self.next_question += 1;
        Ok(())
    }

    /// The record of a call whose client is asked something; made if there is none and there is room.
    fn asking_of(&mut self, call: UpstreamId, out: &mut O) -> Option<&mut Asking<O::Place>> {
        if !self.asking.contains_key(&call) {
            let client = self.client_of(call)?;
            let Asker::Account(account) = client.asker() else {
                return None;
            };
            let asking = Asking {
                account,
                declared: client.asks.clone(),
                round: 0,
                open: Vec::new(),
                stage: Stage::Resumed,
                place: out.park(&client.owner)?,
            };
            self.asking.insert(call, asking);
        }
        self.asking.get_mut(&call)
    }

    /// A call begins, or goes on: what waits for one has not caused it.
    pub(super) fn hold_waiting(&mut self, now: Duration) {
        for waiting in &mut self.waiting {
            waiting.courtesy = now + COURTESY;
        }
    }

    /// Questions that belonged to no call go to the only one there is now, and are brought at once: it may be over soon.
    pub(super) fn assign_waiting(&mut self, now: Duration, out: &mut O) {
        let Some(call) = self.only_call().filter(|_| !self.waiting.is_empty()) else {
            return;
        };
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|waiting| waiting.courtesy <= now);
        self.waiting = waiting;
        if ready.is_empty() {
            return;
        }
        for Waiting { asked, params, .. } in ready {
            if let Err((server_id, error)) = self.put(call, asked, params.as_ref(), now, out) {
                out.anomaly(Anomaly::UnanswerableQuestion);
                post(encode::error(Some(&server_id), &error), out);
            }
        }
        if self
            .asking
            .get(&call)
            .is_some_and(|asking| asking.due().is_some())
        {
            self.bring_questions(call, now, out);
        }
    }

    /// Brings questions that have settled, and gives up calls whose clients did not come back.
    pub(super) fn expire_asking(&mut self, now: Duration, out: &mut O) {
        self.assign_waiting(now, out);
        for call in self.calls_where(|asking| asking.due().is_some_and(|due| due <= now)) {
            self.bring_questions(call, now, out);
        }
        let late =
            |asking: &Asking<O::Place>| matches!(&asking.stage, Stage::Parked(parked) if parked.until <= now);
        for call in self.calls_where(late) {
            self.give_up_parked(call, out);
        }
        let (late, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|waiting| waiting.until <= now);
        self.waiting = waiting;
        for Waiting { asked, .. } in late {
            post(asked.silence(), out);
        }
    }

    fn calls_where(&self, wanted: impl Fn(&Asking<O::Place>) -> bool) -> Vec<UpstreamId> {
        let wanted = self.asking.iter().filter(|(_, asking)| wanted(asking));
        let mut calls: Vec<_> = wanted.map(|(call, _)| *call).collect();
        calls.sort_unstable();
        calls
    }

    /// Answers the client's request with what is open, and parks the call.
    fn bring_questions(&mut self, call: UpstreamId, now: Duration, out: &mut O) {
        if let Some(asking) = self.asking.get_mut(&call)
            && asking.open.is_empty()
        {
            // The server took them back. The call keeps its place, which may be its seat, too.
            asking.stage = Stage::Resumed;
            return;
        }
        let Some(InFlight {
            origin: Origin::Client(client),
            method,
            deadline,
            ..
        }) = self.in_flight.remove(&call)
        else {
            self.asking.remove(&call);
            return;
        };
        let until = now + self.timeouts.parked;
        let parked = Parked {
            method,
            deadline,
            since: now,
            until,
            missed: VecDeque::new(),
            end: None,
        };
        self.park(call, parked, client, out);
    }

    /// Answers the client's request with the questions that are open.
    pub(super) fn park(
        &mut self,
        call: UpstreamId,
        parked: Parked,
        client: ClientExchange<O::Exchange>,
        out: &mut O,
    ) {
        let server_info = self.opened().and_then(Opened::server_info).cloned();
        let Some(asking) = self.asking.get_mut(&call) else {
            return;
        };
        asking.round += 1;
        asking.declared.clone_from(&client.asks);
        let ticket = Ticket {
            call: call.0,
            round: asking.round,
        };
        let state = out.seal(&client.owner, &Retry::Parked(ticket), parked.until);
        asking.stage = Stage::Parked(Box::new(parked));
        let questions = asking
            .open
            .iter()
            .map(|(name, asked)| (name.as_str(), &asked.request));
        let result = input_required::result(questions, &state, server_info.as_ref());
        accept(client.owner, &client.id, &result, out);
    }

    /// The client did not come back: the server is told, and the call is over.
    fn give_up_parked(&mut self, call: UpstreamId, out: &mut O) {
        let stage = self.asking.get_mut(&call).map(|asking| &mut asking.stage);
        if let Some(Stage::Parked(parked)) = stage.map(|stage| std::mem::replace(stage, Stage::Resumed)) {
            self.abandon_parked(call, &parked, out);
            out.anomaly(Anomaly::ParkedExpired);
        }
    }

    /// A parked call will not go on: the server hears so, and that nobody answers what it asked.
    pub(super) fn abandon_parked(&mut self, call: UpstreamId, parked: &Parked, out: &mut O) {
        let Some(asking) = self.asking.remove(&call) else {
            return;
        };
        for (_, asked) in &asking.open {
            post(asked.silence(), out);
        }
        if parked.end.is_none() {
            out.stray_place(&asking.place);
            post(cancelled(call.to_raw(), None), out);
            if let (Sharing::Shared, Some(until)) = (self.sharing, parked.deadline.hard) {
                self.given_up.add(call, Asker::Account(asking.account), until);
            }
        }
    }

    /// A call is over: what it asked is void, and the server hears so.
    pub(super) fn void_asking(&mut self, call: UpstreamId, out: &mut O) {
        if let Some(asking) = self.asking.remove(&call) {
            for (_, asked) in &asking.open {
                post(asked.silence(), out);
            }
        }
    }

    /// The connection is gone, and with it whoever asked. Clients that are away hear of it when they come back.
    pub(super) fn lose_asking(&mut self, reason: Reason) {
        self.waiting.clear();
        self.asking.retain(|_, asking| {
            asking.open.clear();
            match &mut asking.stage {
                Stage::Settling(_) | Stage::Resumed => false,
                Stage::Parked(parked) => {
                    parked.end.get_or_insert(End::Failed(Fault::after(reason)));
                    true
                }
            }
        });
    }

    /// Keeps what the server tells about a call whose client is away; `None` if there is no such call.
    pub(super) fn keep_missed(&mut self, call: UpstreamId, missed: Missed) -> Option<()> {
        let asking = self.asking.get_mut(&call);
        let Some(Stage::Parked(parked)) = asking.map(|asking| &mut asking.stage) else {
            return None;
        };
        if parked.missed.len() >= MAX_MISSED {
            parked.missed.pop_front();
        }
        parked.missed.push_back(missed);
        Some(())
    }

    /// The latest call whose client is away, where what the server tells can only be about one of its own client's.
    pub(super) fn latest_parked(&self) -> Option<UpstreamId> {
        let parked = self.asking.iter().filter(|(_, asking)| asking.is_parked());
        let exclusive = self.sharing == Sharing::Exclusive;
        exclusive.then(|| parked.map(|(call, _)| *call).max()).flatten()
    }

    /// The server answered a call whose client is away. Whether there was one.
    pub(super) fn keep_answer(
        &mut self,
        call: UpstreamId,
        outcome: Outcome,
        out: &mut O,
    ) -> Result<(), Outcome> {
        self.end_parked(call, End::Answered(outcome), out)
            .map_err(|end| match end {
                End::Answered(outcome) => outcome,
                End::Failed(_) => unreachable!("what comes back is what was given"),
            })
    }

    /// A call whose client is away failed. Whether there was one.
    pub(super) fn keep_failure(&mut self, call: UpstreamId, fault: &Fault, out: &mut O) -> bool {
        self.end_parked(call, End::Failed(fault.clone()), out).is_ok()
    }

    /// What the call asked is void. What is left for its client to answer can still be answered.
    fn end_parked(&mut self, call: UpstreamId, end: End, out: &mut O) -> Result<(), End> {
        let asking = self.asking.get_mut(&call);
        match asking.map(|asking| (&mut asking.open, &mut asking.stage)) {
            Some((open, Stage::Parked(parked))) if parked.end.is_none() => {
                for (_, asked) in open.extract_if(.., |(_, asked)| asked.subject == Subject::Call) {
                    post(asked.silence(), out);
                }
                parked.end = Some(end);
                Ok(())
            }
            _ => Err(end),
        }
    }

    /// The server takes back a question to a modern client. Whether there was one.
    pub(super) fn take_back_asked(&mut self, server_id: &Id) -> bool {
        let waiting = self.waiting.len();
        self.waiting
            .retain(|waiting| waiting.asked.server_id != *server_id);
        let mut found = self.waiting.len() < waiting;
        for asking in self.asking.values_mut() {
            let before = asking.open.len();
            asking.open.retain(|(_, asked)| asked.server_id != *server_id);
            found |= asking.open.len() < before;
        }
        found
    }
}

/// What the server is told of a question that its client did not declare.
fn undeclared(declared: &ClientCapabilities, kind: Kind, params: Option<&Raw>) -> Option<ErrorObject> {
    if !declared.answers(kind) {
        let text = format!("The client of this call cannot be asked {}", kind.method());
        return Some(ErrorObject::new(code::METHOD_NOT_FOUND, text));
    }
    (!declared.answers_with(kind, params)).then(|| {
        invalid_params(format!(
            "Invalid params: the client of this call did not declare what this {} needs",
            kind.method()
        ))
    })
}
