//! The real binary with an ill-behaved server and a healthy one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon_hostile::process::{self, MARKER};
use pontoon_hostile::program::pontoon;
use pontoon_testkit::{eventually, test_child};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::table::{Behaviour, Lease, Start};

/// The server under test, in addresses and markers.
pub(crate) const ODD: &str = "odd";
/// The one beside it.
pub(crate) const HEALTHY: &str = "healthy";

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    run: String,
    child: Mutex<Child>,
    log: Arc<Mutex<Vec<u8>>>,
    directory: PathBuf,
}

impl Gateway {
    /// Starts one and waits until it listens.
    pub(crate) fn start(behaviour: &Behaviour, lease: Lease) -> Result<Self, String> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let run = format!("chaos-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(format!("pontoon-{run}"));
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let file = directory.join("pontoon.toml");
        fs::write(&file, configuration(behaviour, lease, &run)).map_err(|error| error.to_string())?;
        let mut child = Command::new(pontoon())
            .args(["serve", "--json", "--log", "info", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("pontoon does not start: {error}"))?;
        let log = drain(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        let _ = BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line);
        let listening = listening(&line);
        let gateway = Self {
            address: listening.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
            pid: child.id(),
            run,
            child: Mutex::new(child),
            log,
            directory,
        };
        if listening.is_none() {
            gateway.clean_up();
            return Err(format!("pontoon does not listen: {line}{}", gateway.log()));
        }
        Ok(gateway)
    }

    /// Processes of a server, wherever they have got to.
    pub(crate) fn processes(&self, server: &str) -> Vec<u32> {
        process::offspring(&marker(&self.run, server))
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().expect("nobody panics there")).into_owned()
    }

    /// What it says that it holds.
    pub(crate) fn status(&self) -> Option<Value> {
        let lines = || -> Vec<String> {
            let log = self.log();
            let told = log.lines().filter(|line| line.contains(r#""message":"status""#));
            told.map(str::to_owned).collect()
        };
        let before = lines().len();
        self.signal(Signal::USR1);
        let mut told = Vec::new();
        eventually(Duration::from_secs(5), || {
            told = lines();
            told.len() > before
        });
        serde_json::from_str(told.get(before)?).ok()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let _ = kill_process(pid.expect("a child has a pid"), signal);
    }

    /// Whether it still runs, for reports, with the end of its log.
    pub(crate) fn fate(&self) -> String {
        let fate = match self.ended(Duration::ZERO) {
            None => "it runs".to_owned(),
            Some(status) => format!("it ended with {status}"),
        };
        let log = self.log();
        let last: Vec<_> = log.lines().rev().take(3).collect();
        format!(
            "{fate}; the end of its log, last line first:\n  {}",
            last.join("\n  ")
        )
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
        self.signal(Signal::TERM);
        match self.ended(Duration::from_secs(20)) {
            None => return Err("it does not stop at SIGTERM".to_owned()),
            Some(status) if status.code() != Some(0) => return Err(format!("it ended with {status}")),
            Some(_) => {}
        }
        self.check_nothing_left()
    }

    /// Kills it. The servers that it started have to go all the same.
    pub(crate) fn kill(&self) -> Result<(), String> {
        self.signal(Signal::KILL);
        match self.ended(Duration::from_secs(5)) {
            None => Err("it does not end at SIGKILL".to_owned()),
            Some(_) => self.check_nothing_left(),
        }
    }

    /// What the kernel kills on its behalf is given a moment.
    fn check_nothing_left(&self) -> Result<(), String> {
        let left = || [ODD, HEALTHY].map(|server| self.processes(server)).concat();
        if eventually(Duration::from_secs(2), || left().is_empty()) {
            Ok(())
        } else {
            Err(format!("it left processes behind: {:?}", left()))
        }
    }

    /// Ends whatever is left, however it went.
    pub(crate) fn clean_up(&self) {
        let _ = self.child.lock().expect("nobody panics there").kill();
        let _ = self.ended(Duration::from_secs(5));
        for pid in [ODD, HEALTHY].map(|server| self.processes(server)).concat() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn marker(run: &str, server: &str) -> String {
    format!("{run}-{server}")
}

/// Short times, so that everything that waits for one is over soon.
fn configuration(behaviour: &Behaviour, lease: Lease, run: &str) -> String {
    let defaults = [("call_timeout", "5s"), ("start_timeout", "5s")];
    let defaults: Vec<_> = defaults
        .iter()
        .filter(|(key, _)| !behaviour.limits.contains(key))
        .map(|(key, value)| format!("{key} = \"{value}\"\n"))
        .collect();
    let lease = match lease {
        Lease::Session => "lease = \"session\"\nidle_timeout = \"1s\"",
        Lease::Shared => "lease = \"shared\"",
    };
    let env = |server| format!("env = {{ {MARKER} = \"{}\" }}", marker(run, server));
    format!(
        "listen = \"127.0.0.1:0\"\n\
         [limits]\nsession_idle_timeout = \"2s\"\nstop_timeout = \"200ms\"\n\
         write_timeout = \"1500ms\"\nmax_line_bytes = \"1MiB\"\ndrain_timeout = \"3s\"\n{defaults}{limits}\n\
         [server.{ODD}]\n{command}\n{lease}\n{odd}\n\
         [server.{HEALTHY}]\ncommand = {child:?}\nlease = \"shared\"\n{healthy}\n",
        defaults = defaults.concat(),
        limits = behaviour.limits,
        command = command(behaviour),
        odd = env(ODD),
        child = test_child(),
        healthy = env(HEALTHY),
    )
}

fn command(behaviour: &Behaviour) -> String {
    let child = test_child().display().to_string();
    let script = match behaviour.start {
        Start::Missing => return "command = \"/nonexistent/server\"".to_owned(),
        Start::Child => None,
        Start::Shell => Some("\"$0\" \"$@\"; exit 7"),
        // Without the redirection a shell gives the background no input.
        Start::Background => Some("\"$0\" \"$@\" <&0 & exit 0"),
    };
    let flags = behaviour.flags.split_whitespace();
    match script {
        None => format!("command = {child:?}\nargs = {:?}", flags.collect::<Vec<_>>()),
        Some(script) => {
            let arguments: Vec<_> = ["-c", script, &child].into_iter().chain(flags).collect();
            format!("command = \"sh\"\nargs = {arguments:?}")
        }
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    let told: Value = serde_json::from_str(line).ok()?;
    told["listening"].as_str()?.strip_prefix("http://")?.parse().ok()
}

/// Collects a log as it is written.
fn drain(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&log);
    std::thread::spawn(move || {
        let mut piece = [0; 64 * 1024];
        while let Ok(length @ 1..) = pipe.read(&mut piece) {
            let mut log = written.lock().expect("nobody panics there");
            log.extend_from_slice(&piece[..length]);
        }
    });
    log
}
