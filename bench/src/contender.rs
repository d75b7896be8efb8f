//! What is measured.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::era::Era;
use crate::load::{Client, Latencies};
use crate::process::Program;
use crate::{Arguments, backend};

/// A running program, an era, and where its endpoint is.
pub(crate) struct Contender {
    name: String,
    era: Era,
    path: &'static str,
    address: SocketAddr,
    program: std::rc::Rc<Program>,
    _files: Option<std::rc::Rc<Scratch>>,
}

/// The figures of one round.
pub(crate) struct Figures {
    /// CPU of the program under test for one call.
    pub(crate) cpu_per_call: Duration,
    /// Latencies of all calls, sorted.
    pub(crate) latencies: Latencies,
    /// Calls in a second.
    pub(crate) rate: f64,
    /// Resident memory right after.
    pub(crate) resident_kib: u64,
}

/// What starting costs.
pub(crate) struct Startup {
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    /// Resident memory then.
    pub(crate) resident_kib: u64,
}

impl Contender {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One round: connect, warm up, measure.
    pub(crate) async fn measure(&self, arguments: &Arguments) -> anyhow::Result<Figures> {
        let mut clients = Vec::new();
        for _ in 0..arguments.in_flight {
            clients.push(Client::open(self.era, self.address, self.path).await?);
        }
        let each = arguments.calls.div_ceil(arguments.in_flight);
        let (mut clients, _) = run(clients, each.div_ceil(10)).await?;
        let (cpu, start) = (self.program.cpu()?, Instant::now());
        let latencies;
        (clients, latencies) = run(std::mem::take(&mut clients), each).await?;
        let (cpu, elapsed) = (self.program.cpu()? - cpu, start.elapsed());
        drop(clients);
        let calls = u32::try_from(latencies.len())?;
        Ok(Figures {
            cpu_per_call: cpu / calls,
            rate: f64::from(calls) / elapsed.as_secs_f64(),
            resident_kib: self.program.resident_kib()?,
            latencies,
        })
    }
}

async fn run(clients: Vec<Client>, calls: usize) -> anyhow::Result<(Vec<Client>, Latencies)> {
    let mut tasks = tokio::task::JoinSet::new();
    for (name, mut client) in clients.into_iter().enumerate() {
        tasks.spawn(async move {
            let latencies = client.run(name, calls).await?;
            anyhow::Ok((client, latencies))
        });
    }
    let (mut clients, mut latencies) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (client, mut own) = done??;
        clients.push(client);
        latencies.append(&mut own);
    }
    latencies.sort_unstable();
    Ok((clients, latencies))
}

/// Everything that can be measured on this machine. nginx is left out, and
/// said so, where it is not installed.
pub(crate) async fn all(arguments: &Arguments) -> anyhow::Result<Vec<Contender>> {
    let mut contenders = Vec::new();
    match nginx()? {
        Some((program, files, address)) => {
            let (program, files) = (std::rc::Rc::new(program), std::rc::Rc::new(files));
            contenders.push(Contender {
                name: "nginx, plain proxy".to_owned(),
                era: Era::Stateless,
                path: "/mcp",
                address,
                program,
                _files: Some(files),
            });
        }
        None => eprintln!("nginx is not installed: no ratios (Debian: apt-get install nginx-light)"),
    }
    let child = arguments
        .child
        .canonicalize()
        .with_context(|| format!("{:?}", arguments.child))?;
    for lease in ["shared", "session"] {
        let extra = [
            "--lease",
            lease,
            "--",
            child.to_str().context("the child's path is not UTF-8")?,
        ];
        let (program, address) = pontoon(&arguments.pontoon, &extra)?;
        let program = std::rc::Rc::new(program);
        for era in Era::ALL {
            contenders.push(Contender {
                name: format!("pontoon, {lease} stdio, {}", era.year()),
                era,
                path: if era == Era::HttpSse { "/sse" } else { "/mcp" },
                address,
                program: std::rc::Rc::clone(&program),
                _files: None,
            });
        }
    }
    let (program, address) = pontoon(&arguments.pontoon, &["--builtin", "showcase"])?;
    let program = std::rc::Rc::new(program);
    for era in [Era::Streamable, Era::Stateless] {
        contenders.push(Contender {
            name: format!("pontoon, in-process, {}", era.year()),
            era,
            path: "/mcp",
            address,
            program: std::rc::Rc::clone(&program),
            _files: None,
        });
    }
    Ok(contenders)
}

/// From nothing to the first answer, best of five, and memory at rest.
pub(crate) async fn startup(arguments: &Arguments) -> anyhow::Result<Startup> {
    let mut best: Option<Startup> = None;
    for _ in 0..5 {
        let start = Instant::now();
        let (program, address) = pontoon(&arguments.pontoon, &[])?;
        let mut client = Client::open(Era::Stateless, address, "/mcp").await?;
        client.run(0, 1).await?;
        let first_answer = start.elapsed();
        let now = Startup {
            first_answer,
            resident_kib: program.resident_kib()?,
        };
        if best
            .as_ref()
            .is_none_or(|best| now.first_answer < best.first_answer)
        {
            best = Some(now);
        }
    }
    best.context("five starts were made")
}

/// Starts Pontoon and reads the address that it prints.
pub(crate) fn pontoon(binary: &Path, extra: &[&str]) -> anyhow::Result<(Program, SocketAddr)> {
    let mut command = Command::new(binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--json", "--log", "error"])
        .args(extra);
    let mut program = Program::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut line = String::new();
    BufReader::new(program.stdout()?).read_line(&mut line)?;
    let announced: serde_json::Value =
        serde_json::from_str(&line).with_context(|| format!("it printed {line:?}"))?;
    let url = announced["listening"].as_str().context("it printed no address")?;
    Ok((
        program,
        url.trim_start_matches("http://").trim_end_matches('/').parse()?,
    ))
}

/// A folder that goes when it is no longer needed.
pub(crate) struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind in the temporary directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// nginx with one worker, buffering off, keeping connections to the backend.
fn nginx() -> anyhow::Result<Option<(Program, Scratch, SocketAddr)>> {
    let Some(binary) = ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists())
    else {
        return Ok(None);
    };
    let backend = backend::start()?;
    let folder = Scratch(std::env::temp_dir().join(format!("pontoon-bench-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0)?;
    let address = free_address()?;
    let home = folder.0.display();
    let configuration = format!(
        "daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n\
           fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n\
           keepalive_requests 1000000;\n\
           upstream backend {{ server {backend}; keepalive 64; keepalive_requests 1000000; }}\n\
           server {{ listen {address}; location / {{ proxy_pass http://backend; proxy_http_version 1.1;\n\
             proxy_set_header Connection \"\"; proxy_buffering off; }} }} }}\n"
    );
    let file = folder.0.join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let program = Program::start(Command::new(binary).arg("-c").arg(&file).stdin(Stdio::null()))?;
    let deadline = Instant::now() + Duration::from_secs(5);
    while std::net::TcpStream::connect(address).is_err() {
        ensure!(Instant::now() < deadline, "nginx does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(Some((program, folder, address)))
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
