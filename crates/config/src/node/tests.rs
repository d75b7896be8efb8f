use proptest::prelude::*;
use serde_json::json;

use super::{Format, Node, Table, Value};

/// What a general JSON reader makes of the tree.
fn to_json(table: &Table) -> serde_json::Value {
    fn value(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null | Value::Datetime | Value::Number(_) => json!(null),
            Value::Bool(it) => json!(it),
            Value::Integer(it) => json!(it),
            Value::String(it) => json!(it),
            Value::Array(items) => items.iter().map(value).collect(),
            Value::Table(table) => to_json(table),
        }
    }
    serde_json::Value::Object(
        table
            .entries
            .iter()
            .map(|it| (it.key.clone(), value(&it.node)))
            .collect(),
    )
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|it| json!(it)),
        any::<bool>().prop_map(|it| json!(it)),
        "\\PC{0,8}".prop_map(|it| json!(it)),
        Just(json!(null)),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map("\\PC{0,6}", inner, 0..6).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_read_as_every_other_reader_reads_it(inner in any_json()) {
        let document = json!({ "root": inner });
        let text = serde_json::to_string_pretty(&document).expect("it is JSON");
        let table = Format::of(&text).parse(&text).expect("it is an object");
        prop_assert_eq!(to_json(&table), document);
    }

    #[test]
    fn no_text_breaks_a_reader(text in "[\\PC\\n\"{}\\[\\]=:,]{0,80}") {
        for format in [Format::Toml, Format::Json] {
            if let Ok(table) = format.parse(&text) {
                check_spans(&text, &table);
            }
        }
    }
}

/// Every span can be cut out of the text.
fn check_spans(text: &str, table: &Table) {
    for entry in &table.entries {
        assert!(text.get(entry.key_span.clone()).is_some(), "{:?}", entry.key_span);
        assert!(
            text.get(entry.node.span.clone()).is_some(),
            "{:?}",
            entry.node.span
        );
        if let Value::Table(inner) = &entry.node.value {
            check_spans(text, inner);
        }
    }
}

#[test]
fn keys_and_values_know_where_they_stand() {
    for text in ["{ \"a\": {\"b\": [1, \"zwei\"]} }", "a = { b = [1, \"zwei\"] }"] {
        let root = Format::of(text).parse(text).expect("it is fine");
        let Value::Table(a) = &root.get("a").expect("a").node.value else {
            panic!("{root:?}")
        };
        let b = a.get("b").expect("b");
        assert!(matches!(&text[b.key_span.clone()], "b" | "\"b\""));
        assert_eq!(&text[b.node.span.clone()], "[1, \"zwei\"]");
        let Value::Array(items) = &b.node.value else {
            panic!("{b:?}")
        };
        assert_eq!(&text[items[1].span.clone()], "\"zwei\"");
    }
}

#[test]
fn deep_nesting_is_refused_without_deep_recursion() {
    for depth in [50, 100_000] {
        for format in [Format::Json, Format::Toml] {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let text = match format {
                Format::Json => format!("{{\"a\": {open}{close}}}"),
                Format::Toml => format!("a = {open}{close}"),
            };
            format.parse(&text).expect_err("it is nested too deep");
        }
    }
}
