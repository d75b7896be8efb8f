//! The servers behind the gateway.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::era::Era;

/// Sessions end this soon after their client was last heard of.
pub(super) const IDLE: Duration = Duration::from_secs(4);

/// One server.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// Flags of the stdio server.
    flags: &'static str,
    /// Further lines of its part of the configuration.
    lines: &'static str,
    pub(super) manners: Manners,
}

/// Whether calls may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manners {
    Sound,
    Faulty,
}

const OWN: &str = "idle_timeout = 2\nwarm = 0\n";
const SHARED: &str = "lease = \"shared\"\n";
const IMPATIENT: &str = "lease = \"shared\"\ncall_timeout = \"500ms\"\n";

const fn sound(name: &'static str, flags: &'static str, lines: &'static str) -> Server {
    Server {
        name,
        flags,
        lines,
        manners: Manners::Sound,
    }
}

const fn faulty(name: &'static str, flags: &'static str, lines: &'static str) -> Server {
    Server {
        name,
        flags,
        lines,
        manners: Manners::Faulty,
    }
}

/// All of them; `showcase` is built in.
pub(super) const ALL: [Server; 10] = [
    sound("shared", "--list-changed", SHARED),
    sound("showcase", "", ""),
    sound(
        "noisy",
        "--banner --ansi --crlf --bad-utf8 --duplicate-answers --guess-ids",
        OWN,
    ),
    sound("flooding", "--flood 50 --progress 5", SHARED),
    faulty("crashing", "--crash-after 200", OWN),
    faulty(
        "forking",
        "--fork-holding --double-fork --die-in-answer 60 --ignore-eof",
        OWN,
    ),
    faulty("freezing", "--freeze 40", IMPATIENT),
    faulty("deafening", "--stop-reading-after 40", IMPATIENT),
    faulty("hanging-up", "--exit-in-call 30", SHARED),
    faulty("missing", "--exit-on-start 1", SHARED),
];

/// Where a server is for clients of an era.
pub(super) fn path(era: Era, server: &str) -> String {
    format!("/{server}{}", era.usual_path())
}

/// Writes the configuration file.
pub(super) fn configuration(child: &Path) -> anyhow::Result<PathBuf> {
    let child = child.canonicalize().with_context(|| format!("{child:?}"))?;
    let mut text = format!(
        "[limits]\nsession_idle_timeout = {idle}\nmax_sessions = 20000\nmax_sessions_per_principal = 20000\n\
         max_connections_per_address = 5000\nconnection_idle_timeout = 3\nheader_timeout = 3\nbody_timeout = 3\n\
         write_timeout = 3\nstop_timeout = 1\n",
        idle = IDLE.as_secs(),
    );
    for server in &ALL {
        let Server {
            name, flags, lines, ..
        } = server;
        let flags: Vec<_> = flags.split_whitespace().collect();
        let program = match *name {
            "showcase" => "builtin = \"showcase\"".to_owned(),
            _ => format!("command = {child:?}\nargs = {flags:?}"),
        };
        write!(text, "[server.{name}]\n{program}\n{lines}")?;
    }
    let file = std::env::temp_dir().join(format!("pontoon-soak-{}.toml", std::process::id()));
    std::fs::write(&file, text)?;
    Ok(file)
}
