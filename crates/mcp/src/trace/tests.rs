use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

fn checked<'a>(parent: &'a str, state: &'a str, baggage: &'a str) -> Option<TraceContext<'a>> {
    TraceContext::checked(Some(parent.into()), Some(state.into()), Some(baggage.into()))
}

fn names(context: Option<TraceContext<'_>>) -> Vec<&'static str> {
    let context = context.as_ref();
    context.map_or_else(Vec::new, |context| {
        context.entries().map(|(name, _)| name).collect()
    })
}

#[test]
fn parents_keep_the_grammar_to_the_letter() {
    for good in [
        PARENT,
        "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-what-comes-later",
    ] {
        assert!(is_parent(good), "{good}");
    }
    for bad in [
        "",
        "00",
        "00-0AF7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-0",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01\r\nX: y",
        " 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-a\r\nX: y",
        "cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01.more",
    ] {
        assert!(!is_parent(bad), "{bad}");
    }
    assert!(!is_parent(&format!(
        "cc{}-{}",
        &PARENT[2..],
        "a".repeat(MAX_PARENT)
    )));
}

#[test]
fn states_keep_the_grammar_to_the_letter() {
    for good in [
        "congo=t61rcWkgMzE",
        "rojo=00f067aa0ba902b7, \tcongo=t61rcWkgMzE ,,",
        "1-a_b*c/d=a b~",
        "tenant@system=1",
    ] {
        assert!(is_state(good), "{good}");
    }
    for bad in [
        "",
        ",",
        "a",
        "=b",
        "A=b",
        "a=",
        "a=b=c",
        "a=\u{e9}",
        "a=b\u{7f}",
        "a=b\r\nX: y",
        "-a=b",
        "a=b\tc",
    ] {
        assert!(!is_state(bad), "{bad:?}");
    }
    let members = |count: usize| vec!["a=b"; count].join(",");
    assert!(is_state(&members(32)) && !is_state(&members(33)));
    assert!(!is_state(&format!("a={}", "b".repeat(257))));
    let long = format!("a={}", "b".repeat(200));
    assert!(!is_state(&vec![long.as_str(); 21].join(",")));
}

#[test]
fn baggage_keeps_the_grammar_to_the_letter() {
    for good in ["userId=alice", "a=b , c = d;p;q = r ,", "key=", "k=a%20b=c"] {
        assert!(is_baggage(good), "{good}");
    }
    for bad in [
        "",
        "a",
        "=b",
        "a b=c",
        "a=b c",
        "a=\"b\"",
        "a=b\\",
        "a=b;",
        "a=b;p q",
        "a=\u{e9}",
        "a=b\r\nX: y",
        "a=b\0",
    ] {
        assert!(!is_baggage(bad), "{bad:?}");
    }
    let members = |count: usize| vec!["a=b"; count].join(",");
    assert!(is_baggage(&members(64)) && !is_baggage(&members(65)));
    assert!(!is_baggage(&format!("a={}", "b".repeat(MAX_BAGGAGE))));
}

#[test]
fn what_breaks_a_rule_is_left_out() {
    assert_eq!(
        names(checked(PARENT, "a=b", "c=d")),
        ["traceparent", "tracestate", "baggage"]
    );
    assert_eq!(names(checked(PARENT, "A=b", "c=d")), ["traceparent", "baggage"]);
    assert_eq!(
        names(checked("nonsense", "a=b", "c=d")),
        ["baggage"],
        "no state without its parent"
    );
    assert_eq!(checked("nonsense", "a=b", "nonsense"), None);
}

#[test]
fn it_is_added_where_there_is_none() {
    let context = checked(PARENT, "a=b", "nonsense").expect("some of it is good");
    let added = |params: &'static str| {
        let params = context.added_to(Some(&Raw::from_static(params)));
        params.map(|params| params.as_str().to_owned())
    };
    let context = format!(r#""traceparent":"{PARENT}","tracestate":"a=b""#);
    assert_eq!(
        added(r#"{ "n":1.0}"#),
        Some(format!(r#"{{ "n":1.0,"_meta":{{{context}}}}}"#))
    );
    assert_eq!(
        added(r#"{"_meta": {"progressToken":1} ,"n":1}"#),
        Some(format!(r#"{{"_meta": {{"progressToken":1,{context}}} ,"n":1}}"#))
    );
    // What the message says itself counts, also where it is only a part, or nonsense.
    assert_eq!(added(r#"{"_meta":{"traceparent":1}}"#), None);
    assert_eq!(added(r#"{"_meta":{"baggage":"a=b"}}"#), None);
    assert_eq!(added(r#"{"_meta":{"tr\u0061cestate":"a=b"}}"#), None);
    assert_eq!(added(r#"{"_meta":[]}"#), None);
}

#[test]
fn a_message_without_params_gets_some() {
    let context = checked("nonsense", "a=b", "a=b").expect("the baggage is good");
    let params = context.added_to(None).expect("nothing is in the way");
    assert_eq!(params.as_str(), r#"{"_meta":{"baggage":"a=b"}}"#);
}

#[test]
fn it_is_read_from_where_it_was_put() {
    let context = checked(PARENT, "a=b", "c=d").expect("all of it is good");
    let params = context.added_to(None).expect("nothing is in the way");
    let meta = params.object().and_then(|params| params.get(META)?.object());
    let meta = meta.expect("it has been put there");
    assert_eq!(TraceContext::of_meta(&meta), Some(context));
}
