//! What is remembered of lists of tools, and for how long.

use super::*;

const ANNOTATED: &str = r#"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}"#;

fn account(number: usize) -> Audience {
    Audience::Account(number.to_string().into())
}

fn list(annotations: &Annotations, audience: &Audience, tools: &[(&str, &str)]) {
    let tools: Vec<_> = tools
        .iter()
        .map(|(name, schema)| format!(r#"{{"name":"{name}","inputSchema":{schema}}}"#))
        .collect();
    let text = format!(r#"{{"tools":[{},7]}}"#, tools.join(","));
    annotations.learn(
        audience,
        &Raw::parse(text, &pontoon_jsonrpc::Limits::SERVER).unwrap(),
    );
}

fn knows(annotations: &Annotations, audience: &Audience, tool: &str) -> bool {
    annotations.of(audience, tool).is_some()
}

#[test]
fn tools_are_known_as_they_were_listed_last() {
    let annotations = Annotations::default();
    let everybody = Audience::Everybody;
    let known_after = |schema: &str| {
        list(&annotations, &everybody, &[("t", schema)]);
        annotations
            .of(&everybody, "t")
            .map_or(0, |parameters| parameters.len())
    };
    assert_eq!(known_after("{}"), 0);
    assert_eq!(known_after(ANNOTATED), 1);
    assert_eq!(known_after(&ANNOTATED.replace("\"A\"", "\"not a token\"")), 0);
    assert_eq!(known_after(ANNOTATED), 1);
    assert_eq!(known_after("{}"), 0);
}

#[test]
fn each_account_has_its_own_list() {
    let annotations = Annotations::default();
    list(&annotations, &account(1), &[("t", ANNOTATED)]);
    list(&annotations, &account(2), &[("t", "{}"), ("u", ANNOTATED)]);
    assert!(knows(&annotations, &account(1), "t") && !knows(&annotations, &account(1), "u"));
    assert!(knows(&annotations, &account(2), "u") && !knows(&annotations, &account(2), "t"));
    assert!(!knows(&annotations, &Audience::Everybody, "t"));
}

#[test]
fn a_list_takes_no_more_memory_than_it_may() {
    let annotations = Annotations::default();
    let me = account(1);
    let long = ANNOTATED.replace("\"a\"", &format!("\"{}\"", "a".repeat(MAX_LIST_BYTES / 2)));
    list(&annotations, &me, &[("t", &long), ("u", &long), ("v", ANNOTATED)]);
    assert!(knows(&annotations, &me, "t") && !knows(&annotations, &me, "u") && knows(&annotations, &me, "v"));
    // What was known before is not what the tool wants now.
    list(&annotations, &me, &[("v", &long)]);
    assert!(!knows(&annotations, &me, "v"));
    list(&annotations, &me, &[("t", "{}"), ("v", &long)]);
    assert!(knows(&annotations, &me, "v"));
    list(&annotations, &me, &[("v", "{}")]);
    assert!(annotations.lock().of.is_empty());
}

#[test]
fn of_too_many_lists_the_one_goes_that_was_not_used_for_longest() {
    let annotations = Annotations::default();
    for number in 0..MAX_LISTS {
        list(&annotations, &account(number), &[("t", ANNOTATED)]);
    }
    assert!(knows(&annotations, &account(0), "t"));
    list(&annotations, &account(MAX_LISTS), &[("t", ANNOTATED)]);
    assert!(knows(&annotations, &account(0), "t") && knows(&annotations, &account(MAX_LISTS), "t"));
    assert!(!knows(&annotations, &account(1), "t"));
    assert_eq!(annotations.lock().of.len(), MAX_LISTS);
}

#[test]
fn all_lists_together_take_no_more_memory_than_they_may() {
    let annotations = Annotations::default();
    let long = ANNOTATED.replace("\"a\"", &format!("\"{}\"", "a".repeat(MAX_LIST_BYTES / 2)));
    let all = 2 * MAX_BYTES / MAX_LIST_BYTES;
    for number in 0..all {
        list(&annotations, &account(number), &[("t", &long)]);
    }
    assert!(annotations.lock().bytes() <= MAX_BYTES);
    assert!(!knows(&annotations, &account(0), "t") && knows(&annotations, &account(all - 1), "t"));
}
