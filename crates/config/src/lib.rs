//! The configuration file and the environment, turned into plain typed settings.
//!
//! This is the only room that reads the environment and the only one that knows how a setting is spelled. It
//! knows nothing about the rooms below it: [`Config`] is made of its own types, and the binary hands each room
//! the part that concerns it.
//!
//! ```
//! use pontoon_config::{Draft, Environment};
//!
//! let environment = Environment::from_pairs([("TOKEN", "s3cret")]);
//! let text = r#"
//!     listen = "127.0.0.1:4000"
//!     [server.files]
//!     command = "mcp-files"
//!     env = { API_TOKEN = "${TOKEN}" }
//! "#;
//! let config = Draft::parse("pontoon.toml", text, &environment)?.finish()?;
//! assert_eq!(config.listen.port(), 4000);
//! assert_eq!(config.servers[0].name.as_str(), "files");
//! # Ok::<(), pontoon_config::ConfigError>(())
//! ```

mod config;
mod draft;
mod environment;
mod error;
mod expand;
mod fault;
mod node;
mod reference;
mod section;
mod source;
mod value;

pub use config::{Accept, Config};
pub use draft::{Draft, MAX_FILE_BYTES};
pub use environment::{Color, Environment};
pub use error::{ConfigError, Position, Problem};
pub use expand::ExpandError;
pub use reference::markdown as reference_markdown;
pub use section::compat::Compat;
pub use section::events::{EventPing, Events, TokenCarrier};
pub use section::limits::Limits;
pub use section::server::{
    Builtin, Command, Era, Hn, Lease, LeaseKind, Newsnow, Remote, RemoteError, Server, Transport, Upstream,
};
pub use value::address::{ListenError, parse_listen};
pub use value::duration::parse_text as parse_duration;
pub use value::name::{NameError, ServerName};
pub use value::network::Network;
pub use value::path::RoutePath;
