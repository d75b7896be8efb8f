//! The showcase behind `rmcp`'s own HTTP transport: the reference that the gateway's transports
//! are compared with, by the conformance suite and by the benchmark.
//!
//! ```text
//! cargo run -p pontoon-servers --example rmcp_http -- 127.0.0.1:8001
//! ```
//!
//! Then `http://127.0.0.1:8001/mcp` (any path) is a Streamable HTTP endpoint. It speaks every revision that `rmcp` knows;
//! with `legacy` or `modern` as a second argument only those before 2026-07-28, or only that one.

use std::{convert::Infallible, error::Error, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use pontoon_servers::showcase;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

const MODERN: &str = "2026-07-28";

/// Which revisions are served. `rmcp` itself has no such setting.
#[derive(Clone, Copy)]
enum Eras {
    Both,
    Legacy,
    Modern,
}

impl Eras {
    fn named(name: Option<&str>) -> Result<Self, String> {
        match name {
            None => Ok(Self::Both),
            Some("legacy") => Ok(Self::Legacy),
            Some("modern") => Ok(Self::Modern),
            Some(other) => Err(format!("{other:?} is neither legacy nor modern")),
        }
    }

    /// What a request gets that is of the other era, in the words of a server that knows only its own.
    fn refusal(self, request: &Request<Incoming>) -> Option<Response<BoxBody<Bytes, Infallible>>> {
        let version = request.headers().get("mcp-protocol-version");
        let modern = version.is_some_and(|version| version == MODERN);
        let (kind, body) = match (self, modern) {
            (Self::Legacy, true) => (
                "text/plain",
                format!("Bad Request: Unsupported MCP-Protocol-Version: {MODERN}"),
            ),
            (Self::Modern, false) => (
                "application/json",
                format!(
                    r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":-32022,"message":"Unsupported protocol version","data":{{"supported":["{MODERN}"]}}}}}}"#
                ),
            ),
            _ => return None,
        };
        let mut response = Response::new(Full::from(body).boxed());
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        // 2026-07-28 has nothing at the endpoint but POST.
        *response.status_mut() = if matches!(self, Self::Modern) && request.method() != Method::POST {
            StatusCode::METHOD_NOT_ALLOWED
        } else {
            StatusCode::BAD_REQUEST
        };
        Some(response)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8001".to_owned());
    let eras = Eras::named(std::env::args().nth(2).as_deref())?;
    // `rmcp` makes a handler per stateless request; one that is shared keeps what calls change.
    let server = showcase()?();
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| async {
                Ok::<_, Infallible>(match eras.refusal(&request) {
                    Some(refusal) => refusal,
                    None => service.handle(request).await,
                })
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            if let Err(error) = connection.await {
                eprintln!("a connection ended: {error}");
            }
        });
    }
}
