//! One run of a case: an era, a row, a gateway, and whatever the transcript opens.

mod check;
mod client;
mod step;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::Value;

use crate::case::{Case, Row};
use crate::era::Era;
use crate::gateway::Gateway;
use crate::probe::Probe;
use crate::text::{Scope, shown};
use crate::wire::Wire;
use client::Client;

/// How long an expectation waits that names no time. A busy machine needs some of it, nothing else does.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most characters of a line of the transcript that is shown.
const SHOWN: usize = 400;

/// The state of a run.
pub(crate) struct Play<'a> {
    case: &'a Case,
    row: &'a Row,
    era: Era,
    gateway: &'a Gateway,
    probe: &'a Probe,
    /// Tells the run from all others that share its gateway.
    number: usize,
    clients: HashMap<String, Client>,
    wires: HashMap<String, Connection>,
    /// What left the scene, for the verdict.
    seen: Vec<(String, Vec<u8>)>,
    /// Messages that came before they were expected, by connection.
    early: HashMap<String, Vec<Value>>,
    /// Requests that were sent and answers that came, by client and id.
    asked: HashMap<(String, String), usize>,
    answered: HashMap<(String, String), usize>,
    /// Session ids, which must not be logged.
    sessions: HashSet<String>,
    transcript: Vec<String>,
}

/// A connection and who it belongs to.
struct Connection {
    wire: Wire,
    owner: String,
    /// The id of the last request on it.
    asked: Option<Value>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(
        case: &'a Case,
        row: &'a Row,
        era: Era,
        (gateway, probe): (&'a Gateway, &'a Probe),
        number: usize,
    ) -> Self {
        Self {
            case,
            row,
            era,
            gateway,
            probe,
            number,
            clients: HashMap::new(),
            wires: HashMap::new(),
            seen: Vec::new(),
            early: HashMap::new(),
            asked: HashMap::new(),
            answered: HashMap::new(),
            sessions: HashSet::new(),
            transcript: Vec::new(),
        }
    }

    /// Plays all steps and looks at what must hold afterwards.
    ///
    /// # Errors
    ///
    /// The step that failed, how, and the transcript up to it.
    pub(crate) fn run(mut self) -> Result<(), String> {
        let result = self.steps();
        let verdict = match result {
            Ok(()) => self.verdict(),
            Err(problem) => {
                self.end_clients();
                Err(problem)
            }
        };
        verdict.map_err(|problem| format!("{problem}\n  transcript:\n    {}", self.transcript.join("\n    ")))
    }

    fn steps(&mut self) -> Result<(), String> {
        let case = self.case;
        for step in &case.steps {
            if !step.eras.is_empty() && !step.eras.contains(&self.era) {
                continue;
            }
            for turn in 0..step.times {
                self.step(step, turn).map_err(|problem| {
                    format!(
                        "line {}: {}\n{}",
                        step.line,
                        self.row.fill(&step.words),
                        indent(&problem)
                    )
                })?;
            }
        }
        Ok(())
    }

    /// Replaces the placeholders of a text; `turn` is which repetition of its step it is.
    fn expand(&self, text: &str, turn: usize) -> Vec<u8> {
        let values = |name: &str| self.value(name, turn);
        Scope { values: &values }.expand(&self.row.fill(text))
    }

    fn expand_text(&self, text: &str, turn: usize) -> String {
        String::from_utf8_lossy(&self.expand(text, turn)).into_owned()
    }

    fn value(&self, name: &str, turn: usize) -> Option<String> {
        Some(match name {
            "n" => turn.to_string(),
            "host" => self.gateway.address.to_string(),
            "port" => self.gateway.address.port().to_string(),
            "era" => self.era.revision().to_owned(),
            "meta" => self.era.meta().to_owned(),
            _ => match name.split_once(' ')? {
                ("mark", owner) => format!("mark.{}.{owner}.", self.number),
                ("session", client) => self.clients.get(client)?.session.clone()?,
                ("path", client) => self.clients.get(client)?.path.clone(),
                ("last", wire) => self.wires.get(wire)?.wire.events.last_id.clone()?,
                _ => return None,
            },
        })
    }

    /// Where this run's clients come from: an address of its own, so that nothing counted per address is shared.
    fn home(&self) -> IpAddr {
        let [_, high, middle, low] = u32::try_from(self.number + 0x1_0001)
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(127, high.max(1), middle, low))
    }

    fn note(&mut self, direction: &str, name: &str, bytes: &[u8]) {
        self.transcript
            .push(format!("{name} {direction} {}", shown(bytes, SHOWN)));
    }

    fn connection(&mut self, name: &str) -> Result<&mut Connection, String> {
        let stream = format!("{name}.stream");
        let known = if self.wires.contains_key(name) {
            name
        } else {
            &stream
        };
        self.wires
            .get_mut(known)
            .ok_or_else(|| format!("there is no connection {name}"))
    }
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
