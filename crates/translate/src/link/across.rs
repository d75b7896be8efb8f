//! Legacy clients in front of a modern server.

use pontoon_jsonrpc::{Outcome, Request};
use pontoon_mcp::error::{invalid_params, invalid_request, method_not_found};

use super::handshake::requested_level;
use super::{
    Bridge, ClientExchange, Deadline, Duration, Effect, LegacyRevision, Link, MemberId, Outlet, Raw, Text,
    Voice, accept, method, refuse,
};
use crate::again::{Again, InputRequired};
use crate::exchange::Asker;
use crate::{content, legacy_to_modern};

impl<O: Outlet> Link<O> {
    /// The handshake with a member settled on a revision.
    pub(super) fn note_revision(&mut self, member: MemberId, revision: LegacyRevision) {
        let nobody = &self.introduction.client_info;
        if let Some(member) = self.members.get_mut(&member) {
            let client_info = member.client_info.as_ref().unwrap_or(nobody).clone();
            member.revision = Some(revision);
            member.voice = Some(Voice::new(client_info, &member.capabilities, revision));
        }
    }

    /// A legacy request for a modern server: answered here where only one era knows it.
    pub(super) fn cross_to_modern(
        &mut self,
        owner: O::Exchange,
        member: Option<MemberId>,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let greeted = member.is_none_or(|member| self.members.get(&member).is_some_and(|own| own.is_greeted));
        match (&*request.method, member) {
            (method::PING, _) => accept(owner, &request.id, &Raw::empty_object(), out),
            _ if !greeted => {
                let error = invalid_request("Invalid request: this session is not initialized yet");
                refuse(owner, &request.id, &error, out);
            }
            (method::SET_LEVEL, Some(member)) => self.keep_level(owner, member, &request, out),
            (method::SUBSCRIBE, Some(member)) => self.subscribe_upstream(owner, member, &request, now, out),
            (method::UNSUBSCRIBE, Some(member)) => {
                self.unsubscribe_upstream(owner, member, &request, now, out);
            }
            (name @ (method::SET_LEVEL | method::SUBSCRIBE | method::UNSUBSCRIBE), None) => {
                let error = invalid_request(format!(
                    "Invalid request: {name} needs a session; send initialize first"
                ));
                refuse(owner, &request.id, &error, out);
            }
            // Tasks of 2025-11-25 have no equal there.
            (name, _) if method::absent_in_legacy(name) || name.starts_with("tasks/") => {
                refuse(owner, &request.id, &method_not_found(name), out);
            }
            _ => self.send_to_modern(owner, member, request, now, out),
        }
    }

    fn send_to_modern(
        &mut self,
        owner: O::Exchange,
        member: Option<MemberId>,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let own = member.and_then(|member| self.members.get(&member));
        let level = own.and_then(|own| own.level);
        let voice = self.voice_of(member);
        let asker = member.map_or(Asker::Unknown, Asker::Member);
        let capabilities = voice.capabilities().raw();
        let keeps = self
            .cache
            .question(&request.method, request.params.as_ref(), capabilities, asker);
        if let Some(kept) = keeps.as_ref().and_then(|question| self.cache.get(question, now)) {
            let result = legacy_to_modern::result(&request.method, &kept);
            return accept(owner, &request.id, &result, out);
        }
        let id = self.mint();
        let (params, token) = legacy_to_modern::request_params(request.params.as_ref(), id, &voice, level);
        let may_ask = method::may_ask(&request.method);
        let bridge = Bridge::LegacyToModern { log_level: level };
        let client = ClientExchange {
            member,
            again: may_ask.then(|| Box::new(Again::new(request.params))),
            keeps: keeps.map(Box::new),
            ..ClientExchange::stateless(owner, request.id, token, bridge)
        };
        let deadline = self.call_deadline(now);
        self.send_for_client(id, Some(&params), (client, request.method), deadline, out);
    }

    /// What the server is told of who asks.
    pub(super) fn voice_of(&self, member: Option<MemberId>) -> Voice {
        let own = member.and_then(|member| self.members.get(&member)?.voice.clone());
        own.unwrap_or_else(|| Voice::of_nobody(self.introduction.client_info.clone()))
    }

    /// `logging/setLevel`: a modern server is told with each request.
    fn keep_level(&mut self, owner: O::Exchange, member: MemberId, request: &Request, out: &mut O) {
        if !self.opened().is_some_and(|opened| opened.features.logging) {
            return refuse(owner, &request.id, &method_not_found(method::SET_LEVEL), out);
        }
        let Some(level) = requested_level(request.params.as_ref()) else {
            let error = invalid_params(
                "Invalid params: \"level\" must be one of debug, info, notice, warning, error, critical, alert, emergency",
            );
            return refuse(owner, &request.id, &error, out);
        };
        if let Some(member) = self.members.get_mut(&member) {
            member.level = Some(level);
        }
        accept(owner, &request.id, &Raw::empty_object(), out);
    }

    /// Answers that are not yet for the client. Gives back those that are.
    pub(super) fn intercept(
        &mut self,
        client: ClientExchange<O::Exchange>,
        (method, deadline): (&Text, Deadline),
        outcome: Outcome,
        now: Duration,
        out: &mut O,
    ) -> Option<(ClientExchange<O::Exchange>, Outcome)> {
        match (client.bridge, outcome) {
            (_, outcome) if matches!(client.effect, Effect::Greet { .. }) => {
                self.finish_greeting(client, outcome, now, out);
            }
            (_, Outcome::Error(error)) if self.may_be_modern(&client) => {
                self.ask_what_it_is(client, Ok(error), deadline, out);
            }
            (Bridge::LegacyToModern { .. }, Outcome::Result(result)) if InputRequired::is_in(&result) => {
                self.ask_inline(client, (method, deadline), &result, now, out);
            }
            (_, outcome) => return Some((client, outcome)),
        }
        None
    }

    /// A result as this member's revision knows it.
    pub(super) fn readable(&self, member: Option<MemberId>, method: &str, result: Raw) -> Raw {
        let member = member.and_then(|member| self.members.get(&member));
        let revision = member.and_then(|member| member.revision);
        let readable = revision.and_then(|revision| content::for_older(revision, method, &result));
        readable.unwrap_or(result)
    }
}
