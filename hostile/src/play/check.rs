//! What has to come back.

use std::time::Instant;

use serde_json::Value;

use super::{PATIENCE, Play};
use crate::era::Era;
use crate::response::Head;
use crate::subset;
use crate::text::shown;
use crate::words::Words;

impl Play<'_> {
    /// `expect CONNECTION STATUS[|STATUS] [closed] [within TIME]`, with what the response has to contain below.
    pub(super) fn step_expect(
        &mut self,
        mut words: Words<'_>,
        block: &[String],
        turn: usize,
    ) -> Result<(), String> {
        let limit = words.time("within", PATIENCE)?;
        let closes = words.flag("closed");
        let name = words.next("the connection")?.to_owned();
        let statuses = words.next("a status")?;
        words.end()?;
        let deadline = Instant::now() + limit;
        let head = self.head(&name, deadline)?;
        let streams = head.is_stream();
        let wants_body = block
            .iter()
            .any(|line| !line.starts_with("header ") && !line.starts_with("no header "));
        let body = if streams && !wants_body {
            Vec::new()
        } else {
            self.connection(&name)?.wire.body(deadline)?
        };
        self.note("<", &name, &body);
        if !statuses
            .split('|')
            .any(|status| status == head.status.to_string())
        {
            return Err(format!("- {statuses}\n+ {}\n{}", head.status, shown(&body, 600)));
        }
        if !streams {
            self.record_body(&name, &body)?;
        }
        for line in block {
            let line = self.expand_text(line, turn);
            check_response(&head, &body, &line)?;
        }
        if closes {
            let wire = &mut self.connection(&name)?.wire;
            wire.closed(deadline)?;
            if !wire.left_over().is_empty() {
                return Err(format!("more came: {}", shown(wire.left_over(), 600)));
            }
        }
        Ok(())
    }

    fn head(&mut self, name: &str, deadline: Instant) -> Result<Head, String> {
        let head = self.connection(name)?.wire.head(deadline)?;
        if let Some(id) = head.header("mcp-session-id") {
            self.sessions.insert(id.to_owned());
        }
        let line = format!("{} {:?}", head.status, head.headers);
        self.note("<", name, line.as_bytes());
        Ok(head)
    }

    /// `answer CONNECTION [modern=STATUS] [within TIME] {…}`: the answer to the last request posted there.
    pub(super) fn step_answer(&mut self, text: &str) -> Result<(), String> {
        let (mut words, expected) = with_json(text)?;
        let limit = words.time("within", PATIENCE)?;
        let name = words.next("the connection")?.to_owned();
        let mut status = 200;
        if let Ok(word) = words.next("a status") {
            let modern = word
                .strip_prefix("modern=")
                .and_then(|status| status.parse().ok());
            let modern = modern.ok_or_else(|| format!("{word:?} has no meaning here"))?;
            if self.era == Era::Modern {
                status = modern;
            }
        }
        words.end()?;
        self.answer_of(&name, &expected, status, Instant::now() + limit)
            .map(drop)
    }

    /// The answer to the last request on `name`, by whichever way the era sends it.
    pub(super) fn answer_of(
        &mut self,
        name: &str,
        expected: &Value,
        status: u16,
        deadline: Instant,
    ) -> Result<Head, String> {
        let asked = self
            .connection(name)?
            .asked
            .clone()
            .ok_or("nothing was asked there")?;
        let head = self.head(name, deadline)?;
        let mine = |message: &Value| message.get("id") == Some(&asked) && message.get("method").is_none();
        let wanted = if self.era == Era::Sse { 202 } else { status };
        if head.status != wanted {
            let body = self.connection(name)?.wire.body(deadline)?;
            return Err(format!("- {wanted}\n+ {}\n{}", head.status, shown(&body, 600)));
        }
        let message = if self.era == Era::Sse {
            let stream = format!("{}.stream", self.connection(name)?.owner);
            self.message(&stream, deadline, mine)?
        } else if head.is_stream() {
            self.message(name, deadline, mine)?
        } else {
            let body = self.connection(name)?.wire.body(deadline)?;
            self.note("<", name, &body);
            self.record_body(name, &body)?;
            serde_json::from_slice(&body).map_err(|error| format!("{error}: {}", shown(&body, 600)))?
        };
        if !mine(&message) {
            return Err(format!("- id {asked}\n+ {message}"));
        }
        subset::check(expected, &message)?;
        Ok(head)
    }

    /// `event CONNECTION [within TIME] {…}`: a message on a stream; others may come before it.
    pub(super) fn step_event(&mut self, text: &str) -> Result<(), String> {
        let (mut words, expected) = with_json(text)?;
        let limit = words.time("within", PATIENCE)?;
        let name = words.next("the connection")?.to_owned();
        words.end()?;
        let found = |message: &Value| subset::check(&expected, message).is_ok();
        self.message(&name, Instant::now() + limit, found).map(drop)
    }

    /// The first message on a stream that fits.
    fn message(
        &mut self,
        name: &str,
        deadline: Instant,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, String> {
        let early = self.early.entry(name.to_owned()).or_default();
        if let Some(at) = early.iter().position(&fits) {
            return Ok(early.remove(at));
        }
        loop {
            let event = self.connection(name)?.wire.event(deadline)?;
            let event = event.ok_or("the stream ended")?;
            self.note("<", name, event.data.as_bytes());
            let Ok(message) = serde_json::from_str::<Value>(&event.data) else {
                continue;
            };
            self.record(name, &message)?;
            if fits(&message) {
                return Ok(message);
            }
            self.early.entry(name.to_owned()).or_default().push(message);
        }
    }

    fn record_body(&mut self, name: &str, body: &[u8]) -> Result<(), String> {
        match serde_json::from_slice(body) {
            Ok(Value::Array(messages)) => messages.iter().try_for_each(|message| self.record(name, message)),
            Ok(message) => self.record(name, &message),
            Err(_) => Ok(()),
        }
    }

    /// Counts an answer. `id` is never null: it is left out where it is not known.
    pub(super) fn record(&mut self, name: &str, message: &Value) -> Result<(), String> {
        let answers = message.get("result").is_some() || message.get("error").is_some();
        match message.get("id") {
            Some(Value::Null) => return Err(format!("an id that is null: {message}")),
            Some(id) if answers => {
                let owner = self.connection(name)?.owner.clone();
                *self.answered.entry((owner, id.to_string())).or_default() += 1;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Words in front of a JSON value.
fn with_json(text: &str) -> Result<(Words<'_>, Value), String> {
    let at = text.find('{').ok_or("what is expected?")?;
    let expected =
        serde_json::from_str(&text[at..]).map_err(|error| format!("{error} in {}", &text[at..]))?;
    Ok((Words::new(&text[..at]), expected))
}

/// One line below an `expect`.
fn check_response(head: &Head, body: &[u8], line: &str) -> Result<(), String> {
    let text = || String::from_utf8_lossy(body);
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    match kind {
        "header" => {
            let (name, wanted) = rest.split_once(':').ok_or("a header has a colon")?;
            let wanted = wanted.trim();
            match head.header(name) {
                Some(value) if value.contains(wanted) => Ok(()),
                other => Err(format!(
                    "- {name}: {wanted}\n+ {name}: {}",
                    other.unwrap_or("(absent)")
                )),
            }
        }
        "no" => {
            let name = rest.strip_prefix("header ").ok_or("no what?")?;
            head.header(name)
                .map_or(Ok(()), |value| Err(format!("- no {name}\n+ {name}: {value}")))
        }
        "json" => {
            let expected = serde_json::from_str(rest).map_err(|error| format!("{error} in {rest}"))?;
            let got =
                serde_json::from_slice(body).map_err(|error| format!("{error}: {}", shown(body, 600)))?;
            subset::check(&expected, &got)
        }
        "text" if text().contains(rest) => Ok(()),
        "text" => Err(format!("- contains {rest}\n+ {}", shown(body, 600))),
        "lacks" if !text().contains(rest) => Ok(()),
        "lacks" => Err(format!("- lacks {rest}\n+ {}", shown(body, 600))),
        "body" if text() == rest => Ok(()),
        "body" => Err(format!("- {rest}\n+ {}", shown(body, 600))),
        _ => Err(format!("{kind:?} is nothing to expect")),
    }
}
