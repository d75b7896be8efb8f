//! Reading the body of a POST.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::request::Parts;
use http_body::{Body, Frame};
use tokio::time::Instant;

use crate::status::Fault;

/// Bounds on one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
    /// Bytes per second, on average, after the first few seconds.
    pub(crate) rate: usize,
}

/// Whether the headers announce one JSON text that fits.
///
/// Only `application/json` will do: a browser sends other types across sites
/// without asking first.
///
/// # Errors
///
/// The [`Fault`] to refuse with, before any of the body is read.
pub(crate) fn check_headers(headers: &HeaderMap, limits: BodyLimits) -> Result<(), Fault> {
    check_type(headers)?;
    if headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(Fault::ContentEncoding);
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(length) if length > limits.bytes as u64 => Err(Fault::BodyTooLarge(limits.bytes)),
        _ => Ok(()),
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Fault> {
    let mut lines = headers.get_all(CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(Fault::ContentType);
    };
    if line == "application/json" {
        return Ok(());
    }
    let mut parts = line.to_str().map_err(|_| Fault::ContentType)?.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Fault::ContentType);
    }
    let foreign_charset = |parameter: &str| {
        let (key, value) = parameter.split_once('=').unwrap_or_default();
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case("charset")
            && !value.eq_ignore_ascii_case("utf-8")
            && !value.eq_ignore_ascii_case("utf8")
    };
    if parts.any(foreign_charset) {
        Err(Fault::Charset)
    } else {
        Ok(())
    }
}

/// Reads a body to its end. A body that comes in one piece is not copied.
///
/// # Errors
///
/// The [`Fault`] to refuse with.
pub(crate) async fn read<T>(mut body: T, limits: BodyLimits) -> Result<Bytes, Fault>
where
    T: Body<Data = Bytes> + Unpin,
{
    let mut received = Received::default();
    let result = match received.read_at_once(&mut body, limits.bytes).await {
        Some(result) => result,
        None => received.read_in_time(&mut body, limits).await,
    };
    result.map(|()| received.into_bytes())
}

/// How long a body may trickle before its rate counts: a connection that
/// stalls for a moment has lost nothing.
const GRACE: Duration = Duration::from_secs(5);
/// How often the rate is looked at then.
const LOOK: Duration = Duration::from_secs(1);

/// Most bytes of a refused body that are read for the sake of the connection.
const DISCARD_BYTES: u64 = 64 * 1024;
/// How long such a body is waited for.
const DISCARD_TIME: Duration = Duration::from_secs(1);

/// Reads and drops what is left of a body, so that its connection can be used
/// again. False if that would take too long: then the connection has to close.
pub(crate) async fn discard<T>(head: &Parts, body: &mut T) -> bool
where
    T: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return true;
    }
    // A client that waits for 100 Continue need not send what is refused.
    if body.size_hint().lower() > DISCARD_BYTES || head.headers.contains_key(EXPECT) {
        return false;
    }
    let mut dropped = 0;
    let rest = poll_fn(|cx| {
        loop {
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                None => return Poll::Ready(true),
                Some(Err(_)) => return Poll::Ready(false),
                Some(Ok(frame)) => dropped += frame.data_ref().map_or(0, |piece| piece.len() as u64),
            }
            if dropped > DISCARD_BYTES {
                return Poll::Ready(false);
            }
        }
    });
    tokio::time::timeout(DISCARD_TIME, rest).await.unwrap_or(false)
}

/// What has come so far: the first piece as it came, or all pieces joined.
#[derive(Default)]
struct Received {
    first: Bytes,
    joined: BytesMut,
}

impl Received {
    /// Reads a body that is already here; `None` if it is not. Most bodies come
    /// with their head, and a timer for each of them would be work for nothing.
    ///
    /// hyper hands a body over one poll after it was first asked for, hence
    /// the second try.
    async fn read_at_once<T>(&mut self, body: &mut T, limit: usize) -> Option<Result<(), Fault>>
    where
        T: Body<Data = Bytes> + Unpin,
    {
        let mut asked = false;
        poll_fn(|cx| match self.poll_read(Pin::new(&mut *body), cx, limit) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if asked => Poll::Ready(None),
            Poll::Pending => {
                asked = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await
    }

    /// Reads a body that is still coming. A client that keeps it just alive is
    /// not waited for until the end.
    async fn read_in_time<T>(&mut self, body: &mut T, limits: BodyLimits) -> Result<(), Fault>
    where
        T: Body<Data = Bytes> + Unpin,
    {
        let begun = Instant::now();
        let mut look = pin!(tokio::time::sleep(GRACE.min(limits.time)));
        poll_fn(|cx| {
            if let Poll::Ready(result) = self.poll_read(Pin::new(&mut *body), cx, limits.bytes) {
                return Poll::Ready(result);
            }
            loop {
                ready!(look.as_mut().poll(cx));
                let spent = begun.elapsed();
                if spent >= limits.time || self.is_slower_than(limits.rate, spent) {
                    return Poll::Ready(Err(Fault::BodyTimeout));
                }
                look.as_mut().reset(begun + (spent + LOOK).min(limits.time));
            }
        })
        .await
    }

    fn is_slower_than(&self, rate: usize, spent: Duration) -> bool {
        let come = (self.first.len() + self.joined.len()) as u64;
        spent >= GRACE && come < (rate as u64).saturating_mul(spent.as_secs())
    }

    fn poll_read<T>(
        &mut self,
        mut body: Pin<&mut T>,
        cx: &mut Context<'_>,
        limit: usize,
    ) -> Poll<Result<(), Fault>>
    where
        T: Body<Data = Bytes>,
    {
        loop {
            match ready!(body.as_mut().poll_frame(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(_)) => return Poll::Ready(Err(Fault::BodyBroken)),
                Some(Ok(frame)) => {
                    if let Err(fault) = self.push(frame, limit) {
                        return Poll::Ready(Err(fault));
                    }
                }
            }
        }
    }

    fn push(&mut self, frame: Frame<Bytes>, limit: usize) -> Result<(), Fault> {
        // Trailers carry nothing that is used.
        let Ok(piece) = frame.into_data() else {
            return Ok(());
        };
        if self.first.len() + self.joined.len() + piece.len() > limit {
            return Err(Fault::BodyTooLarge(limit));
        }
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = piece;
            return Ok(());
        }
        if self.joined.is_empty() {
            self.joined.reserve(self.first.len() + piece.len());
            self.joined.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&piece);
        Ok(())
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}
