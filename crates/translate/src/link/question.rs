//! What servers ask clients.

use pontoon_jsonrpc::{Outcome, Request, code};
use pontoon_mcp::Question as Kind;

use super::{
    Anomaly, Duration, ErrorObject, Id, Link, Member, MemberId, Notification, Outlet, Raw, Response, Server,
    UnknownQuestion, UpstreamId, cancelled, encode, method, post,
};

/// Most questions that may wait for one client; further ones are refused.
const MAX_QUESTIONS: usize = 100;

/// A question that waits for a client's answer.
pub(super) struct Question {
    member: MemberId,
    server_id: Id,
    /// `None` if it is none that the specification knows.
    kind: Option<Kind>,
    /// The newest request at the time: this one or an earlier one waits for the answer.
    newest: UpstreamId,
    /// When it is answered without the client.
    deadline: Duration,
}

impl Question {
    pub(super) fn is_for(&self, member: MemberId) -> bool {
        self.member == member
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
        let caused = within.and_then(|id| self.client_of(id)?.member);
        let (member, asked) = match caused.and_then(|member| Some((member, self.members.get(&member)?))) {
            Some(meant) => meant,
            None => self.sole_member()?,
        };
        let declared = kind.is_none_or(|kind| asked.capabilities.answers(kind));
        let open = self.asked.values().filter(|question| question.is_for(member));
        if !declared || open.count() >= MAX_QUESTIONS {
            return None;
        }
        let ours = self.next_question;
        let message = encode::request(&Id::Integer(ours), &request.method, request.params.as_ref());
        self.bring(asked, within, message, out)?;
        self.next_question += 1;
        let question = Question {
            member,
            server_id: request.id.clone(),
            kind,
            newest: within.unwrap_or(UpstreamId(self.next_id - 1)),
            deadline: now + self.timeouts.call_max,
        };
        self.asked.insert(ours, question);
        Some(())
    }

    /// On the stream of the request that it came with, or of the latest one that
    /// can carry it, or else on the session's own.
    fn bring(
        &self,
        asked: &Member<O::Member>,
        within: Option<UpstreamId>,
        message: bytes::Bytes,
        out: &mut O,
    ) -> Option<()> {
        let latest = self
            .client_exchanges()
            .filter(|(id, client)| within.is_none_or(|within| within == *id) && out.carries(&client.owner))
            .max_by_key(|(id, _)| *id);
        match latest {
            Some((_, client)) => out.interim(&client.owner, message),
            // A call waits for this, and its client has no stream on which it
            // could hear of it: the server had better know at once.
            None if self.client_exchanges().next().is_some() && !out.listens(&asked.handle) => return None,
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
        let late = self.asked.iter().filter(|(_, question)| question.deadline <= now);
        for ours in late.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(question) = self.take_back(ours, None, out) {
                post(question.silence(), out);
            }
        }
    }

    /// A call was given up: a question that was put while it ran, and no other
    /// call can have caused, is void.
    pub(super) fn void_questions_of(&mut self, given_up: UpstreamId, out: &mut O) {
        let others = self.client_exchanges().map(|(id, _)| id).min();
        let caused = |question: &Question| {
            question.newest >= given_up && others.is_none_or(|other| other > question.newest)
        };
        let void = self.asked.iter().filter(|(_, question)| caused(question));
        for ours in void.map(|(id, _)| *id).collect::<Vec<_>>() {
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
        let Some(newest) = self.asked.values().map(|question| question.newest).max() else {
            return;
        };
        for (_, exchange) in self.in_flight.iter_mut().filter(|(id, _)| **id <= newest) {
            exchange.deadline.extend(now + self.timeouts.call);
        }
    }
}

/// What the server is told where it can ask nobody.
pub(super) fn nobody(method: &str) -> ErrorObject {
    let text = format!("No client of this connection can be asked {method}");
    ErrorObject::new(code::METHOD_NOT_FOUND, text)
}
