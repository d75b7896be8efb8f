//! What a client takes as an answer.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::AcceptPolicy;
use crate::status::Fault;

/// The forms of answer that a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// It lists both: JSON if nothing precedes the answer, else a stream.
    Both,
    /// It lists JSON and no stream.
    Json,
    /// It lists streams and no JSON.
    Stream,
    /// It says nothing, or that it takes anything: most likely no MCP library.
    /// It gets JSON, and a stream only where there is no other way.
    Anything,
}

/// Reads `Accept` for a POST.
///
/// # Errors
///
/// [`Fault::NotAcceptablePost`], by strict policy only.
pub(crate) fn for_post(headers: &HeaderMap, policy: AcceptPolicy) -> Result<Accepts, Fault> {
    let listed = Listed::read(headers);
    match policy {
        AcceptPolicy::Strict if !(listed.takes_json() && listed.takes_stream()) => {
            Err(Fault::NotAcceptablePost)
        }
        AcceptPolicy::Strict => Ok(Accepts::Both),
        AcceptPolicy::Lenient => Ok(listed.lenient()),
    }
}

/// Reads `Accept` for a GET of a stream.
///
/// # Errors
///
/// [`Fault::NotAcceptableGet`], by strict policy only.
pub(crate) fn for_get(headers: &HeaderMap, policy: AcceptPolicy) -> Result<(), Fault> {
    match policy {
        AcceptPolicy::Strict if !Listed::read(headers).takes_stream() => Err(Fault::NotAcceptableGet),
        _ => Ok(()),
    }
}

/// What the header says of a type: nothing, yes, or no (`q=0`).
type Word = Option<bool>;

/// What the header says of the types that matter here.
#[derive(Clone, Copy, Debug, Default)]
struct Listed {
    json: Word,
    stream: Word,
    any_application: Word,
    any_text: Word,
    anything: Word,
}

impl Listed {
    fn read(headers: &HeaderMap) -> Self {
        let mut listed = Self::default();
        let lines = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|line| line.to_str().ok());
        for range in lines.flat_map(|line| line.split(',')) {
            listed.note(range);
        }
        listed
    }

    fn note(&mut self, range: &str) {
        let mut parts = range.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let refused = parts.any(|parameter| {
            let (key, value) = parameter.split_once('=').unwrap_or_default();
            key.trim().eq_ignore_ascii_case("q") && is_zero(value.trim())
        });
        let is = |expected: &str| name.eq_ignore_ascii_case(expected);
        let word = if is("application/json") {
            &mut self.json
        } else if is("text/event-stream") {
            &mut self.stream
        } else if is("application/*") {
            &mut self.any_application
        } else if is("text/*") {
            &mut self.any_text
        } else if is("*/*") {
            &mut self.anything
        } else {
            return;
        };
        *word = Some(!refused);
    }

    /// The most specific range decides (RFC 9110, section 12.5.1).
    fn takes_json(&self) -> bool {
        self.json
            .or(self.any_application)
            .or(self.anything)
            .unwrap_or(false)
    }

    fn takes_stream(&self) -> bool {
        self.stream.or(self.any_text).or(self.anything).unwrap_or(false)
    }

    fn lenient(&self) -> Accepts {
        match (self.json, self.stream) {
            (Some(true), Some(true)) => Accepts::Both,
            (Some(true), _) => Accepts::Json,
            (_, Some(true)) => Accepts::Stream,
            _ if self.takes_stream() && !self.takes_json() => Accepts::Stream,
            _ if self.stream == Some(false) => Accepts::Json,
            _ => Accepts::Anything,
        }
    }
}

/// `0`, `0.`, `0.000`
fn is_zero(weight: &str) -> bool {
    weight.starts_with('0') && weight.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, http::HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn lenient_serves_everybody() {
        for (lines, expected) in [
            (&["application/json, text/event-stream"][..], Accepts::Both),
            (&["text/event-stream,application/json"], Accepts::Both),
            (&["application/json", "text/event-stream"], Accepts::Both),
            (
                &["APPLICATION/JSON;q=0.9, Text/Event-Stream;q=0.1"],
                Accepts::Both,
            ),
            (&["application/json"], Accepts::Json),
            (&["application/json, */*"], Accepts::Json),
            (&["application/json, text/event-stream;q=0"], Accepts::Json),
            (&["text/event-stream"], Accepts::Stream),
            (&["text/event-stream, application/json; q=0.0"], Accepts::Stream),
            (&["text/*"], Accepts::Stream),
            (&["*/*, application/json;q=0"], Accepts::Stream),
            (&["*/*"], Accepts::Anything),
            (&[], Accepts::Anything),
            (&[""], Accepts::Anything),
            (&["text/html"], Accepts::Anything),
            (&["*/*, text/event-stream;q=0"], Accepts::Json),
        ] {
            assert_eq!(
                for_post(&headers(lines), AcceptPolicy::Lenient).unwrap(),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn strict_wants_both_types() {
        for lines in [
            &["application/json, text/event-stream"][..],
            &["application/json", "text/event-stream"],
            &["*/*"],
            &["application/*, text/*"],
        ] {
            assert!(
                for_post(&headers(lines), AcceptPolicy::Strict).is_ok(),
                "{lines:?}"
            );
        }
        for lines in [
            &["application/json"][..],
            &["text/event-stream"],
            &[],
            &["*/*, text/event-stream;q=0.000"],
        ] {
            assert!(
                for_post(&headers(lines), AcceptPolicy::Strict).is_err(),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn strict_wants_a_stream_for_get() {
        assert!(for_get(&headers(&["text/event-stream"]), AcceptPolicy::Strict).is_ok());
        assert!(for_get(&headers(&["application/json"]), AcceptPolicy::Strict).is_err());
        assert!(for_get(&headers(&[]), AcceptPolicy::Strict).is_err());
        assert!(for_get(&headers(&[]), AcceptPolicy::Lenient).is_ok());
    }

    #[test]
    fn a_long_header_is_read_in_one_pass() {
        let long: &'static str = String::leak("text/plain,".repeat(5_000) + "text/event-stream");
        assert_eq!(
            for_post(&headers(&[long]), AcceptPolicy::Lenient).unwrap(),
            Accepts::Stream
        );
    }
}
