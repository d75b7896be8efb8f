//! The table, the file for machines, and the last line.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Serialize;

use super::verdict::Verdict;

/// Everything that was run.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) suite: String,
    pub(super) binary: String,
    pub(super) rows: Vec<Row>,
}

/// One scenario in one revision.
#[derive(Serialize)]
pub(super) struct Row {
    /// What was tried: the name of a [`Setting`](super::gateway::Setting), or "client".
    pub(super) setting: &'static str,
    pub(super) revision: &'static str,
    pub(super) scenario: String,
    pub(super) scored: bool,
    #[serde(rename = "outcome")]
    pub(super) verdict: Verdict,
}

impl Report {
    /// Scenarios down, revisions across, then everything that needs words.
    pub(super) fn print(&self) {
        println!("conformance suite {}, {}", self.suite, self.binary);
        for setting in distinct(self.rows.iter().map(|row| row.setting)) {
            self.print_table(setting);
        }
        println!("\n(in brackets: not scored; –: does not apply)");
        self.print_remarks();
    }

    fn print_table(&self, setting: &str) {
        let rows = || self.rows.iter().filter(|row| row.setting == setting);
        let revisions = distinct(rows().map(|row| row.revision));
        let scenarios = distinct(rows().map(|row| row.scenario.as_str()));
        let width = scenarios.iter().map(|name| name.len()).max().unwrap_or(0);
        let header: String = revisions.iter().map(|name| format!("{name:>12}")).collect();
        println!("\n{:width$}{header}", format!("{setting}: passed checks"));
        for scenario in scenarios {
            let row =
                |revision: &&str| rows().find(|row| row.revision == *revision && row.scenario == scenario);
            let cell = |revision| row(revision).map_or("–".to_owned(), Row::cell);
            let cells: String = revisions
                .iter()
                .map(|name| format!("{:>12}", cell(name)))
                .collect();
            println!("{scenario:width$}{cells}");
        }
    }

    fn print_remarks(&self) {
        for row in &self.rows {
            let (mark, remarks) = match &row.verdict {
                Verdict::Passed { .. } => continue,
                Verdict::Failed { why } => ("FAILED", why.as_slice()),
                Verdict::Expected { reason } => ("expected failure", std::slice::from_ref(reason)),
                Verdict::Skipped { why } => ("skipped", std::slice::from_ref(why)),
            };
            println!("\n{} {} {}: {mark}", row.setting, row.revision, row.scenario);
            remarks.iter().for_each(|remark| println!("    {remark}"));
        }
    }

    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self)?;
        fs::write(file, json + "\n").with_context(|| format!("cannot write {}", file.display()))
    }

    /// Prints the line that counts, and says it as an exit code. An expected failure counts as skipped.
    pub(super) fn finish(&self) -> ExitCode {
        self.print_scores();
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for row in &self.rows {
            match row.verdict {
                Verdict::Passed { .. } => passed += 1,
                Verdict::Failed { .. } => failed += 1,
                Verdict::Expected { .. } | Verdict::Skipped { .. } => skipped += 1,
            }
        }
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// How much of what each revision requires is met.
    fn print_scores(&self) {
        println!();
        for (setting, revision) in distinct(self.rows.iter().map(|row| (row.setting, row.revision))) {
            let scored = || {
                let wanted = |row: &&Row| row.scored && (row.setting, row.revision) == (setting, revision);
                self.rows.iter().filter(wanted)
            };
            let passes = |row: &&Row| matches!(row.verdict, Verdict::Passed { .. });
            let passed = scored().filter(passes).count();
            println!("{setting} {revision}: {passed} of {} scored", scored().count());
        }
    }
}

impl Row {
    fn cell(&self) -> String {
        let text = match &self.verdict {
            Verdict::Passed { checks } => checks.to_string(),
            Verdict::Failed { .. } => "FAILED".to_owned(),
            Verdict::Expected { .. } => "expected".to_owned(),
            Verdict::Skipped { .. } => "skipped".to_owned(),
        };
        if self.scored { text } else { format!("({text})") }
    }
}

/// Each once, in the order of first appearance.
fn distinct<T: PartialEq>(names: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
