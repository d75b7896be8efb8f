//! HTTP+SSE (the transport of 2024-11-05): one stream carries everything to
//! the client, which posts its messages next to it. The stream is the session.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body;
use pontoon_jsonrpc::{Message, Payload, Request, encode};
use pontoon_mcp::method;
use pontoon_session::{NewStream, Outbox, Session, Transport};

use crate::backend::{Backend, Streaming, Target};
use crate::context::Context;
use crate::response::{self, Reply};
use crate::sse_body::EventStream;
use crate::status::{Fault, Problem};
use crate::{batch, body, event, trace};

/// The query parameter that names the session.
const SESSION: &str = "sessionId";

impl<B: Backend> Context<'_, B> {
    /// GET: opens a session. `messages` is where its client posts to.
    pub(crate) fn open_stream(&self, messages: &str) -> Result<Reply, Problem> {
        let registration = self.register(Transport::HttpSse)?;
        let session = registration.session();
        let NewStream { reader, .. } = session.listen().map_err(|_| Fault::UnknownSession)?;
        // Relative and configured: what the client sent has no part in it.
        let uri = format!(
            "{}{messages}?{SESSION}={}",
            self.public_prefix,
            session.id().to_text()
        );
        let mut opening = BytesMut::new();
        event::endpoint(&mut opening, &uri);
        if self.shared.settings.compat.legacy_connect_event {
            opening.extend_from_slice(event::CONNECT);
        }
        let stream = EventStream::new(reader, None, self.shared.pace())
            .opening_with(&opening)
            .holding(Box::new(registration));
        Ok(response::events(stream))
    }

    /// POST: one message. What comes of it is told on the stream.
    pub(crate) async fn post_message<T>(&self, body: T) -> Result<Reply, Problem>
    where
        T: Body<Data = Bytes> + Send + Unpin,
    {
        let limits = self.shared.body_limits();
        // Clients of this transport accept what they like: not looked at.
        body::check_headers(&self.head.headers, limits)?;
        let id = self
            .head
            .uri
            .query()
            .and_then(session_id)
            .ok_or(Fault::UnknownSession)?;
        let session = self.session(id.as_bytes(), Transport::HttpSse)?;
        let outbox = session.stream().ok_or(Fault::UnknownSession)?;
        let body = body::read(body, limits).await?;
        let target = Target {
            outbox,
            streaming: Streaming::Accepted,
        };
        let payload = Payload::parse(body, &self.shared.settings.messages).map_err(|refusal| {
            self.reply_for(&session, &refusal);
            Fault::Refused(refusal)
        })?;
        match trace::carried(&self.head.headers, payload) {
            Payload::Single(Message::Request(request)) => {
                self.posted_request(&session, request, target).await;
            }
            Payload::Single(message) => self.legacy_message(&session, message).await?,
            Payload::Batch(elements) => {
                batch::check(&session, &elements)?;
                self.dispatch(&session, elements, &target).await;
            }
        }
        Ok(response::text(StatusCode::ACCEPTED, "Accepted"))
    }

    async fn posted_request(&self, session: &Arc<Session<B::Attachment>>, request: Request, target: Target) {
        let opens = *request.method == *method::INITIALIZE;
        let fault = match (opens, session.attachment()) {
            (false, None) => Some(Fault::NotInitialized),
            (true, Some(_)) => Some(Fault::AlreadyInitialized),
            _ => None,
        };
        if let Some(fault) = fault {
            return refuse(&target.outbox, fault.of(&request.id));
        }
        let id = request.id.clone();
        let (backend, caller) = (&self.server.backend, &self.caller);
        match self.permit_new(request) {
            Ok(permit) if opens => backend.open(caller, session, permit, target).await,
            Ok(permit) => backend.request(session, permit, target).await,
            Err(fault) => refuse(&target.outbox, fault.of(&id)),
        }
    }
}

fn refuse(outbox: &Outbox, problem: Problem) {
    let error = problem.fault.to_error();
    // A stream that has ended has nobody to tell.
    let _ = outbox.finish(encode::error(problem.id.as_ref(), &error), Some(error.code));
}

/// The value of `sessionId` in a query; ids need no escapes.
fn session_id(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(SESSION)?.strip_prefix('='))
}
