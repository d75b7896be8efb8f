//! A whole text: one message or a batch.

use bytes::Bytes;

use crate::{
    ByteOrderMark, Limits, Message, Refusal, RefusalKind, SyntaxError, SyntaxFault, envelope::Envelope,
    scan::Scanner,
};

/// What one text carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// One message.
    Single(Message),
    /// A JSON array of messages, at least one: MCP revision 2025-03-26 has them, no other. What is wrong with
    /// one element is no fault of its neighbours.
    Batch(Vec<Result<Message, Refusal>>),
}

impl Payload {
    /// Reads a text that may be a message or a batch of them.
    ///
    /// # Errors
    /// If the text is not JSON, or neither an acceptable message nor a batch of acceptable size. A bad element
    /// of a batch is an element, not an error.
    pub fn parse(body: impl Into<Bytes>, limits: &Limits) -> Result<Payload, Refusal> {
        let body = body.into();
        let (body, text) = checked_text(&body, limits)?;
        let mut scanner = Scanner::new(text, limits);
        if scanner.begin()? == b'[' {
            return read_batch(&mut scanner, &body, limits).map(Payload::Batch);
        }
        let read = read_message(&mut scanner, &body, limits)?;
        scanner.finish()?;
        read.map(Payload::Single)
    }
}

/// [`Message::parse`].
pub(crate) fn parse_single(body: &Bytes, limits: &Limits) -> Result<Message, Refusal> {
    let (body, text) = checked_text(body, limits)?;
    let mut scanner = Scanner::new(text, limits);
    let batch = scanner.begin()? == b'[';
    let read = read_message(&mut scanner, &body, limits)?;
    scanner.finish()?;
    if batch {
        Err(Refusal::new(RefusalKind::Batch, 0))
    } else {
        read
    }
}

/// The text without a byte order mark, if `limits` bear one, and its encoding checked.
pub(crate) fn checked_text<'a>(bytes: &'a Bytes, limits: &Limits) -> Result<(Bytes, &'a str), SyntaxError> {
    let text = std::str::from_utf8(bytes).map_err(|error| SyntaxFault::NotUtf8.at(error.valid_up_to()))?;
    match (text.strip_prefix('\u{feff}'), limits.byte_order_mark) {
        (None, _) => Ok((bytes.clone(), text)),
        (Some(text), ByteOrderMark::Skip) => Ok((bytes.slice(bytes.len() - text.len()..), text)),
        (Some(_), ByteOrderMark::Refuse) => Err(SyntaxFault::ByteOrderMark.at(0)),
    }
}

/// The outer error is the text's, and ends everything; the inner is this message's.
fn read_message(
    scanner: &mut Scanner<'_>,
    body: &Bytes,
    limits: &Limits,
) -> Result<Result<Message, Refusal>, SyntaxError> {
    if scanner.peek() == Some(b'{') {
        return Ok(Envelope::read(scanner)?.judge(body, limits));
    }
    let at = scanner.at();
    scanner.value_unchecked()?;
    Ok(Err(Refusal::new(RefusalKind::NotAnObject, at)))
}

fn read_batch(
    scanner: &mut Scanner<'_>,
    body: &Bytes,
    limits: &Limits,
) -> Result<Vec<Result<Message, Refusal>>, Refusal> {
    let mut batch = Vec::new();
    let mut count = 0;
    scanner.elements(|scanner| {
        count += 1;
        if count > limits.max_batch {
            return scanner.value_unchecked().map(drop);
        }
        batch.push(read_message(scanner, body, limits)?);
        Ok(())
    })?;
    scanner.finish()?;
    match count {
        0 => Err(Refusal::new(RefusalKind::EmptyBatch, None)),
        count if count > limits.max_batch => Err(Refusal::new(
            RefusalKind::BatchTooLong {
                max: limits.max_batch,
            },
            None,
        )),
        _ => Ok(batch),
    }
}
