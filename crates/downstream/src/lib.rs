//! Transports that face MCP clients: HTTP+SSE, Streamable HTTP, stateless HTTP.

mod backend;

pub use backend::{Backend, SessionNeed, Streaming, Target, UnknownQuestion};
