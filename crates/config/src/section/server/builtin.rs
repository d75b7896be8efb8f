//! A server inside Pontoon.

use std::time::Duration;

use super::keys::{FOR_BUILTINS, FOR_REMOTES, NOT_FOR_BUILTINS, ONLY_FOR_COMMANDS};
use crate::fault::Faults;
use crate::section::{Refused, Section, nearest};
use crate::value::{duration, url};

/// The servers inside Pontoon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Exercises every feature of the protocol; works offline.
    Showcase,
    /// Stories of Hacker News, with the one tool of the original.
    Hackernews {
        /// Where its API is reached, without a slash at the end; `None` for the public one.
        base_url: Option<String>,
    },
    /// All of Hacker News.
    Hn(Hn),
    /// The lists of some fifty sources of news.
    Newsnow(Newsnow),
}

/// The settings of `hn`; `None` stands for the server's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hn {
    /// Where the official API is reached, without a slash at the end.
    pub base_url: Option<String>,
    /// Where the search API is reached, without a slash at the end.
    pub search_url: Option<String>,
    /// How often a resource with subscribers is looked at where there is no event stream.
    pub poll_interval: Option<Duration>,
}

/// The settings of `newsnow`; `None` stands for the server's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Newsnow {
    /// Where the instance is reached, without a slash at the end.
    pub base_url: Option<String>,
    /// Where a newer table of sources is read.
    pub sources_url: Option<String>,
    /// How often a source with subscribers is looked at.
    pub poll_interval: Option<Duration>,
}

impl Builtin {
    /// The name of every built-in server, as `builtin` and `--builtin` take it.
    pub const NAMES: &[&str] = &["showcase", "hackernews", "hn", "newsnow"];

    /// The built-in server of this name, with its defaults.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "showcase" => Some(Self::Showcase),
            "hackernews" => Some(Self::Hackernews { base_url: None }),
            "hn" => Some(Self::Hn(Hn::default())),
            "newsnow" => Some(Self::Newsnow(Newsnow::default())),
            _ => None,
        }
    }

    /// The name that [`named`](Self::named) takes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Showcase => "showcase",
            Self::Hackernews { .. } => "hackernews",
            Self::Hn(_) => "hn",
            Self::Newsnow(_) => "newsnow",
        }
    }

    /// Keys that say something to other built-in servers only.
    fn foreign_keys(&self) -> &'static [&'static str] {
        match self {
            Self::Showcase => FOR_BUILTINS,
            Self::Hackernews { .. } => &["search_url", "sources_url", "poll_interval"],
            Self::Hn(_) => &["sources_url"],
            Self::Newsnow(_) => &["search_url"],
        }
    }
}

pub(super) fn read(section: &Section<'_>, faults: &mut Faults) -> Option<Builtin> {
    let why = "belongs to a `command`, and this server is built in";
    section.refuse_present(ONLY_FOR_COMMANDS, why, faults);
    section.refuse_present(NOT_FOR_BUILTINS, why, faults);
    let why = "belongs to a remote server, and this one is built in";
    section.refuse_present(FOR_REMOTES, why, faults);
    let base_url = section.read("base_url", faults, url::base);
    let search_url = section.read("search_url", faults, url::base);
    let sources_url = section.read("sources_url", faults, url::base);
    let poll_interval = section.read("poll_interval", faults, duration::parse);
    let builtin = section.read("builtin", faults, |node| {
        let name = node.as_str().ok_or_else(|| Refused::value(node))?;
        Builtin::named(name).ok_or_else(|| {
            let near = nearest(name, Builtin::NAMES.iter().copied());
            let hint = near.map(|near| format!("did you mean \"{near}\"?"));
            Refused {
                hint,
                ..Refused::value(node)
            }
        })
    })?;
    let why = match builtin {
        Builtin::Showcase => "is of no use: `showcase` calls nobody",
        _ => "is of no use to this built-in server",
    };
    section.refuse_present(builtin.foreign_keys(), why, faults);
    Some(match builtin {
        Builtin::Showcase => Builtin::Showcase,
        Builtin::Hackernews { .. } => Builtin::Hackernews { base_url },
        Builtin::Hn(_) => Builtin::Hn(Hn {
            base_url,
            search_url,
            poll_interval,
        }),
        Builtin::Newsnow(_) => Builtin::Newsnow(Newsnow {
            base_url,
            sources_url,
            poll_interval,
        }),
    })
}
