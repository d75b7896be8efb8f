//! What servers ask clients.

use pontoon_jsonrpc::{Outcome, Request, code};
use pontoon_mcp::Question as Kind;

use super::{
    Anomaly, BTreeSet, Duration, ErrorObject, Id, Link, Member, MemberId, Notification, Origin, Outlet, Raw,
    Response, Server, UnknownQuestion, UpstreamId, cancelled, encode, method, post,
};

/// Most questions that may wait for one client; further ones are refused.
const MAX_QUESTIONS: usize = 100;

/// A question that waits for a client's answer.
pub(super) struct Question {
    member: MemberId,
    server_id: Id,
    /// `None` if it is none that the specification knows.
    kind: Option<Kind>,
    cause: Cause,
    /// When it is answered without the client.
    deadline: Duration,
}

/// Which calls a question can belong to.
#[derive(Clone, Copy)]
enum Cause {
    /// The one in whose answer it came.
    Call(UpstreamId),
    /// Any of the client that is asked, up to this one, which was the newest request at the time.
    UpTo(UpstreamId),
}

impl Question {
    pub(super) fn is_for(&self, member: MemberId) -> bool {
        self.member == member
    }

    /// Whether it can belong to this call.
    fn may_concern(&self, call: UpstreamId, member: Option<MemberId>) -> bool {
        match self.cause {
            Cause::Call(cause) => cause == call,
            Cause::UpTo(newest) => call <= newest && member == Some(self.member),
        }
    }

    fn silence(&self) -> bytes::Bytes {
        silence(&self.server_id, self.kind)
    }
}

