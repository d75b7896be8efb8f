//! From an outbox to an HTTP response: JSON where nothing precedes the answer,
//! else a stream.

use std::sync::Arc;

use pontoon_jsonrpc::Id;
use pontoon_mcp::{Priming, method};
use pontoon_session::{Aborted, Delivery, Peek, Reader, Session};

use crate::accept::Accepts;
use crate::backend::{Backend, Streaming};
use crate::gateway::Shared;
use crate::response::{self, Reply};
use crate::sse_body::EventStream;
use crate::status::{ErrorStatus, Fault, Problem};

/// How the response to one request may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON, whatever happens.
    Json,
    /// A stream, unless the answer is an error with a status of its own.
    Stream,
    /// JSON if the answer comes first and soon, else a stream.
    Either,
}

impl Form {
    /// What a client that takes `accepts` gets for `method`.
    pub(crate) fn new(accepts: Accepts, method: &str) -> Self {
        match accepts {
            Accepts::Both => Self::Either,
            // What has no end cannot be one JSON text: better the wrong type than
            // a response that never comes.
            Accepts::Json | Accepts::Anything if method == method::LISTEN => Self::Either,
            Accepts::Json | Accepts::Anything => Self::Json,
            Accepts::Stream => Self::Stream,
        }
    }

    /// The same, as backends need to know it.
    pub(crate) fn streaming(self) -> Streaming {
        match self {
            Self::Json => Streaming::Refused,
            Self::Stream | Self::Either => Streaming::Accepted,
        }
    }
}

/// Whose rules the response follows.
pub(crate) enum Rules<'a, A> {
    /// Streams can be resumed within the session.
    Session(&'a Arc<Session<A>>),
    /// A legacy request that stands alone.
    Single,
    /// A modern request.
    Modern,
}

impl<A> Rules<'_, A> {
    fn statuses(&self) -> ErrorStatus {
        match self {
            Self::Session(_) | Self::Single => ErrorStatus::Legacy,
            Self::Modern => ErrorStatus::Modern,
        }
    }
}

impl<B: Backend> Shared<B> {
    /// Responds with the answer to `id`, from an outbox that owes one answer.
    pub(crate) async fn answer(
        &self,
        mut reader: Reader,
        id: Id,
        form: Form,
        rules: Rules<'_, B::Attachment>,
    ) -> Result<Reply, Problem> {
        if form == Form::Json {
            return whole_answer(reader, id, rules.statuses()).await;
        }
        let first = tokio::time::timeout(self.settings.stream_after, reader.peek()).await;
        match first {
            Ok(Peek::Message(kind))
                if kind.is_answer() && (form == Form::Either || !rules.statuses().of(kind).is_success()) =>
            {
                whole_answer(reader, id, rules.statuses()).await
            }
            Ok(Peek::Aborted(why)) => Err(Fault::Lost(why).of(&id)),
            Ok(Peek::End) => Err(Fault::NoAnswer.of(&id)),
            Ok(Peek::Message(_)) | Err(_) => Ok(response::events(self.event_stream(reader, rules))),
        }
    }

    /// The stream of an exchange, resumable where the rules have that.
    pub(crate) fn event_stream(&self, reader: Reader, rules: Rules<'_, B::Attachment>) -> EventStream {
        let Rules::Session(session) = rules else {
            return EventStream::new(reader, None, self.final_pace());
        };
        // A session with too many streams has one that cannot be resumed.
        let id = session.remember(reader.outbox()).ok();
        let stream = EventStream::new(reader, id, self.pace());
        match session.revision().priming() {
            Priming::Expected => stream.primed(self.settings.retry),
            Priming::Absent => stream,
        }
    }
}

/// The answer alone, as JSON. Messages before it have no way to this client.
async fn whole_answer(mut reader: Reader, id: Id, statuses: ErrorStatus) -> Result<Reply, Problem> {
    match last(&mut reader).await {
        Ok(Delivery { kind, message, .. }) => Ok(response::json(statuses.of(kind), message)),
        Err(Some(why)) => Err(Fault::Lost(why).of(&id)),
        Err(None) => Err(Fault::NoAnswer.of(&id)),
    }
}

/// Waits for the answer and drops what comes before it.
///
/// # Errors
///
/// Why there is none; `None` if the outbox ended as if there had been one.
pub(crate) async fn last(reader: &mut Reader) -> Result<Delivery, Option<Aborted>> {
    loop {
        match reader.peek().await {
            Peek::Aborted(why) => return Err(Some(why)),
            Peek::End => return Err(None),
            Peek::Message(kind) => {
                let delivery = reader.try_next().ok_or(None)?;
                if kind.is_answer() {
                    return Ok(delivery);
                }
            }
        }
    }
}
