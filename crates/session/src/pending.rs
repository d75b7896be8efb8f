//! What waits for a stream that carries what belongs to no exchange.

use std::collections::VecDeque;

use bytes::Bytes;

/// How many hints are remembered: one for each list that can change.
const HINTS: usize = 3;

/// Messages in order, with a bound on their bytes.
#[derive(Default)]
pub(crate) struct Pending {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// The latest hints among them.
    hints: VecDeque<Bytes>,
}

impl Pending {
    /// Takes a message in; `false` if it would not fit into `limit` bytes.
    pub(crate) fn push(&mut self, message: Bytes, limit: usize) -> bool {
        let fits = self.bytes + message.len() <= limit;
        if fits {
            self.bytes += message.len();
            self.messages.push_back(message);
        }
        fits
    }

    /// As [`push`](Self::push), unless an equal hint waits already.
    pub(crate) fn push_hint(&mut self, message: Bytes, limit: usize) -> bool {
        if self.hints.contains(&message) {
            return true;
        }
        let fits = self.push(message.clone(), limit);
        if fits {
            if self.hints.len() == HINTS {
                self.hints.pop_front();
            }
            self.hints.push_back(message);
        }
        fits
    }

    /// Gives out everything.
    pub(crate) fn take(&mut self) -> VecDeque<Bytes> {
        std::mem::take(self).messages
    }
}
