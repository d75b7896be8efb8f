//! Whether what clients were told is what the table says.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::client::Client;
use crate::era::Era;
use crate::history::{Due, Said};
use crate::table::{Answers, Behaviour};

/// What all clients of a row were told.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) requests: usize,
    pub(crate) problems: Vec<String>,
    right: usize,
    causes: BTreeSet<String>,
}

impl Verdict {
    /// Takes the history of one client.
    pub(crate) fn add(&mut self, behaviour: &Behaviour, client: &Client) {
        let era = client.era.label();
        let (asked, problems) = client.history.close();
        self.problems
            .extend(problems.into_iter().map(|problem| format!("{era}: {problem}")));
        for (id, asked) in asked {
            self.requests += 1;
            if asked.due == Due::End && asked.answers.is_empty() {
                continue;
            }
            let opens = id == 0 && client.era != Era::Stateless;
            let expected = if opens { behaviour.opens } else { behaviour.calls };
            if let Err(problem) = self.judge(expected, behaviour.bound, &asked.answers) {
                self.problems.push(format!("{era}, request {id}: {problem}"));
            }
        }
    }

    fn judge(
        &mut self,
        expected: Answers,
        bound: Duration,
        answers: &[(Said, Duration)],
    ) -> Result<(), String> {
        let [(said, took)] = answers else {
            return Err(format!(
                "expected one answer, came {}: {answers:?}",
                answers.len()
            ));
        };
        match said {
            Said::Right => self.right += 1,
            Said::Fault(cause) => _ = self.causes.insert(cause.clone()),
            Said::Wrong(_) | Said::Unclear(_) => {}
        }
        if !expected.allow(said) {
            return Err(format!("expected {expected:?}, came {said:?}"));
        }
        if *took > bound {
            return Err(format!(
                "expected within {bound:?}, came after {took:?}: {said:?}"
            ));
        }
        Ok(())
    }

    /// What can be told only of all of them together.
    pub(crate) fn conclude(&mut self, behaviour: &Behaviour) {
        if matches!(behaviour.calls, Answers::Some(_)) && (self.right == 0 || self.causes.is_empty()) {
            let (right, causes) = (self.right, &self.causes);
            self.problems
                .push(format!("expected both: results came {right}, errors {causes:?}"));
        }
        if self.requests == 0 {
            self.problems.push("nothing was asked".to_owned());
        }
    }
}

impl Answers {
    fn allow(self, said: &Said) -> bool {
        match (self, said) {
            (_, Said::Unclear(_)) | (Self::No(_), Said::Right) => false,
            (_, Said::Right) => true,
            (Self::Any(_), Said::Wrong(_)) => true,
            (_, Said::Wrong(_)) | (Self::All, Said::Fault(_)) => false,
            (
                Self::No(causes) | Self::Some(causes) | Self::Perhaps(causes) | Self::Any(causes),
                Said::Fault(cause),
            ) => causes.contains(&cause.as_str()),
        }
    }
}
