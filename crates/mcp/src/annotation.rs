//! Tool parameters that HTTP headers repeat: the `x-mcp-header` of their schemas.
//!
//! Source: 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters", and Tools, "x-mcp-header".

use std::fmt;

use pontoon_jsonrpc::{Kind, Raw, RawObject};

/// The member of a parameter's schema that names its header.
pub const X_MCP_HEADER: &str = "x-mcp-header";

/// Schemas may nest deeper, but no annotation may be deeper.
const MAX_DEPTH: usize = 32;
/// The largest integer whose neighbours a double tells apart, 2^53 - 1.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A parameter that a header repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredParameter {
    name: String,
    path: Vec<String>,
}

/// Why a tool's annotations are invalid, and with them the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotationError {
    /// No string, or one that cannot be part of a header's name.
    Name,
    /// Two parameters have it, in upper or lower case.
    Repeated(String),
    /// The parameter is no string, integer or boolean.
    Type(String),
    /// Not at a property that the root reaches through `properties` alone.
    Unreachable,
    /// Deeper than anybody looks.
    TooDeep,
}

impl MirroredParameter {
    /// The annotated parameters of a tool, by its `inputSchema`.
    ///
    /// # Errors
    ///
    /// [`AnnotationError`] names the first annotation that breaks a rule.
    pub fn read_all(schema: &Raw) -> Result<Vec<Self>, AnnotationError> {
        let mut reader = Reader::default();
        reader.reachable(schema)?;
        Ok(reader.found)
    }

    /// What follows `Mcp-Param-` in the header's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it takes in memory, in bytes.
    pub fn size(&self) -> usize {
        let steps: usize = self
            .path
            .iter()
            .map(|step| size_of::<String>() + step.len())
            .sum();
        size_of::<Self>() + self.name.len() + steps
    }

    /// The value that a call has for the parameter, as the header says it before it is encoded. `None` if there is
    /// none, or `null`.
    pub fn value(&self, arguments: &RawObject) -> Option<String> {
        written(&self.argument(arguments)?)
    }

    /// Whether a decoded header value is what a call has for the parameter: "integer values SHOULD be compared
    /// numerically", all others as text.
    pub fn is_said_by(&self, said: &str, arguments: &RawObject) -> bool {
        let Some(argument) = self.argument(arguments) else {
            return false;
        };
        let Some(meant) = written(&argument) else {
            return false;
        };
        let equals = |number: f64| said.parse() == Ok(number);
        said == meant || (argument.kind() == Kind::Number && meant.parse().is_ok_and(equals))
    }

    fn argument(&self, arguments: &RawObject) -> Option<Raw> {
        let (last, way) = self.path.split_last()?;
        let mut within = None;
        for step in way {
            within = Some(within.as_ref().unwrap_or(arguments).get(step)?.object()?);
        }
        within.as_ref().unwrap_or(arguments).get(last)
    }
}

fn written(value: &Raw) -> Option<String> {
    match value.kind() {
        Kind::String => Some(value.to_string_value()?.into_owned()),
        Kind::Bool => Some(value.as_str().to_owned()),
        Kind::Number => Some(decimal(value)),
        Kind::Null | Kind::Object | Kind::Array => None,
    }
}

/// `42` also for `42.0` and `4.2e1`. What is no safe integer is not the parameter's type: the server says so.
fn decimal(number: &Raw) -> String {
    let text = number.as_str();
    match text.parse::<f64>() {
        Ok(value) if number.as_i64().is_none() && value.fract() == 0.0 && value.abs() <= SAFE_INTEGER => {
            // Adding zero takes the sign from a zero.
            format!("{:.0}", value + 0.0)
        }
        _ => text.to_owned(),
    }
}

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    found: Vec<MirroredParameter>,
}

impl Reader {
    /// A schema that the root reaches through `properties` alone.
    fn reachable(&mut self, schema: &Raw) -> Result<(), AnnotationError> {
        if !is_annotated(schema) {
            return Ok(());
        }
        if self.path.len() > MAX_DEPTH {
            return Err(AnnotationError::TooDeep);
        }
        // An object with a key twice has no meaning that two readers share.
        let object = schema.object().ok_or(AnnotationError::Unreachable)?;
        for (key, value) in object.iter() {
            match &*key {
                X_MCP_HEADER => self.annotation(&object, &value)?,
                "properties" => self.properties(&value)?,
                key if is_data(key) => {}
                key => elsewhere(key, &value, MAX_DEPTH)?,
            }
        }
        Ok(())
    }

