//! The facade for applications.

mod builder;
mod server;
mod service;

pub use builder::{BuildError, GatewayBuilder};
pub use server::{Lease, Server};
pub use service::GatewayService;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pontoon_broker::Endpoint;
use pontoon_downstream::ResponseBody;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// Serves MCP servers to MCP clients of every revision. Cheap to clone.
///
/// Each server is at `/NAME/mcp` (Streamable HTTP, with sessions and without) and `/NAME/sse` (HTTP+SSE, 2024-11-05);
/// a single one, or the [default](GatewayBuilder::default_server), is at `/mcp` and `/sse` as well.
#[derive(Clone)]
pub struct Gateway(Arc<Running>);

struct Running {
    gateway: pontoon_downstream::Gateway<Endpoint>,
    /// Looks for sessions whose time is over, also where nobody listens: requests may come through a service.
    tending: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tending.abort();
    }
}

impl Gateway {
    /// Begins with no servers and the defaults of `pontoon serve`.
    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::new()
    }

    fn running(gateway: pontoon_downstream::Gateway<Endpoint>) -> Self {
        let tended = gateway.clone();
        let tending = tokio::spawn(async move { tended.tend().await }).abort_handle();
        Self(Arc::new(Running { gateway, tending }))
    }

    /// Accepts connections until [`Gateway::drain`] is called. Limits on connections, heads and times to read them hold
    /// here only: whoever listens otherwise has to see to them.
    pub async fn serve(&self, listener: TcpListener) {
        self.0.gateway.serve(listener).await;
    }

    /// A tower service, for axum and whatever else takes one. It has no path of its own: mount it as a fallback, or nested, then with
    /// [`public_prefix`](GatewayBuilder::public_prefix).
    pub fn service(&self) -> GatewayService {
        GatewayService::new(self.clone())
    }

    /// Answers one HTTP request that came from `peer`, whose address is what anonymous callers are told apart by.
    ///
    /// The response's body must be polled or dropped: for requests of 2026-07-28 dropping it is a cancellation, for
    /// HTTP+SSE the end of the session.
    pub async fn handle<B>(&self, request: http::Request<B>, peer: SocketAddr) -> http::Response<ResponseBody>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        self.0.gateway.handle(request, peer).await
    }

    /// Sessions that are open. Requests of 2026-07-28 have none.
    pub fn session_count(&self) -> usize {
        self.0.gateway.session_count()
    }

    /// Stops: no new calls; calls in flight may finish until `within` is over; streams end the way their revision asks;
    /// then whatever is left is cut, and every server is stopped. Resolves when nothing is left.
    pub async fn drain(&self, within: Duration) {
        self.0.gateway.drain(within).await;
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("sessions", &self.session_count())
            .finish_non_exhaustive()
    }
}
