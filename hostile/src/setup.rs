//! How the gateway is started for a case. Runs with equal setups share one.

use std::fmt::Write as _;

use crate::case::{Case, Row, Setting};
use crate::gateway::marker;
use crate::process::MARKER;

/// What the server under test is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Server {
    /// `pontoon-test-child` with these flags.
    Child(String),
    /// A shell script.
    Script(String),
}

/// Everything that makes two gateways differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Setup {
    server: Server,
    /// Further lines of `[server.main]`, `[limits]` and the top of the file.
    server_lines: String,
    limit_lines: String,
    top_lines: String,
    /// Differs for each run that wants a gateway to itself.
    alone: Option<String>,
    /// What the gateway may hold at the end more than at the start, in bytes.
    pub(crate) memory_rest: u64,
    /// What it may hold at any time more than at the start, in bytes.
    pub(crate) memory_peak: Option<u64>,
    /// How many descriptors it may have open, if not as many as we.
    pub(crate) descriptors: Option<u32>,
}

/// What an allocator keeps, and the log of a debug build.
const MEMORY_REST: u64 = 24 << 20;
const MIB: u64 = 1 << 20;

impl Setup {
    /// The setup of one run, called `label`.
    ///
    /// # Errors
    ///
    /// A value that cannot be read.
    pub(crate) fn new(case: &Case, row: &Row, label: &str) -> Result<Self, String> {
        let mut setup = Self {
            server: Server::Child(String::new()),
            server_lines: String::new(),
            limit_lines: String::new(),
            top_lines: String::new(),
            alone: None,
            memory_rest: MEMORY_REST,
            memory_peak: None,
            descriptors: None,
        };
        for Setting { key, value } in &case.setup {
            let value = row.fill(value).replace("{lf}", "\n");
            match key.as_str() {
                "child" => setup.server = Server::Child(value),
                "script" => setup.server = Server::Script(value),
                "server" => setup.server_lines = value,
                "limits" => setup.limit_lines = value,
                "top" => setup.top_lines = value,
                "memory" => {
                    let mib: u64 = value
                        .parse()
                        .map_err(|_| format!("memory: {value:?} is no number of MiB"))?;
                    setup.memory_peak = Some(mib * MIB);
                    setup.alone = Some(label.to_owned());
                }
                "descriptors" => {
                    let descriptors = value.parse();
                    let descriptors =
                        descriptors.map_err(|_| format!("descriptors: {value:?} is no number"))?;
                    setup.descriptors = Some(descriptors);
                    setup.alone = Some(label.to_owned());
                }
                _ => setup.alone = Some(label.to_owned()),
            }
        }
        Ok(setup)
    }

    /// The configuration file.
    pub(crate) fn config(&self, run: &str) -> String {
        let child = pontoon_testkit::test_child().display().to_string();
        let mut text = format!(
            "listen = \"127.0.0.1:0\"\n{}\n[limits]\n{}\n",
            self.top_lines, self.limit_lines
        );
        let mut server = |name: &str, command: &str, lines: &str| {
            let marker = marker(run, name);
            let _ = write!(
                text,
                "[server.{name}]\n{command}\n{lines}\nenv = {{ {MARKER} = \"{marker}\", API_TOKEN = \"canary-child-9b2c71\" }}\n",
            );
        };
        let command = match &self.server {
            _ if self.server_lines.contains("command =") => String::new(),
            Server::Child(flags) => command(&child, flags.split_whitespace()),
            Server::Script(script) => command("sh", ["-c", script].into_iter()),
        };
        let idle = if self.server_lines.contains("shared") || self.server_lines.contains("idle_timeout") {
            ""
        } else {
            "\nidle_timeout = \"1s\""
        };
        // A script answers what it was written to answer, and that begins with `initialize`.
        let era = match &self.server {
            Server::Script(_) if !self.server_lines.contains("era =") => "\nera = \"legacy\"",
            Server::Script(_) | Server::Child(_) => "",
        };
        server(
            "main",
            &command,
            &format!("{}\ndefault = true{idle}{era}", self.server_lines),
        );
        server(
            "healthy",
            &self::command(&child, [].into_iter()),
            "lease = \"shared\"",
        );
        text
    }
}

fn command<'a>(program: &str, arguments: impl Iterator<Item = &'a str>) -> String {
    let arguments: Vec<_> = arguments.map(quoted).collect();
    format!("command = {}\nargs = [{}]", quoted(program), arguments.join(", "))
}

/// A basic string of TOML; `$` begins variables there.
fn quoted(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{}\"", text.replace("${", "$${"))
}
