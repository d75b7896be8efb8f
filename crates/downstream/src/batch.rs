//! Batches (2025-03-26 only): several messages in one POST, answered together.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use pontoon_jsonrpc::{Id, Message, Refusal, Request, encode};
use pontoon_mcp::{Batching, method};
use pontoon_session::{Delivery, Kind, Outbox, Peek, Reader, Session};

use crate::accept::Accepts;
use crate::answer::{Form, Rules};
use crate::backend::{Backend, Streaming, Target};
use crate::context::Context;
use crate::era::Era;
use crate::response::{self, Reply};
use crate::status::{Fault, Problem};

/// One element of a batch: a message, or why it is none.
pub(crate) type Element = Result<Message, Refusal>;

impl<B: Backend> Context<'_, B> {
    /// A batch at the Streamable HTTP endpoint.
    pub(crate) async fn batch(&self, batch: Vec<Element>, accepts: Accepts) -> Result<Reply, Problem> {
        let session = match Era::of_headers(&self.head.headers)? {
            Era::Modern => return Err(Fault::Batch.into()),
            Era::Legacy(_) => self.named_session()?.ok_or(Fault::Batch)?,
        };
        let answers = check(&session, &batch)?;
        let outbox = session.exchange(answers);
        let form = Form::new(accepts, "");
        let target = Target {
            outbox: Arc::clone(&outbox),
            streaming: form.streaming(),
        };
        // Everything read before the response takes its form can be replayed.
        outbox.retain(self.shared.settings.streams.replay_bytes);
        let mut reader = outbox.reader();
        let _waiting = session.wait_for();
        self.dispatch(&session, batch, &target).await;
        if answers == 0 {
            return Ok(response::empty(StatusCode::ACCEPTED));
        }
        match form {
            Form::Stream => Ok(response::events(
                self.shared.event_stream(reader, Rules::Session(&session)),
            )),
            Form::Json | Form::Either => match collect(&mut reader, target.streaming).await? {
                Collected::All(answers) => {
                    let answers: Vec<_> = answers.into_iter().map(|answer| answer.message).collect();
                    Ok(response::json(StatusCode::OK, array(&answers)))
                }
                Collected::Interrupted(answers) => {
                    let stream = self.shared.event_stream(reader, Rules::Session(&session));
                    Ok(response::events(stream.preceded_by(&answers)))
                }
            },
        }
    }

    /// Sends each message of a batch on its way; bad ones are answered here.
    pub(crate) async fn dispatch(
        &self,
        session: &Arc<Session<B::Attachment>>,
        batch: Vec<Element>,
        target: &Target,
    ) {
        let mut ids = Ids::default();
        for element in batch {
            match element {
                Err(refusal) => {
                    self.reply_for(session, &refusal);
                    refuse(&target.outbox, Fault::Refused(refusal));
                }
                Ok(Message::Request(request)) => match ids.take(&request.id) {
                    Ok(()) => self.dispatch_request(session, request, target).await,
                    Err(fault) => refuse_request(&target.outbox, &request.id, &fault),
                },
                Ok(Message::Notification(call)) => {
                    let missing = method::is_request(&call.method);
                    let result = self.notify(session, call).await;
                    if let (Err(fault), true) = (result, missing) {
                        refuse(&target.outbox, fault);
                    }
                }
                // A response to nothing has nobody who waits for an answer.
                Ok(Message::Response(response)) => drop(self.reply(session, response)),
            }
        }
    }

    async fn dispatch_request(
        &self,
        session: &Arc<Session<B::Attachment>>,
        request: Request,
        target: &Target,
    ) {
        let id = request.id.clone();
        match self.permit_new(request) {
            Ok(permit) => self.server.backend.request(session, permit, target.clone()).await,
            Err(fault) => refuse_request(&target.outbox, &id, &fault),
        }
    }
}

/// The ids in one batch. Of two requests with one id the first may have its answer
/// before the second is looked at; both are in one batch all the same.
#[derive(Default)]
pub(crate) struct Ids(HashSet<Id>);

impl Ids {
    /// Takes an id for a request.
    ///
    /// # Errors
    ///
    /// Another one in the batch has it.
    pub(crate) fn take(&mut self, id: &Id) -> Result<(), Fault> {
        match self.0.insert(id.clone()) {
            true => Ok(()),
            false => Err(Fault::RepeatedId),
        }
    }
}

/// Whether the session may send this batch, and how many answers it gets.
pub(crate) fn check<A>(session: &Session<A>, batch: &[Element]) -> Result<u32, Fault> {
    if session.revision().batching() == Batching::Absent {
        return Err(Fault::Batch);
    }
    // "initialize MUST NOT be part of a JSON-RPC batch" (2025-03-26, Lifecycle).
    let initialize = |element: &Element| {
        element
            .as_ref()
            .is_ok_and(|message| message.method().is_some_and(|name| **name == *method::INITIALIZE))
    };
    if batch.iter().any(initialize) {
        return Err(Fault::BatchedInitialize);
    }
    let answered = |element: &&Element| match element {
        Err(_) | Ok(Message::Request(_)) => true,
        Ok(Message::Notification(call)) => method::is_request(&call.method),
        Ok(Message::Response(_)) => false,
    };
    Ok(u32::try_from(batch.iter().filter(answered).count()).expect("batches are limited in length"))
}

fn refuse_request(outbox: &Outbox, id: &Id, fault: &Fault) {
    let error = fault.to_error();
    // The stream may be aborted already; then nobody is there to be told.
    let _ = outbox.finish(encode::error(Some(id), &error), Some(error.code));
}

fn refuse(outbox: &Outbox, fault: Fault) {
    let problem = Problem::from(fault);
    let code = problem.fault.to_error().code;
    // The stream may be aborted already; then nobody is there to be told.
    let _ = outbox.finish(problem.to_json(), Some(code));
}

/// The answers to a batch, as far as they came without anything between.
enum Collected {
    All(Vec<Delivery>),
    /// Something other than an answer comes next.
    Interrupted(Vec<Delivery>),
}

async fn collect(reader: &mut Reader, streaming: Streaming) -> Result<Collected, Fault> {
    let mut answers = Vec::new();
    loop {
        match reader.peek().await {
            Peek::End => return Ok(Collected::All(answers)),
            Peek::Aborted(why) => return Err(Fault::Lost(why)),
            Peek::Message(Kind::Interim) if streaming == Streaming::Accepted => {
                return Ok(Collected::Interrupted(answers));
            }
            Peek::Message(kind) => {
                let delivery = reader.try_next().ok_or(Fault::NoAnswer)?;
                if kind.is_answer() {
                    answers.push(delivery);
                }
            }
        }
    }
}

/// The answers as one JSON array.
pub(crate) fn array(answers: &[Bytes]) -> Bytes {
    let length = answers.iter().map(|answer| answer.len() + 1).sum::<usize>() + 2;
    let mut array = BytesMut::with_capacity(length);
    for (index, answer) in answers.iter().enumerate() {
        array.extend_from_slice(if index == 0 { b"[" } else { b"," });
        array.extend_from_slice(answer);
    }
    array.extend_from_slice(b"]");
    array.freeze()
}
