//! Forms that a server asks the user to fill in. (2025-11-25 and 2026-07-28, Elicitation, "Requested Schema")

use pontoon_jsonrpc::{Kind as JsonKind, Limits, Raw, RawObject};

use super::render::plain;

/// One field of a form.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: String,
    title: String,
    kind: Kind,
    pub(super) is_required: bool,
    pub(super) default: Option<Raw>,
}

/// What a field takes.
#[derive(Debug)]
enum Kind {
    Text { lengths: Range, format: Option<String> },
    Number { whole: Wholeness, range: Range },
    Flag,
    One(Vec<Choice>),
    Many(Vec<Choice>, Range),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wholeness {
    Whole,
    Any,
}

#[derive(Clone, Copy, Debug, Default)]
struct Range {
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Debug)]
struct Choice {
    value: String,
    title: String,
}

/// The fields in their order; `None` if the schema is not one that the specification permits.
pub(super) fn fields(schema: Option<&Raw>) -> Option<Vec<Field>> {
    let schema = schema?.object()?;
    let required: Vec<String> = match schema.get("required") {
        Some(required) => required.decode().ok()?,
        None => Vec::new(),
    };
    let properties = schema.get("properties")?.object()?;
    let field = |(key, property): (std::borrow::Cow<'_, str>, Raw)| {
        let property = property.object()?;
        let kind = Kind::of(&property)?;
        let default = property
            .get("default")
            .filter(|default| kind.check(default).is_ok());
        let title = property
            .get_str("title")
            .or_else(|| property.get_str("description"));
        Some(Field {
            title: title.map_or_else(|| key.to_string(), std::borrow::Cow::into_owned),
            is_required: required.iter().any(|required| *required == key),
            key: key.into_owned(),
            kind,
            default,
        })
    };
    properties.iter().map(field).collect()
}

impl Field {
    /// Reads what was typed.
    pub(super) fn read(&self, text: &str) -> Result<Raw, String> {
        self.kind.read(text)
    }

    /// Accepts a value that is JSON already, if it fits.
    pub(super) fn check(&self, value: &Raw) -> Result<Raw, String> {
        self.kind.check(value).map(|()| value.clone())
    }

    /// What it is and takes, in lines.
    pub(super) fn describe(&self) -> String {
        let mut text = format!("  {}", plain(&self.title));
        if let Kind::One(choices) | Kind::Many(choices, _) = &self.kind {
            for (number, choice) in (1..).zip(choices) {
                text.push_str(&format!("\n    {number}) {}", plain(&choice.title)));
            }
        }
        text
    }

    /// In front of what is typed.
    pub(super) fn prompt(&self) -> String {
        let takes = match &self.kind {
            Kind::Text { format, .. } => format.clone().unwrap_or_else(|| "text".to_owned()),
            Kind::Number {
                whole: Wholeness::Whole,
                ..
            } => "whole number".to_owned(),
            Kind::Number { .. } => "number".to_owned(),
            Kind::Flag => "yes/no".to_owned(),
            Kind::One(_) => "one".to_owned(),
            Kind::Many(..) => "several, with commas".to_owned(),
        };
        let default = match (&self.default, self.is_required) {
            (Some(default), _) => format!(", default {}", plain(default.as_str())),
            (None, true) => String::new(),
            (None, false) => ", optional".to_owned(),
        };
        format!("  {} ({}{default}): ", plain(&self.key), plain(&takes))
    }
}

impl Kind {
    fn of(property: &RawObject) -> Option<Self> {
        let range = |min, max| Range {
            min: number(property.get(min)),
            max: number(property.get(max)),
        };
        match &*property.get_str("type")? {
            "string" => Some(match choices(property) {
                Some(choices) => Self::One(choices),
                None => Self::Text {
                    lengths: range("minLength", "maxLength"),
                    format: property.get_str("format").map(std::borrow::Cow::into_owned),
                },
            }),
            "integer" => Some(Self::Number {
                whole: Wholeness::Whole,
                range: range("minimum", "maximum"),
            }),
            "number" => Some(Self::Number {
                whole: Wholeness::Any,
                range: range("minimum", "maximum"),
            }),
            "boolean" => Some(Self::Flag),
            "array" => {
                let choices = choices(&property.get("items")?.object()?)?;
                Some(Self::Many(choices, range("minItems", "maxItems")))
            }
            _ => None,
        }
    }

