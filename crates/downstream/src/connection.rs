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
use pin_project_lite::pin_project;
use pontoon_policy::Slot;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::backend::Backend;
use crate::gateway::{Gateway, Stage};
use crate::wire::{HeadTimer, Notes, Wire};
use crate::{ResponseBody, Settings};

/// The least that hyper takes for its buffers.
const HYPER_MIN_BUFFER: usize = 8 * 1024;
/// Header lines that hyper parses without an allocation.
const HYPER_MAX_HEADERS: usize = 100;

/// What a connection counts as, given back at its end.
pub(crate) type Slots = [Slot; 2];

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
        let wire = TokioIo::new(Wire::new(io, Arc::clone(&notes)));
        let http = http(&self.0.settings, Arc::clone(&notes));
        let service =
            service_fn(move |request| gateway.clone().handle_on_wire(request, peer, Arc::clone(&notes)));
        let stage = self.0.stage.subscribe();
        Connection {
            http: http.serve_connection(wire, service),
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

pin_project! {
    /// Drives a connection to its end, or to the gateway's.
    ///
    /// A type of its own: an async function keeps its arguments beside the
    /// places that they are moved to, and there are many idle connections.
    struct Connection<T, S>
    where
        S: HttpService<Incoming>,
    {
        #[pin]
        http: http1::Connection<TokioIo<Wire<T>>, S>,
        // Resolves when the gateway drains, and then when it cuts what is left.
        stage: Pin<Box<dyn Future<Output = ()> + Send>>,
        // For the second of these, until it is waited for.
        later: Option<watch::Receiver<Stage>>,
        _slots: Option<Slots>,
    }
}

impl<T, S> Future for Connection<T, S>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HttpService<Incoming, ResBody = ResponseBody, Error = Infallible>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            if let Poll::Ready(ended) = this.http.as_mut().poll(cx) {
                // How it ended is the client's business; it is no error of ours.
                tracing::trace!(?ended, "connection ended");
                return Poll::Ready(());
            }
            ready!(this.stage.as_mut().poll(cx));
            let Some(stage) = this.later.take() else {
                return Poll::Ready(());
            };
            this.http.as_mut().graceful_shutdown();
            *this.stage = Box::pin(reached(stage, Stage::Cut));
        }
    }
}
