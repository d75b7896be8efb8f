//! Transports that face MCP clients: HTTP+SSE, Streamable HTTP, stateless HTTP.

mod accept;
mod answer;
mod backend;
mod batch;
mod body;
mod caught;
mod connection;
mod context;
mod cors;
mod era;
mod event;
mod gateway;
mod head;
mod hosted;
mod http_sse;
mod listener;
mod mirror;
mod response;
mod route;
mod settings;
mod sse_body;
mod stateless;
mod status;
mod streamable;
mod wire;

pub use backend::{Backend, SessionNeed, Streaming, Target, UnknownQuestion};
pub use gateway::Gateway;
pub use response::ResponseBody;
pub use route::RouteError;
pub use settings::{AcceptPolicy, ExtraPath, Settings};
