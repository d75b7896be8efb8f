//! The one writer toward the client.

use std::io;
use std::sync::Arc;

use pontoon_jsonrpc::lines::one_line;
use pontoon_session::{Aborted, Peek, Reader};
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};
use tokio::sync::Notify;

/// So much is written at once where messages are small.
const BUFFER: usize = 32 * 1024;

/// How writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// The queue was closed, and the client has it all.
    Everything,
    /// The client left too much unread.
    Overflow,
    /// The client has closed its end.
    Failed,
}

/// Writes what is queued, a line for each message, until the queue ends. A
/// client that does not read is given up when `overflowed` is rung.
pub(crate) async fn write<W: AsyncWrite + Unpin>(
    queue: Reader,
    overflowed: Arc<Notify>,
    output: W,
) -> Written {
    tokio::select! {
        biased;
        () = overflowed.notified() => Written::Overflow,
        written = write_all(queue, output) => written,
    }
}

async fn write_all<W: AsyncWrite + Unpin>(mut queue: Reader, output: W) -> Written {
    let mut output = BufWriter::with_capacity(BUFFER, output);
    loop {
        match queue.peek().await {
            Peek::Aborted(Aborted::Overflow) => return Written::Overflow,
            Peek::Aborted(Aborted::Closed) | Peek::End => return Written::Everything,
            Peek::Message(_) => {}
        }
        if let Err(error) = write_waiting(&mut queue, &mut output).await {
            tracing::debug!(%error, "standard output cannot be written");
            return Written::Failed;
        }
    }
}

/// Writes all that waits, and sees to it that it gets out.
async fn write_waiting<W: AsyncWrite + Unpin>(
    queue: &mut Reader,
    output: &mut BufWriter<W>,
) -> io::Result<()> {
    while let Some(delivery) = queue.try_next() {
        output.write_all(&one_line(delivery.message)).await?;
        output.write_all(b"\n").await?;
    }
    output.flush().await
}
