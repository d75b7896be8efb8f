//! Arguments, from words to JSON.

use pontoon_jsonrpc::{Kind, Limits, Raw, RawObject};
use pontoon_mcp::method;

use super::trouble::Trouble;

/// One word of the command line: `key=value` or `key:=JSON`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) key: String,
    pub(super) value: Value,
}

/// What is behind the sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, unless a schema says otherwise.
    Text(String),
    Json(Raw),
}

impl Word {
    pub(super) fn read(word: &str) -> Result<Self, Trouble> {
        let (key, value) = word.split_once('=').ok_or_else(|| {
            Trouble::usage(format!("`{word}` is no argument; write key=value or key:=JSON"))
        })?;
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => (key, Value::Json(json(value, &format!("`{key}`"))?)),
            None => (key, Value::Text(value.to_owned())),
        };
        if key.is_empty() {
            return Err(Trouble::usage(format!("`{word}` has no name before the =")));
        }
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }

    fn raw(&self) -> Raw {
        match &self.value {
            Value::Text(text) => Raw::string(text),
            Value::Json(raw) => raw.clone(),
        }
    }
}

/// Reads JSON that a user wrote; `what` says where.
pub(super) fn json(text: &str, what: &str) -> Result<Raw, Trouble> {
    Raw::parse(text.to_owned(), &Limits::CLIENT)
        .map_err(|error| Trouble::usage(format!("{what} is no JSON: {error}")))
}

/// A whole object: JSON, `@FILE`, or `-` for standard input.
pub(super) fn whole(text: &str, option: &str) -> Result<RawObject, Trouble> {
    let read = match text.strip_prefix('@') {
        _ if text == "-" => std::io::read_to_string(std::io::stdin()),
        Some(file) => std::fs::read_to_string(file),
        None => Ok(text.to_owned()),
    };
    let text = read.map_err(|error| Trouble::usage(format!("cannot read {text} of {option}: {error}")))?;
    let raw = json(&text, &format!("the value of {option}"))?;
    raw.object()
        .ok_or_else(|| Trouble::usage(format!("the value of {option} is no object")))
}

/// The arguments of a tool, with the types that its schema gives.
pub(super) fn for_tool(words: &[Word], schema: Option<&RawObject>) -> Result<RawObject, Trouble> {
    let properties = schema.and_then(|schema| schema.get("properties")?.object());
    let is_closed = schema.is_some_and(|schema| {
        schema
            .get("additionalProperties")
            .is_some_and(|more| more.as_bool() == Some(false))
    });
    let mut arguments = Vec::new();
    for word in words {
        let property = properties
            .as_ref()
            .and_then(|properties| properties.get(&word.key));
        if property.is_none() && is_closed {
            let known = properties
                .iter()
                .flat_map(RawObject::iter)
                .map(|(key, _)| key.into_owned());
            return Err(unknown("argument", &word.key, &known.collect::<Vec<_>>()));
        }
        let value = match &word.value {
            Value::Json(raw) => raw.clone(),
            Value::Text(text) => typed(&word.key, text, &types(property.as_ref()))?,
        };
        arguments.push((word.key.as_str(), value));
    }
    let required = schema.and_then(|schema| schema.get("required")?.decode::<Vec<String>>().ok());
    let is_given = |key: &String| words.iter().any(|word| word.key == *key);
    if let Some(missing) = required.unwrap_or_default().iter().find(|key| !is_given(key)) {
        return Err(Trouble::usage(format!(
            "the tool needs the argument `{missing}`: {missing}=…"
        )));
    }
    object(arguments)
}

/// The JSON types that a schema admits, in words; empty if it does not say.
fn types(schema: Option<&Raw>) -> Vec<String> {
    let Some(schema) = schema.and_then(Raw::object) else {
        return Vec::new();
    };
    if let Some(kind) = schema.get("type") {
        let one = kind.to_string_value().map(|kind| vec![kind.into_owned()]);
        return one.or_else(|| kind.decode().ok()).unwrap_or_default();
    }
    let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key));
    alternatives
        .filter_map(|list| list.decode::<Vec<Raw>>().ok())
        .flatten()
        .flat_map(|alternative| types(Some(&alternative)))
        .collect()
}

