//! The last word on a connection whose next head could not be read.
//!
//! hyper answers a head that it cannot parse, and hangs up in silence on one
//! that is not complete in time. A client deserves to know which of its
//! requests came to nothing, and why.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::status::{Fault, Problem};
use crate::wire::Wire;

/// Writes a refusal, then closes the connection.
pub(crate) struct Farewell<T> {
    wire: Wire<T>,
    text: Bytes,
    told: usize,
}

impl<T> Farewell<T> {
    pub(crate) fn new(wire: Wire<T>, fault: Fault) -> Self {
        Self {
            wire,
            text: response(fault),
            told: 0,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Farewell<T> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.told < this.text.len() {
            let written = Pin::new(&mut this.wire).poll_write(cx, &this.text[this.told..]);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => this.told += written,
            }
        }
        Pin::new(&mut this.wire).poll_shutdown(cx)
    }
}

fn response(fault: Fault) -> Bytes {
    let status = fault.status();
    let body = Problem::from(fault).to_json();
    let head = format!(
        "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    [head.as_bytes(), &body].concat().into()
}
