//! What an event said.

/// What an event said. Texts are what is to be added, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More of the answer.
    Text(String),
    /// The answer was set anew and does not go on from what it was: this is all of it.
    Rewritten(String),
    /// More of what the model thinks before it answers.
    Thinking(String),
    /// The model begins to call a tool: its name.
    Tool(String),
    /// More of the tool's input, JSON as it grows.
    ToolInput(String),
    /// More of another answer to the same question.
    Choice {
        /// Which one; the first is [`Piece::Text`].
        index: u64,
        /// What is added to it.
        text: String,
    },
    /// It is over, and why as the provider says it.
    Finished(String),
    /// The provider says that something failed.
    Error(String),
    /// The data of the event is not JSON as this dialect has it; what is wrong with it.
    Unreadable(String),
}
