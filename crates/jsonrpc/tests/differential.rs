//! Agreement with serde_json on what is JSON, and with a plain visitor on what is ambiguous.

use std::{collections::HashSet, fmt};

use proptest::{collection::vec, prelude::*, sample::select};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use pontoon_jsonrpc::{ByteOrderMark, DuplicateKeys, Limits, Raw, SyntaxFault};

/// As little of our own as can be: serde_json takes any depth and any key here.
const PLAIN: Limits = Limits {
    max_depth: usize::MAX,
    duplicate_keys: DuplicateKeys::RefuseInEnvelope,
    byte_order_mark: ByteOrderMark::Refuse,
    ..Limits::SERVER
};

fn oracle(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

fn ours(text: &[u8]) -> bool {
    match Raw::parse(text.to_vec(), &PLAIN) {
        Ok(_) => true,
        Err(error) => error.fault == SyntaxFault::AmbiguousKey,
    }
}

/// Tokens, whole and cut, so that random sequences are often nearly JSON.
fn token() -> impl Strategy<Value = &'static str> {
    select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"b\":",
        "\"\\u0061\":",
        "\\",
        "\\n",
        "\\u",
        "\\ud800",
        "\\uD83D\\uDE00",
        "\\x",
        "0",
        "1",
        "-",
        "-0",
        "01",
        "1.5",
        ".",
        "e",
        "E+1",
        "1e999",
        "true",
        "fals",
        "null",
        "nul",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{0}",
        "\u{1f}",
        "\u{7f}",
        "é",
        "😀",
        "\u{feff}",
        "abcdefg",
        "abcdefghijklmnopq",
        "/",
    ])
}

/// Scalars that serde_json can read into Rust values.
fn plain() -> impl Strategy<Value = String> {
    let text = "[ -~é😀]{0,20}".prop_map(|text| serde_json::to_string(&text).expect("a string"));
    let number = any::<f64>().prop_filter_map("a number", |number| {
        serde_json::Number::from_f64(number).map(|n| n.to_string())
    });
    let literals = [
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"a\"",
        "\"\\/\\b\\f\"",
        "\"\"",
        "0",
        "-0.0",
        "1E-7",
        "true",
        "false",
        "null",
        "{}",
        "[ ]",
        "12345678901234567890123",
    ];
    prop_oneof![text, number, select(literals.to_vec()).prop_map(str::to_owned)]
}

fn json() -> impl Strategy<Value = String> {
    nested(prop_oneof![3 => plain(), 1 => select(vec!["\"\\ud800\"", "1e999"]).prop_map(str::to_owned)])
}

/// Arrays and objects, with keys that are often the same.
fn nested(scalar: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    scalar.prop_recursive(6, 64, 8, |inner| {
        let key = select(vec![
            "\"a\"",
            "\"b\"",
            "\"\\u0061\"",
            "\"\"",
            "\"\\ud83d\\ude00\"",
            "\"😀\"",
            "\"longer key\"",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(|items| format!("[{}]", items.join(" , "))),
            vec((key, inner), 0..8).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("{key}: {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// One change of a text, at a place and with a byte chosen by the numbers.
#[derive(Clone, Debug)]
enum Change {
    Cut(usize),
    Remove(usize),
    Replace(usize, u8),
    Insert(usize, &'static str),
    Double(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let interesting = select(b"{}[]\",:\\u0189.eE+-tn \n\x00\x1f\x7f\xff\xc3\xa9\xed\xa0".to_vec());
    prop_oneof![
        any::<usize>().prop_map(Change::Cut),
        any::<usize>().prop_map(Change::Remove),
        (any::<usize>(), interesting).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (any::<usize>(), token()).prop_map(|(at, token)| Change::Insert(at, token)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::Double(from, to)),
    ]
}

fn apply(text: &mut Vec<u8>, change: &Change) {
    let len = text.len().max(1);
    match *change {
        Change::Cut(at) => text.truncate(at % len),
        Change::Remove(at) if !text.is_empty() => drop(text.remove(at % len)),
        Change::Replace(at, byte) if !text.is_empty() => text[at % len] = byte,
        Change::Insert(at, token) => drop(text.splice(at % len..at % len, token.bytes()).count()),
        Change::Double(from, to) => {
            let (from, to) = ((from % len).min(to % len), (from % len).max(to % len));
            let part = text[from..to.min(text.len())].to_vec();
            text.splice(to..to, part);
        }
        Change::Remove(_) | Change::Replace(..) => {}
    }
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
    fn valid_json_is_taken_as_it_is(text in json()) {
        prop_assert!(oracle(text.as_bytes()));
        prop_assert!(ours(text.as_bytes()));
        if let Ok(raw) = Raw::parse(text.clone(), &PLAIN) {
            prop_assert_eq!(raw.as_str(), text);
        }
    }

    #[test]
    fn token_soup_is_judged_alike(tokens in vec(token(), 0..12)) {
        let text = tokens.concat();
        prop_assert_eq!(ours(text.as_bytes()), oracle(text.as_bytes()), "{:?}", text);
    }

    #[test]
    fn mutated_json_is_judged_alike(text in json(), changes in vec(change(), 1..4)) {
        let mut text = text.into_bytes();
        changes.iter().for_each(|change| apply(&mut text, change));
        prop_assert_eq!(ours(&text), oracle(&text), "{:?}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn random_bytes_are_judged_alike(text in vec(any::<u8>(), 0..12)) {
        prop_assert_eq!(ours(&text), oracle(&text));
    }

    #[test]
    fn ambiguous_keys_are_found_at_every_level(text in nested(plain())) {
        let strict = Limits { max_depth: usize::MAX, ..Limits::CLIENT };
        let refused = matches!(Raw::parse(text.clone(), &strict), Err(error) if error.fault == SyntaxFault::AmbiguousKey);
        let repeated = serde_json::from_str::<Unambiguous>(&text).is_err();
        prop_assert_eq!(refused, repeated);
    }

    #[test]
    fn strings_mean_what_serde_json_says(text in "\\PC{0,30}|[\\x00-\\x7f]{0,30}") {
        let raw = Raw::string(&text);
        prop_assert_eq!(raw.as_str(), serde_json::to_string(&text).expect("a string"));
        let value = raw.to_string_value();
        prop_assert_eq!(value.as_deref(), Some(text.as_str()));
    }

    #[test]
    fn escapes_mean_what_serde_json_says(tokens in vec(select(vec![
        "\\ud83d", "\\ude00", "\\uDBFF\\uDFFF", "\\u0041", "\\n", "\\\\", "\\\"", "u0041", "é", "\\uffff", "\\u00e9", "\\/",
    ]), 0..8)) {
        let text = format!("\"{}\"", tokens.concat());
        let raw = Raw::parse(text.clone(), &PLAIN).expect("a string");
        let value = raw.to_string_value().map(String::from);
        prop_assert_eq!(value, serde_json::from_str::<String>(&text).ok());
    }
}

/// Reads any JSON and fails at a repeated key.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Unambiguous)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Unambiguous;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Unambiguous>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                return Err(de::Error::custom("repeated"));
            }
            map.next_value::<Unambiguous>()?;
        }
        Ok(self)
    }
}
