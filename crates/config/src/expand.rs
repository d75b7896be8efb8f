//! `${NAME}` in the arguments and the environment of a command.
//!
//! Files are shared and committed, secrets are not: so a file names the variable, and the value comes from the
//! environment Pontoon was started in. `${env:NAME}` (as editors write it) and `${NAME:-default}` (as shells write it)
//! are understood too; `$${` is a literal `${`, and a lone `$` is just that.

use crate::environment::Environment;

/// Why a text cannot be expanded. Never carries the text itself: it may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// The variable is not set.
    #[error("needs the environment variable `{0}`, which is not set")]
    Missing(String),
    /// The variable is no text.
    #[error("has the environment variable `{0}` in it, which is not valid UTF-8")]
    NotUnicode(String),
    /// A `${` without its end.
    #[error("has a `${{` that is never closed by `}}`")]
    Unclosed,
    /// What is between the braces is no name.
    #[error("has a `${{…}}` in it that names no environment variable")]
    NotAName,
    /// Only an editor can ask.
    #[error("asks a person for `${{input:{0}}}`, which only an editor can do")]
    Input(String),
}

pub(crate) fn expand(text: &str, environment: &Environment) -> Result<String, ExpandError> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = after;
            continue;
        }
        let end = after.find('}').ok_or(ExpandError::Unclosed)?;
        expanded.push_str(before);
        expanded.push_str(&look_up(&after[..end], environment)?);
        rest = &after[end + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn look_up(reference: &str, environment: &Environment) -> Result<String, ExpandError> {
    if let Some(input) = reference.strip_prefix("input:") {
        return Err(ExpandError::Input(input.to_owned()));
    }
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    if !is_variable_name(name) {
        return Err(ExpandError::NotAName);
    }
    match (environment.os(name), default) {
        (Some(value), _) if !value.is_empty() || default.is_none() => value
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| ExpandError::NotUnicode(name.to_owned())),
        (_, Some(default)) => Ok(default.to_owned()),
        (_, None) => Err(ExpandError::Missing(name.to_owned())),
    }
}

pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_name_char)
}
