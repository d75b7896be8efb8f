//! Decides what each message on a pipe is, and brings it to the backend.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use pontoon_jsonrpc::lines::Edges;
use pontoon_jsonrpc::{Id, Message, Notification, Payload, Raw, Refusal, Request, Response};
use pontoon_mcp::meta::RequestMeta;
use pontoon_mcp::{error, method};
use pontoon_policy::{Caller, Denied, Permit, Policy};
use pontoon_session::{Aborted, Detach, NewStream, Outbox, Session, StreamLimits, Transport};

use super::PipeSettings;
use super::batch::Gathering;
use super::input::Line;
use super::outlet::{Forwarded, Outlet};
use super::session::{Within, answers_only};
use super::work::{Done, Role, Work};
use crate::backend::{Backend, Streaming, Target};
use crate::batch::{self, Element};
use crate::caught::{Panicked, caught};
use crate::era::Era;
use crate::hosted::Hosted;
use crate::status::{Fault, Problem};

/// The client of a pipe, as far as it has come.
pub(crate) struct Desk<B: Backend> {
    server: Hosted<B>,
    policy: Arc<Policy>,
    caller: Caller,
    settings: PipeSettings,
    outlet: Outlet,
    /// The legacy session, from `initialize` on.
    session: Option<Within<B>>,
    work: Work,
}

impl<B: Backend> Desk<B> {
    pub(crate) fn new(backend: Arc<B>, policy: Arc<Policy>, settings: PipeSettings, outlet: Outlet) -> Self {
        Self {
            server: Hosted::new(backend),
            policy,
            // Whoever started us is on this machine.
            caller: Caller::anonymous(Ipv4Addr::LOCALHOST.into()),
            settings,
            outlet,
            session: None,
            work: Work::default(),
        }
    }

    /// Takes what came on the pipe. Never waits.
    pub(crate) fn take(&mut self, line: Line) {
        let taken = match line {
            Line::Text(text) => match Payload::parse(text, &self.settings.messages) {
                Ok(Payload::Single(message)) => self.message(message),
                Ok(Payload::Batch(elements)) => self.batch(elements),
                Err(refusal) => self.refused(refusal),
            },
            Line::TooLong(edges) => self.too_long(&edges),
            Line::End => Ok(()),
        };
        if let Err(problem) = taken {
            self.outlet.refuse(&problem);
        }
    }

    fn message(&mut self, message: Message) -> Result<(), Problem> {
        match (Era::on_pipe(&message), message) {
            (Era::Modern, Message::Request(request)) => self.modern(request),
            (Era::Legacy(_), Message::Request(request)) if *request.method == *method::INITIALIZE => {
                self.open(request)
            }
            (Era::Legacy(_), Message::Request(request)) => self.legacy(request),
            (_, Message::Notification(notification)) => self.notification(notification),
            (_, Message::Response(response)) => {
                self.response(response);
                Ok(())
            }
        }
    }

    /// A request that stands for itself.
    fn modern(&mut self, request: Request) -> Result<(), Problem> {
        let id = self.free_id(&request)?;
        let params = request.params.as_ref().and_then(Raw::object);
        let meta = RequestMeta::read(params.as_ref()).map_err(|why| Fault::Modern(why.into()).of(&id))?;
        if method::removed_in_modern(&request.method) {
            return Err(Fault::Modern(error::method_not_found(&request.method)).of(&id));
        }
        let role = match &*request.method {
            method::LISTEN => Role::Listener,
            _ => Role::Modern,
        };
        let permit = self
            .permit_alone(role, request)
            .map_err(|why| Fault::from(why).of(&id))?;
        let backend = Arc::clone(&self.server.backend);
        let detach = Detach::Abandon(Arc::clone(backend.bell()));
        let outbox = Outbox::for_answers(1, self.settings.queue_bytes, detach);
        let (caller, target) = (self.caller.clone(), target(&outbox));
        let begin = async move { backend.stateless(&caller, meta, permit, target).await };
        self.carry_out(id, role, &outbox, begin);
        Ok(())
    }

    fn permit_alone(&self, role: Role, request: Request) -> Result<Permit<Request>, Denied> {
        let name = self.server.name();
        match role {
            Role::Listener => self.policy.permit_listener(&self.caller, name, request),
            _ => self.policy.permit_alone(&self.caller, name, request),
        }
    }

