//! What a client can be asked, in a form that can be compared.

use pontoon_jsonrpc::Raw;

use crate::{ClientCapabilities, Question};

/// What of a client's capabilities servers may act upon across eras: the kinds of question, each with the parts of it
/// that are known. Two clients that wrote the same in different ways, or with members that nobody knows, are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Askable(u8);

/// The kinds of question and their parts, as the specification names them.
///
/// Source: 2025-11-25 and 2026-07-28, `ClientCapabilities` in `schema.ts`.
const KINDS: [(Question, &[&str]); 3] = [
    (Question::Elicitation, &["form", "url"]),
    (Question::Sampling, &["context", "tools"]),
    (Question::Roots, &[]),
];

impl Askable {
    /// What these capabilities declare.
    pub fn of(capabilities: &ClientCapabilities) -> Self {
        let declared = capabilities.raw().object();
        let mut found = 0;
        for (bit, (question, part)) in each() {
            let kind = declared.as_ref().and_then(|all| all.get(question.capability()));
            let has = kind.is_some_and(|kind| {
                part.is_none_or(|part| kind.object().is_some_and(|parts| parts.contains(part)))
            });
            found |= u8::from(has) << bit;
        }
        Self(found)
    }

    /// Capabilities that declare this and nothing else.
    pub fn to_capabilities(self) -> ClientCapabilities {
        let mut kinds: Vec<String> = Vec::new();
        let mut bit = 0;
        for (question, parts) in KINDS {
            let declared = self.has(bit);
            let has = |at: &usize| self.has(bit + 1 + at);
            let parts_declared: Vec<_> = (0..parts.len())
                .filter(has)
                .map(|at| member(parts[at], ""))
                .collect();
            bit += 1 + parts.len();
            if declared {
                kinds.push(member(question.capability(), &parts_declared.join(",")));
            }
        }
        let text = format!("{{{}}}", kinds.join(","));
        let raw = Raw::parse(text, &pontoon_jsonrpc::Limits::SERVER);
        raw.ok()
            .and_then(ClientCapabilities::new)
            .unwrap_or_else(ClientCapabilities::none)
    }

    const fn has(self, bit: usize) -> bool {
        self.0 >> bit & 1 == 1
    }
}

/// Every kind and every part, numbered.
fn each() -> impl Iterator<Item = (usize, (Question, Option<&'static str>))> {
    let all = KINDS.into_iter().flat_map(|(question, parts)| {
        let parts = parts.iter().map(move |part| (question, Some(*part)));
        std::iter::once((question, None)).chain(parts)
    });
    all.enumerate()
}

fn member(name: &str, content: &str) -> String {
    format!("\"{name}\":{{{content}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &'static str) -> Askable {
        Askable::of(&ClientCapabilities::new(Raw::from_static(text)).unwrap())
    }

    #[test]
    fn how_it_is_written_makes_no_difference() {
        let one = of(r#"{"sampling":{"tools":{}},"elicitation":{"url":{},"form":{}}}"#);
        let other =
            of(r#"{ "elicitation":{"form":{"x":1},"url":{}}, "y":{}, "sampling": {"tools":{},"z":0} }"#);
        assert_eq!(one, other);
        assert_ne!(one, of(r#"{"sampling":{},"elicitation":{"url":{},"form":{}}}"#));
        assert_ne!(of("{}"), of(r#"{"roots":{}}"#));
    }

    #[test]
    fn what_was_declared_can_be_written_again() {
        for text in [
            "{}",
            r#"{"roots":{}}"#,
            r#"{"elicitation":{},"roots":{}}"#,
            r#"{"elicitation":{"form":{},"url":{}},"sampling":{"context":{},"tools":{}},"roots":{}}"#,
        ] {
            assert_eq!(of(text).to_capabilities().raw().as_str(), text);
        }
    }
}
