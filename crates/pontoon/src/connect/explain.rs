//! What is wrong with the server, in words for the one person whose client this is.

use std::sync::{Mutex, PoisonError};

use pontoon_config::{Server, Upstream};
use pontoon_downstream::Explain;

/// Remembers what went wrong last, and what can be done about it.
pub(super) struct Explanations {
    /// What the server is called: nothing of it is a secret.
    subject: String,
    is_command: bool,
    /// The reason as a token, and the cause in words.
    last: Mutex<Option<(&'static str, String)>>,
}

impl Explanations {
    pub(super) fn of(server: &Server) -> Self {
        let (subject, is_command) = match &server.upstream {
            Upstream::Remote(remote) => (remote.origin().to_owned(), false),
            Upstream::Command(command) => (command.program.display().to_string(), true),
            Upstream::Builtin(_) => (server.name.to_string(), false),
        };
        Self {
            subject,
            is_command,
            last: Mutex::default(),
        }
    }

    /// Something went wrong. Told on standard error at once, and to the client with its answer.
    pub(super) fn note(&self, reason: &'static str, cause: String) {
        tracing::warn!(server = %self.subject, reason, "{cause}");
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((reason, cause));
    }

    /// The cause that was seen for `reason`. A process that ends during its start is called by that.
    fn cause(&self, reason: &str) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, cause) = last.as_ref()?;
        let fits =
            *seen == reason || is_start(reason) && (self.is_command || *seen != "upstream_session_lost");
        fits.then(|| cause.clone())
    }

    /// What to do about it.
    fn advice(&self, reason: &str) -> Option<&'static str> {
        Some(match reason {
            "upstream_unreachable" => "start the server or correct the address; the next request tries again",
            "upstream_auth" => "give a token that it takes, by --bearer-env, --bearer-file or --header",
            "upstream_broken" => "the next request connects again",
            "upstream_busy" => "try again later",
            "upstream_protocol" | "upstream_handshake_failed" if !self.is_command => {
                "is this the address of its MCP endpoint, such as …/mcp or …/sse? --transport and --era name what it speaks"
            }
            reason if is_start(reason) && self.is_command => {
                "run the command by hand to see what it says; the next request starts it again"
            }
            reason if is_start(reason) => "the next request tries again",
            "upstream_exited" | "upstream_stuck" => "the next request starts it again",
            "upstream_timeout" => "--timeout gives it more time",
            _ => return None,
        })
    }
}

fn is_start(reason: &str) -> bool {
    matches!(
        reason,
        "upstream_start_failed" | "upstream_start_timeout" | "upstream_handshake_failed" | "upstream_exited"
    )
}

impl Explain for Explanations {
    fn explain(&self, reason: &str) -> Option<String> {
        let advice = self.advice(reason)?;
        let fallback = match reason {
            "upstream_timeout" => "the server did not answer in time",
            "upstream_start_timeout" => "the server did not get ready in time",
            _ => "the server cannot be used",
        };
        let cause = self.cause(reason).unwrap_or_else(|| fallback.to_owned());
        Some(format!("{}: {cause}; {advice}", self.subject))
    }
}

#[cfg(test)]
mod tests {
    use pontoon_config::{Limits, Remote, ServerName};

    use super::*;

    fn remote() -> Explanations {
        let limits = Limits::default();
        let remote = Remote::new("http://127.0.0.1:9/mcp?key=secret", &limits).unwrap();
        let name = ServerName::new("far").unwrap();
        Explanations::of(&Server::new(name, Upstream::Remote(remote), &limits))
    }

    #[test]
    fn the_origin_the_cause_and_the_way_on_are_told_and_no_secret() {
        let explanations = remote();
        explanations.note(
            "upstream_unreachable",
            "the server cannot be reached: refused".to_owned(),
        );
        let text = explanations.explain("upstream_unreachable").unwrap();
        assert_eq!(
            text,
            "http://127.0.0.1:9: the server cannot be reached: refused; start the server or correct the address; the next request tries again"
        );
    }

    #[test]
    fn a_cause_is_not_told_for_something_else() {
        let explanations = remote();
        explanations.note("upstream_unreachable", "refused".to_owned());
        assert!(
            !explanations
                .explain("upstream_timeout")
                .unwrap()
                .contains("refused")
        );
        assert_eq!(explanations.explain("cancelled"), None);
    }
}