    /// `initialize`: opens the session. There is one at a time.
    fn open(&mut self, request: Request) -> Result<(), Problem> {
        let id = self.free_id(&request)?;
        if self.session.is_some() {
            return Err(Fault::AlreadyInitialized.of(&id));
        }
        let limits = StreamLimits {
            queue_bytes: self.settings.queue_bytes,
            replay_bytes: 0,
            streams: 1,
        };
        let (session_id, owner) = ((self.settings.session_ids)(), self.server.owner(&self.caller));
        let session = Session::new(session_id, owner, Transport::Stdio, limits, Duration::ZERO);
        let within = Within {
            backend: Arc::clone(&self.server.backend),
            policy: Arc::clone(&self.policy),
            caller: self.caller.clone(),
            session: Arc::new(session),
        };
        let permit = within.permit(request).map_err(|why| Fault::from(why).of(&id))?;
        if let Ok(NewStream { reader, .. }) = within.session.listen() {
            let outlet = self.outlet.clone();
            self.work
                .add(async move { Done::Stream(outlet.forward(reader).await) });
        }
        self.session = Some(within.clone());
        let outbox = within.session.exchange(1);
        let target = target(&outbox);
        let begin = async move { within.open(permit, target).await };
        self.carry_out(id, Role::Opening, &outbox, begin);
        Ok(())
    }

    /// A request of the session.
    fn legacy(&mut self, request: Request) -> Result<(), Problem> {
        let id = self.free_id(&request)?;
        let within = self.opened().ok_or_else(|| Fault::NotInitialized.of(&id))?;
        let permit = within.permit(request).map_err(|why| Fault::from(why).of(&id))?;
        let outbox = within.session.exchange(1);
        let target = target(&outbox);
        let begin = async move { within.request(permit, target).await };
        self.carry_out(id, Role::Legacy, &outbox, begin);
        Ok(())
    }

    /// The session, if the backend knows it.
    fn opened(&self) -> Option<Within<B>> {
        let session = self.session.as_ref();
        session
            .filter(|within| within.session.attachment().is_some())
            .cloned()
    }

    fn free_id(&self, request: &Request) -> Result<Id, Problem> {
        match self.work.has(&request.id) {
            true => Err(Fault::RepeatedId.of(&request.id)),
            false => Ok(request.id.clone()),
        }
    }

    fn carry_out(
        &mut self,
        id: Id,
        role: Role,
        outbox: &Arc<Outbox>,
        begin: impl Future<Output = ()> + Send + 'static,
    ) {
        let (reader, outlet) = (outbox.reader(), self.outlet.clone());
        let call = caught(async move {
            begin.await;
            outlet.forward(reader).await
        });
        self.work.call(id, role, call);
    }

    /// Several messages, whose answers are sent together. Otherwise each is what it
    /// would be alone: its id is taken meanwhile, and it can be withdrawn.
    fn batch(&mut self, elements: Vec<Element>) -> Result<(), Problem> {
        let within = self.opened().ok_or(Fault::Batch)?;
        batch::check(&within.session, &elements)?;
        let gathering = Gathering::new(self.outlet.clone(), self.settings.queue_bytes);
        let mut ids = batch::Ids::default();
        for element in elements {
            let taken = match element {
                Err(refusal) => self.refused(refusal),
                Ok(Message::Request(request)) => match ids.take(&request.id) {
                    Ok(()) => self.batched(&within, request, &gathering),
                    Err(fault) => Err(fault.of(&request.id)),
                },
                Ok(Message::Notification(notification)) => self.notification(notification),
                Ok(Message::Response(response)) => {
                    self.response(response);
                    Ok(())
                }
            };
            if let Err(problem) = taken {
                gathering.add(problem.to_json());
            }
        }
        Ok(())
    }

    /// A request of a batch.
    fn batched(
        &mut self,
        within: &Within<B>,
        request: Request,
        gathering: &Arc<Gathering>,
    ) -> Result<(), Problem> {
        let id = self.free_id(&request)?;
        let permit = within.permit(request).map_err(|why| Fault::from(why).of(&id))?;
        let outbox = within.session.exchange(1);
        let (reader, target, outlet) = (outbox.reader(), target(&outbox), self.outlet.clone());
        let (within, gathering, asked) = (within.clone(), Arc::clone(gathering), id.clone());
        self.work.call(id, Role::Batched, async move {
            let call = caught(async {
                within.request(permit, target).await;
                let keep = |answer| gathering.add(answer);
                outlet.forward_but(reader, keep).await
            });
            let result = call.await;
            if let Some(fault) = fault_of(&result) {
                gathering.add(fault.of(&asked).to_json());
            }
            result
        });
        Ok(())
    }

