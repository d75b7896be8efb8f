use serde_json::json;

use super::*;

const SCORED: Scenario = Scenario {
    name: String::new(),
    scored: true,
};
const REPORTED: Scenario = Scenario {
    name: String::new(),
    scored: false,
};

fn checks(statuses: &[(&str, &str)]) -> Vec<Check> {
    let checks = statuses
        .iter()
        .map(|(id, status)| json!({"id": id, "status": status, "errorMessage": "because"}));
    checks
        .map(|check| serde_json::from_value(check).unwrap())
        .collect()
}

fn expecting(ids: &[&str]) -> Expectation {
    let entry = json!({"revision": "r", "scenario": "s", "checks": ids, "reason": "known"});
    serde_json::from_value(entry).unwrap()
}

fn why(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Failed { why } => why,
        other => panic!("{other:?} is no failure"),
    }
}

#[test]
fn passes_when_nothing_fails() {
    let checks = checks(&[
        ("a", "SUCCESS"),
        ("a", "SUCCESS"),
        ("b", "INFO"),
        ("c", "SKIPPED"),
    ]);
    assert_eq!(
        judge(&SCORED, Some(&checks), &[], None),
        Verdict::Passed { checks: 2 }
    );
}

#[test]
fn fails_when_a_check_fails_or_warns() {
    let checks = checks(&[("a", "SUCCESS"), ("b", "FAILURE"), ("c", "WARNING")]);
    assert_eq!(
        why(judge(&SCORED, Some(&checks), &[], None)),
        ["b: because", "c: because"]
    );
}

#[test]
fn a_scenario_that_was_not_finished_failed_even_if_that_is_expected() {
    let expected = expecting(&[]);
    assert_eq!(
        why(judge(&REPORTED, None, &[], Some(&expected))),
        ["the suite did not finish it"]
    );
}

#[test]
fn without_checks_a_scored_scenario_failed_and_another_is_said() {
    let checks = checks(&[("a", "INFO")]);
    assert_eq!(why(judge(&SCORED, Some(&checks), &[], None)), ["ran 0 checks"]);
    assert_eq!(
        judge(&REPORTED, Some(&checks), &[], None),
        Verdict::Skipped {
            why: "ran 0 checks: because".to_owned()
        }
    );
}

#[test]
fn expected_as_a_whole_or_by_check() {
    let checks = checks(&[("a", "SUCCESS"), ("b", "FAILURE"), ("b", "SUCCESS")]);
    for listed in [&[][..], &["b"]] {
        let verdict = judge(&SCORED, Some(&checks), &[], Some(&expecting(listed)));
        assert_eq!(
            verdict,
            Verdict::Expected {
                reason: "known".to_owned()
            }
        );
    }
}

#[test]
fn what_is_listed_has_to_fail() {
    let fine = checks(&[("a", "SUCCESS")]);
    let told = why(judge(&SCORED, Some(&fine), &[], Some(&expecting(&[]))));
    assert_eq!(told, ["is listed in expected-failures.toml, and does not fail"]);
    let partly = checks(&[("a", "FAILURE"), ("b", "SUCCESS")]);
    let told = why(judge(&SCORED, Some(&partly), &[], Some(&expecting(&["a", "b"]))));
    assert_eq!(told, ["b is listed in expected-failures.toml, and does not fail"]);
}

#[test]
fn what_fails_besides_what_is_listed_is_a_failure() {
    let checks = checks(&[("a", "FAILURE"), ("b", "FAILURE")]);
    let told = why(judge(&SCORED, Some(&checks), &[], Some(&expecting(&["a"]))));
    assert_eq!(told, ["b: because"]);
}
