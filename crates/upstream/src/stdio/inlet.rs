//! The way into a child: its standard input and what waits before it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

use bytes::Bytes;
use pontoon_jsonrpc::lines::one_line;
use tokio::net::unix::pipe::Sender;

use crate::connection::SendError;

const NEWLINE: Bytes = Bytes::from_static(b"\n");
/// Pieces handed to one system call.
const MAX_PIECES: usize = 64;

/// Where messages go in. Not synchronised: lives behind a lock that is held for one system call at most.
#[derive(Debug)]
pub(crate) struct Inlet {
    /// `None` once closed.
    pipe: Option<Arc<Sender>>,
    /// Pieces of lines, newlines included.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    max_waiting: usize,
}

/// What became of a message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is in the pipe.
    Written,
    /// It waits, in part or whole.
    Queued,
    /// It waits for nothing: the child closed its end. The task will find out why.
    Broken,
}

impl Inlet {
    pub(crate) fn new(pipe: Arc<Sender>, max_waiting: usize) -> Self {
        Self {
            pipe: Some(pipe),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            max_waiting,
        }
    }

    /// Bytes that wait.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Takes a message: writes it at once if nothing waits before it.
    pub(crate) fn send(&mut self, message: Bytes) -> Result<Taken, SendError> {
        let pipe = self.pipe.as_ref().ok_or(SendError::Closed)?;
        let message = one_line(message);
        if !self.waiting.is_empty() {
            if self.waiting_bytes + message.len() > self.max_waiting {
                return Err(SendError::Full);
            }
            self.push(message, 0);
            return Ok(Taken::Queued);
        }
        match pipe.try_write_vectored(&[IoSlice::new(&message), IoSlice::new(&NEWLINE)]) {
            Ok(written) if written > message.len() => Ok(Taken::Written),
            Ok(written) => {
                self.push(message, written);
                Ok(Taken::Queued)
            }
            Err(error) if is_temporary(&error) => {
                self.push(message, 0);
                Ok(Taken::Queued)
            }
            // Not an error of this call alone: whether the child got earlier messages is as unknown as why it
            // closed its input. The end of the connection will tell everybody.
            Err(_) => Ok(Taken::Broken),
        }
    }

    /// Writes what waits. Returns how many bytes went.
    pub(crate) fn flush(&mut self) -> io::Result<usize> {
        let mut flushed = 0;
        while let (Some(pipe), false) = (&self.pipe, self.waiting.is_empty()) {
            let mut pieces = [IoSlice::new(&[]); MAX_PIECES];
            let used = self.waiting.len().min(MAX_PIECES);
            for (piece, waiting) in pieces.iter_mut().zip(&self.waiting) {
                *piece = IoSlice::new(waiting);
            }
            match pipe.try_write_vectored(&pieces[..used]) {
                Ok(written) => {
                    self.consume(written);
                    flushed += written;
                }
                Err(error) if is_temporary(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(flushed)
    }

    /// Closes this end. What still waits is dropped.
    pub(crate) fn close(&mut self) {
        self.pipe = None;
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
    }

    fn push(&mut self, message: Bytes, written: usize) {
        self.waiting_bytes += message.len() + 1 - written;
        if written < message.len() {
            self.waiting.push_back(message.slice(written..));
        }
        self.waiting.push_back(NEWLINE);
    }

    fn consume(&mut self, mut written: usize) {
        self.waiting_bytes -= written;
        while written > 0 {
            let first = self.waiting.front_mut().expect("no more is written than waits");
            if written < first.len() {
                bytes::Buf::advance(first, written);
                return;
            }
            written -= first.len();
            self.waiting.pop_front();
        }
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::unix::pipe::{Receiver, pipe};

    async fn inlet(max_waiting: usize) -> (Inlet, Arc<Sender>, Receiver) {
        let (sender, receiver) = pipe().unwrap();
        // Before its first readiness event a pipe takes nothing.
        sender.writable().await.unwrap();
        let sender = Arc::new(sender);
        (Inlet::new(Arc::clone(&sender), max_waiting), sender, receiver)
    }

    /// Reads so many bytes and flushes whenever the pipe takes more; returns what was read and how much was flushed.
    async fn carry(
        inlet: &mut Inlet,
        sender: &Sender,
        receiver: &mut Receiver,
        bytes: usize,
    ) -> (Vec<u8>, usize) {
        let (mut read, mut flushed) = (Vec::new(), 0);
        while read.len() < bytes {
            tokio::select! {
                more = receiver.read_buf(&mut read) => assert_ne!(more.unwrap(), 0),
                writable = sender.writable(), if inlet.waiting_bytes() > 0 => {
                    writable.unwrap();
                    flushed += inlet.flush().unwrap();
                }
            }
        }
        (read, flushed)
    }

    #[tokio::test]
    async fn a_message_goes_out_at_once_with_its_newline() {
        let (mut inlet, _, mut receiver) = inlet(100).await;
        assert_eq!(inlet.send("{}".into()), Ok(Taken::Written));
        let mut read = [0; 3];
        receiver.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"{}\n");
    }

    #[tokio::test]
    async fn what_the_pipe_does_not_take_waits_in_order_and_within_the_limit() {
        let (mut inlet, sender, mut receiver) = inlet(100).await;
        let big = Bytes::from(vec![b'x'; 200 * 1024]);
        assert_eq!(inlet.send(big.clone()), Ok(Taken::Queued));
        assert_eq!(inlet.send("{\"a\":1}".into()), Err(SendError::Full));
        let waited = inlet.waiting_bytes();
        let (read, flushed) = carry(&mut inlet, &sender, &mut receiver, big.len() + 1).await;
        assert_eq!(flushed, waited);
        assert_eq!((&read[..big.len()], read[big.len()]), (&big[..], b'\n'));
        assert_eq!(inlet.waiting_bytes(), 0);
        assert_eq!(inlet.send("{}".into()), Ok(Taken::Written));
    }

    #[tokio::test]
    async fn messages_queued_behind_others_are_all_flushed() {
        let (mut inlet, sender, mut receiver) = inlet(1 << 20).await;
        let big = Bytes::from(vec![b'x'; 70 * 1024]);
        let messages: Vec<Bytes> = (0..200).map(|n| format!("{{\"n\":{n}}}").into()).collect();
        assert_eq!(inlet.send(big.clone()), Ok(Taken::Queued));
        for message in &messages {
            assert_eq!(inlet.send(message.clone()), Ok(Taken::Queued));
        }
        let mut expected = [&big[..], b"\n"].concat();
        messages
            .iter()
            .for_each(|message| expected.extend_from_slice(&[message, &b"\n"[..]].concat()));
        let (read, _) = carry(&mut inlet, &sender, &mut receiver, expected.len()).await;
        assert_eq!(read, expected);
    }

    #[tokio::test]
    async fn line_breaks_in_a_pretty_printed_message_do_not_break_the_framing() {
        let (mut inlet, _, mut receiver) = inlet(100).await;
        assert_eq!(inlet.send("{\r\n \"a\": 1\n}".into()), Ok(Taken::Written));
        let mut read = Vec::new();
        receiver.read_buf(&mut read).await.unwrap();
        assert_eq!(read, b"{   \"a\": 1 }\n");
    }

    #[tokio::test]
    async fn a_broken_pipe_and_a_closed_inlet_are_told_apart() {
        let (mut inlet, _, receiver) = inlet(100).await;
        drop(receiver);
        assert_eq!(inlet.send("{}".into()), Ok(Taken::Broken));
        inlet.close();
        assert_eq!(inlet.send("{}".into()), Err(SendError::Closed));
    }
}
