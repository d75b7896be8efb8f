//! The members of one message: found while scanning, judged when the whole message was seen, so that a text
//! that is not JSON is called that whatever came before.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;

use crate::{
    ErrorObject, Id, Limits, Message, Notification, NullId, Outcome, Raw, Refusal, RefusalKind, Request,
    Response, SyntaxError, Text, raw::Kind, scan::Scanner,
};

/// Where the members of a message lie. Members with other names are dropped.
#[derive(Default)]
pub(crate) struct Envelope {
    jsonrpc: Option<Field>,
    id: Option<Field>,
    method: Option<Field>,
    params: Option<Field>,
    result: Option<Field>,
    error: Option<Field>,
    /// Where the first ambiguous key of the message itself is.
    ambiguous: Option<usize>,
    id_repeated: bool,
}

/// A member's value.
struct Field {
    value: Range<usize>,
    /// Where the first ambiguous key in it is.
    ambiguous: Option<usize>,
}

/// What `id` says.
enum IdField {
    Absent,
    Null,
    Id(Id),
    Bad(RefusalKind),
}

/// A message without its id.
enum Content {
    Call(Text, Option<Raw>),
    Outcome(Outcome),
}

impl Envelope {
    /// Scans a message; the scanner is at its brace.
    pub(crate) fn read(scanner: &mut Scanner<'_>) -> Result<Envelope, SyntaxError> {
        let mut envelope = Envelope::default();
        scanner.members(|scanner, key| {
            let value = scanner.value()?;
            let field = Field {
                value,
                ambiguous: scanner.take_ambiguous(),
            };
            if key.ambiguous {
                envelope.ambiguous.get_or_insert(key.quoted.start - 1);
                envelope.id_repeated |= *key.name == *b"id";
            }
            if let Some(place) = envelope.place(&key.name) {
                *place = Some(field);
            }
            Ok(())
        })?;
        Ok(envelope)
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<Field>> {
        match name {
            b"jsonrpc" => Some(&mut self.jsonrpc),
            b"id" => Some(&mut self.id),
            b"method" => Some(&mut self.method),
            b"params" => Some(&mut self.params),
            b"result" => Some(&mut self.result),
            b"error" => Some(&mut self.error),
            _ => None,
        }
    }

    /// Makes a message of what was found in `body`.
    pub(crate) fn judge(self, body: &Bytes, limits: &Limits) -> Result<Message, Refusal> {
        let id = self.read_id(body, limits);
        match self.content(&id, body, limits) {
            Ok(content) => Ok(content.into_message(id.known())),
            Err(refusal) => Err(self.with_id(refusal, id)),
        }
    }

    fn content(&self, id: &IdField, body: &Bytes, limits: &Limits) -> Result<Content, Refusal> {
        if self.ambiguous.is_some() {
            return Err(Refusal::new(RefusalKind::AmbiguousMember, self.ambiguous));
        }
        if !self.is_version_2(body) {
            return Err(refuse(RefusalKind::Version, self.jsonrpc.as_ref()));
        }
        match (&self.method, &self.result, &self.error) {
            (Some(method), None, None) => self.call(method, id, body),
            (None, Some(result), None) => self.result(result, id, body),
            (None, None, Some(error)) => self.error(error, id, body, limits),
            _ => Err(Refusal::new(RefusalKind::Shape, None)),
        }
    }

    /// The id goes to whom it belongs: the sender of a request, or those who wait for an answer.
    fn with_id(&self, refusal: Refusal, id: IdField) -> Refusal {
        let IdField::Id(id) = id else { return refusal };
        if self.id_repeated {
            return refusal;
        }
        let answers = self.result.is_some() || self.error.is_some();
        // With an id and nothing else it can be meant as either.
        let asks = !answers;
        let answers = answers || self.method.is_none();
        Refusal {
            id: asks.then(|| id.clone()),
            answers: answers.then_some(id),
            ..refusal
        }
    }

    fn is_version_2(&self, body: &Bytes) -> bool {
        let version = self.jsonrpc.as_ref().map(|field| field.raw(body));
        version.is_some_and(|version| version.to_string_value().is_some_and(|text| text == "2.0"))
    }

    fn read_id(&self, body: &Bytes, limits: &Limits) -> IdField {
        let Some(field) = &self.id else {
            return IdField::Absent;
        };
        let raw = field.raw(body);
        match Id::from_raw(&raw) {
            Some(Id::String(text)) if text.len() > limits.max_id_len => {
                IdField::Bad(RefusalKind::IdTooLong {
                    max: limits.max_id_len,
                })
            }
            Some(id) => IdField::Id(id),
            None if raw.kind() == Kind::Null => IdField::Null,
            None => IdField::Bad(RefusalKind::InvalidId),
        }
    }

    fn call(&self, method: &Field, id: &IdField, body: &Bytes) -> Result<Content, Refusal> {
        self.check_id(id)?;
        let name = method
            .text(body)
            .ok_or_else(|| refuse(RefusalKind::InvalidMethod, Some(method)))?;
        let params = self
            .params
            .as_ref()
            .map(|params| read_params(params, body))
            .transpose()?;
        Ok(Content::Call(name, params))
    }

    fn result(&self, result: &Field, id: &IdField, body: &Bytes) -> Result<Content, Refusal> {
        self.check_id(id)?;
        if matches!(id, IdField::Absent) {
            return Err(Refusal::new(RefusalKind::MissingId, None));
        }
        let raw = result.raw(body);
        if raw.kind() != Kind::Object || result.ambiguous.is_some() {
            return Err(refuse(RefusalKind::InvalidResult, Some(result)));
        }
        Ok(Content::Outcome(Outcome::Result(raw)))
    }

    fn error(&self, error: &Field, id: &IdField, body: &Bytes, limits: &Limits) -> Result<Content, Refusal> {
        if !matches!((id, limits.null_id), (IdField::Null, NullId::InErrors)) {
            self.check_id(id)?;
        }
        let object = read_error(error, body).ok_or_else(|| refuse(RefusalKind::InvalidError, Some(error)))?;
        Ok(Content::Outcome(Outcome::Error(object)))
    }

    fn check_id(&self, id: &IdField) -> Result<(), Refusal> {
        match id {
            IdField::Absent | IdField::Id(_) => Ok(()),
            IdField::Null => Err(refuse(RefusalKind::InvalidId, self.id.as_ref())),
            IdField::Bad(kind) => Err(refuse(*kind, self.id.as_ref())),
        }
    }
}

impl IdField {
    fn known(self) -> Option<Id> {
        match self {
            IdField::Id(id) => Some(id),
            _ => None,
        }
    }
}

impl Content {
    fn into_message(self, id: Option<Id>) -> Message {
        match (self, id) {
            (Content::Call(method, params), Some(id)) => Message::Request(Request { id, method, params }),
            (Content::Call(method, params), None) => Message::Notification(Notification { method, params }),
            (Content::Outcome(outcome), id) => Message::Response(Response { id, outcome }),
        }
    }
}

impl Field {
    fn raw(&self, body: &Bytes) -> Raw {
        Raw::slice(body, self.value.clone())
    }

