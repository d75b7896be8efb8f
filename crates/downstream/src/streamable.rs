//! Streamable HTTP: the endpoint of all its revisions, and the rules of those
//! with sessions (2025-03-26 to 2025-11-25).

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Body;
use pontoon_jsonrpc::{
    ErrorObject, Message, Notification, Outcome, Payload, Raw, RawObject, Refusal, Request, Response, code,
};
use pontoon_mcp::meta::META;
use pontoon_mcp::{LegacyRevision, Priming, header, method};
use pontoon_policy::LimitReached;
use pontoon_session::{Delivery, Detach, EventId, NewStream, Outbox, ResumeError, Session, Transport};

use crate::accept::{self, Accepts};
use crate::answer::{self, Form, Rules};
use crate::backend::{Backend, SessionNeed, Streaming, Target};
use crate::body;
use crate::context::Context;
use crate::era::Era;
use crate::event;
use crate::reply_channel;
use crate::response::{self, Reply};
use crate::sse_body::EventStream;
use crate::status::{Fault, Problem};
use crate::trace;

const SESSION: HeaderName = HeaderName::from_static(header::SESSION_ID);
const LAST_EVENT: HeaderName = HeaderName::from_static(header::LAST_EVENT_ID);

/// What the endpoint serves to modern clients.
const MODERN_METHODS: &str = "POST, OPTIONS";

