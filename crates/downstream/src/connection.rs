//! One connection: HTTP/1.1 from its accept to its end.
//!
//! Only HTTP/1.1: it is what MCP clients speak to a plain-text address, and
//! one protocol means one set of limits. HTTP/2 comes with TLS.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use pontoon_policy::Slot;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::backend::Backend;
use crate::farewell::Farewell;
use crate::gateway::{Gateway, Shared, Stage};
use crate::wire::{HeadTimer, Notes, Wire};
use crate::{ResponseBody, Settings};

/// The least that hyper takes for its buffers.
const HYPER_MIN_BUFFER: usize = 8 * 1024;
/// Header lines that hyper parses without an allocation.
const HYPER_MAX_HEADERS: usize = 100;

/// What a connection counts as, given back at its end.
pub(crate) type Slots = (Option<Slot>, Slot);

impl<B: Backend> Gateway<B> {
    /// Runs HTTP/1.1 on a connection that is there already.
    pub fn serve_connection<T>(&self, io: T, peer: SocketAddr) -> impl Future<Output = ()> + Send + 'static
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connection(io, peer, None)
    }

    pub(crate) fn connection<T>(
        &self,
        io: T,
        peer: SocketAddr,
        slots: Option<Slots>,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let gateway = self.clone();
        let notes = Arc::new(Notes::default());
        let wire = TokioIo::new(Wire::new(
            io,
            Arc::clone(&notes),
            self.0.settings.max_header_bytes,
        ));
        let http = http(&self.0.settings, Arc::clone(&notes));
        let service =
            service_fn(move |request| gateway.clone().handle_on_wire(request, peer, Arc::clone(&notes)));
        let stage = self.0.stage.subscribe();
        Connection {
            phase: Phase::Serving(http.serve_connection(wire, service)),
            shared: Arc::clone(&self.0),
            stage: Box::pin(reached(stage.clone(), Stage::Draining)),
            later: Some(stage),
            _slots: slots,
        }
    }
}

fn http(settings: &Settings, notes: Arc<Notes>) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(HeadTimer {
        notes,
        head: settings.header_timeout,
    })
    .header_read_timeout(settings.idle_timeout)
    // A client that closes its side is gone: that ends its streams at once.
    .half_close(false)
    .max_header_size(settings.max_header_bytes)
    .max_buf_size(settings.max_header_bytes.max(HYPER_MIN_BUFFER));
    if settings.max_headers != HYPER_MAX_HEADERS {
        http.max_headers(settings.max_headers);
    }
    http
}

/// Waits for a stage, or a later one. A gateway that is gone has reached them all.
pub(crate) async fn reached(mut stage: watch::Receiver<Stage>, wanted: Stage) {
    let _ = stage.wait_for(|stage| *stage >= wanted).await;
}

/// Drives a connection to its end, or to the gateway's.
///
/// A type of its own: an async function keeps its arguments beside the
/// places that they are moved to, and there are many idle connections.
struct Connection<T, S, B>
where
    S: HttpService<Incoming>,
    B: Backend,
{
    phase: Phase<T, S>,
    shared: Arc<Shared<B>>,
    /// Resolves when the gateway drains, and then when it cuts what is left.
    stage: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// For the second of these, until it is waited for.
    later: Option<watch::Receiver<Stage>>,
    _slots: Option<Slots>,
}

type Http<T, S> = http1::Connection<TokioIo<Wire<T>>, S>;

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all connections are always in the large one"
)]
enum Phase<T, S>
where
    S: HttpService<Incoming>,
{
    Serving(Http<T, S>),
    /// Boxed: rare, and there are many connections.
    Leaving(Box<Farewell<T>>),
    Over,
}

// Nothing in it is pinned in place: hyper's connection boxes what has to be.
impl<T, S: HttpService<Incoming>, B: Backend> Unpin for Connection<T, S, B> {}

impl<T, S> Phase<T, S>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HttpService<Incoming, ResBody = ResponseBody, Error = Infallible>,
{
    /// Resolves when the phase is over; to the reason why hyper gave up.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<hyper::Error>> {
        match self {
            Self::Serving(http) => Pin::new(http).poll(cx).map(Result::err),
            // A client that is gone has nobody to be told.
            Self::Leaving(farewell) => Pin::new(farewell).poll(cx).map(|_| None),
            Self::Over => Poll::Ready(None),
        }
    }

    /// What follows: a last word, where hyper had none, or nothing.
    fn next(self, error: Option<hyper::Error>) -> (Self, Option<&'static str>) {
        let (Self::Serving(http), Some(error)) = (self, error) else {
            return (Self::Over, None);
        };
        let wire = http.into_parts().io.into_inner();
        match wire.last_word(&error) {
            Some(fault) => {
                let label = fault.label();
                (Self::Leaving(Box::new(Farewell::new(wire, fault))), Some(label))
            }
            None => (Self::Over, None),
        }
    }
}

impl<T, S, B> Future for Connection<T, S, B>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HttpService<Incoming, ResBody = ResponseBody, Error = Infallible>,
    B: Backend,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if let Poll::Ready(error) = this.phase.poll(cx) {
                // How it ended is the client's business; it is no error of ours.
                tracing::trace!(?error, "connection ended");
                let (next, refused) = std::mem::replace(&mut this.phase, Phase::Over).next(error);
                let Some(reason) = refused else {
                    return Poll::Ready(());
                };
                this.shared.tally.count(reason);
                this.phase = next;
                continue;
            }
            ready!(this.stage.as_mut().poll(cx));
            let Some(stage) = this.later.take() else {
                return Poll::Ready(());
            };
            if let Phase::Serving(http) = &mut this.phase {
                Pin::new(http).graceful_shutdown();
            }
            this.stage = Box::pin(reached(stage, Stage::Cut));
        }
    }
}
