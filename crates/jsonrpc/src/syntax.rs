//! Why a text is not JSON, or not JSON we take.

use thiserror::Error;

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{fault} (byte {offset})")]
pub struct SyntaxError {
    /// What is wrong.
    pub fault: SyntaxFault,
    /// Where: bytes from the start of the text, a skipped byte order mark not counted.
    pub offset: usize,
}

/// What can be wrong with a text. The words are ours and never quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SyntaxFault {
    /// Nothing but whitespace.
    #[error("the text is empty")]
    Empty,
    /// Not UTF-8: another encoding, an overlong form, a cut character.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// U+FEFF at the start, where it is not borne.
    #[error("the text begins with a byte order mark; send it without")]
    ByteOrderMark,
    /// The text ends inside a value.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// A character that cannot stand there.
    #[error("unexpected character")]
    UnexpectedCharacter,
    /// U+0000 to U+001F inside a string.
    #[error("a raw control character in a string; escape it")]
    ControlCharacter,
    /// A backslash with something JSON does not know.
    #[error("an unknown escape in a string")]
    Escape,
    /// Such as `01`, `1.`, `+1`, `.5`.
    #[error("a malformed number")]
    Number,
    /// More open arrays and objects than [`Limits::max_depth`](crate::Limits::max_depth).
    #[error("nested too deeply")]
    TooDeep,
    /// Something after the end of the value.
    #[error("text after the end of the value")]
    TrailingText,
    /// A repeated key, or one with a lone surrogate.
    #[error("a key that is repeated or holds a lone surrogate")]
    AmbiguousKey,
}

impl SyntaxFault {
    pub(crate) fn at(self, offset: usize) -> SyntaxError {
        SyntaxError { fault: self, offset }
    }
}
