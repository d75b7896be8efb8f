//! The suite itself: an npm package, run on the Node that the lock file brings.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{Revision, Selection};

/// The suite ends by itself in seconds; a scenario that hangs costs it half a minute.
const DEADLINE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Each scenario's folder is named `server-NAME-2026-01-31T23-59-59-999Z`.
const BEFORE_NAME: &str = "server-";
/// The client that drives the gateway, where the suite is the server.
const CLIENT: &str = "client.mjs";
const AFTER_NAME: usize = "-2026-01-31T23-59-59-999Z".len();

/// The suite as it stands on disk.
pub(super) struct Suite {
    folder: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scenario {
    pub(super) name: String,
    /// Whether the revision requires it.
    pub(super) scored: bool,
}

/// One thing that a scenario looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    pub(super) id: String,
    pub(super) status: Status,
    error_message: Option<String>,
    details: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Success,
    Failure,
    /// A SHOULD that is not kept. The suite counts it as a failure, and so do we.
    Warning,
    Skipped,
    Info,
}

impl Check {
    /// What the suite has to say about it, if anything.
    pub(super) fn remark(&self) -> Option<&str> {
        let detail = || self.details.as_ref()?.get("message")?.as_str();
        self.error_message.as_deref().or_else(detail)
    }
}

impl Suite {
    /// Installs what the lock file pins, unless that was done before.
    pub(super) fn install(folder: &Path) -> Result<Self> {
        let suite = Self {
            folder: folder.to_owned(),
        };
        let lock = fs::read(folder.join("package-lock.json")).context("cannot read the lock file")?;
        let stamp = folder.join(".cache/package-lock.json");
        let installed = fs::read(&stamp).is_ok_and(|stamp| stamp == lock) && suite.node().is_file();
        if !installed {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
            let status = npm.current_dir(folder).status().context("cannot run npm")?;
            ensure!(status.success(), "npm could not install the suite");
            fs::create_dir_all(folder.join(".cache"))?;
            fs::write(&stamp, lock)?;
        }
        Ok(suite)
    }

    pub(super) fn version(&self) -> Result<String> {
        Ok(self.output(&["--version"])?.trim().to_owned())
    }

    /// What the suite has for a revision.
    pub(super) fn scenarios(&self, revision: &Revision) -> Result<Vec<Scenario>> {
        let selection = match revision.selection {
            Selection::Requirements => ["--requirements", revision.name],
            Selection::Applicable => ["--spec-version", revision.name],
        };
        let list = self.output(&[&["list", "--server"][..], &selection].concat())?;
        Ok(scenarios(&list, "Server scenarios", "[server]"))
    }

    /// What the suite has for a client of a revision.
    pub(super) fn client_scenarios(&self, revision: &Revision) -> Result<Vec<Scenario>> {
        let Selection::Requirements = revision.selection else {
            return Ok(Vec::new());
        };
        let list = self.output(&["list", "--client", "--requirements", revision.name])?;
        Ok(scenarios(&list, "Client scenarios", "[client]"))
    }

    /// Runs one scenario with the gateway at `binary` and a client in front of it, and reads what the suite found.
    pub(super) fn run_client(
        &self,
        revision: &Revision,
        scenario: &str,
        binary: &Path,
        logs: &Path,
    ) -> Result<Option<Vec<Check>>> {
        let results = logs.join(scenario);
        fs::create_dir_all(&results)?;
        let log = File::create(logs.join(format!("{scenario}.log")))?;
        let client = self.folder.join(CLIENT);
        let mut suite = self.command();
        suite
            .args(["client", "--scenario", scenario, "--spec-version", revision.name])
            .arg("--command")
            .arg(format!("{} {}", self.node().display(), client.display()))
            .arg("--output-dir")
            .arg(&results)
            .env("PONTOON_BIN", binary)
            .stdout(log.try_clone()?)
            .stderr(log);
        finish(suite.spawn().context("cannot start the suite")?)?;
        let found = fs::read_dir(&results)?.find_map(|folder| {
            let json = fs::read(folder.ok()?.path().join("checks.json")).ok()?;
            Some(serde_json::from_slice(&json))
        });
        found.transpose().context("the suite wrote something unexpected")
    }

