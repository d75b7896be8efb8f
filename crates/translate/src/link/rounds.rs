//! Questions of a modern server to a legacy client: the server answers a request with them, the client is asked in the
//! middle of its call, and the request is made again with the answers.
//!
//! Source: 2026-07-28, Multi Round-Trip Requests, "Client Requirements".

use pontoon_jsonrpc::{Outcome, code};
use pontoon_mcp::Question as Kind;

use super::{
    ClientExchange, Deadline, Delivery, Duration, ErrorObject, Fault, Id, InFlight, Link, MemberId, Origin,
    Outlet, Raw, Text, UpstreamId, cancelled, encode, refuse,
};
use crate::again::{Asked, InputRequired, MAX_ROUNDS, Round};
use crate::legacy_to_modern;

/// Most questions that may wait for one client; a request with further ones fails.
const MAX_QUESTIONS: usize = 100;

const UNHEARD: &str = "The server asks its client something, and the client has no stream to hear it on";

/// A question that waits for a legacy client's answer.
pub(super) struct Inline {
    member: MemberId,
    /// The request that is made again when all is answered.
    call: UpstreamId,
    /// The server's name for it.
    name: String,
    kind: Kind,
}

/// Where a question goes.
enum Way {
    /// On the stream of the call.
    Call,
    /// On the session's own stream.
    Session(MemberId),
    /// Nobody can hear it: it is answered as if it was cancelled.
    Nowhere,
}

impl<O: Outlet> Link<O> {
    /// The server wants to know something first.
    pub(super) fn ask_inline(
        &mut self,
        mut client: ClientExchange<O::Exchange>,
        (method, deadline): (&Text, Deadline),
        result: &Raw,
        now: Duration,
        out: &mut O,
    ) {
        // What comes in the end depends on answers: results of retries "MUST NOT be cached" (2026-07-28, Caching).
        client.keeps = None;
        let (asked, ways) = match self.plan(&mut client, result, out) {
            Ok(plan) => plan,
            Err(problem) => return self.end_asking(client, problem, out),
        };
        let call = self.mint();
        let mut round = Round {
            state: asked.state,
            ..Round::default()
        };
        if asked.questions.is_empty() {
            round.due = client.again.as_ref().map(|again| now + again.pause());
        }
        for (question, way) in asked.questions.into_iter().zip(ways) {
            if let Err(problem) = self.put_inline(call, &client, question, &way, (&mut round, out)) {
                self.end_asking(client, problem, out);
                return self.void_inline_of(call, out);
            }
        }
        let done = round.open == 0 && round.due.is_none();
        if let Some(again) = &mut client.again {
            again.round = round;
        }
        self.hold(call, client, method.clone(), deadline);
        if let Some(held) = self.in_flight.get_mut(&call) {
            held.deadline.extend(now + self.timeouts.call);
        }
        if done {
            self.send_again(call, out);
        }
    }

