//! What a message may cost, and how much sloppiness of its sender is borne.

/// Limits of one direction. The size of the text itself is limited by whoever reads it from the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many arrays and objects may be open at once; the message itself is the first. Deeper is a syntax error.
    pub max_depth: usize,
    /// Longest string id, in bytes of UTF-8 after unescaping.
    pub max_id_len: usize,
    /// Most messages in one batch.
    pub max_batch: usize,
    /// Where a repeated key refuses the message.
    pub duplicate_keys: DuplicateKeys,
    /// Whether a text may begin with U+FEFF.
    pub byte_order_mark: ByteOrderMark,
    /// Whether an error response may say `"id": null`.
    pub null_id: NullId,
}

/// Where a repeated key refuses the message. Two readers of `{"a":1,"a":2}` may see different values, so what
/// was authorised here need not be what runs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// At every level of the message. Keys with a lone surrogate are refused too: readers that cut or replace
    /// it see a different key, perhaps one that is already there.
    RefuseEverywhere,
    /// Among the members of the message and of its `params`, `result` and `error`, the levels that are read and
    /// edited here; deeper ones pass as they are.
    RefuseInEnvelope,
}

/// Whether a text may begin with a byte order mark. RFC 8259 section 8.1: senders must not add one, readers may
/// ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrderMark {
    /// It is a syntax error.
    Refuse,
    /// One mark is skipped.
    Skip,
}

/// Whether an error response may carry `"id": null`. JSON-RPC 2.0 section 5 asks for it when the id could not be
/// read; MCP forbids a null id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullId {
    /// Null is no id.
    Refuse,
    /// In an error response it means that there is no id.
    InErrors,
}

impl Limits {
    /// For what clients send: nothing ambiguous passes.
    pub const CLIENT: Limits = Limits {
        max_depth: 128,
        max_id_len: 1024,
        max_batch: 100,
        duplicate_keys: DuplicateKeys::RefuseEverywhere,
        byte_order_mark: ByteOrderMark::Refuse,
        null_id: NullId::Refuse,
    };

    /// For what servers send: they are configured, not strangers, and many are sloppy.
    pub const SERVER: Limits = Limits {
        max_depth: 512,
        max_id_len: 1024,
        max_batch: 100,
        duplicate_keys: DuplicateKeys::RefuseInEnvelope,
        byte_order_mark: ByteOrderMark::Skip,
        null_id: NullId::InErrors,
    };
}