    fn read(&self, text: &str) -> Result<Raw, String> {
        let value = match self {
            Self::Text { .. } => Raw::string(text),
            Self::Number { .. } => Raw::parse(text.to_owned(), &Limits::CLIENT)
                .ok()
                .filter(|raw| raw.kind() == JsonKind::Number)
                .ok_or_else(|| format!("`{text}` is no number"))?,
            Self::Flag => match text.to_lowercase().as_str() {
                "y" | "yes" | "true" => Raw::from(true),
                "n" | "no" | "false" => Raw::from(false),
                _ => return Err("answer yes or no".to_owned()),
            },
            Self::One(choices) => Raw::string(chosen(choices, text)?),
            Self::Many(choices, _) => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                let values: Result<Vec<_>, _> = words.map(|word| chosen(choices, word)).collect();
                Raw::encode(&values?)
            }
        };
        self.check(&value).map(|()| value)
    }

    fn check(&self, value: &Raw) -> Result<(), String> {
        match self {
            Self::Text { lengths, format } => {
                let text = value.to_string_value().ok_or("it must be a text")?;
                lengths.check(text.chars().count() as f64, "characters")?;
                check_format(format.as_deref(), &text)
            }
            Self::Number { whole, range } => {
                let number = number(Some(value.clone())).ok_or("it must be a number")?;
                if *whole == Wholeness::Whole && number.fract() != 0.0 {
                    return Err("it must be a whole number".to_owned());
                }
                range.check(number, "")
            }
            Self::Flag => value
                .as_bool()
                .map(drop)
                .ok_or_else(|| "it must be true or false".to_owned()),
            Self::One(choices) => {
                let text = value.to_string_value().ok_or("it must be one of the choices")?;
                is_choice(choices, &text)
            }
            Self::Many(choices, count) => {
                let values: Vec<String> = value.decode().map_err(|_| "it must be a list of choices")?;
                values.iter().try_for_each(|value| is_choice(choices, value))?;
                count.check(values.len() as f64, "choices")
            }
        }
    }
}

impl Range {
    fn check(self, number: f64, unit: &str) -> Result<(), String> {
        let said =
            |words: &str, bound: f64| format!("it must be {words} {bound} {unit}").trim_end().to_owned();
        match (self.min, self.max) {
            (Some(min), _) if number < min => Err(said("at least", min)),
            (_, Some(max)) if number > max => Err(said("at most", max)),
            _ => Ok(()),
        }
    }
}

/// `enum` (with the older `enumNames`), `oneOf` or `anyOf` of constants with titles.
fn choices(schema: &RawObject) -> Option<Vec<Choice>> {
    if let Some(values) = schema.get("enum") {
        let values: Vec<String> = values.decode().ok()?;
        let titles: Vec<String> = schema
            .get("enumNames")
            .and_then(|names| names.decode().ok())
            .unwrap_or_default();
        let titles = titles.into_iter().map(Some).chain(std::iter::repeat(None));
        let choice = |(value, title): (String, Option<String>)| Choice {
            title: title.unwrap_or_else(|| value.clone()),
            value,
        };
        return Some(values.into_iter().zip(titles).map(choice).collect());
    }
    let titled = schema.get("oneOf").or_else(|| schema.get("anyOf"))?;
    let titled: Vec<Raw> = titled.decode().ok()?;
    let choice = |raw: &Raw| {
        let choice = raw.object()?;
        let value = choice.get_str("const")?.into_owned();
        let title = choice
            .get_str("title")
            .map_or_else(|| value.clone(), std::borrow::Cow::into_owned);
        Some(Choice { value, title })
    };
    titled.iter().map(choice).collect()
}

/// By value, by title, or by number.
fn chosen<'a>(choices: &'a [Choice], text: &str) -> Result<&'a str, String> {
    let by_value = choices.iter().find(|choice| choice.value == text);
    let by_title = || {
        choices
            .iter()
            .find(|choice| choice.title.eq_ignore_ascii_case(text))
    };
    let by_number = || choices.get(text.parse::<usize>().ok()?.checked_sub(1)?);
    let choice = by_value.or_else(by_title).or_else(by_number);
    choice
        .map(|choice| choice.value.as_str())
        .ok_or_else(|| not_a_choice(choices))
}

fn is_choice(choices: &[Choice], text: &str) -> Result<(), String> {
    let is_one = choices.iter().any(|choice| choice.value == text);
    is_one.then_some(()).ok_or_else(|| not_a_choice(choices))
}

