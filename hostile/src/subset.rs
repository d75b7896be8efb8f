//! Whether a JSON value has what was expected of it.

use serde_json::Value;

/// In an expectation: the member is there, whatever it is.
const ANY: &str = "<any>";
/// In an expectation: the member is not there.
const ABSENT: &str = "<absent>";

/// Compares; what is expected may leave members of objects out.
///
/// # Errors
///
/// A diff: a line for each place that differs.
pub(crate) fn check(expected: &Value, got: &Value) -> Result<(), String> {
    let mut differences = Vec::new();
    compare("$", expected, Some(got), &mut differences);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.join("\n"))
    }
}

fn compare(place: &str, expected: &Value, got: Option<&Value>, differences: &mut Vec<String>) {
    match (expected, got) {
        (Value::String(word), None) if word == ABSENT => {}
        (Value::String(word), Some(_)) if word == ANY => {}
        (Value::Object(members), Some(Value::Object(others))) => {
            for (key, value) in members {
                compare(&format!("{place}.{key}"), value, others.get(key), differences);
            }
        }
        (Value::Array(items), Some(Value::Array(others))) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                compare(&format!("{place}[{index}]"), item, Some(other), differences);
            }
        }
        (expected, Some(got)) if expected == got => {}
        (expected, got) => {
            let got = got.map_or_else(|| "nothing".to_owned(), Value::to_string);
            differences.push(format!("- {place}: {expected}"));
            differences.push(format!("+ {place}: {got}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_may_be_left_out() {
        let got = json!({"a": {"b": 1, "c": 2}, "d": [1, {"e": 3}]});
        for expected in [
            json!({}),
            json!({"a": {"b": 1}}),
            json!({"a": "<any>", "x": "<absent>"}),
            json!({"d": [1, {}]}),
        ] {
            assert_eq!(check(&expected, &got), Ok(()));
        }
    }

    #[test]
    fn differences_are_named() {
        let got = json!({"a": {"b": 1}, "d": [1]});
        for (expected, place) in [
            (json!({"a": {"b": 2}}), "$.a.b: 2"),
            (json!({"x": "<any>"}), "$.x"),
            (json!({"a": "<absent>"}), "$.a"),
            (json!({"d": [1, 2]}), "$.d"),
        ] {
            let diff = check(&expected, &got).unwrap_err();
            assert!(diff.contains(place), "{diff}");
        }
    }
}