fn typed(key: &str, text: &str, types: &[String]) -> Result<Raw, Trouble> {
    let admits = |kind: &str| types.iter().any(|known| known == kind);
    if types.is_empty() || admits("string") {
        return Ok(Raw::string(text));
    }
    let raw = Raw::parse(text.to_owned(), &Limits::CLIENT).ok();
    let fits = raw.filter(|raw| match raw.kind() {
        Kind::Number => admits("number") || (admits("integer") && is_whole(raw)),
        Kind::Bool => admits("boolean"),
        Kind::Null => admits("null"),
        Kind::Array => admits("array"),
        Kind::Object => admits("object"),
        Kind::String => false,
    });
    fits.ok_or_else(|| {
        let example = match types[0].as_str() {
            "integer" => "3",
            "number" => "2.5",
            "boolean" => "true",
            "array" => "'[1,2]'",
            _ => "'{\"a\":1}'",
        };
        let wanted = types.join(" or ");
        Trouble::usage(format!(
            "`{key}` must be of type {wanted}, and `{text}` is not: {key}={example}"
        ))
    })
}

/// `1.0` and `1e3` are integers too (JSON Schema, "integer").
fn is_whole(raw: &Raw) -> bool {
    raw.as_i64().is_some() || raw.decode::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

/// The parameters of a method. Some read better flat than they are on the wire.
pub(super) fn for_method(name: &str, words: &[Word]) -> Result<RawObject, Trouble> {
    let all = || words.iter().map(|word| (word.key.as_str(), word.raw()));
    let needed = |key: &'static str| {
        all()
            .find(|(known, _)| *known == key)
            .ok_or_else(|| Trouble::usage(format!("{name} needs {key}=…")))
    };
    match name {
        // The first `name` is the prompt's; it may have an argument that is called so too.
        method::PROMPTS_GET | method::TOOLS_CALL => {
            let named = needed("name")?;
            let own = words.iter().position(|word| word.key == "name");
            let arguments = (0..).zip(all()).filter(|(at, _)| Some(*at) != own);
            let arguments = object(arguments.map(|(_, argument)| argument).collect())?;
            object(vec![named, ("arguments", arguments.to_raw())])
        }
        method::COMPLETE => for_completion(words),
        method::RESOURCES_READ => {
            needed("uri")?;
            object(all().collect())
        }
        _ => object(all().collect()),
    }
}

/// `prompt=` or `resource=`, `argument=`, `value=`; what else there is was chosen before (2025-06-18 on).
fn for_completion(words: &[Word]) -> Result<RawObject, Trouble> {
    let own = |key: &str| words.iter().find(|word| word.key == key).map(Word::raw);
    let (reference, argument) = match (own("prompt"), own("resource"), own("argument")) {
        (Some(name), None, Some(argument)) => (
            vec![("type", Raw::string("ref/prompt")), ("name", name)],
            argument,
        ),
        (None, Some(uri), Some(argument)) => (
            vec![("type", Raw::string("ref/resource")), ("uri", uri)],
            argument,
        ),
        _ => {
            return Err(Trouble::usage(
                "completion/complete needs prompt=NAME or resource=URI, argument=NAME and value=TEXT",
            ));
        }
    };
    let value = own("value").unwrap_or_else(|| Raw::string(""));
    let argument = object(vec![("name", argument), ("value", value)])?;
    let mut params = vec![
        ("ref", object(reference)?.to_raw()),
        ("argument", argument.to_raw()),
    ];
    let is_own = |key: &str| ["prompt", "resource", "argument", "value"].contains(&key);
    let rest = words.iter().filter(|word| !is_own(&word.key));
    let rest = object(rest.map(|word| (word.key.as_str(), word.raw())).collect())?;
    if !rest.is_empty() {
        params.push(("context", object(vec![("arguments", rest.to_raw())])?.to_raw()));
    }
    object(params)
}

/// Puts members together; each key once.
pub(super) fn object(members: Vec<(&str, Raw)>) -> Result<RawObject, Trouble> {
    let mut object = RawObject::empty();
    for (key, value) in members {
        if object.contains(key) {
            return Err(Trouble::usage(format!("`{key}` is given twice")));
        }
        let longer = object.edit().set(key, value).finish();
        object = longer.object().expect("an object with distinct keys is one");
    }
    Ok(object)
}

/// Says that there is no such thing, and what was probably meant.
pub(super) fn unknown(what: &str, name: &str, known: &[String]) -> Trouble {
    const NEAR: f64 = 0.7;
    const SHOWN: usize = 3;
    let mut near: Vec<_> = known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(nearness, known)| *nearness >= NEAR || known.contains(name))
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let near: Vec<_> = near
        .iter()
        .take(SHOWN)
        .map(|(_, known)| format!("`{known}`"))
        .collect();
    let hint = match known {
        _ if !near.is_empty() => format!("did you mean {}?", near.join(" or ")),
        [] => format!("it has no {what} at all"),
        [only] => format!("its only {what} is `{only}`"),
        _ => format!("it has {} {what}s, none with a name like that", known.len()),
    };
    Trouble::usage(format!("there is no {what} `{name}`; {hint}"))
}

#[cfg(test)]
mod tests;
