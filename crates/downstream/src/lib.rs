//! Transports that face MCP clients: HTTP+SSE (2024-11-05), Streamable HTTP
//! with sessions (2025-03-26 to 2025-11-25) and without (2026-07-28), and stdio
//! (every revision).
//!
//! A [`Gateway`] serves a set of [`Backend`]s on one listener. A request goes
//! through these files: `listener` and `connection` (bounds, HTTP/1.1), `wire`,
//! `head` and `farewell` (deadlines and framing), `gateway` (Origin and Host, routes),
//! `body`, `accept` and `trace`, then `era`, which decides once whose rules apply, and
//! one of `streamable`, `batch`, `stateless`, `http_sse`. From there the
//! backend has it. The answer comes back through an
//! [`Outbox`](pontoon_session::Outbox): `answer` chooses between JSON and a
//! stream, `sse_body` is the stream, `status` says what a refusal looks like.
//!
//! A [`Pipe`] serves one backend to the one client that started this process;
//! `stdio` is all of that, and shares `era`, `status` and `batch`.
//!
//! A [`Hub`] sends named events to clients that only listen. It is no MCP
//! transport, and shares the streams' machinery: `hub` is all of it.
//!
//! No task and no channel belongs to an exchange or a stream: hyper polls the
//! response's body, and whoever produces messages wakes it.

mod accept;
mod answer;
mod backend;
mod batch;
mod body;
mod caught;
mod channel;
mod connection;
mod context;
mod cors;
mod counters;
mod era;
mod event;
mod farewell;
mod forwarded;
mod gateway;
mod head;
mod hosted;
mod http_sse;
mod hub;
mod listener;
mod mirror;
mod registration;
mod reply_channel;
mod response;
mod route;
mod settings;
mod signpost;
mod sse_body;
mod stateless;
mod status;
mod stdio;
mod streamable;
mod trace;
mod wire;

pub use backend::{Backend, SessionNeed, Streaming, Target, UnknownQuestion};
pub use channel::{ChannelToken, EventChannel, InvalidToken};
pub use counters::Counters;
pub use gateway::Gateway;
pub use hub::{ClientId, ClientState, Hub, HubEvent, HubSettings, InvalidClientId, NotSent, Ping};
pub use response::ResponseBody;
pub use route::RouteError;
pub use settings::{AcceptPolicy, Compat, ExtraPath, Settings};
pub use stdio::{Explain, Pipe, PipeEnd, PipeSettings, Unexplained};
