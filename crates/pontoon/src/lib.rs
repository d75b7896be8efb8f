//! Pontoon hosts any MCP server behind a URL and serves every generation of MCP client from it.
//!
//! This crate is the program `pontoon`, and the facade for applications that embed its parts: a [`Gateway`] serves
//! [`Server`]s (written with `rmcp` in the same process, commands that speak stdio, servers behind a URL, or what you
//! connect yourself) over every transport and revision, on a listener of its own or inside of another HTTP server.
//!
//! ```
//! use pontoon::{Gateway, Server};
//! # use rmcp::{ServerHandler, model::{ServerInfo, ServerCapabilities}};
//! # #[derive(Clone)]
//! # struct Weather;
//! # impl ServerHandler for Weather {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = Gateway::builder()
//!     .server(Server::in_process("weather", || Weather))
//!     .build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! // gateway.serve(listener).await;
//! # drop(listener);
//! # gateway.drain(std::time::Duration::ZERO).await;
//! # Ok(())
//! # }
//! ```
//!
//! Inside of an axum application, or anything else that takes a tower service, it is [`Gateway::service`]:
//! `Router::new().fallback_service(gateway.service())`. The `examples` directory has both, whole.
//!
//! The feature `cli`, on by default, brings what only the program needs. Whoever embeds the crate does without:
//! `default-features = false`.

mod library;

pub use library::{BuildError, Gateway, GatewayBuilder, GatewayService, Lease, Server};

/// Connections to servers, for a [`Server::connected_by`] of your own.
pub mod upstream {
    pub use pontoon_upstream::{
        BoxFuture, Closed, ConnectError, Connection, Connector, Counters, Diagnostics, Idle, Listener, Ready,
        SendError, Wire,
    };
}

/// The body of the gateway's answers.
pub use pontoon_downstream::ResponseBody;
/// The message envelope that connections speak.
pub use pontoon_jsonrpc as jsonrpc;
/// The event-stream codec.
pub use pontoon_sse as sse;
/// The bridge between eras, as a state machine without input and output.
pub use pontoon_translate as translate;
