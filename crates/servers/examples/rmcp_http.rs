//! The showcase behind `rmcp`'s own HTTP transport: the reference that the gateway's transports
//! are compared with, by the conformance suite and by the benchmark.
//!
//! ```text
//! cargo run -p pontoon-servers --example rmcp_http -- 127.0.0.1:8001
//! ```
//!
//! Then `http://127.0.0.1:8001/mcp` (any path) is a Streamable HTTP endpoint.

use std::{error::Error, sync::Arc};

use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use pontoon_servers::showcase;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8001".to_owned());
    // `rmcp` makes a handler per stateless request; one that is shared keeps what calls change.
    let server = showcase()?();
    let service = TowerToHyperService::new(StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    ));
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        tokio::spawn(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("a connection ended: {error}");
            }
        });
    }
}
