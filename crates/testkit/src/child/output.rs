//! Standard output and how it can be spoilt.

use std::io::{self, StdoutLock, Write};
use std::time::Duration;

use crate::flags::Flags;

/// Between two pieces of a line: long enough to be read alone.
const PAUSE: Duration = Duration::from_millis(3);

pub(crate) struct Output {
    out: StdoutLock<'static>,
    first: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            out: io::stdout().lock(),
            first: true,
        }
    }

    /// Sends one message as a line. Standard output is line-buffered: the newline flushes.
    pub(crate) fn message(&mut self, flags: &Flags, message: &str) -> io::Result<()> {
        let first = std::mem::replace(&mut self.first, false);
        if flags.banner {
            let banner = if first {
                "Welcome to the test server!\n{not json}\n"
            } else {
                "[info] handled\n"
            };
            self.out.write_all(banner.as_bytes())?;
        }
        if flags.crlf {
            self.out
                .write_all(if first { "\u{feff}".as_bytes() } else { b"\r\n\n" })?;
        }
        if flags.bad_utf8 {
            self.out
                .write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}\n")?;
        }
        if flags.ansi {
            self.out.write_all(b"\x1b]0;test\x07\x1b[32m")?;
        }
        let end = if flags.crlf { "\r\n" } else { "\n" };
        self.bytes(flags, [message, end].concat().as_bytes())
    }

    /// Sends bytes, in as many pieces as the flags want.
    pub(crate) fn bytes(&mut self, flags: &Flags, bytes: &[u8]) -> io::Result<()> {
        if flags.dribble {
            for byte in bytes {
                self.out.write_all(&[*byte])?;
                self.out.flush()?;
            }
            return Ok(());
        }
        let mut rest = bytes;
        if flags.pieces {
            let (begin, end) = bytes.split_at(bytes.len() / 2);
            self.out.write_all(begin)?;
            self.out.flush()?;
            std::thread::sleep(PAUSE);
            rest = end;
        }
        self.out.write_all(rest)?;
        self.out.flush()
    }

    /// Sends an answer, as the flags want it.
    pub(crate) fn answer(&mut self, flags: &Flags, message: &str) -> io::Result<()> {
        if let Some(bytes) = flags.giant_line.filter(|_| self.first) {
            self.giant_line(bytes)?;
        }
        let batch = format!("[{message}]");
        let message = if flags.batch { &batch } else { message };
        self.message(flags, message)?;
        if flags.duplicate_answers {
            self.message(flags, message)?;
        }
        Ok(())
    }

    fn giant_line(&mut self, mut bytes: u64) -> io::Result<()> {
        let chunk = [b'x'; 64 * 1024];
        while bytes > 0 {
            let part = bytes.min(chunk.len() as u64);
            self.out
                .write_all(&chunk[..usize::try_from(part).expect("a chunk's length")])?;
            bytes -= part;
        }
        self.out.write_all(b"\n")
    }

    /// Closes the descriptor itself, and says nothing more.
    pub(crate) fn close(&mut self) {
        // SAFETY: nothing is written to descriptor 1 after this.
        unsafe { libc::close(libc::STDOUT_FILENO) };
    }
}