    /// The value as text, if it is a string of Unicode text.
    fn text(&self, body: &Bytes) -> Option<Text> {
        let raw = self.raw(body);
        Some(match raw.to_string_value()? {
            Cow::Borrowed(_) => Text::slice(body, self.value.start + 1..self.value.end - 1),
            Cow::Owned(text) => Text::from(text),
        })
    }
}

fn read_params(params: &Field, body: &Bytes) -> Result<Raw, Refusal> {
    let raw = params.raw(body);
    if raw.kind() != Kind::Object {
        return Err(refuse(RefusalKind::InvalidParams, Some(params)));
    }
    match params.ambiguous {
        Some(offset) => Err(Refusal::new(RefusalKind::AmbiguousParams, offset)),
        None => Ok(raw),
    }
}

fn read_error(error: &Field, body: &Bytes) -> Option<ErrorObject> {
    if error.ambiguous.is_some() {
        return None;
    }
    let object = error.raw(body).object()?;
    let message = object.get("message")?;
    Some(ErrorObject {
        code: object.get("code")?.as_i64()?,
        message: message.to_string_lossy()?.into_owned(),
        data: object.get("data"),
    })
}

fn refuse(kind: RefusalKind, field: Option<&Field>) -> Refusal {
    Refusal::new(kind, field.map(|field| field.value.start))
}