    fn notification(&mut self, notification: Notification) -> Result<(), Problem> {
        if method::is_request(&notification.method) {
            return Err(Fault::MissingId((*notification.method).to_owned()).into());
        }
        let cancelled = cancelled(&notification);
        let role = cancelled.as_ref().and_then(|id| self.work.role(id));
        let (Some(id), Some(Role::Modern | Role::Listener)) = (&cancelled, role) else {
            self.pass_on(notification);
            // The session's server hears of it in any case; "servers SHOULD not send a
            // response for the cancelled request" (2025-11-25, Cancellation).
            if let (Some(id), Some(Role::Legacy | Role::Batched)) = (cancelled, role) {
                self.work.give_up(&id);
            }
            return Ok(());
        };
        self.work.give_up(id);
        Ok(())
    }

    /// Brings a notification to the session's server. Without a session there
    /// is nothing that it could concern.
    fn pass_on(&mut self, notification: Notification) {
        if let Some(within) = self.opened() {
            self.work.add(async move {
                match caught(within.notify(notification)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(fault)) => tracing::debug!(reason = fault.label(), "a notification was dropped"),
                    Err(Panicked) => tracing::error!("the backend panicked at a notification"),
                }
                Done::Note
            });
        }
    }

    fn response(&self, response: Response) {
        if let Some(within) = self.opened() {
            within.reply(response);
        }
    }

    fn refused(&self, refusal: Refusal) -> Result<(), Problem> {
        if let (Some(within), Some(id)) = (self.opened(), refusal.answers.clone()) {
            within.reply_unreadable(id);
        }
        match answers_only(&refusal) {
            // Answers are not answered.
            Some(_) => Ok(()),
            None => Err(Fault::Refused(refusal).into()),
        }
    }

    fn too_long(&self, edges: &Edges) -> Result<(), Problem> {
        let fault = Fault::LineTooLong(self.settings.max_line);
        match (edges.answered(), edges.asked()) {
            (Some(question), _) => {
                if let Some(within) = self.opened() {
                    within.reply_unreadable(question);
                }
                Ok(())
            }
            (None, Some(id)) => Err(fault.of(&id)),
            (None, None) => Err(fault.into()),
        }
    }

    /// Works on what is under way until something has come to its end, and sees to that.
    pub(crate) async fn worked(&mut self) {
        match self.work.next().await {
            Done::Call(id, role, result) => self.called(&id, role, result),
            Done::Stream(Forwarded::Lost(Aborted::Overflow)) => self.outlet.overflow(),
            Done::Stream(_) | Done::Note => {}
        }
    }

    fn called(&mut self, id: &Id, role: Role, result: Result<Forwarded, Panicked>) {
        if role == Role::Batched {
            return;
        }
        let fault = fault_of(&result);
        let failed = fault.is_some() || matches!(result, Ok(Forwarded::Answered(kind)) if kind.is_error());
        if let Some(fault) = fault {
            self.outlet.refuse(&fault.of(id));
        }
        match role {
            // The next `initialize` has to be able to try again.
            Role::Opening if failed => self.close_session(),
            Role::Listener if !failed => self.outlet.tear_down(id),
            _ => {}
        }
    }

    fn close_session(&mut self) {
        if let Some(within) = self.session.take() {
            within.close();
        }
    }

    /// Whether somebody waits for an answer.
    pub(crate) fn has_calls(&self) -> bool {
        self.work.is_awaited()
    }

    /// The client is gone: what it asked for is for nobody.
    pub(crate) fn give_up(&mut self) {
        self.work.clear();
    }

    /// The end: stops the backend, which answers what is left.
    pub(crate) fn drain(&self) -> impl Future<Output = ()> + Send + use<B> {
        let (backend, session) = (Arc::clone(&self.server.backend), self.session.clone());
        async move {
            // What its client has waited for in vain is answered now.
            if let Some(within) = session {
                within.backend.close(&within.session);
            }
            backend.drain().await;
        }
    }

    /// Ends the session, and moves what the end has brought into the queue.
    pub(crate) async fn finish(&mut self) {
        self.close_session();
        while !self.work.is_empty() {
            self.worked().await;
        }
    }
}

/// What is left to say of a call that had no answer.
fn fault_of(result: &Result<Forwarded, Panicked>) -> Option<Fault> {
    match result {
        Ok(forwarded) => forwarded.fault(),
        Err(Panicked) => Some(Fault::Panicked),
    }
}

fn target(outbox: &Arc<Outbox>) -> Target {
    Target {
        outbox: Arc::clone(outbox),
        streaming: Streaming::Accepted,
    }
}

/// The request that a notification withdraws, if it is one that does.
fn cancelled(notification: &Notification) -> Option<Id> {
    if *notification.method != *method::CANCELLED {
        return None;
    }
    let params = notification.params.as_ref().and_then(Raw::object)?;
    Id::from_raw(&params.get("requestId")?)
}
