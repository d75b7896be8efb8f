//! The programs that are measured, and how each is started.

mod command;
mod nginx;
mod pontoon;
mod scratch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;

pub(crate) use self::command::Contender;
pub(crate) use self::pontoon::{Host, serve};
use self::scratch::Scratch;

use crate::backend;
use crate::client::Client;
use crate::era::Era;
use crate::process::Program;

/// Where the programs are.
#[derive(Debug, Args)]
pub(crate) struct Programs {
    /// The program under test; `cargo build --release -p pontoon` makes it.
    #[arg(long, default_value = "target/release/pontoon")]
    pontoon: PathBuf,
    /// The stdio server behind it; `cargo build --release -p pontoon-testkit` makes it.
    #[arg(long, default_value = "target/release/pontoon-test-child")]
    child: PathBuf,
    /// rmcp's own HTTP server with the same tools as `--builtin showcase`;
    /// `cargo build --release -p pontoon-servers --example rmcp_http` makes it.
    #[arg(long, default_value = "target/release/examples/rmcp_http")]
    rmcp: PathBuf,
    /// Another gateway, measured in the same run. `{port}` stands for the
    /// port that it is to listen on, `{child}` for the stdio server behind it.
    /// It is tried at /sse and /mcp; other addresses go in front:
    /// `NAME@/sse,/mcp=COMMAND`. May be given several times.
    #[arg(long = "contender", value_name = "[NAME[@SSE,MCP]=]COMMAND")]
    contenders: Vec<Contender>,
    /// Measure only subjects whose name contains this. May be given several times.
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
}

/// A program that can be measured.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// nginx as a plain proxy before an HTTP server that does next to nothing.
    Nginx(PathBuf),
    /// nginx as a plain proxy before rmcp's server.
    NginxRmcp(PathBuf, PathBuf),
    /// rmcp's Streamable HTTP server.
    Rmcp(PathBuf),
    /// Pontoon in front of something.
    Pontoon(PathBuf, Host),
    /// Somebody else's gateway before the same stdio server.
    Contender(Contender, PathBuf),
}

/// A subject that runs.
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) doors: Vec<Door>,
    /// The server behind a gateway, where it is not the gateway's own child.
    _behind: Option<Program>,
    _files: Option<Scratch>,
}

/// An era that a running program serves, and where.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) era: Era,
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
}

impl Programs {
    /// Everything that is there, references first. What is missing is said.
    pub(crate) fn subjects(&self) -> anyhow::Result<Vec<Subject>> {
        let mut subjects = Vec::new();
        match nginx::binary() {
            Some(binary) => subjects.push(Subject::Nginx(binary)),
            None => {
                eprintln!("nginx is not installed: no ratios to it (Debian: apt-get install nginx-light)");
            }
        }
        match self.rmcp.canonicalize() {
            Ok(binary) => subjects.push(Subject::Rmcp(binary)),
            Err(_) => eprintln!("{:?} is not there: no ratios to rmcp's own server", self.rmcp),
        }
        for host in Host::all(&self.child()?) {
            subjects.push(self.pontoon(host)?);
        }
        subjects.push(self.pontoon(Host::Backend)?);
        if let Ok(binary) = self.rmcp.canonicalize() {
            if let Some(nginx) = nginx::binary() {
                subjects.push(Subject::NginxRmcp(nginx, binary.clone()));
            }
            subjects.push(self.pontoon(Host::Remote(binary))?);
        }
        for contender in &self.contenders {
            subjects.push(Subject::Contender(contender.clone(), self.child()?));
        }
        subjects.retain(|subject| self.wants(&subject.name()));
        Ok(subjects)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    /// Pontoon in front of `host`.
    pub(crate) fn pontoon(&self, host: Host) -> anyhow::Result<Subject> {
        Ok(Subject::Pontoon(canonical(&self.pontoon)?, host))
    }

    /// The stdio server.
    pub(crate) fn child(&self) -> anyhow::Result<PathBuf> {
        canonical(&self.child)
    }
}

fn canonical(path: &PathBuf) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("{path:?} is not there"))
}

impl Subject {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Nginx(_) => "nginx, plain proxy".to_owned(),
            Self::NginxRmcp(..) => "nginx before rmcp".to_owned(),
            Self::Rmcp(_) => "rmcp, no gateway".to_owned(),
            Self::Pontoon(_, host) => format!("pontoon, {}", host.name()),
            Self::Contender(contender, _) => contender.name.clone(),
        }
    }

    /// Whether it is a server of MCP, and not only something that passes HTTP on.
    pub(crate) fn speaks_mcp(&self) -> bool {
        !matches!(self, Self::Nginx(_) | Self::NginxRmcp(..))
    }

    /// Starts it and waits until it serves.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        let mut behind = None;
        let (program, doors, files) = match self {
            Self::Nginx(binary) => {
                let (program, address, files) = nginx::start(binary)?;
                (program, doors(address, &[Era::Stateless]), Some(files))
            }
            Self::NginxRmcp(binary, server) => {
                let (program, address) = rmcp(server)?;
                behind = Some(program);
                let (program, address, files) = nginx::before(binary, address)?;
                (
                    program,
                    doors(address, &[Era::Streamable, Era::Stateless]),
                    Some(files),
                )
            }
            Self::Rmcp(binary) => {
                let (program, address) = rmcp(binary)?;
                let doors = doors(address, &[Era::Streamable, Era::Stateless]);
                (program, doors, None)
            }
            Self::Pontoon(binary, host) => {
                let mut remote = None;
                match host {
                    Host::Backend => remote = Some(backend::start()?),
                    Host::Remote(server) => {
                        let (program, address) = rmcp(server)?;
                        (behind, remote) = (Some(program), Some(address));
                    }
                    _ => {}
                }
                let files = Scratch::new()?;
                let file = files.write("pontoon.toml", &host.configuration(remote))?;
                let (program, address) = serve(binary, &["--config".as_ref(), file.as_os_str()])?;
                (program, doors(address, host.eras()), Some(files))
            }
            Self::Contender(contender, child) => {
                let (program, doors) = contender.start(child).await?;
                (program, doors, None)
            }
        };
        Ok(Running {
            name: self.name(),
            program,
            doors,
            _behind: behind,
            _files: files,
        })
    }
}

fn rmcp(binary: &Path) -> anyhow::Result<(Program, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new(binary);
    // It tells of every client that leaves.
    command
        .arg(address.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let program = Program::start(&mut command)?;
    wait_for(address)?;
    Ok((program, address))
}

impl Door {
    /// A new client.
    pub(crate) async fn open(&self) -> anyhow::Result<Client> {
        Client::open(self.era, self.address, &self.path)
            .await
            .with_context(|| format!("{}, {}", self.era.year(), self.path))
    }
}

fn doors(address: SocketAddr, eras: &[Era]) -> Vec<Door> {
    let door = |era: &Era| Door {
        era: *era,
        address,
        path: era.usual_path().to_owned(),
    };
    eras.iter().map(door).collect()
}

fn wait_for(address: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(address).is_err() {
        ensure!(Instant::now() < deadline, "nobody listens at {address}");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
