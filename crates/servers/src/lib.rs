//! Built-in MCP servers, written with `rmcp` and hosted in-process by the gateway.
//!
//! - [`showcase()`]: tools, resources, prompts and notifications that exercise every feature of
//!   the protocol, in every revision. Needs no network.
//! - [`HackerNews`]: one tool over the Hacker News API, as in the original.
//! - [`Hn`]: all of Hacker News, with searches, discussions and resources that can be watched.
//! - [`NewsNow`]: the lists of some fifty sources of news, over the API of NewsNow.
//!
//! None knows anything of transports: each is an [`rmcp::ServerHandler`], cheap to clone, whose
//! clones share their state. A host that keeps one server per session takes a fresh value per
//! session from the factory; one that shares a server between clients clones one value.

mod hackernews;
mod hn;
mod moment;
mod newsnow;
#[expect(
    deprecated,
    reason = "SEP-2577 deprecates sampling, roots and logging; the server shows all that clients still speak"
)]
mod showcase;
mod source;
#[cfg(test)]
#[path = "../tests/it/stand_in.rs"]
mod stand_in;
mod toolbox;
mod watchers;

pub use hackernews::{HackerNews, HackerNewsError, HackerNewsSettings};
pub use hn::{Hn, HnSettings};
pub use newsnow::{NewsNow, NewsNowSettings};
pub use showcase::{Showcase, ShowcaseError, showcase};
pub use source::{SourceSettings, SourceSettingsError};
