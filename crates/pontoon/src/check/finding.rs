//! What was found, for people and for machines.

use std::fmt::Write as _;
use std::time::Duration;

use pontoon_upstream::Failure;
use serde_json::{Map, Value, json};

/// Lines of a program's standard error that are shown.
const OUTPUT_LINES: usize = 5;

/// What was found of one server.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) runs: String,
    pub(super) took: Duration,
    pub(super) outcome: Result<Offer, Trouble>,
}

/// What a server says of itself.
#[derive(Debug)]
pub(super) struct Offer {
    /// What it speaks: the newest revision of each era that was asked for.
    pub(super) revisions: Vec<String>,
    pub(super) server: String,
    pub(super) version: String,
    /// Kinds of things and how many there are.
    pub(super) lists: Vec<(&'static str, usize)>,
}

/// Why a server cannot be used.
#[derive(Debug)]
pub(super) struct Trouble {
    what: String,
    next: &'static str,
    /// It may be of the other era.
    is_refusal: bool,
    /// The last lines of its standard error. They may hold secrets: this is the operator's own terminal.
    output: Vec<String>,
}

impl Trouble {
    pub(super) fn new(what: impl Into<String>, next: &'static str) -> Self {
        Self {
            what: what.into(),
            next,
            is_refusal: false,
            output: Vec::new(),
        }
    }

    /// The server lives, and does not take what it was told.
    pub(super) fn refusal(what: impl Into<String>, next: &'static str) -> Self {
        Self {
            is_refusal: true,
            ..Self::new(what, next)
        }
    }

    /// Whether a server of the other era may be behind it.
    pub(super) fn is_refusal(&self) -> bool {
        self.is_refusal
    }

    pub(super) fn with_output(mut self, stderr: &str) -> Self {
        let lines: Vec<_> = stderr.lines().map(str::to_owned).collect();
        self.output = lines[lines.len().saturating_sub(OUTPUT_LINES)..].to_vec();
        self
    }

    pub(super) fn of_failure(failure: &Failure) -> Self {
        let next = match failure {
            Failure::Unreachable(_) => {
                "is the url right, does the server run, and is its certificate known (ca_file)?"
            }
            Failure::Unauthorized(_) => "give it credentials in `headers`",
            Failure::Busy(_) | Failure::Broken(_) => "try again later",
            Failure::Status(_) | Failure::Protocol(_) => {
                "is the url that of its MCP endpoint? Try `transport`"
            }
            Failure::TooLarge(_) => "raise max_line_bytes in [limits]",
        };
        Self {
            is_refusal: matches!(failure, Failure::Status(_) | Failure::Protocol(_)),
            ..Self::new(failure.to_string(), next)
        }
    }
}

/// A paragraph for each server.
pub(super) fn human(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        paragraph(&mut text, finding).expect("a String takes everything");
    }
    text
}

fn paragraph(text: &mut String, finding: &Finding) -> std::fmt::Result {
    writeln!(text, "{} ({})", finding.name, finding.runs)?;
    match &finding.outcome {
        Ok(offer) => {
            writeln!(text, "  speaks   {}", offer.revisions.join(" and "))?;
            let name = format!("{} {}", offer.server, offer.version);
            let name = Some(name.trim()).filter(|name| !name.is_empty());
            writeln!(text, "  is       {}", name.unwrap_or("nameless"))?;
            let lists: Vec<_> = offer
                .lists
                .iter()
                .map(|(what, count)| match count {
                    1 => format!("1 {}", what.trim_end_matches('s')),
                    _ => format!("{count} {what}"),
                })
                .collect();
            let lists = if lists.is_empty() {
                "nothing".to_owned()
            } else {
                lists.join(", ")
            };
            writeln!(text, "  offers   {lists}")?;
            writeln!(text, "  took     {} ms", finding.took.as_millis())?;
        }
        Err(trouble) => {
            writeln!(text, "  problem  {}", trouble.what)?;
            for line in &trouble.output {
                writeln!(text, "         | {line}")?;
            }
            writeln!(text, "  next     {}", trouble.next)?;
        }
    }
    writeln!(text)
}

/// One line: `{"version": 1, "servers": [{"name", "runs", "milliseconds", "usable", …}]}`.
pub(super) fn machine(findings: &[Finding]) -> String {
    let servers: Vec<_> = findings.iter().map(entry).collect();
    format!("{}\n", json!({"version": 1, "servers": servers}))
}

fn entry(finding: &Finding) -> Value {
    let mut entry = json!({
        "name": finding.name,
        "runs": finding.runs,
        "milliseconds": u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
        "usable": finding.outcome.is_ok(),
    });
    match &finding.outcome {
        Ok(offer) => {
            let lists: Map<_, _> = offer
                .lists
                .iter()
                .map(|(what, count)| ((*what).to_owned(), json!(count)))
                .collect();
            entry["revision"] = json!(offer.revisions.first());
            entry["revisions"] = json!(offer.revisions);
            entry["server"] = json!({"name": offer.server, "version": offer.version});
            entry["offers"] = Value::Object(lists);
        }
        Err(trouble) => {
            entry["problem"] = json!(trouble.what);
            entry["next"] = json!(trouble.next);
            entry["output"] = json!(trouble.output);
        }
    }
    entry
}
