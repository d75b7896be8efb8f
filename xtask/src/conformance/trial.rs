//! One revision tried: what is started, and whom the suite is set upon.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::Revision;
use super::expectations::Expectations;
use super::gateway::{Gateway, Setting};
use super::report::Row;
use super::suite::{Check, Scenario, Suite};
use super::verdict::judge;

/// What the suite found, by scenario.
type Checks = HashMap<String, Vec<Check>>;

/// The scenarios about authorization, by the beginning of their names.
const AUTHORIZATION: &str = "auth/";
const CLIENT: &str = "client";

/// Everything that a run needs.
pub(super) struct Trial {
    pub(super) suite: Suite,
    pub(super) expectations: Expectations,
    pub(super) binary: PathBuf,
    pub(super) reference: PathBuf,
    pub(super) cache: PathBuf,
}

impl Trial {
    /// The suite as a client of the gateway in each of its settings.
    pub(super) fn servers(&self, revision: &Revision) -> Result<Vec<Row>> {
        let scenarios = self.suite.scenarios(revision)?;
        expect_scored(&scenarios, revision.scored, revision)?;
        let without = self.without(revision)?;
        let nothing = Checks::new();
        let mut rows = Vec::new();
        for setting in Setting::ALL {
            let logs = self.logs(&format!("{}-{}", revision.name, setting.name()))?;
            let checks = match setting {
                Setting::BuiltIn => self.through(revision, None, &logs)?,
                Setting::Legacy | Setting::Modern => self.before(setting.name(), &logs, |url| {
                    self.through(revision, Some(url), &logs)
                })?,
            };
            // What fails with the built-in server is its own, and has its reasons written down.
            let without = if setting == Setting::BuiltIn {
                &nothing
            } else {
                &without
            };
            rows.extend(
                scenarios
                    .iter()
                    .map(|scenario| self.row(setting.name(), revision, scenario, &checks, without)),
            );
        }
        Ok(rows)
    }

    /// The suite against the reference server that speaks this revision, without a gateway.
    fn without(&self, revision: &Revision) -> Result<Checks> {
        let logs = self.logs(&format!("{}-without", revision.name))?;
        self.before(revision.era, &logs, |url| self.suite.run(revision, url, &logs))
    }

    fn before(&self, era: &str, logs: &Path, then: impl FnOnce(&str) -> Result<Checks>) -> Result<Checks> {
        let reference = Gateway::reference(&self.reference, era, &logs.join("reference.log"))?;
        let checks = then(reference.url());
        reference
            .stop()
            .with_context(|| format!("see {}", logs.display()))?;
        checks
    }

    fn through(&self, revision: &Revision, upstream: Option<&str>, logs: &Path) -> Result<Checks> {
        let gateway = Gateway::start(&self.binary, upstream, &logs.join("pontoon.log"))?;
        let checks = self.suite.run(revision, gateway.url(), logs);
        gateway
            .stop()
            .with_context(|| format!("see {}", logs.display()))?;
        checks
    }

    /// The suite as a server behind the gateway, which a client of this revision uses through it.
    pub(super) fn clients(&self, revision: &Revision) -> Result<Vec<Row>> {
        let scenarios = self.suite.client_scenarios(revision)?;
        let ours: Vec<_> = scenarios
            .into_iter()
            .filter(|scenario| !scenario.name.starts_with(AUTHORIZATION))
            .collect();
        expect_scored(&ours, revision.scored_clients, revision)?;
        let logs = self.logs(&format!("{}-{CLIENT}", revision.name))?;
        let mut checks = Checks::new();
        for scenario in &ours {
            let found = self
                .suite
                .run_client(revision, &scenario.name, &self.binary, &logs)?;
            checks.extend(found.map(|found| (scenario.name.clone(), found)));
        }
        let nothing = Checks::new();
        Ok(ours
            .iter()
            .map(|scenario| self.row(CLIENT, revision, scenario, &checks, &nothing))
            .collect())
    }

    fn row(
        &self,
        setting: &'static str,
        revision: &Revision,
        scenario: &Scenario,
        checks: &Checks,
        without: &Checks,
    ) -> Row {
        let name = &scenario.name;
        let expected = self.expectations.of(setting, revision.name, name);
        let without = without.get(name).map_or(&[][..], Vec::as_slice);
        Row {
            setting,
            revision: revision.name,
            verdict: judge(scenario, checks.get(name).map(Vec::as_slice), without, expected),
            scenario: name.clone(),
            scored: scenario.scored,
        }
    }

    /// An empty folder for what this part of the run leaves.
    fn logs(&self, name: &str) -> Result<PathBuf> {
        let logs = self.cache.join(name);
        if logs.exists() {
            fs::remove_dir_all(&logs).with_context(|| format!("cannot empty {}", logs.display()))?;
        }
        fs::create_dir_all(&logs).with_context(|| format!("cannot make {}", logs.display()))?;
        Ok(logs)
    }
}

fn expect_scored(scenarios: &[Scenario], wanted: usize, revision: &Revision) -> Result<()> {
    let scored = scenarios.iter().filter(|scenario| scenario.scored).count();
    ensure!(
        scored == wanted,
        "the suite scores {scored} scenarios for {}, not {wanted}",
        revision.name
    );
    Ok(())
}
