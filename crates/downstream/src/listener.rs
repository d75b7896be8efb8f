//! The listener: accepts connections, bounds them, and runs HTTP/1.1 on each.
//!
//! Only HTTP/1.1: it is what MCP clients speak to a plain-text address, and
//! one protocol means one set of limits. HTTP/2 comes with TLS.
//!
//! hyper's `header_read_timeout` runs from the end of one response to the end
//! of the next head, so a value that stops slow heads would also cut idle
//! connections that clients mean to reuse. [`wire`](crate::wire) tells the two
//! apart.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pontoon_policy::{LimitReached, Slot};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Settings;
use crate::backend::Backend;
use crate::gateway::{Gateway, Shared, Stage};
use crate::wire::{HeadTimer, Notes, Wire};

/// How often sessions are looked through for those whose time is over.
const SWEEP: Duration = Duration::from_secs(1);
/// Pause after an accept that failed for want of something, such as file
/// descriptors: it would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a connection over the limit is told before it is closed.
const OVER_LIMIT: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
/// Header lines that hyper parses without an allocation.
const HYPER_MAX_HEADERS: usize = 100;

impl<B: Backend> Gateway<B> {
    /// Accepts connections until [`Gateway::drain`] is called.
    pub async fn serve(&self, listener: TcpListener) {
        let mut stage = self.0.stage.subscribe();
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.accept(stream, peer),
                    Err(error) => pause_after(&error).await,
                },
                _ = sweep.tick() => self.sweep(),
                () = reached(&mut stage, Stage::Draining) => return,
            }
        }
    }

    fn accept(&self, stream: TcpStream, peer: SocketAddr) {
        match self.0.admit(peer) {
            Ok(slots) => {
                tune(&stream, &self.0.settings);
                let connection = self.serve_connection(stream, peer);
                tokio::spawn(async move {
                    connection.await;
                    drop(slots);
                });
            }
            Err(limit) => {
                tracing::debug!(%peer, %limit, "connection refused");
                // A courtesy: whether it arrives is up to the kernel.
                let _ = stream.try_write(OVER_LIMIT);
            }
        }
    }

    /// Runs HTTP/1.1 on a connection that is there already.
    pub fn serve_connection<T>(&self, io: T, peer: SocketAddr) -> impl Future<Output = ()> + Send + 'static
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let gateway = self.clone();
        let notes = Arc::new(Notes::default());
        let wire = TokioIo::new(Wire::new(io, Arc::clone(&notes)));
        let http = http(&self.0.settings, Arc::clone(&notes));
        let service = service_fn(move |request| {
            let gateway = gateway.clone();
            let head = notes.head();
            async move { Ok::<_, Infallible>(gateway.handle_framed(request, peer, head).await) }
        });
        run(http.serve_connection(wire, service), self.0.stage.subscribe())
    }
}

/// Waits for a stage, or a later one. A gateway that is gone has reached them all.
async fn reached(stage: &mut watch::Receiver<Stage>, wanted: Stage) {
    let _ = stage.wait_for(|stage| *stage >= wanted).await;
}

/// Drives a connection to its end, or to the gateway's.
async fn run<T, S>(connection: http1::Connection<TokioIo<Wire<T>>, S>, mut stage: watch::Receiver<Stage>)
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = crate::ResponseBody, Error = Infallible>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = reached(&mut stage, Stage::Draining) => (),
    };
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection => note(ended),
        () = reached(&mut stage, Stage::Cut) => (),
    }
}

/// How a connection ended is the client's business; it is no error of ours.
fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::trace!(%error, "connection ended early");
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
    .max_buf_size(settings.max_header_bytes);
    if settings.max_headers != HYPER_MAX_HEADERS {
        http.max_headers(settings.max_headers);
    }
    http
}

impl<B: Backend> Shared<B> {
    /// Counts a connection, in all and of its address.
    fn admit(&self, peer: SocketAddr) -> Result<[Slot; 2], LimitReached> {
        let mine = self.per_address.acquire(peer.ip().to_canonical())?;
        Ok([mine, self.connections.acquire()?])
    }
}

/// Options are improvements: a socket that refuses one is still served.
fn tune(stream: &TcpStream, settings: &Settings) {
    // Without it an answer in two writes waits for a delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    // A client that vanished while nothing is sent to it.
    let probes = TcpKeepalive::new()
        .with_time(settings.write_timeout)
        .with_interval(settings.write_timeout / 3);
    let _ = socket.set_tcp_keepalive(&probes);
    // A client that vanished, or stopped reading, while something is.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(settings.write_timeout));
}

async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    // The one connection that failed is no reason to wait with the next.
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return;
    }
    tracing::warn!(%error, "cannot accept connections; will try again");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
