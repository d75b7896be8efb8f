//! From standard output to the listener.

use std::io::ErrorKind;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use pontoon_jsonrpc::{Limits, Message, Payload, Refusal, code};
use pontoon_supervise::{Admission, Throttle};
use tokio::net::unix::pipe::Receiver;

use crate::connection::Listener;
use crate::diagnostics::{Count, Tally};
use crate::refused::stand_in;
use crate::stdio::clean::{Line, clean};
use crate::stdio::framer::{Frame, Framer};
use crate::stdio::shared::Shared;

/// More reads than a pipe of 64 KiB can fill.
const DRAIN_READS: usize = 64;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Some,
    /// So much that there is probably more.
    Much,
    /// Nothing at this moment.
    Nothing,
    /// The stream has ended and everything was delivered.
    End,
}

/// Reads, frames, parses and delivers.
pub(crate) struct Reader {
    /// `None` after its end.
    pipe: Option<Receiver>,
    framer: Framer,
    throttle: Throttle,
    name: Arc<str>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(pipe: Receiver, max_line: usize, name: Arc<str>, shared: Arc<Shared>) -> Self {
        Self {
            pipe: Some(pipe),
            framer: Framer::new(max_line),
            throttle: Throttle::default(),
            name,
            shared,
        }
    }

    /// Ready when there may be something to read. Never again after the end.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.pipe {
            Some(pipe) => pipe.poll_read_ready(cx).map(|_| ()),
            None => Poll::Pending,
        }
    }

    /// Reads once and delivers every line that completes.
    pub(crate) fn read(&mut self, listener: &dyn Listener) -> Read {
        let Some(pipe) = &self.pipe else { return Read::End };
        match pipe.try_read_buf(self.framer.buffer()) {
            Ok(0) => self.end(listener),
            Ok(bytes) => {
                let filled = self.framer.appended(bytes);
                self.deliver_frames(listener);
                if filled { Read::Much } else { Read::Some }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Read::Nothing
            }
            Err(_) => self.end(listener),
        }
    }

    /// Reads what a process that has ended left in the pipe. A survivor that writes without end is not waited for.
    pub(crate) fn drain(&mut self, listener: &dyn Listener) {
        for _ in 0..DRAIN_READS {
            if matches!(self.read(listener), Read::Nothing | Read::End) {
                return;
            }
        }
    }

    fn end(&mut self, listener: &dyn Listener) -> Read {
        self.pipe = None;
        if let Some(line) = self.framer.finish() {
            self.deliver_line(line, listener);
        }
        Read::End
    }

    fn deliver_frames(&mut self, listener: &dyn Listener) {
        while let Some(frame) = self.framer.next_frame() {
            match frame {
                Frame::Line(line) => self.deliver_line(line, listener),
                Frame::Oversize => self.skipped("a line is over the limit", |tally| &tally.oversize_lines),
            }
        }
    }

    fn deliver_line(&mut self, line: Bytes, listener: &dyn Listener) {
        match clean(line) {
            Line::Blank => {}
            Line::Object(text) => {
                let message = Message::parse(text.clone(), &Limits::SERVER);
                self.deliver(message, &text, listener);
            }
            Line::Array(text) => match Payload::parse(text.clone(), &Limits::SERVER) {
                Ok(Payload::Batch(messages)) => {
                    messages
                        .into_iter()
                        .for_each(|message| self.deliver(message, &text, listener));
                }
                Ok(Payload::Single(message)) => self.deliver(Ok(message), &text, listener),
                // A log line like `[info] ready` begins the same way.
                Err(refusal) => self.deliver(Err(refusal), &text, listener),
            },
            Line::Noise(text) => self.noise(&text),
        }
    }

    fn deliver(&mut self, message: Result<Message, Refusal>, text: &Bytes, listener: &dyn Listener) {
        match message {
            Ok(message) => {
                self.shared.tally.received.add_one();
                listener.message(message);
            }
            Err(refusal) => self.refused(refusal, text, listener),
        }
    }

    fn refused(&mut self, refusal: Refusal, text: &Bytes, listener: &dyn Listener) {
        tracing::debug!(server = %self.name, %refusal, "message refused");
        if std::str::from_utf8(text).is_err() {
            return self.noise(text);
        }
        if refusal.code() == code::PARSE_ERROR {
            return self.skipped("a line is no JSON", |tally| &tally.noise_lines);
        }
        self.skipped("a message is not valid JSON-RPC", |tally| &tally.refused_messages);
        if let Some(message) = stand_in(&refusal) {
            // Somebody waits for this answer, and no other will come.
            listener.message(message);
        }
    }

    fn noise(&mut self, text: &Bytes) {
        if std::str::from_utf8(text).is_err() {
            return self.skipped("a line is not UTF-8", |tally| &tally.invalid_utf8_lines);
        }
        self.skipped("a line is no JSON", |tally| &tally.noise_lines);
    }

    /// Counts and says, with restraint, that something was skipped; never what, since it may be a secret.
    fn skipped(&mut self, what: &str, count: fn(&Tally) -> &Count) {
        count(&self.shared.tally).add_one();
        if let Admission::Log { suppressed } = self.throttle.admit(Instant::now()) {
            tracing::warn!(
                server = %self.name, suppressed,
                "skipped what the server wrote on standard output: {what}",
            );
        }
    }
}
