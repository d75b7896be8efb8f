//! What a scenario's checks amount to.

use std::collections::BTreeSet;

use serde::Serialize;

use super::expectations::Expectation;
use super::suite::{Check, Scenario, Status};

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(super) enum Verdict {
    Passed {
        checks: usize,
    },
    /// One line for each thing that is wrong.
    Failed {
        why: Vec<String>,
    },
    /// Failed as `expected-failures.toml` says.
    Expected {
        reason: String,
    },
    /// Judged nothing, and did not have to.
    Skipped {
        why: String,
    },
}

/// Judges a scenario; `checks` is absent when the suite did not finish it. What failed without the gateway as well is not
/// its fault.
pub(super) fn judge(
    scenario: &Scenario,
    checks: Option<&[Check]>,
    without: &[Check],
    expected: Option<&Expectation>,
) -> Verdict {
    let failed = |why: &str| Verdict::Failed {
        why: vec![why.to_owned()],
    };
    let Some(checks) = checks else {
        return failed("the suite did not finish it");
    };
    let alike = |check: &Check| without.iter().any(|other| fails(other) && other.id == check.id);
    let (borne, failing): (Vec<_>, Vec<_>) = checks
        .iter()
        .filter(|check| fails(check))
        .partition(|check| alike(check));
    let passed = checks
        .iter()
        .filter(|check| check.status == Status::Success)
        .count();
    match (failing.is_empty(), expected) {
        (true, Some(_)) => failed("is listed in expected-failures.toml, and does not fail"),
        (true, None) if !borne.is_empty() => Verdict::Skipped {
            why: format!("fails without the gateway too: {}", line(borne[0])),
        },
        (true, None) if passed > 0 => Verdict::Passed { checks: passed },
        (true, None) if scenario.scored => failed("ran 0 checks"),
        (true, None) => Verdict::Skipped {
            why: format!("ran 0 checks: {}", remarks(checks)),
        },
        (false, Some(expected)) => compare(&failing, expected),
        (false, None) => Verdict::Failed {
            why: failing.iter().map(|check| line(check)).collect(),
        },
    }
}

fn fails(check: &Check) -> bool {
    matches!(check.status, Status::Failure | Status::Warning)
}

/// Both ways: what fails has to be listed, and what is listed has to fail.
fn compare(failing: &[&Check], expected: &Expectation) -> Verdict {
    let ids: BTreeSet<_> = failing.iter().map(|check| check.id.as_str()).collect();
    let listed: BTreeSet<_> = expected.checks.iter().map(String::as_str).collect();
    let mut why: Vec<_> = listed
        .difference(&ids)
        .map(|id| format!("{id} is listed in expected-failures.toml, and does not fail"))
        .collect();
    let surprising = |check: &&&Check| !listed.is_empty() && !listed.contains(check.id.as_str());
    why.extend(failing.iter().filter(surprising).map(|check| line(check)));
    if why.is_empty() {
        Verdict::Expected {
            reason: expected.reason.clone(),
        }
    } else {
        Verdict::Failed { why }
    }
}

fn line(check: &Check) -> String {
    format!("{}: {}", check.id, check.remark().unwrap_or("failed"))
}

fn remarks(checks: &[Check]) -> String {
    let remarks: Vec<_> = checks.iter().filter_map(Check::remark).collect();
    if remarks.is_empty() {
        "the suite says no more".to_owned()
    } else {
        remarks.join("; ")
    }
}

#[cfg(test)]
mod tests;
