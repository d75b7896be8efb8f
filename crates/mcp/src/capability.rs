//! What a client says it can do.

use pontoon_jsonrpc::Raw;

use crate::Question;

/// The `capabilities` object of a client, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCapabilities(Raw);

impl ClientCapabilities {
    /// Takes a JSON object; `None` for any other value.
    pub fn new(raw: Raw) -> Option<Self> {
        raw.object().is_some().then_some(Self(raw))
    }

    /// A client that can do nothing beyond the base protocol.
    pub fn none() -> Self {
        Self(Raw::from_static("{}"))
    }

    /// The same in memory of its own, for keeping it.
    pub fn detached(&self) -> Self {
        Self(self.0.detached())
    }

    /// The object as written.
    pub fn raw(&self) -> &Raw {
        &self.0
    }

    /// Whether the client declared that it can answer `question`.
    pub fn answers(&self, question: Question) -> bool {
        self.0
            .object()
            .is_some_and(|object| object.contains(question.capability()))
    }

    /// The same capabilities without those for questions: what a connection
    /// declares whose questions cannot be brought to the client.
    #[must_use]
    pub fn without_questions(&self) -> Self {
        let Some(object) = self.0.object() else {
            return Self::none();
        };
        let mut edit = object.edit();
        for question in Question::ALL {
            edit.remove(question.capability());
        }
        Self(edit.finish())
    }
}