    /// Runs every scenario of the revision and collects what it wrote, by scenario. One that is missing in the
    /// answer was not finished.
    pub(super) fn run(
        &self,
        revision: &Revision,
        url: &str,
        logs: &Path,
    ) -> Result<HashMap<String, Vec<Check>>> {
        let selection = match revision.selection {
            Selection::Requirements => &["--requirements", revision.name][..],
            Selection::Applicable => &["--suite", "all", "--spec-version", revision.name],
        };
        let results = logs.join("checks");
        let log = File::create(logs.join("suite.log"))?;
        let mut suite = self.command();
        suite.args(["server", "--url", url]).args(selection);
        suite.arg("--output-dir").arg(&results);
        suite.stdout(log.try_clone()?).stderr(log);
        // Its exit code says less than what it wrote.
        finish(suite.spawn().context("cannot start the suite")?)?;
        read_checks(&results)
    }

    fn node(&self) -> PathBuf {
        self.folder.join("node_modules/node/bin/node")
    }

    fn command(&self) -> Command {
        let script = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
        let mut command = Command::new(self.node());
        command.arg(self.folder.join(script));
        command
    }

    fn output(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command().args(arguments).output()?;
        ensure!(
            output.status.success(),
            "the suite refused {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).context("not UTF-8")
    }
}

/// Waits for the end, which the deadline brings about if need be.
fn finish(mut child: Child) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            break;
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Reads the suite's list: headings, and below them lines like `- name [tag]`.
fn scenarios(list: &str, required: &str, kind: &str) -> Vec<Scenario> {
    let mut heading = "";
    let mut found = Vec::new();
    for line in list.lines() {
        let Some((name, tag)) = item(line) else {
            if !line.starts_with(' ') && !line.is_empty() {
                heading = line;
            }
            continue;
        };
        let scored = heading.starts_with(required);
        if scored || (heading.starts_with("Run and reported") && tag == kind) {
            found.push(Scenario {
                name: name.to_owned(),
                scored,
            });
        }
    }
    found
}

fn item(line: &str) -> Option<(&str, &str)> {
    let item = line.trim_start().strip_prefix("- ")?;
    Some(item.split_once(' ').unwrap_or((item, "")))
}

fn read_checks(results: &Path) -> Result<HashMap<String, Vec<Check>>> {
    let mut checks = HashMap::new();
    let Ok(folders) = fs::read_dir(results) else {
        return Ok(checks);
    };
    for folder in folders {
        let folder = folder?;
        let name = folder.file_name().to_string_lossy().into_owned();
        let Some(name) = scenario_of(&name) else { continue };
        let file = folder.path().join("checks.json");
        // The suite makes the folder first: without the file it broke off there.
        let Ok(json) = fs::read(&file) else { continue };
        let read = serde_json::from_slice(&json)
            .with_context(|| format!("{} holds something unexpected", file.display()))?;
        checks.insert(name.to_owned(), read);
    }
    Ok(checks)
}

fn scenario_of(folder: &str) -> Option<&str> {
    let name = folder.strip_prefix(BEFORE_NAME)?;
    name.get(..name.len().checked_sub(AFTER_NAME)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
Required for 2026-07-28 (4 scenarios, frozen; run at the 2026-07-28 wire):

Server scenarios (test against a server):
  - ping
  - tools-list [2025-06-18,2025-11-25]

Client scenarios (test against a client):
  - auth/metadata-default

Run and reported, but never scored:
  extension (2):
    - auth/dpop [client]
    - tasks-lifecycle [server]
";

    #[test]
    fn the_list_tells_what_is_scored() {
        let found = scenarios(LIST, "Server scenarios", "[server]");
        let found: Vec<_> = found
            .iter()
            .map(|scenario| (scenario.name.as_str(), scenario.scored))
            .collect();
        assert_eq!(
            found,
            [("ping", true), ("tools-list", true), ("tasks-lifecycle", false)]
        );
    }

    #[test]
    fn a_folder_is_named_after_its_scenario_and_the_time() {
        let named = |folder| scenario_of(folder);
        assert_eq!(
            named("server-server-sse-polling-2026-11-20T15-15-29-977Z"),
            Some("server-sse-polling")
        );
        assert_eq!(named("server-short"), None);
        assert_eq!(named("client-ping-2026-11-20T15-15-29-977Z"), None);
    }
}
