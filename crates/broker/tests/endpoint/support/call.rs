//! One exchange, from the client's side.

use std::sync::Arc;
use std::time::Duration;

use pontoon_downstream::{Streaming, Target};
use pontoon_session::{Detach, Kind, Outbox, Reader};
use serde_json::Value;
use tokio::sync::Notify;

/// Where the answer arrives. Dropping it is what the client's going away is.
pub(crate) struct Call(Reader);

impl Call {
    /// A legacy exchange: going away cancels nothing.
    pub(super) fn kept() -> (Self, Target) {
        Self::new(Detach::Keep)
    }

    /// A modern exchange: going away is a cancellation.
    pub(super) fn abandonable(bell: &Arc<Notify>) -> (Self, Target) {
        Self::new(Detach::Abandon(Arc::clone(bell)))
    }

    fn new(detach: Detach) -> (Self, Target) {
        let outbox = Outbox::for_answers(1, 1 << 20, detach);
        let target = Target {
            outbox: Arc::clone(&outbox),
            streaming: Streaming::Accepted,
        };
        (Self(outbox.reader()), target)
    }

    /// The next message that is not the answer.
    pub(crate) async fn interim(&mut self) -> Value {
        let (kind, message) = self.next().await;
        assert_eq!(kind, Kind::Interim, "{message}");
        message
    }

    /// The answer, which must be the next message.
    pub(crate) async fn answer(mut self) -> Value {
        let (kind, message) = self.next().await;
        assert!(matches!(kind, Kind::Answer { .. }), "{message}");
        message
    }

    /// The gateway's own reason why the call failed, and whether the server may know of it.
    pub(crate) async fn fault(self) -> (String, bool) {
        let answer = self.answer().await;
        let data = &answer["error"]["data"];
        let reason = data["reason"]
            .as_str()
            .unwrap_or_else(|| panic!("no fault: {answer}"));
        (
            reason.to_owned(),
            data["sent"].as_bool().expect("a fault says so"),
        )
    }

    /// The number of the server that answered.
    pub(crate) async fn server(self) -> u64 {
        let answer = self.answer().await;
        answer["result"]["server"]
            .as_u64()
            .unwrap_or_else(|| panic!("no result: {answer}"))
    }

    async fn next(&mut self) -> (Kind, Value) {
        let patience = Duration::from_secs(600);
        let delivery = tokio::time::timeout(patience, self.0.next())
            .await
            .expect("something comes within ten minutes")
            .expect("the stream does not end before the answer");
        let message = serde_json::from_slice(&delivery.message).expect("messages are JSON");
        (delivery.kind, message)
    }
}
