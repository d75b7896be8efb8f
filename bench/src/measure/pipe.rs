//! The stdio server without anything in between: what no gateway can beat.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::cost::{Figures, Settings};
use super::{Latencies, latencies, note};
use crate::era::Era;
use crate::process::Program;

/// A conversation over the pipes of a child process.
struct Pipe {
    program: Program,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next_id: u64,
}

/// One round. The CPU is that of the server, which Pontoon's figures leave out.
pub(crate) fn measure(child: &Path, settings: &Settings) -> anyhow::Result<Figures> {
    let mut pipe = Pipe::open(child)?;
    pipe.run(settings.in_flight, settings.calls.div_ceil(10))?;
    let (cpu, start) = (pipe.program.cpu()?, Instant::now());
    let latencies = pipe.run(settings.in_flight, settings.calls)?;
    let (cpu, elapsed) = (pipe.program.cpu()?.saturating_sub(cpu), start.elapsed());
    Ok(Figures {
        cpu_per_call: cpu / u32::try_from(latencies.len())?,
        rate: latencies.len() as f64 / elapsed.as_secs_f64(),
        resident_kib: pipe.program.resident_kib()?,
        latencies,
    })
}

impl Pipe {
    fn open(child: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(child);
        let mut program = Program::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let (input, output) = (program.stdin()?, BufReader::new(program.stdout()?));
        let mut pipe = Self {
            program,
            input,
            output,
            next_id: 1,
        };
        pipe.send(&Era::initialize())?;
        ensure!(pipe.receive()?["id"] == 0, "the handshake was not answered");
        pipe.send(&Era::initialized())?;
        Ok(pipe)
    }

    /// Keeps `in_flight` calls on their way until `calls` were answered.
    fn run(&mut self, in_flight: usize, calls: usize) -> anyhow::Result<Latencies> {
        let (mut pending, mut all) = (HashMap::new(), latencies());
        let mut started = 0;
        while started < calls.min(in_flight) {
            self.call(&mut pending)?;
            started += 1;
        }
        while !pending.is_empty() {
            let answer = self.receive()?;
            let id = answer["id"].as_u64().context("an answer without an id")?;
            let start = pending
                .remove(&id)
                .with_context(|| format!("not asked: {answer}"))?;
            note(&mut all, Instant::now() - start);
            let text = answer["result"]["content"][0]["text"]
                .as_str()
                .unwrap_or_default();
            ensure!(
                text.contains(&format!("call {id}\"")),
                "the answer to {id} is {answer}"
            );
            if started < calls {
                self.call(&mut pending)?;
                started += 1;
            }
        }
        Ok(all)
    }

    fn call(&mut self, pending: &mut HashMap<u64, Instant>) -> anyhow::Result<()> {
        let id = self.next_id;
        self.next_id += 1;
        let call = Era::Streamable.call(id, &format!("call {id}"));
        pending.insert(id, Instant::now());
        self.send(&call)
    }

    fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        Ok(self.input.write_all(format!("{message}\n").as_bytes())?)
    }

    fn receive(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("not JSON: {line:?}"))
    }
}