    fn properties(&mut self, properties: &Raw) -> Result<(), AnnotationError> {
        if !is_annotated(properties) {
            return Ok(());
        }
        let properties = properties.object().ok_or(AnnotationError::Unreachable)?;
        for (name, schema) in properties.iter() {
            self.path.push(name.into_owned());
            self.reachable(&schema)?;
            self.path.pop();
        }
        Ok(())
    }

    fn annotation(&mut self, schema: &RawObject, name: &Raw) -> Result<(), AnnotationError> {
        if self.path.is_empty() {
            return Err(AnnotationError::Unreachable);
        }
        let name = name.to_string_value().filter(|name| is_token(name));
        let name = name.ok_or(AnnotationError::Name)?.into_owned();
        if !is_primitive(schema.get("type").as_ref()) {
            return Err(AnnotationError::Type(name));
        }
        if self
            .found
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(&name))
        {
            return Err(AnnotationError::Repeated(name));
        }
        let path = self.path.clone();
        self.found.push(MirroredParameter { name, path });
        Ok(())
    }
}

/// A part of a schema where no annotation may be; `key` is its keyword.
fn elsewhere(key: &str, value: &Raw, depth: usize) -> Result<(), AnnotationError> {
    if !is_annotated(value) || is_data(key) {
        return Ok(());
    }
    let depth = depth.checked_sub(1).ok_or(AnnotationError::TooDeep)?;
    if value.kind() == Kind::Array {
        let parts: Vec<Raw> = value.decode().unwrap_or_default();
        return parts.iter().try_for_each(|part| elsewhere("", part, depth));
    }
    let Some(object) = value.object() else {
        return Ok(());
    };
    let mut members = object.iter();
    if names_schemas(key) {
        return members.try_for_each(|(_, schema)| elsewhere("", &schema, depth));
    }
    members.try_for_each(|(key, value)| match &*key {
        X_MCP_HEADER => Err(AnnotationError::Unreachable),
        key => elsewhere(key, &value, depth),
    })
}

/// Cheaply: may be wrong only in that there is none.
fn is_annotated(schema: &Raw) -> bool {
    memchr::memmem::find(schema.as_bytes(), X_MCP_HEADER.as_bytes()).is_some()
}

/// Keywords whose values are no schemas but what schemas speak of.
fn is_data(key: &str) -> bool {
    matches!(key, "const" | "default" | "enum" | "example" | "examples")
}

/// Keywords whose members are schemas, with names of the author's choice.
fn names_schemas(key: &str) -> bool {
    matches!(
        key,
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
    )
}

/// "Parameters with primitive types (integer, string, boolean)", which may also be `null`: then there is no header.
fn is_primitive(kind: Option<&Raw>) -> bool {
    let primitive = |kind: &str| matches!(kind, "string" | "integer" | "boolean");
    let Some(kind) = kind else {
        return false;
    };
    match kind.to_string_value() {
        Some(kind) => primitive(&kind),
        None => kind.decode::<Vec<String>>().is_ok_and(|kinds| {
            kinds.iter().any(|kind| primitive(kind))
                && kinds.iter().all(|kind| primitive(kind) || kind == "null")
        }),
    }
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_tchar)
}

impl fmt::Display for AnnotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(f, "an {X_MCP_HEADER} is no part of a header's name"),
            Self::Repeated(name) => write!(f, "the {X_MCP_HEADER} {name:?} is there twice"),
            Self::Type(name) => {
                write!(
                    f,
                    "the {X_MCP_HEADER} {name:?} is not at a string, integer or boolean"
                )
            }
            Self::Unreachable => write!(f, "an {X_MCP_HEADER} is not at a property of the arguments"),
            Self::TooDeep => write!(f, "an {X_MCP_HEADER} is nested too deeply"),
        }
    }
}

