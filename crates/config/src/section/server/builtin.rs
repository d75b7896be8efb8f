//! A server inside Pontoon.

use super::keys::{FOR_REMOTES, NOT_FOR_BUILTINS, ONLY_FOR_COMMANDS};
use crate::fault::Faults;
use crate::section::{Refused, Section, nearest};
use crate::value::url;

/// The servers inside Pontoon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Exercises every feature of the protocol; works offline.
    Showcase,
    /// Stories of Hacker News.
    Hackernews {
        /// Where its API is reached, without a slash at the end; `None` for the public one.
        base_url: Option<String>,
    },
}

impl Builtin {
    /// The name of every built-in server, as `builtin` and `--builtin` take it.
    pub const NAMES: &[&str] = &["showcase", "hackernews"];

    /// The built-in server of this name, with its defaults.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "showcase" => Some(Self::Showcase),
            "hackernews" => Some(Self::Hackernews { base_url: None }),
            _ => None,
        }
    }

    /// The name that [`named`](Self::named) takes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Showcase => "showcase",
            Self::Hackernews { .. } => "hackernews",
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
    match builtin {
        Builtin::Hackernews { .. } => Some(Builtin::Hackernews { base_url }),
        Builtin::Showcase => {
            section.refuse_present(&["base_url"], "is of no use: `showcase` calls nobody", faults);
            Some(builtin)
        }
    }
}