    /// What is asked and where each question goes, before anything is done about it.
    fn plan(
        &self,
        client: &mut ClientExchange<O::Exchange>,
        result: &Raw,
        out: &O,
    ) -> Result<(InputRequired, Vec<Way>), &'static str> {
        let Some(again) = &mut client.again else {
            return Err("The server answered with a question where 2026-07-28 allows none");
        };
        again.rounds += 1;
        if again.rounds > MAX_ROUNDS {
            return Err("The server answered the same request with questions more than 10 times");
        }
        let asked = InputRequired::read(result)
            .ok_or("The server asks for input in a way that 2026-07-28 does not know")?;
        let waiting = self
            .inline
            .values()
            .filter(|inline| Some(inline.member) == client.member);
        if waiting.count() + asked.questions.len() > MAX_QUESTIONS {
            return Err("The server asks more questions at once than the gateway lets wait for one client");
        }
        let ways = asked
            .questions
            .iter()
            .map(|question| self.way(client, question, out));
        let ways = ways.collect::<Result<_, _>>()?;
        Ok((asked, ways))
    }

    fn way(
        &self,
        client: &ClientExchange<O::Exchange>,
        question: &Asked,
        out: &O,
    ) -> Result<Way, &'static str> {
        let member = client.member.and_then(|id| Some((id, self.members.get(&id)?)));
        let declared = member.filter(|(_, member)| {
            let voice = member.voice.as_ref();
            voice.is_some_and(|voice| {
                voice
                    .capabilities()
                    .answers_with(question.kind, question.params.as_ref())
            })
        });
        match declared {
            Some(_) if out.carries(&client.owner) => Ok(Way::Call),
            Some((id, member)) if out.listens(&member.handle) => Ok(Way::Session(id)),
            _ if question.kind == Kind::Elicitation => Ok(Way::Nowhere),
            Some(_) => Err(UNHEARD),
            None => Err("The server asks its client something that the client did not say it can answer"),
        }
    }

    /// Asks one question.
    fn put_inline(
        &mut self,
        call: UpstreamId,
        client: &ClientExchange<O::Exchange>,
        question: Asked,
        way: &Way,
        (round, out): (&mut Round, &mut O),
    ) -> Result<(), &'static str> {
        let ours = self.next_question;
        let params = question.legacy_params(ours);
        let message = encode::request(&Id::Integer(ours), question.kind.method(), params.as_ref());
        let brought = match way {
            Way::Call => {
                out.interim(&client.owner, message);
                true
            }
            Way::Session(member) => {
                let member = self.members.get(member);
                member.is_some_and(|member| out.ask(&member.handle, message))
            }
            Way::Nowhere => false,
        };
        match client.member {
            Some(member) if brought => {
                self.next_question += 1;
                round.open += 1;
                let inline = Inline {
                    member,
                    call,
                    name: question.name,
                    kind: question.kind,
                };
                self.inline.insert(ours, inline);
            }
            _ if question.kind == Kind::Elicitation => round.answers.push((question.name, cancel())),
            _ => return Err(UNHEARD),
        }
        Ok(())
    }

    /// An exchange of which the server hears later.
    pub(super) fn hold(
        &mut self,
        id: UpstreamId,
        client: ClientExchange<O::Exchange>,
        method: Text,
        deadline: Deadline,
    ) {
        if let Some(member) = client.member.and_then(|member| self.members.get_mut(&member)) {
            member.calls.insert(client.id.clone(), id);
        }
        let held = InFlight {
            origin: Origin::Client(client),
            method,
            deadline,
            delivery: Delivery::Held,
        };
        self.in_flight.insert(id, held);
    }

    /// Whether a member holds this question.
    pub(super) fn is_inline(&self, member: MemberId, ours: i64) -> bool {
        self.inline
            .get(&ours)
            .is_some_and(|inline| inline.member == member)
    }

    /// A client's answer.
    pub(super) fn answer_inline(&mut self, ours: i64, outcome: Outcome, out: &mut O) {
        let Some(inline) = self.inline.remove(&ours) else {
            return;
        };
        let answer = match (outcome, inline.kind) {
            (Outcome::Result(answer), _) => answer,
            (Outcome::Error(_), Kind::Elicitation) => cancel(),
            (Outcome::Error(_), Kind::Sampling | Kind::Roots) => {
                return self.end_held(inline.call, "The client refused what the server asked it", out);
            }
        };
        let Some(round) = self.round_of(inline.call) else {
            return;
        };
        round.answers.push((inline.name, answer));
        round.open -= 1;
        if round.open == 0 {
            self.send_again(inline.call, out);
        }
    }

    fn round_of(&mut self, call: UpstreamId) -> Option<&mut Round> {
        match self.in_flight.get_mut(&call) {
            Some(InFlight {
                origin: Origin::Client(client),
                delivery: Delivery::Held,
                ..
            }) => client.again.as_mut().map(|again| &mut again.round),
            _ => None,
        }
    }

    /// Makes the request again, with what its round has brought.
    fn send_again(&mut self, call: UpstreamId, out: &mut O) {
        let Some(message) = self.retry_of(call) else {
            return;
        };
        let sent = out.send(message);
        if let Some(exchange) = self.in_flight.get_mut(&call) {
            exchange.delivery = Delivery::Sent;
        }
        if let Err(reason) = sent {
            self.request_failed(&call.to_id(), &Fault::after(reason), out);
        }
    }

    fn retry_of(&mut self, call: UpstreamId) -> Option<bytes::Bytes> {
        let round = std::mem::take(self.round_of(call)?);
        let held = self.in_flight.get(&call)?;
        let Origin::Client(client) = &held.origin else {
            return None;
        };
        let params = client.again.as_ref()?.params.as_ref();
        let (voice, level) = (self.voice_of(client.member), client.bridge.log_level());
        let (params, _) = legacy_to_modern::request_params(params, call, &voice, level);
        Some(encode::request(
            &call.to_id(),
            &held.method,
            Some(&round.complete(&params)),
        ))
    }

    /// Makes those requests again whose pause is over. A call whose client is being asked waits for people, not for the
    /// server: that time does not count, up to the call's last deadline.
    pub(super) fn make_again(&mut self, now: Duration, out: &mut O) {
        let later = now + self.timeouts.call;
        let mut due = Vec::new();
        for (id, exchange) in self
            .in_flight
            .iter_mut()
            .filter(|(_, exchange)| exchange.is_held())
        {
            let Origin::Client(ClientExchange {
                again: Some(again), ..
            }) = &exchange.origin
            else {
                continue;
            };
            exchange.deadline.extend(later);
            if again.round.due.is_some_and(|due| due <= now) {
                due.push(*id);
            }
        }
        due.sort_unstable();
        for call in due {
            self.send_again(call, out);
        }
    }

    /// When the next request is to be made again.
    pub(super) fn next_retry(&self) -> Option<Duration> {
        let held = self
            .client_exchanges()
            .filter_map(|(_, client)| client.again.as_ref());
        held.filter_map(|again| again.round.due).min()
    }

    /// A call cannot go on: its other questions are void.
    fn end_held(&mut self, call: UpstreamId, problem: &'static str, out: &mut O) {
        let held = self.in_flight.remove(&call);
        if let Some(Origin::Client(client)) = held.map(|held| held.origin) {
            self.end_asking(client, problem, out);
        }
        self.void_inline_of(call, out);
    }

    fn end_asking(&mut self, client: ClientExchange<O::Exchange>, problem: &'static str, out: &mut O) {
        self.undo(&client);
        let error = ErrorObject::new(code::INTERNAL_ERROR, problem);
        refuse(client.owner, &client.id, &error, out);
    }

    /// A call was given up: its client is told that its questions are void.
    pub(super) fn void_inline_of(&mut self, call: UpstreamId, out: &mut O) {
        self.void_inline_where(|inline| inline.call == call, out);
    }

    /// The server is gone, and with it whoever asked.
    pub(super) fn void_inline(&mut self, out: &mut O) {
        self.void_inline_where(|_| true, out);
    }

    fn void_inline_where(&mut self, is_void: impl Fn(&Inline) -> bool, out: &mut O) {
        let void = self.inline.iter().filter(|(_, inline)| is_void(inline));
        let mut void: Vec<_> = void.map(|(ours, _)| *ours).collect();
        void.sort_unstable();
        for ours in void {
            let member = self.inline.remove(&ours).map(|inline| inline.member);
            if let Some(member) = member.and_then(|member| self.members.get(&member)) {
                out.notify(&member.handle, cancelled(Raw::integer(ours), None));
            }
        }
    }
}

/// A user who does not react has cancelled (2026-07-28, Elicitation, "Response Actions").
fn cancel() -> Raw {
    Raw::from_static(r#"{"action":"cancel"}"#)
}
