//! Inside of an axum application with routes and state of its own.
//!
//! ```text
//! cargo run -p pontoon --example axum
//! curl http://127.0.0.1:3000/visits
//! pontoon call http://127.0.0.1:3000/tools/mcp visit
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::routing::get;
use pontoon::{Gateway, Server};
use rmcp::{tool, tool_router};

/// What the tools and the application's own routes share.
#[derive(Clone, Default)]
struct Visits(Arc<AtomicU64>);

#[tool_router(server_handler)]
impl Visits {
    #[tool(description = "Counts a visit")]
    fn visit(&self) -> String {
        format!("visit {}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

async fn visits(State(visits): State<Visits>) -> String {
    format!("{} visits\n", visits.0.load(Ordering::Relaxed))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shared = Visits::default();
    let gateway = Gateway::builder()
        .server(Server::in_process_shared("visits", shared.clone()))
        .public_prefix("/tools")
        .build()?;
    let tools = gateway.service().peer_from(|extensions| {
        let info = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(info.0)
    });
    let application = Router::new()
        .route("/visits", get(visits))
        .nest_service("/tools", tools)
        .with_state(shared);
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/tools/mcp and /visits", listener.local_addr()?);
    let stopped = async move {
        let _ = tokio::signal::ctrl_c().await;
        // First, so that streams end and axum has nothing to wait for.
        gateway.drain(Duration::from_secs(5)).await;
    };
    axum::serve(
        listener,
        application.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(stopped)
    .await?;
    Ok(())
}
