//! Edits of one level: against a map, and against the text.

use indexmap::IndexMap;
use proptest::{collection::vec, prelude::*, sample::select};

use pontoon_jsonrpc::{Limits, Raw, RawObject};

fn object(text: &str) -> RawObject {
    Raw::parse(text.to_owned(), &Limits::CLIENT)
        .expect("valid")
        .object()
        .expect("an object")
}

#[test]
fn members_are_found_by_meaning() {
    let object = object(r#" { "a":1, "\u0062" : "x\n" ,"c":[ ],"":null} "#);
    assert_eq!(object.len(), 4);
    assert_eq!(object.get("b").expect("b").as_str(), r#""x\n""#);
    assert_eq!(object.get_str("b").as_deref(), Some("x\n"));
    assert_eq!(object.get_str("a"), None);
    assert_eq!(object.get("").expect("the empty key").as_str(), "null");
    assert!(object.contains("c") && !object.contains("d"));
    let keys: Vec<_> = object.iter().map(|(key, _)| key.into_owned()).collect();
    assert_eq!(keys, ["a", "b", "c", ""]);
}

#[test]
fn only_an_object_without_repeated_keys_is_one() {
    let raw = |text: &'static str| Raw::parse(text, &Limits::SERVER);
    assert!(raw("[]").expect("valid").object().is_none());
    assert!(raw("null").expect("valid").object().is_none());
    assert!(raw(r#"[{"a":1,"a":2}]"#).expect("valid").object().is_none());
    let outer = raw(r#"{"x":{"a":1,"a":2}}"#)
        .expect("valid")
        .object()
        .expect("an object");
    assert!(outer.get("x").expect("x").object().is_none());
    let many: Vec<_> = (0..1000).map(|n| format!("\"{n}\":{n}")).collect();
    assert_eq!(
        object(&format!("{{{}}}", many.join(",")))
            .get("999")
            .and_then(|n| n.as_i64()),
        Some(999)
    );
}

#[test]
fn surrogates_in_keys_confuse_nobody() {
    let text = r#"{"\ud800":1,"\ud801":2,"\ufffd":3}"#;
    let object = Raw::parse(text, &Limits::SERVER)
        .expect("valid")
        .object()
        .expect("an object");
    assert_eq!(object.get("\u{fffd}").and_then(|n| n.as_i64()), Some(3));
    assert_eq!(object.iter().count(), 3);
    let edited = object.edit().set("\u{fffd}", Raw::number(4)).finish();
    assert_eq!(edited.as_str(), r#"{"\ud800":1,"\ud801":2,"\ufffd":4}"#);
}

#[test]
fn edits_keep_the_rest() {
    let object = object("{ \"a\" : 1 ,\n \"b\":2,\"c\":3 }");
    let x = || Raw::from_static("\"x\"");
    assert_eq!(
        object.edit().finish().as_str(),
        "{ \"a\" : 1 ,\n \"b\":2,\"c\":3 }"
    );
    assert_eq!(
        object.edit().set("a", x()).finish().as_str(),
        "{ \"a\" : \"x\" ,\n \"b\":2,\"c\":3 }"
    );
    assert_eq!(
        object.edit().remove("b").finish().as_str(),
        "{ \"a\" : 1 ,\"c\":3 }"
    );
    assert_eq!(
        object.edit().remove("c").finish().as_str(),
        "{ \"a\" : 1 ,\n \"b\":2}"
    );
    assert_eq!(
        object.edit().remove("zzz").finish().as_str(),
        "{ \"a\" : 1 ,\n \"b\":2,\"c\":3 }"
    );
    assert_eq!(
        object.edit().set("d\"", x()).finish().as_str(),
        "{ \"a\" : 1 ,\n \"b\":2,\"c\":3 ,\"d\\\"\":\"x\"}"
    );
    assert_eq!(
        object
            .edit()
            .remove("a")
            .remove("b")
            .remove("c")
            .finish()
            .as_str(),
        "{}"
    );
    assert_eq!(
        object.edit().remove("a").set("a", x()).finish().as_str(),
        "{\n \"b\":2,\"c\":3 ,\"a\":\"x\"}"
    );
    assert_eq!(
        RawObject::empty()
            .edit()
            .set("k", x())
            .set("l", x())
            .finish()
            .as_str(),
        r#"{"k":"x","l":"x"}"#
    );
    assert_eq!(
        RawObject::empty()
            .edit()
            .set("k", x())
            .remove("k")
            .finish()
            .as_str(),
        "{}"
    );
}

#[test]
fn nothing_changed_is_nothing_copied() {
    let object = object("{ \"a\":1 }");
    assert_eq!(
        object.edit().finish().as_bytes().as_ptr(),
        object.to_raw().as_bytes().as_ptr()
    );
}

#[derive(Clone, Debug)]
enum Op {
    Set(&'static str, &'static str),
    Remove(&'static str),
}

/// A member as it stands in the text: (text in front of the value, value, text behind), by the key it means.
type Members = IndexMap<String, (String, String, String)>;

fn text_of(members: &Members) -> String {
    let members: Vec<_> = members
        .values()
        .map(|(front, value, behind)| format!("{front}{value}{behind}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

const KEYS: [&str; 5] = ["a", "b", "key\n", "", "é"];
const VALUES: [&str; 5] = ["1", "\"x\"", "{\"a\":[1, 2]}", "9007199254740993", "null"];

fn members() -> impl Strategy<Value = Members> {
    let space = || select(vec!["", " ", "\n\t"]);
    let member = (
        space(),
        select(KEYS.to_vec()),
        any::<bool>(),
        space(),
        select(VALUES.to_vec()),
        space(),
    );
    vec(member, 0..6).prop_map(|members| {
        let mut out = Members::new();
        for (space, key, escaped, colon, value, behind) in members {
            let quoted = if escaped {
                escape_all(key)
            } else {
                Raw::string(key).as_str().to_owned()
            };
            let front = format!("{space}{quoted}{colon}:{colon}");
            out.entry(key.to_owned())
                .or_insert((front, value.to_owned(), behind.to_owned()));
        }
        out
    })
}

fn escape_all(text: &str) -> String {
    let escapes: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{escapes}\"")
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (select(KEYS.to_vec()), select(VALUES.to_vec())).prop_map(|(key, value)| Op::Set(key, value)),
        select(KEYS.to_vec()).prop_map(Op::Remove),
    ]
}

/// At least a thousand cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.max(1000),
        failure_persistence: None,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn edits_are_those_of_a_map_and_touch_nothing_else(members in members(), ops in vec(op(), 0..6)) {
        let mut model = members.clone();
        let object = object(&text_of(&members));
        let mut edit = object.edit();
        for op in &ops {
            match *op {
                Op::Set(key, value) => {
                    edit.set(key, Raw::from_static(value));
                    let fresh = (format!("{}:", Raw::string(key)), String::new(), String::new());
                    model.entry(key.to_owned()).or_insert(fresh).1 = value.to_owned();
                }
                Op::Remove(key) => {
                    edit.remove(key);
                    model.shift_remove(key);
                }
            }
        }
        let edited = edit.finish();
        prop_assert_eq!(edited.as_str(), text_of(&model));
        let again = edited.object().expect("an object");
        let pairs: Vec<_> = again.iter().map(|(key, value)| (key.into_owned(), value.to_string())).collect();
        let expected: Vec<_> = model.into_iter().map(|(key, (_, value, _))| (key, value)).collect();
        prop_assert_eq!(pairs, expected);
    }
}
