//! What is known to fail, with the reason, as `expected-failures.toml` has it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::gateway::Setting;
use super::report::Row;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    expected: Vec<Expectation>,
}

/// A scenario that fails, and why that is right or has to be borne.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    /// What stands behind the gateway; none named: the built-in server.
    #[serde(default = "built_in")]
    setting: String,
    revision: String,
    scenario: String,
    /// The checks that fail, all others having to pass; none named: the scenario as a whole.
    #[serde(default)]
    pub(super) checks: Vec<String>,
    pub(super) reason: String,
}

fn built_in() -> String {
    Setting::BuiltIn.name().to_owned()
}

impl Expectations {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", file.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let read: Self = toml::from_str(text)?;
        for (index, entry) in read.expected.iter().enumerate() {
            let name = entry.name();
            ensure!(!entry.reason.trim().is_empty(), "{name} has no reason");
            let twice = read.expected[..index]
                .iter()
                .any(|earlier| earlier.name() == name);
            ensure!(!twice, "{name} is listed twice");
        }
        Ok(read)
    }

    pub(super) fn of(&self, setting: &str, revision: &str, scenario: &str) -> Option<&Expectation> {
        self.expected
            .iter()
            .find(|entry| entry.is_about(setting, revision, scenario))
    }

    /// The entries that name nothing that was run.
    pub(super) fn unknown(&self, rows: &[Row]) -> Vec<String> {
        let ran = |entry: &&Expectation| {
            rows.iter()
                .any(|row| entry.is_about(row.setting, row.revision, &row.scenario))
        };
        self.expected
            .iter()
            .filter(|entry| !ran(entry))
            .map(Expectation::name)
            .collect()
    }
}

impl Expectation {
    fn is_about(&self, setting: &str, revision: &str, scenario: &str) -> bool {
        self.setting == setting && self.revision == revision && self.scenario == scenario
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.setting, self.revision, self.scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(scenario: &str, reason: &str) -> String {
        format!("[[expected]]\nrevision = '2026-07-28'\nscenario = '{scenario}'\nreason = '{reason}'\n")
    }

    #[test]
    fn every_entry_is_unique_and_has_a_reason() {
        let twice = entry("a", "r").repeat(2);
        assert!(
            Expectations::parse(&twice)
                .unwrap_err()
                .to_string()
                .contains("twice")
        );
        let silent = entry("a", " ");
        assert!(
            Expectations::parse(&silent)
                .unwrap_err()
                .to_string()
                .contains("no reason")
        );
        let found = Expectations::parse(&(entry("a", "r") + &entry("b", "r"))).unwrap();
        assert!(found.of("built-in", "2026-07-28", "b").is_some());
        assert!(found.of("built-in", "2025-11-25", "b").is_none());
    }

    #[test]
    fn an_entry_for_nothing_is_noticed() {
        let found = Expectations::parse(&entry("a", "r")).unwrap();
        assert_eq!(found.unknown(&[]), ["built-in 2026-07-28 a"]);
    }
}
