//! What is kept, for whom, and until when.

use super::*;
use crate::exchange::Account;

const ME: Asker = Asker::Account(Account(1));
const OTHER: Asker = Asker::Account(Account(2));
const NOW: Duration = Duration::from_secs(100);

fn list(cache: &Cache, asker: Asker) -> Question {
    ask(cache, method::TOOLS_LIST, "{}", asker)
}

fn ask(cache: &Cache, name: &str, params: &'static str, asker: Asker) -> Question {
    let params = Raw::from_static(params);
    cache
        .question(name, Some(&params), &Raw::from_static("{}"), asker)
        .unwrap()
}

fn result(scope: &str, ttl: i64) -> Raw {
    let text = format!(r#"{{"tools":[],"resultType":"complete","cacheScope":"{scope}","ttlMs":{ttl}}}"#);
    Raw::parse(text, &pontoon_jsonrpc::Limits::SERVER).unwrap()
}

fn kept(scope: &str, ttl: i64) -> Cache {
    let mut cache = Cache::default();
    let question = list(&cache, ME);
    cache.keep(question, &result(scope, ttl), NOW);
    cache
}

#[test]
fn a_result_holds_as_long_as_it_says_and_says_how_long_that_still_is() {
    let cache = kept("private", 5_000);
    let question = list(&cache, ME);
    let got = cache.get(&question, NOW + Duration::from_millis(1_500)).unwrap();
    assert_eq!(
        got.as_str(),
        r#"{"tools":[],"resultType":"complete","cacheScope":"private","ttlMs":3500}"#
    );
    assert!(cache.get(&question, NOW + Duration::from_secs(5)).is_none());
}

#[test]
fn a_private_result_is_for_whoever_asked_and_a_public_one_for_all() {
    let cache = kept("private", 5_000);
    assert!(cache.get(&list(&cache, OTHER), NOW).is_none());
    let cache = kept("public", 5_000);
    assert!(cache.get(&list(&cache, OTHER), NOW).is_some());
    let mut nobody = Cache::default();
    let question = list(&nobody, Asker::Unknown);
    nobody.keep(question, &result("private", 5_000), NOW);
    assert!(nobody.get(&list(&nobody, Asker::Unknown), NOW).is_none());
}

#[test]
fn other_parameters_other_capabilities_and_retries_are_other_questions() {
    let cache = kept("public", 5_000);
    let page = ask(&cache, method::TOOLS_LIST, r#"{"cursor":"2"}"#, ME);
    assert!(cache.get(&page, NOW).is_none());
    let meta = ask(&cache, method::TOOLS_LIST, r#"{"_meta":{"traceparent":"x"}}"#, ME);
    assert!(cache.get(&meta, NOW).is_some(), "metadata changes nothing");
    let able = Raw::from_static(r#"{"sampling":{}}"#);
    let able = cache.question(method::TOOLS_LIST, None, &able, ME).unwrap();
    assert!(cache.get(&able, NOW).is_none());
    let retry = Raw::from_static(r#"{"uri":"u","requestState":"x"}"#);
    assert!(
        cache
            .question(method::RESOURCES_READ, Some(&retry), &Raw::from_static("{}"), ME)
            .is_none()
    );
    assert!(
        cache
            .question(method::TOOLS_CALL, None, &Raw::from_static("{}"), ME)
            .is_none()
    );
}

#[test]
fn nothing_is_kept_that_does_not_say_so() {
    for ttl in [0, -1, i64::MIN] {
        assert!(kept("public", ttl).kept.is_empty(), "{ttl}");
    }
    let mut cache = Cache::default();
    for text in [
        r#"{"tools":[]}"#,
        r#"{"tools":[],"ttlMs":"5000"}"#,
        r#"{"resultType":"input_required","ttlMs":5000}"#,
    ] {
        let question = list(&cache, ME);
        cache.keep(question, &Raw::from_static(text), NOW);
    }
    assert!(cache.kept.is_empty());
    let cache = kept("public", i64::MAX);
    assert!(
        cache.get(&list(&cache, ME), NOW + MAX_AGE).is_none(),
        "for ever is too long"
    );
}

#[test]
fn a_change_voids_what_it_concerns_also_what_is_on_its_way() {
    let mut cache = kept("public", 5_000);
    cache.invalidate(method::PROMPTS_CHANGED, None);
    assert!(cache.get(&list(&cache, ME), NOW).is_some());
    let under_way = list(&cache, ME);
    cache.invalidate(method::TOOLS_CHANGED, None);
    assert!(cache.get(&list(&cache, ME), NOW).is_none());
    cache.keep(under_way, &result("public", 5_000), NOW);
    assert!(cache.kept.is_empty(), "it was asked before the change");
    assert_eq!(cache.bytes, 0);
}

#[test]
fn a_resource_that_changed_is_read_again_and_others_are_not() {
    let mut cache = Cache::default();
    for params in [r#"{"uri":"a://x/1"}"#, r#"{"uri":"a://y"}"#] {
        let question = ask(&cache, method::RESOURCES_READ, params, ME);
        cache.keep(question, &result("private", 5_000), NOW);
    }
    cache.invalidate(method::RESOURCE_UPDATED, Some("a://x/1"));
    let read = |params| cache.get(&ask(&cache, method::RESOURCES_READ, params, ME), NOW);
    assert!(read(r#"{"uri":"a://x/1"}"#).is_none());
    assert!(read(r#"{"uri":"a://y"}"#).is_some());
}

#[test]
fn its_size_is_bounded_and_the_oldest_go_first() {
    let mut cache = Cache::default();
    for number in 0..1_000 {
        let params = Raw::parse(
            format!(r#"{{"cursor":"{number}"}}"#),
            &pontoon_jsonrpc::Limits::SERVER,
        )
        .unwrap();
        let none = Raw::from_static("{}");
        let question = cache
            .question(method::TOOLS_LIST, Some(&params), &none, ME)
            .unwrap();
        cache.keep(question, &result("public", 5_000), NOW);
    }
    assert_eq!(cache.kept.len(), MAX_RESULTS);
    assert_eq!(cache.kept[0].question.params.as_str(), r#"{"cursor":"744"}"#);
    assert_eq!(cache.bytes, cache.kept.iter().map(Kept::size).sum::<usize>());
    cache.clear();
    assert_eq!(cache.bytes, 0);
}
