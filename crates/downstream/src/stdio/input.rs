//! From the bytes of a pipe to lines.

use bytes::Bytes;
use pontoon_jsonrpc::lines::{Edges, Frame, Framer};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What comes next on a pipe.
#[derive(Debug)]
pub(crate) enum Line {
    /// A line that is not blank.
    Text(Bytes),
    /// A line over the limit, which was skipped; what its ends tell of it.
    TooLong(Edges),
    /// Nothing more.
    End,
}

/// The client's side of the pipe.
pub(crate) struct Input<R> {
    source: R,
    framer: Framer,
    has_ended: bool,
}

impl<R: AsyncRead + Unpin> Input<R> {
    pub(crate) fn new(source: R, max_line: usize) -> Self {
        Self {
            source,
            framer: Framer::new(max_line),
            has_ended: false,
        }
    }

    /// The next line. Nothing is lost if the future is dropped.
    pub(crate) async fn next(&mut self) -> Line {
        loop {
            while let Some(frame) = self.framer.next_frame() {
                match frame {
                    Frame::Line(line) if is_blank(&line) => {}
                    Frame::Line(line) => return Line::Text(line),
                    // Whose it was shows at its end.
                    Frame::Oversize => tracing::warn!("a line of the client is over the limit and skipped"),
                    Frame::Skipped(edges) => return Line::TooLong(edges),
                }
            }
            if self.has_ended {
                return Line::End;
            }
            match self.source.read_buf(self.framer.buffer()).await {
                Ok(0) => self.end(),
                Ok(bytes) => drop(self.framer.appended(bytes)),
                Err(error) => {
                    tracing::warn!(%error, "standard input cannot be read");
                    self.end();
                }
            }
        }
    }

    /// The end of the input is the end of its last line, also of one that is too
    /// long: whoever waits for its answer hears of it.
    fn end(&mut self) {
        self.has_ended = true;
        self.framer.buffer().extend_from_slice(b"\n");
    }
}

/// Also the CR of an empty line that ends in CRLF.
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}
