//! Batches (2025-03-26 only) on a pipe: several messages on one line, answered on one line.

use pontoon_jsonrpc::{Message, Request, encode};
use pontoon_mcp::method;
use pontoon_session::{Outbox, Peek, Reader};

use super::outlet::Outlet;
use super::session::Within;
use crate::backend::{Backend, Target};
use crate::batch::{Element, array};
use crate::status::{Fault, Problem};

impl<B: Backend> Within<B> {
    /// Sends each message of a batch on its way; bad ones are answered here.
    pub(crate) async fn dispatch(&self, batch: Vec<Element>, target: &Target) {
        for element in batch {
            match element {
                Err(refusal) => refuse(&target.outbox, Fault::Refused(refusal).into()),
                Ok(Message::Request(request)) => self.dispatch_request(request, target).await,
                Ok(Message::Notification(call)) => {
                    let is_owed = method::is_request(&call.method);
                    if let (Err(fault), true) = (self.notify(call).await, is_owed) {
                        refuse(&target.outbox, fault.into());
                    }
                }
                Ok(Message::Response(response)) => self.reply(response),
            }
        }
    }

    async fn dispatch_request(&self, request: Request, target: &Target) {
        let id = request.id.clone();
        match self.permit(request) {
            Ok(permit) => self.request(permit, target.clone()).await,
            Err(denied) => refuse(&target.outbox, Fault::from(denied).of(&id)),
        }
    }
}

fn refuse(outbox: &Outbox, problem: Problem) {
    let error = problem.fault.to_error();
    let message = encode::error(problem.id.as_ref(), &error);
    // The stream may be aborted already; then nobody is there to be told.
    let _ = outbox.finish(message, Some(error.code));
}

/// Passes on what precedes the answers as it comes, and the answers together.
/// Where they are too much to be kept, those that are there go first.
pub(crate) async fn collect(outlet: &Outlet, mut from: Reader, most: usize) {
    let (mut answers, mut bytes) = (Vec::new(), 0);
    while let Peek::Message(kind) = from.peek().await {
        let Some(delivery) = from.try_next() else { continue };
        if !kind.is_answer() {
            outlet.push(delivery.message);
            continue;
        }
        if bytes + delivery.message.len() > most && !answers.is_empty() {
            outlet.push(array(&std::mem::take(&mut answers)));
            bytes = 0;
        }
        bytes += delivery.message.len();
        answers.push(outlet.worded(delivery));
    }
    if !answers.is_empty() {
        outlet.push(array(&answers));
    }
}
