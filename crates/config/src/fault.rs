//! Problems while they are collected: still with byte offsets, not yet with lines.

use std::ops::Range;

use crate::error::{Excerpt, Problem};
use crate::source::Source;

/// Longer lines are not shown: they help nobody in a terminal.
const MAX_EXCERPT_CHARS: usize = 200;

/// A place in the source text, in bytes.
pub(crate) type Span = Range<usize>;

/// One problem, with its place as an offset.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    span: Option<Span>,
    message: String,
    allowed: Option<String>,
    hint: Option<String>,
}

impl Fault {
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Self {
        Self::maybe_at(Some(span), message)
    }

    /// Without a span when the setting came from the command line.
    pub(crate) fn maybe_at(span: Option<Span>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            allowed: None,
            hint: None,
        }
    }

    pub(crate) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.maybe_hint(Some(hint.into()))
    }

    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    fn into_problem(self, source: Option<&Source>) -> Problem {
        let located = source.zip(self.span);
        Problem {
            origin: match &located {
                Some((source, _)) => source.name().to_owned(),
                None => "command line".to_owned(),
            },
            position: located.as_ref().map(|(source, span)| source.position(span.start)),
            excerpt: located.and_then(|(source, span)| excerpt(source, &span)),
            message: self.message,
            allowed: self.allowed,
            hint: self.hint,
        }
    }
}

/// Everything found wrong so far. Reading goes on after a problem, so that one run shows them all.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Notes the problem of a failed step and goes on without its value.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the file; what has no place comes last.
    pub(crate) fn into_problems(mut self, source: Option<&Source>) -> Vec<Problem> {
        self.0
            .sort_by_key(|fault| fault.span.as_ref().map_or(usize::MAX, |span| span.start));
        self.0
            .into_iter()
            .map(|fault| fault.into_problem(source))
            .collect()
    }
}

fn excerpt(source: &Source, span: &Span) -> Option<Excerpt> {
    let (range, line) = source.line(span.start);
    let start = span.start.clamp(range.start, range.end) - range.start;
    let end = span.end.clamp(range.start + start, range.end) - range.start;
    if line.is_empty() || line.chars().count() > MAX_EXCERPT_CHARS {
        return None;
    }
    Some(Excerpt {
        skip: line.get(..start)?.chars().count(),
        width: line.get(start..end)?.chars().count().max(1),
        line: mask_strings(line, &(start..end)),
    })
}

/// Replaces the values between quotes by dots of the same width, except what is inside `shown`.
fn mask_strings(line: &str, shown: &Span) -> String {
    let hidden = quoted(line)
        .into_iter()
        .filter(|text| !is_key(&line[text.end..]))
        .collect::<Vec<_>>();
    let is_hidden = |at: usize| !shown.contains(&at) && hidden.iter().any(|text| text.contains(&at));
    line.char_indices()
        .map(|(at, c)| if is_hidden(at) { '·' } else { c })
        .collect()
}

/// In both languages only a key is followed by one of these.
fn is_key(behind: &str) -> bool {
    let behind = behind.trim_start_matches(['"', '\'']).trim_start();
    behind.starts_with([':', '='])
}

/// What stands between quotes; a quote that is never closed reaches to the end.
fn quoted(line: &str) -> Vec<Span> {
    let mut texts = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match open {
            Some(('"', _)) if escaped => escaped = false,
            Some(('"', _)) if c == '\\' => escaped = true,
            Some((quote, start)) if quote == c => {
                texts.push(start..at);
                open = None;
            }
            None if c == '"' || c == '\'' => open = Some((c, at + 1)),
            _ => {}
        }
    }
    texts.extend(open.map(|(_, start)| start..line.len()));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_the_problem_are_masked() {
        let line = r#"env = { TOKEN = "se\"cret", 'k' = 3, NAME = "shown" }"#;
        let shown = line.find("\"shown\"").map(|at| at..at + 7).expect("it is there");
        assert_eq!(
            mask_strings(line, &shown),
            r#"env = { TOKEN = "········", 'k' = 3, NAME = "shown" }"#
        );
        assert_eq!(
            mask_strings(r#"{"key" : "value"}"#, &(0..1)),
            r#"{"key" : "·····"}"#
        );
        assert_eq!(mask_strings("a = \"never closed", &(0..1)), "a = \"············");
    }
}