impl std::error::Error for AnnotationError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schema: &'static str) -> Result<Vec<MirroredParameter>, AnnotationError> {
        MirroredParameter::read_all(&Raw::from_static(schema))
    }

    #[test]
    fn annotated_properties_are_found_at_any_depth() {
        let found = read(
            r#"{"type":"object","properties":{
                "region":{"type":"string","x-mcp-header":"Region"},
                "x-mcp-header":{"type":"string"},
                "where":{"type":"object","properties":{
                    "floor":{"type":["integer","null"],"x-mcp-header":"floor"},
                    "note":{"default":{"x-mcp-header":"data"}}}},
                "sure":{"type":"boolean","x-mcp-header":"Sure"}}}"#,
        )
        .unwrap();
        let names: Vec<_> = found.iter().map(MirroredParameter::name).collect();
        assert_eq!(names, ["Region", "floor", "Sure"]);

        let call = Raw::from_static(r#"{"region":"us-west1","where":{"floor":-7},"sure":true}"#);
        let values: Vec<_> = found
            .iter()
            .map(|parameter| parameter.value(&call.object().unwrap()))
            .collect();
        assert_eq!(
            values.iter().flatten().collect::<Vec<_>>(),
            ["us-west1", "-7", "true"]
        );
        for nothing in [
            r#"{"region":null,"where":{"floor":null}}"#,
            r#"{"where":7}"#,
            r#"{"region":[],"where":{}}"#,
            "{}",
        ] {
            let call = Raw::from_static(nothing).object().unwrap();
            assert!(
                found.iter().all(|parameter| parameter.value(&call).is_none()),
                "{nothing}"
            );
        }
    }

    #[test]
    fn integers_are_decimal_however_they_are_written() {
        for (written_as, expected) in [
            ("42", "42"),
            ("42.0", "42"),
            ("4.2e1", "42"),
            ("-0.0", "0"),
            ("1.5", "1.5"),
            ("9007199254740993", "9007199254740993"),
            ("1e300", "1e300"),
        ] {
            assert_eq!(written(&Raw::from_static(written_as)).unwrap(), expected);
        }
    }

    #[test]
    fn each_rule_is_kept() {
        use AnnotationError::{Name, Repeated, Type, Unreachable};
        let at = |member: &str| {
            let schema = format!(
                r#"{{"type":"object","properties":{{"a":{{"type":"string","x-mcp-header":"A"}},{member}}}}}"#
            );
            let schema = Raw::parse(schema, &pontoon_jsonrpc::Limits::SERVER).unwrap();
            MirroredParameter::read_all(&schema).unwrap_err()
        };
        for name in [r#""""#, r#""a b""#, r#""a\r\nb""#, r#""grün""#, "7", "null"] {
            let member = format!(r#""b":{{"type":"string","x-mcp-header":{name}}}"#);
            assert_eq!(at(&member), Name, "{name}");
        }
        assert_eq!(
            at(r#""b":{"type":"string","x-mcp-header":"a"}"#),
            Repeated("a".into())
        );
        for kind in [
            "\"number\"",
            "\"object\"",
            "[\"string\",\"array\"]",
            "[\"null\"]",
            "7",
        ] {
            let member = format!(r#""b":{{"type":{kind},"x-mcp-header":"B"}}"#);
            assert_eq!(at(&member), Type("B".into()), "{kind}");
        }
        assert_eq!(at(r#""b":{"x-mcp-header":"B"}"#), Type("B".into()));
        let annotated = r#"{"type":"string","x-mcp-header":"B"}"#;
        for place in [
            format!(r#""b":{{"type":"array","items":{annotated}}}"#),
            format!(r#""b":{{"anyOf":[{{"type":"null"}},{annotated}]}}"#),
            format!(r#""b":{{"if":{{"properties":{{"c":{annotated}}}}}}}"#),
            format!(r#""b":{{"$defs":{{"c":{annotated}}}}}"#),
            format!(r#""b":{{"patternProperties":{{"x-mcp-header":{annotated}}}}}"#),
        ] {
            assert_eq!(at(&place), Unreachable, "{place}");
        }
        assert_eq!(
            read(r#"{"type":"string","x-mcp-header":"Root"}"#),
            Err(Unreachable)
        );
    }

    #[test]
    fn what_is_nested_without_end_ends() {
        let deep = |open: &str, close: &str| {
            let schema = format!(
                "{}{}{}",
                open.repeat(60),
                r#"{"x-mcp-header":"A"}"#,
                close.repeat(60)
            );
            let schema = Raw::parse(schema, &pontoon_jsonrpc::Limits::SERVER).unwrap();
            MirroredParameter::read_all(&schema)
        };
        assert_eq!(
            deep(r#"{"properties":{"a":"#, "}}"),
            Err(AnnotationError::TooDeep)
        );
        assert_eq!(deep(r#"{"items":"#, "}"), Err(AnnotationError::TooDeep));
    }
}
