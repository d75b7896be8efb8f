//! Modern requests that come back with answers.

use pontoon_jsonrpc::Request;
use pontoon_mcp::ClientCapabilities;
use pontoon_mcp::error::invalid_params;
use pontoon_mcp::meta::{META, PROGRESS_TOKEN};

use super::asking::{End, Missed, Parked, Stage};
use super::server::{asks_for, tell_progress};
use super::{
    ClientExchange, Delivery, Duration, ErrorObject, Fault, InFlight, Link, Opened, Origin, Outlet, Raw,
    RawObject, Reason, UpstreamId, accept, encode, method, refuse,
};
use crate::exchange::{Modern, Retry, Ticket};
use crate::input_required;

/// The refusal of state that was good once, or is for another server: `-32602`.
pub fn stale() -> ErrorObject {
    invalid_params(
        "Invalid params: nothing waits for this requestState any more; it was used, it has expired, or the server \
         was started anew. Send the request without requestState and inputResponses",
    )
}

impl<O: Outlet> Link<O> {
    /// A retry on a legacy server.
    pub(super) fn retry(
        &mut self,
        owner: O::Exchange,
        (modern, retry): (&Modern, &Retry),
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        match retry {
            Retry::Parked(ticket) => self.resume(owner, (modern, *ticket), &request, now, out),
            Retry::Again => self.call_again(owner, modern, request, now, out),
            Retry::Own(_) => refuse(owner, &request.id, &stale(), out),
        }
    }

    /// The client of a parked call is back: its answers go to the server, and the call goes on with this request.
    fn resume(
        &mut self,
        owner: O::Exchange,
        (modern, ticket): (&Modern, Ticket),
        request: &Request,
        now: Duration,
        out: &mut O,
    ) {
        let responses = match input_required::responses(request.params.as_ref()) {
            Ok(responses) => responses,
            Err(error) => return refuse(owner, &request.id, &error, out),
        };
        let call = UpstreamId(ticket.call);
        let Some(parked) = self.unpark(call, ticket.round, modern) else {
            return refuse(owner, &request.id, &stale(), out);
        };
        let token = progress_token(request.params.as_ref());
        let client = self.crossing(
            owner,
            request.id.clone(),
            (&parked.method, token),
            modern,
            now,
            out,
        );
        if let Err(reason) = self.pass_answers(call, &responses, out) {
            self.abandon_parked(call, &parked, out);
            return self.fail(client, &Fault::after(reason), out);
        }
        self.go_on(call, parked, client, now, out);
    }

    /// Takes the ticket: it serves once, and only its own client.
    fn unpark(&mut self, call: UpstreamId, round: u32, modern: &Modern) -> Option<Parked> {
        let asking = self.asking.get_mut(&call)?;
        let fits = asking.is_parked() && asking.round == round && asking.is_of(modern.account);
        if !fits {
            return None;
        }
        match std::mem::replace(&mut asking.stage, Stage::Resumed) {
            Stage::Parked(parked) => Some(*parked),
            Stage::Settling(_) | Stage::Resumed => unreachable!("it is parked"),
        }
    }

    /// Gives the server the answers that it waits for. Those that nobody asked for are ignored. What the server did not
    /// take stays open.
    fn pass_answers(&mut self, call: UpstreamId, responses: &RawObject, out: &mut O) -> Result<(), Reason> {
        let Some(asking) = self.asking.get_mut(&call) else {
            return Ok(());
        };
        let mut sent = Ok(());
        asking.open.retain(|(name, asked)| {
            match responses.get(name).filter(|answer| answer.object().is_some()) {
                Some(answer) if sent.is_ok() => {
                    sent = out.send(encode::result(&asked.server_id, &answer));
                    sent.is_err()
                }
                _ => true,
            }
        });
        sent
    }

    /// What is left to ask is asked again; else the call goes on, or has ended meanwhile.
    fn go_on(
        &mut self,
        call: UpstreamId,
        mut parked: Parked,
        client: ClientExchange<O::Exchange>,
        now: Duration,
        out: &mut O,
    ) {
        let asks_on = self
            .asking
            .get(&call)
            .is_some_and(|asking| !asking.open.is_empty());
        if parked.end.is_some() || !asks_on {
            for missed in parked.take_missed() {
                tell_missed(&client, &missed, out);
            }
        }
        if let Some(end) = parked.end.take() {
            self.void_asking(call, out);
            return match end {
                End::Answered(outcome) => self.answer(call, client, (&parked.method, outcome), now, out),
                End::Failed(fault) => self.fail(client, &fault, out),
            };
        }
        if asks_on {
            let parked = parked.renewed(now, self.timeouts.parked);
            return self.park(call, parked, client, out);
        }
        let mut deadline = parked.deadline;
        deadline.resume(now + self.timeouts.call, now.saturating_sub(parked.since));
        let exchange = InFlight {
            origin: Origin::Client(client),
            method: parked.method,
            deadline,
            delivery: Delivery::SentAgain,
        };
        self.in_flight.insert(call, exchange);
        self.hold_waiting(now);
    }

    /// The user was to open a URL first; nothing waits at the server.
    fn call_again(
        &mut self,
        owner: O::Exchange,
        modern: &Modern,
        request: Request,
        now: Duration,
        out: &mut O,
    ) {
        let responses = match input_required::responses(request.params.as_ref()) {
            Ok(responses) => responses,
            Err(error) => return refuse(owner, &request.id, &error, out),
        };
        let accepts = |answer: Raw| {
            answer
                .object()
                .is_some_and(|answer| answer.get_str("action").as_deref() == Some("accept"))
        };
        if !responses.iter().all(|(_, answer)| accepts(answer)) {
            let error = invalid_params("The server wants a URL to be opened first, and that was declined");
            return refuse(owner, &request.id, &error, out);
        }
        let request = Request {
            params: input_required::without_retry(request.params.as_ref()),
            ..request
        };
        self.send_across(owner, modern, request, now, out);
    }

    /// Where a server of 2025-11-25 refuses a call until URLs are opened: asks for that. Gives the client back if that
    /// is not so, or not possible.
    pub(super) fn ask_for_urls(
        &mut self,
        client: ClientExchange<O::Exchange>,
        error: &ErrorObject,
        now: Duration,
        out: &mut O,
    ) -> Option<ClientExchange<O::Exchange>> {
        let can_open = client.asks.as_ref().is_some_and(ClientCapabilities::opens_urls);
        let Some(questions) = input_required::url_questions(error).filter(|_| can_open) else {
            return Some(client);
        };
        let state = out.seal(&client.owner, &Retry::Again, now + self.timeouts.parked);
        let questions = questions.iter().map(|(name, question)| (name.as_str(), question));
        let server_info = self.opened().and_then(Opened::server_info);
        let result = input_required::result(questions, &state, server_info);
        accept(client.owner, &client.id, &result, out);
        None
    }
}

/// Tells what came while the client was away, as far as it wants to hear it.
fn tell_missed<O: Outlet>(client: &ClientExchange<O::Exchange>, missed: &Missed, out: &mut O) {
    match missed {
        Missed::Progress(progress) => {
            if let Some(token) = &client.token {
                tell_progress(&client.owner, token, progress, out);
            }
        }
        Missed::Log(level, params) => {
            if asks_for(client, *level) && out.carries(&client.owner) {
                let message = encode::notification(method::LOG_MESSAGE, params.as_ref());
                out.interim(&client.owner, message);
            }
        }
    }
}

fn progress_token(params: Option<&Raw>) -> Option<Raw> {
    params?.object()?.get(META)?.object()?.get(PROGRESS_TOKEN)
}
