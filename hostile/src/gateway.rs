//! The real binary, started for some cases and watched until its end.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pontoon_testkit::eventually;
use rustix::process::{Pid, Signal, kill_process};

use crate::process;
use crate::program::pontoon;
use crate::setup::Setup;

/// Begins every secret that must not be seen; nothing else is called so.
pub(crate) const CANARY: &[u8] = b"canary-";
/// Name and value of a variable of the gateway's own environment.
const ENVIRONMENT: (&str, &str) = ("HOSTILE_SECRET", "canary-environment-5e1f03");

/// Descriptors that may come and go: warm processes, a connection that is just being closed.
const SPARE_DESCRIPTORS: usize = 12;

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    /// Marks what it starts.
    run: String,
    child: Mutex<Child>,
    stderr: Arc<Mutex<Vec<u8>>>,
    directory: PathBuf,
    rest: Mutex<Rest>,
}

/// The binary, with a limit of its own for descriptors if there is one.
fn program(descriptors: Option<u32>) -> Command {
    let Some(descriptors) = descriptors else {
        return Command::new(pontoon());
    };
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")])
        .arg(pontoon());
    shell
}

/// How much a gateway holds.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    descriptors: usize,
    memory: u64,
}

impl Gateway {
    /// Starts one and waits until it listens.
    pub(crate) fn start(setup: &Setup) -> Result<Self, String> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let run = format!("{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(format!("pontoon-hostile-{run}"));
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let config = directory.join("pontoon.toml");
        fs::write(&config, setup.config(&run)).map_err(|error| error.to_string())?;
        let mut child = program(setup.descriptors)
            .args(["serve", "--json", "--log", "debug", "--config"])
            .arg(&config)
            .env(ENVIRONMENT.0, ENVIRONMENT.1)
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("pontoon does not start: {error}"))?;
        let stderr = drain(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        let _ = BufReader::new(stdout).read_line(&mut line);
        let Some(address) = listening(&line) else {
            let _ = child.kill();
            let _ = child.wait();
            let told = String::from_utf8_lossy(&stderr.lock().expect("nobody panics there")).into_owned();
            return Err(format!("pontoon does not listen: {line}{told}"));
        };
        Ok(Self {
            address,
            pid: child.id(),
            run,
            child: Mutex::new(child),
            stderr,
            directory,
            rest: Mutex::default(),
        })
    }

    /// Remembers how much it holds now, as what it should come back to.
    pub(crate) fn note_rest(&self) {
        *self.rest.lock().expect("nobody panics there") = self.holds();
    }

    fn holds(&self) -> Rest {
        Rest {
            descriptors: process::descriptors(self.pid),
            memory: process::memory(self.pid, "VmRSS"),
        }
    }

    /// Processes of the server under test.
    pub(crate) fn processes(&self) -> Vec<u32> {
        process::offspring(&self.marker("main"))
    }

    fn marker(&self, server: &str) -> String {
        marker(&self.run, server)
    }

    pub(crate) fn stderr(&self) -> Vec<u8> {
        self.stderr.lock().expect("nobody panics there").clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let _ = kill_process(pid.expect("a child has a pid"), signal);
    }

    /// Whether it has come back to where it was: processes, descriptors, memory.
    pub(crate) fn check_rest(&self, setup: &Setup) -> Result<(), String> {
        let rest = *self.rest.lock().expect("nobody panics there");
        let idle = || self.processes().len() <= 1 && process::zombies(self.pid) == 0;
        if !eventually(Duration::from_secs(15), idle) {
            let left = self.processes();
            let zombies = process::zombies(self.pid);
            return Err(format!("processes are left: {left:?} and {zombies} zombies"));
        }
        let limit = rest.descriptors + SPARE_DESCRIPTORS;
        if !eventually(Duration::from_secs(10), || self.holds().descriptors <= limit) {
            let left = self.holds().descriptors;
            return Err(format!(
                "descriptors are left: {left}, {} at rest",
                rest.descriptors
            ));
        }
        if !eventually(Duration::from_secs(5), || {
            self.holds().memory <= rest.memory + setup.memory_rest
        }) {
            let left = self.holds().memory >> 10;
            return Err(format!(
                "memory is left: {left} KiB, {} KiB at rest",
                rest.memory >> 10
            ));
        }
        let peak = process::memory(self.pid, "VmHWM").saturating_sub(rest.memory);
        match setup.memory_peak {
            Some(limit) if peak > limit => Err(format!("memory rose by {} KiB", peak >> 10)),
            _ => Ok(()),
        }
    }

    /// How it ended, if it does within `limit`.
    pub(crate) fn ended(&self, limit: Duration) -> Option<ExitStatus> {
        let mut child = self.child.lock().expect("nobody panics there");
        let mut status = None;
        eventually(limit, || {
            status = child.try_wait().ok().flatten();
            status.is_some()
        });
        status
    }

    /// Stops it; whatever it started has to be gone then.
    pub(crate) fn stop(&self) -> Result<(), String> {
        if self.ended(Duration::ZERO).is_none() {
            self.signal(Signal::TERM);
        }
        let Some(status) = self.ended(Duration::from_secs(25)) else {
            return Err("it does not stop at SIGTERM".to_owned());
        };
        if status.code() != Some(0) {
            return Err(format!("it ended with {status}"));
        }
        for server in ["main", "healthy"] {
            let marker = self.marker(server);
            if !eventually(Duration::from_secs(10), || process::offspring(&marker).is_empty()) {
                return Err(format!(
                    "it left processes behind: {:?}",
                    process::offspring(&marker)
                ));
            }
        }
        Ok(())
    }

    /// Ends whatever is left; for the end of a group, however it went.
    pub(crate) fn clean_up(&self) {
        let _ = self.child.lock().expect("nobody panics there").kill();
        let _ = self.ended(Duration::from_secs(5));
        for server in ["main", "healthy"] {
            for pid in process::offspring(&self.marker(server)) {
                kill(pid);
            }
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The value of the variable that marks what a gateway starts for a server.
pub(crate) fn marker(run: &str, server: &str) -> String {
    format!("{run}-{server}")
}

pub(crate) fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    let told: serde_json::Value = serde_json::from_str(line).ok()?;
    told["listening"].as_str()?.strip_prefix("http://")?.parse().ok()
}

/// Collects a log as it is written.
fn drain(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&log);
    std::thread::spawn(move || {
        let mut piece = [0; 64 * 1024];
        while let Ok(length) = pipe.read(&mut piece) {
            if length == 0 {
                return;
            }
            written
                .lock()
                .expect("nobody panics there")
                .extend_from_slice(&piece[..length]);
        }
    });
    log
}

/// Waits for a line of the log.
pub(crate) fn logs(gateway: &Gateway, words: &str, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    eventually(left, || {
        memchr::memmem::find(&gateway.stderr(), words.as_bytes()).is_some()
    })
}