/// What the server is told when nobody has answered.
pub(super) fn silence(server_id: &Id, kind: Option<Kind>) -> bytes::Bytes {
    if kind == Some(Kind::Elicitation) {
        // A user who does not react has cancelled (2025-11-25, Elicitation, "Response Actions").
        return encode::result(server_id, &Raw::from_static(r#"{"action":"cancel"}"#));
    }
    let error = ErrorObject::new(code::INTERNAL_ERROR, "The client did not answer in time");
    encode::error(Some(server_id), &error)
}

impl<O: Outlet> Link<O> {
    pub(super) fn on_request(
        &mut self,
        request: &Request,
        within: Option<UpstreamId>,
        now: Duration,
        out: &mut O,
    ) {
        if self.server == Server::Modern {
            // We MUST NOT write responses to it (2026-07-28, stdio, "Sending Messages").
            return out.anomaly(Anomaly::RequestFromModernServer);
        }
        if request.method == method::PING {
            return post(encode::result(&request.id, &Raw::empty_object()), out);
        }
        let asked = if self.asks_modern_clients(within) {
            self.ask_modern(request, within, now, out)
        } else {
            self.ask(request, within, now, out)
                .ok_or_else(|| nobody(&request.method))
        };
        if let Err(error) = asked {
            out.anomaly(Anomaly::UnanswerableQuestion);
            post(encode::error(Some(&request.id), &error), out);
        }
    }

    /// Puts a question to the one session that it can be for.
    fn ask(
        &mut self,
        request: &Request,
        within: Option<UpstreamId>,
        now: Duration,
        out: &mut O,
    ) -> Option<()> {
        let kind = Kind::of(&request.method);
        let client = within.and_then(|id| self.client_of(id));
        let (member, asked) = match (client, within) {
            // Whoever has no session cannot be asked: that is no other client's affair.
            (Some(client), _) => (client.member?, self.members.get(&client.member?)?),
            // What comes in an answer SHOULD relate to that request (2025-11-25, Transports, "Sending Messages to the
            // Server"), and this one is over: so is a question that was put before its end.
            (None, Some(over)) if !self.is_own(over) => return None,
            // What the link asks for itself it asks for on behalf of its one session.
            (None, _) => self.sole_member()?,
        };
        let declared = kind.is_none_or(|kind| asked.capabilities.answers(kind));
        let open = self.asked.values().filter(|question| question.is_for(member));
        if !declared || open.count() >= MAX_QUESTIONS {
            return None;
        }
        let ours = self.next_question;
        let message = encode::request(&Id::Integer(ours), &request.method, request.params.as_ref());
        self.bring((member, asked), within, message, out)?;
        self.next_question += 1;
        let question = Question {
            member,
            server_id: request.id.clone(),
            kind,
            cause: within.map_or(Cause::UpTo(UpstreamId(self.next_id - 1)), Cause::Call),
            deadline: now + self.timeouts.call_max,
        };
        self.asked.insert(ours, question);
        Some(())
    }

    /// On the stream of the request that it came with, or of the latest one that
    /// can carry it, or else on the session's own.
    fn bring(
        &self,
        (member, asked): (MemberId, &Member<O::Member>),
        within: Option<UpstreamId>,
        message: bytes::Bytes,
        out: &mut O,
    ) -> Option<()> {
        let own = || {
            let all = self.client_exchanges();
            all.filter(|(_, client)| client.member == Some(member))
        };
        let latest = own()
            .filter(|(id, client)| within.is_none_or(|within| within == *id) && out.carries(&client.owner))
            .max_by_key(|(id, _)| *id);
        match latest {
            Some((_, client)) => out.interim(&client.owner, message),
            // A call waits for this, and its client has no stream on which it
            // could hear of it: the server had better know at once.
            None if own().next().is_some() && !out.listens(&asked.handle) => return None,
            None if out.ask(&asked.handle, message) => {}
            None => return None,
        }
        Some(())
    }

    /// A legacy session's answer to a question.
    ///
    /// # Errors
    ///
    /// [`UnknownQuestion`] if this member holds no question with that id.
    pub fn reply(
        &mut self,
        member: MemberId,
        response: Response,
        out: &mut O,
    ) -> Result<(), UnknownQuestion> {
        let Some(Id::Integer(id)) = response.id else {
            return Err(UnknownQuestion);
        };
        if self.is_inline(member, id) {
            self.answer_inline(id, response.outcome, out);
            return Ok(());
        }
        let held = self
            .asked
            .get(&id)
            .is_some_and(|question| question.is_for(member));
        let question = held.then(|| self.asked.remove(&id)).flatten();
        let server_id = question.ok_or(UnknownQuestion)?.server_id;
        let answer = match &response.outcome {
            Outcome::Result(result) => encode::result(&server_id, result),
            Outcome::Error(error) => encode::error(Some(&server_id), error),
        };
        post(answer, out);
        Ok(())
    }

    /// The server takes a question back.
    pub(super) fn on_cancelled(&mut self, notification: &Notification, out: &mut O) {
        let params = notification.params.as_ref().and_then(Raw::object);
        let id = params.and_then(|params| Id::from_raw(&params.get("requestId")?));
        let asked = self
            .asked
            .iter()
            .find(|(_, question)| Some(&question.server_id) == id.as_ref());
        match asked.map(|(id, _)| *id) {
            Some(ours) => _ = self.take_back(ours, notification.params.as_ref(), out),
            None if id.is_some_and(|id| self.take_back_asked(&id)) => {}
            None => out.anomaly(Anomaly::UnknownCancellation),
        }
    }

    /// Answers questions for clients that took too long.
    pub(super) fn expire_questions(&mut self, now: Duration, out: &mut O) {
        self.void_questions_where(|question| question.deadline <= now, out);
    }

    /// A call was given up: a question that was put while it ran, and can
    /// belong to no other call, is void.
    pub(super) fn void_questions_of(
        &mut self,
        (given_up, member): (UpstreamId, Option<MemberId>),
        out: &mut O,
    ) {
        let goes_on = |question: &Question| {
            let mut others = self.client_exchanges();
            others.any(|(id, client)| question.may_concern(id, client.member))
        };
        let void = self
            .asked
            .iter()
            .filter(|(_, question)| question.may_concern(given_up, member) && !goes_on(question));
        let void = void.map(|(ours, _)| *ours).collect();
        self.void_questions_in(void, out);
    }

    /// A member leaves: nobody will answer what it was asked.
    pub(super) fn void_questions_to(&mut self, member: MemberId, out: &mut O) {
        self.void_questions_where(|question| question.is_for(member), out);
    }

    /// Takes questions back from those who were asked, and answers the server in their stead.
    fn void_questions_where(&mut self, is_void: impl Fn(&Question) -> bool, out: &mut O) {
        let void = self.asked.iter().filter(|(_, question)| is_void(question));
        let void = void.map(|(ours, _)| *ours).collect();
        self.void_questions_in(void, out);
    }

    fn void_questions_in(&mut self, void: BTreeSet<i64>, out: &mut O) {
        for ours in void {
            if let Some(question) = self.take_back(ours, None, out) {
                post(question.silence(), out);
            }
        }
    }

    /// Tells clients that the questions they hold are void.
    pub(super) fn void_questions(&mut self, out: &mut O) {
        for ours in self.asked.keys().copied().collect::<Vec<_>>() {
            self.take_back(ours, None, out);
        }
    }

    fn take_back(&mut self, ours: i64, params: Option<&Raw>, out: &mut O) -> Option<Question> {
        let question = self.asked.remove(&ours)?;
        if let Some(member) = self.members.get(&question.member) {
            out.notify(&member.handle, cancelled(Raw::integer(ours), params));
        }
        Some(question)
    }

    /// A call whose client is being asked waits for people, not for the
    /// server: that time does not count, up to the call's last deadline.
    pub(super) fn spare_calls_with_questions(&mut self, now: Duration) {
        let later = now + self.timeouts.call;
        let mut latest = None;
        for question in self.asked.values() {
            match question.cause {
                Cause::Call(call) => {
                    if let Some(exchange) = self.in_flight.get_mut(&call) {
                        exchange.deadline.extend(later);
                    }
                }
                Cause::UpTo(newest) => latest = latest.max(Some(newest)),
            }
        }
        // Only the one session of an exclusive link is asked what belongs to no call for certain.
        let Some(newest) = latest else { return };
        for (_, exchange) in self.in_flight.iter_mut().filter(|(id, _)| **id <= newest) {
            if matches!(&exchange.origin, Origin::Client(client) if client.member.is_some()) {
                exchange.deadline.extend(later);
            }
        }
    }
}

/// What the server is told where it can ask nobody.
pub(super) fn nobody(method: &str) -> ErrorObject {
    let text = format!("No client of this connection can be asked {method}");
    ErrorObject::new(code::METHOD_NOT_FOUND, text)
}
