//! Requests that a server puts to a client.

use crate::method;

/// A request that a server puts to the client inside an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// `sampling/createMessage`
    Sampling,
    /// `elicitation/create`
    Elicitation,
    /// `roots/list`
    Roots,
}

impl Question {
    /// All kinds of question.
    pub const ALL: [Self; 3] = [Self::Sampling, Self::Elicitation, Self::Roots];

    /// The kind of question that `method` asks, if it is one.
    pub fn of(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.method() == method)
    }

    /// The method on the wire.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Sampling => method::SAMPLING,
            Self::Elicitation => method::ELICITATION,
            Self::Roots => method::ROOTS_LIST,
        }
    }

    /// The client capability that allows the question.
    pub const fn capability(self) -> &'static str {
        match self {
            Self::Sampling => "sampling",
            Self::Elicitation => "elicitation",
            Self::Roots => "roots",
        }
    }
}