impl<B: Backend> Context<'_, B> {
    /// POST: one message, or a batch.
    pub(crate) async fn post<T>(&self, body: T) -> Result<Reply, Problem>
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let headers = &self.head.headers;
        let limits = self.shared.body_limits();
        body::check_headers(headers, limits)?;
        let accepts = accept::for_post(headers, self.shared.settings.accept)?;
        let body = body::read(body, limits).await?;
        let payload = Payload::parse(body, &self.shared.settings.messages);
        let message = match payload.map(|payload| trace::carried(headers, payload)) {
            Ok(Payload::Single(message)) => message,
            // Boxed, like all that is rare: a connection keeps room for the
            // largest exchange that it could have.
            Ok(Payload::Batch(batch)) => return Box::pin(self.batch(batch, accepts)).await,
            Err(refusal) => {
                if let Ok(Some(session)) = self.named_session() {
                    self.reply_for(&session, &refusal);
                }
                return Err(Fault::Refused(refusal).into());
            }
        };
        match (Era::of_message(headers, &message)?, message) {
            (Era::Modern, Message::Request(request)) => Box::pin(self.modern_request(request, accepts)).await,
            (Era::Modern, other) => self.modern_message(&other),
            (Era::Legacy(_), Message::Request(request)) if *request.method == *method::INITIALIZE => {
                Box::pin(self.open(request, accepts)).await
            }
            (Era::Legacy(revision), Message::Request(request)) => match self.session_for(&request)? {
                Some(session) => self.exchange(&session, self.directly(request), accepts).await,
                None => Box::pin(self.single(self.directly(request), revision, accepts)).await,
            },
            (Era::Legacy(_), other) => {
                match self.named_session()? {
                    Some(session) => self.legacy_message(&session, other).await,
                    None => self.loose_message(&other),
                }?;
                Ok(response::empty(StatusCode::ACCEPTED))
            }
        }
    }

    /// `compat.direct_tool_methods`: what MCP does not have as a method is a tool, for clients that call it like one.
    /// All methods of MCP are known, or have a slash in them.
    fn directly(&self, request: Request) -> Request {
        let name = &*request.method;
        let is_tool = !method::is_request(name) && !name.contains('/');
        if !(self.shared.settings.compat.direct_tool_methods && is_tool) {
            return request;
        }
        let arguments = request.params.as_ref().and_then(Raw::object);
        let arguments = arguments.unwrap_or_else(RawObject::empty);
        let call = RawObject::empty();
        let mut call = call.edit();
        call.set("name", Raw::string(name));
        call.set("arguments", arguments.edit().remove(META).finish());
        if let Some(meta) = arguments.get(META) {
            call.set(META, meta);
        }
        Request {
            id: request.id,
            method: method::TOOLS_CALL.into(),
            params: Some(call.finish()),
        }
    }

    /// The session of a request; `None` if the request may stand alone.
    fn session_for(&self, request: &Request) -> Result<Option<Arc<Session<B::Attachment>>>, Problem> {
        match (self.named_session(), self.server.backend.session_need()) {
            (Err(fault), _) => Err(fault.of(&request.id)),
            (Ok(None), SessionNeed::Required) => Err(Fault::SessionNeeded.of(&request.id)),
            (Ok(session), _) => Ok(session),
        }
    }

    /// A request within a session.
    async fn exchange(
        &self,
        session: &Arc<Session<B::Attachment>>,
        request: Request,
        accepts: Accepts,
    ) -> Result<Reply, Problem> {
        if let Some(outbox) = self.session_channel(session) {
            return Box::pin(self.exchange_through(outbox, session, request)).await;
        }
        let id = request.id.clone();
        let form = Form::new(accepts, &request.method);
        let permit = self.permit_new(request).map_err(|fault| fault.of(&id))?;
        let outbox = session.exchange(1);
        let reader = outbox.reader();
        let target = Target {
            outbox,
            streaming: form.streaming(),
        };
        let _waiting = session.wait_for();
        self.server.backend.request(session, permit, target).await;
        self.shared
            .answer(reader, id, form, Rules::Session(session))
            .await
    }

    /// A request without a session, to a server that needs none.
    async fn single(
        &self,
        request: Request,
        revision: Option<LegacyRevision>,
        accepts: Accepts,
    ) -> Result<Reply, Problem> {
        let id = request.id.clone();
        if let Some(outbox) = self.open_reply_channel().map_err(|fault| fault.of(&id))? {
            return Box::pin(self.single_through(outbox, request, revision)).await;
        }
        let form = Form::new(accepts, &request.method);
        let permit = self.permit_alone(request).map_err(|fault| fault.of(&id))?;
        // Nobody can come back for an answer without a session.
        let detach = Detach::Abandon(self.server.backend.bell().clone());
        let outbox = Outbox::for_answers(1, self.shared.settings.streams.queue_bytes, detach);
        let reader = outbox.reader();
        let target = Target {
            outbox,
            streaming: form.streaming(),
        };
        let revision = revision.unwrap_or(LegacyRevision::ASSUMED);
        self.server
            .backend
            .once(&self.caller, revision, permit, target)
            .await;
        self.shared.answer(reader, id, form, Rules::Single).await
    }

    /// `initialize` opens a session, whatever id the client proposes.
    async fn open(&self, request: Request, accepts: Accepts) -> Result<Reply, Problem> {
        let id = request.id.clone();
        let channel = self.open_reply_channel().map_err(|fault| fault.of(&id))?;
        let registration = self
            .register(Transport::Streamable)
            .map_err(|fault| fault.of(&id))?;
        let session = Arc::clone(registration.session());
        let _waiting = session.wait_for();
        let answer = self.greet(&session, request).await;
        let opened = answer.as_ref().is_ok_and(|answer| !answer.kind.is_error());
        if opened {
            registration.keep();
        } else {
            registration.end();
        }
        let answer = answer.map_err(|fault| fault.of(&id))?;
        let mut reply = match (channel, accepts) {
            (Some(channel), _) => reply_channel::deliver(&channel, &answer),
            (None, Accepts::Stream) => {
                let mut events = BytesMut::new();
                event::message(&mut events, None, &answer.message);
                response::closed_events(events.freeze())
            }
            (None, _) => response::json(StatusCode::OK, answer.message),
        };
        if opened {
            let id = HeaderValue::try_from(session.id().to_text()).expect("a session id is visible ASCII");
            reply.headers_mut().insert(SESSION, id);
        }
        Ok(reply)
    }

    /// The answer to `initialize`. Only it tells whether there is a session,
    /// whose id goes into the head: so nothing can be sent before.
    async fn greet(
        &self,
        session: &Arc<Session<B::Attachment>>,
        request: Request,
    ) -> Result<Delivery, Fault> {
        let permit = self.permit_new(request)?;
        let outbox = session.exchange(1);
        let mut reader = outbox.reader();
        let target = Target {
            outbox,
            streaming: Streaming::Refused,
        };
        self.server
            .backend
            .open(&self.caller, session, permit, target)
            .await;
        let answer = answer::last(&mut reader).await;
        answer.map_err(|why| why.map_or(Fault::NoAnswer, Fault::Lost))
    }

    /// A notification or response within a session.
    pub(crate) async fn legacy_message(
        &self,
        session: &Arc<Session<B::Attachment>>,
        message: Message,
    ) -> Result<(), Fault> {
        match message {
            Message::Notification(notification) => self.notify(session, notification).await,
            Message::Response(response) => self.reply(session, response),
            Message::Request(request) => Err(Fault::MissingId((*request.method).to_owned())),
        }
    }

    /// A notification within a session.
    pub(crate) async fn notify(
        &self,
        session: &Arc<Session<B::Attachment>>,
        notification: Notification,
    ) -> Result<(), Fault> {
        if method::is_request(&notification.method) {
            return Err(Fault::MissingId((*notification.method).to_owned()));
        }
        let permit = self.permit(notification)?;
        self.server.backend.notification(session, permit).await;
        Ok(())
    }

    /// The client's answer to a question.
    pub(crate) fn reply(
        &self,
        session: &Arc<Session<B::Attachment>>,
        response: Response,
    ) -> Result<(), Fault> {
        let permit = self.permit(response)?;
        self.server
            .backend
            .reply(session, permit)
            .map_err(|_| Fault::UnknownQuestion)
    }

    /// Tells a server that the answer it waits for came and could not be read.
    pub(crate) fn reply_for(&self, session: &Arc<Session<B::Attachment>>, refusal: &Refusal) {
        let Some(id) = refusal.answers.clone() else { return };
        let error = ErrorObject::new(code::INTERNAL_ERROR, "the client's answer could not be read");
        // The client is told in any case.
        let _ = self.reply(
            session,
            Response {
                id: Some(id),
                outcome: Outcome::Error(error),
            },
        );
    }

    /// A notification or response that names no session.
    fn loose_message(&self, message: &Message) -> Result<(), Fault> {
        match (message, self.server.backend.session_need()) {
            (Message::Response(_), _) => Err(Fault::UnexpectedResponse),
            (Message::Notification(notification), _) if method::is_request(&notification.method) => {
                Err(Fault::MissingId((*notification.method).to_owned()))
            }
            (_, SessionNeed::Required) => Err(Fault::SessionNeeded),
            // Nothing outlives a single exchange that it could concern.
            (_, SessionNeed::Optional) => Ok(()),
        }
    }

    /// GET: a stream for what belongs to no request, or the rest of a broken one.
    pub(crate) fn get(&self) -> Result<Reply, Problem> {
        if Era::of_headers(&self.head.headers)? != Era::Modern
            && self.named_session()?.is_none()
            && let Some(channel) = self.reply_channel()?
        {
            return Ok(channel);
        }
        let session = self.session_of_bodiless()?;
        accept::for_get(&self.head.headers, self.shared.settings.accept)?;
        if self.shared.is_draining() {
            return Err(Fault::Draining.into());
        }
        match self.head.headers.get(LAST_EVENT) {
            None => self.listen(&session),
            Some(last) => self.resume(&session, last),
        }
    }

    fn listen(&self, session: &Session<B::Attachment>) -> Result<Reply, Problem> {
        let NewStream { id, reader } = session.listen().map_err(|_| self.too_many_streams())?;
        let stream = EventStream::new(reader, Some(id), self.shared.pace());
        Ok(response::events(match session.revision().priming() {
            Priming::Expected => stream.primed(self.shared.settings.retry),
            Priming::Absent => stream,
        }))
    }

    /// Reads on where the client left off. Where that cannot be, the stream is
    /// empty and ends: an HTTP error would make clients try again and again.
    ///
    /// A client that missed too much of a GET stream goes on with a new one:
    /// it would come back with the same event id for ever.
    fn resume(&self, session: &Session<B::Attachment>, last: &HeaderValue) -> Result<Reply, Problem> {
        let Some(event) = last.to_str().ok().and_then(EventId::parse) else {
            return Ok(self.nothing_to_resume());
        };
        match session.resume(event) {
            Ok(NewStream { id, reader }) => Ok(response::events(EventStream::new(
                reader,
                Some(id),
                self.shared.pace(),
            ))),
            Err(ResumeError::TooMany) => Err(self.too_many_streams().into()),
            Err(ResumeError::Gap) if session.is_standalone(event.stream) => self.listen(session),
            Err(ResumeError::Unknown | ResumeError::Gap) => Ok(self.nothing_to_resume()),
        }
    }

    fn nothing_to_resume(&self) -> Reply {
        self.shared.tally.count("not_resumed");
        response::closed_events(Bytes::new())
    }

    fn too_many_streams(&self) -> Fault {
        let limit = self.shared.settings.streams.streams;
        Fault::Quota(LimitReached {
            name: "max_streams_per_session",
            limit,
        })
    }

    /// DELETE: the client is done with its session.
    pub(crate) fn delete(&self) -> Result<Reply, Problem> {
        let session = self.session_of_bodiless()?;
        self.shared.end(&session);
        Ok(response::empty(StatusCode::NO_CONTENT))
    }

    /// The session of a GET or DELETE, which modern clients do not send.
    fn session_of_bodiless(&self) -> Result<Arc<Session<B::Attachment>>, Fault> {
        match Era::of_headers(&self.head.headers)? {
            Era::Modern => Err(Fault::Method(MODERN_METHODS)),
            Era::Legacy(_) => self.named_session()?.ok_or(Fault::SessionNeeded),
        }
    }

    /// The session that the header names; `None` without the header.
    pub(crate) fn named_session(&self) -> Result<Option<Arc<Session<B::Attachment>>>, Fault> {
        let mut values = self.head.headers.get_all(SESSION).iter();
        let Some(id) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Fault::RepeatedHeader("Mcp-Session-Id"));
        }
        self.session(id.as_bytes(), Transport::Streamable).map(Some)
    }
}
