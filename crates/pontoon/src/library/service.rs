//! The gateway as a tower service.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Extensions, Request, Response};
use pontoon_downstream::ResponseBody;

use super::Gateway;

/// Of a request of which nobody knows where it came from.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Answers HTTP requests, whoever received them. Cheap to clone.
///
/// Requests that lead to no server are answered with 404 and a list of those that do.
#[derive(Clone, Debug)]
pub struct GatewayService {
    gateway: Gateway,
    peer: fn(&Extensions) -> Option<SocketAddr>,
}

impl GatewayService {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            peer: |_| None,
        }
    }

    /// How a request tells where it came from. Limits for each address count by it, and clients without a session are
    /// told apart; without it all are one. With axum:
    ///
    /// ```ignore
    /// gateway.service().peer_from(|extensions| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0))
    /// ```
    #[must_use]
    pub fn peer_from(mut self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.peer = peer;
        self
    }
}

impl<B> tower_service::Service<Request<B>> for GatewayService
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let peer = (self.peer)(request.extensions()).unwrap_or(NOWHERE);
        let gateway = self.gateway.clone();
        Box::pin(async move { Ok(gateway.handle(request, peer).await) })
    }
}