fn not_a_choice(choices: &[Choice]) -> String {
    let values: Vec<_> = choices.iter().map(|choice| plain(&choice.value)).collect();
    format!("choose of {}", values.join(", "))
}

/// Enough to notice a slip of the finger; the server judges.
fn check_format(format: Option<&str>, text: &str) -> Result<(), String> {
    let looks_right = match format {
        Some("email") => text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        Some("uri") => text
            .split_once(':')
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
        Some("date") => looks_like(text, "0000-00-00"),
        Some("date-time") => text
            .get(..19)
            .is_some_and(|start| looks_like(start, "0000-00-00T00:00:00")),
        _ => true,
    };
    let example = match format {
        Some("email") => "you@example.com",
        Some("date") => "2026-07-28",
        Some("date-time") => "2026-07-28T12:00:00Z",
        _ => "https://example.com/",
    };
    looks_right
        .then_some(())
        .ok_or_else(|| format!("it must look like {example}"))
}

fn looks_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                _ => byte == pattern,
            })
}

fn number(raw: Option<Raw>) -> Option<f64> {
    raw.and_then(|raw| raw.decode().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"type":"object","required":["name"],"properties":{
        "name":{"type":"string","title":"Name","minLength":1,"maxLength":5},
        "email":{"type":"string","format":"email"},
        "born":{"type":"string","format":"date"},
        "age":{"type":"integer","minimum":0,"maximum":150,"default":30},
        "news":{"type":"boolean","default":false},
        "colour":{"type":"string","enum":["red","green"],"enumNames":["Red!","Green!"]},
        "size":{"type":"string","oneOf":[{"const":"s","title":"Small"},{"const":"m","title":"Medium"}]},
        "toppings":{"type":"array","minItems":1,"maxItems":2,"items":{"anyOf":[
            {"const":"a","title":"A"},{"const":"b","title":"B"},{"const":"c","title":"C"}]}}}}"#;

    #[test]
    fn every_kind_of_field_reads_what_fits_and_says_what_does_not() {
        let fields = fields(Some(&Raw::from_static(SCHEMA))).expect("the schema is permitted");
        let keys: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!(keys[..3], ["name", "email", "born"]);
        for (key, text, expected) in [
            ("name", "Ann", Ok(r#""Ann""#)),
            ("name", "Hannah", Err("at most 5 characters")),
            ("email", "a@b", Ok(r#""a@b""#)),
            ("email", "ab", Err("you@example.com")),
            ("born", "2000-02-29", Ok(r#""2000-02-29""#)),
            ("born", "yesterday", Err("2026-07-28")),
            ("age", "5", Ok("5")),
            ("age", "5.5", Err("whole")),
            ("age", "151", Err("at most 150")),
            ("age", "old", Err("no number")),
            ("news", "Yes", Ok("true")),
            ("news", "maybe", Err("yes or no")),
            ("colour", "green", Ok(r#""green""#)),
            ("colour", "1", Ok(r#""red""#)),
            ("colour", "blue", Err("red, green")),
            ("size", "medium", Ok(r#""m""#)),
            ("toppings", "a, C", Ok(r#"["a","c"]"#)),
            ("toppings", "1,2,3", Err("at most 2 choices")),
            ("toppings", "", Err("at least 1")),
        ] {
            let field = fields.iter().find(|field| field.key == key).expect("it is there");
            match (field.read(text), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value.as_str(), expected, "{key}={text}"),
                (Err(problem), Err(words)) => assert!(problem.contains(words), "{key}={text}: {problem}"),
                (read, _) => panic!("{key}={text}: {read:?}"),
            }
        }
        assert!(fields[0].is_required && !fields[1].is_required);
        assert_eq!(fields[3].default.as_ref().map(Raw::as_str), Some("30"));
        assert!(fields[5].describe().contains("2) Green!"));
        assert_eq!(fields[3].prompt(), "  age (whole number, default 30): ");
    }

    #[test]
    fn what_the_specification_does_not_permit_is_not_guessed_at() {
        for schema in [
            r#"{"type":"object"}"#,
            r#"{"properties":{"a":{"type":"object"}}}"#,
            r#"{"properties":{"a":{"type":"array","items":{"type":"string"}}}}"#,
        ] {
            assert!(fields(Some(&Raw::from_static(schema))).is_none(), "{schema}");
        }
        assert!(fields(None).is_none());
    }
}
