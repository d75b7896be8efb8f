//! From standard output to the listener.

use std::io::ErrorKind;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use pontoon_supervise::{Admission, Throttle};
use tokio::net::unix::pipe::Receiver;

use crate::connection::Listener;
use crate::stdio::decoder::{Heard, Skipped, StdioDecoder};
use crate::stdio::shared::Shared;

/// More reads than a pipe of 64 KiB can fill, at 4 KiB each or more.
const DRAIN_READS: usize = 20;

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

/// Reads, decodes and delivers.
pub(crate) struct Reader {
    /// `None` after its end.
    pipe: Option<Receiver>,
    decoder: StdioDecoder,
    throttle: Throttle,
    name: Arc<str>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(pipe: Receiver, max_line: usize, name: Arc<str>, shared: Arc<Shared>) -> Self {
        Self {
            pipe: Some(pipe),
            decoder: StdioDecoder::new(max_line),
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
        match pipe.try_read_buf(self.decoder.buffer()) {
            Ok(0) => self.end(listener),
            Ok(bytes) => {
                let filled = self.decoder.appended(bytes);
                self.deliver(listener);
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
        self.decoder.finish();
        self.deliver(listener);
        Read::End
    }

    fn deliver(&mut self, listener: &dyn Listener) {
        while let Some(heard) = self.decoder.decode() {
            match heard {
                Heard::Message(message) => {
                    self.shared.tally.received.add_one();
                    listener.message(message);
                }
                Heard::StandIn(message) => listener.message(message),
                Heard::Skipped(why) => self.skipped(&why),
            }
        }
    }

    /// Counts and says, with restraint, that something was skipped.
    fn skipped(&mut self, why: &Skipped) {
        let tally = &self.shared.tally;
        let (count, what) = match why {
            Skipped::Oversize => (&tally.oversize_lines, "a line is over the limit"),
            Skipped::Noise => (&tally.noise_lines, "a line is no JSON"),
            Skipped::InvalidUtf8 => (&tally.invalid_utf8_lines, "a line is not UTF-8"),
            Skipped::Refused(refusal) => {
                tracing::debug!(server = %self.name, %refusal, "message refused");
                (&tally.refused_messages, "a message is not valid JSON-RPC")
            }
        };
        count.add_one();
        if let Admission::Log { suppressed } = self.throttle.admit(Instant::now()) {
            tracing::warn!(
                server = %self.name, suppressed,
                "skipped what the server wrote on standard output: {what}",
            );
        }
    }
}
