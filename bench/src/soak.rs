//! Wears a gateway out, then looks at what is left over.
//!
//! Clients of every era call, listen, come back and go away in all the ways
//! that clients do: politely, in the middle of a call, in the middle of a
//! request, and without ever saying that their session is over. The servers
//! behind crash now and then. Afterwards memory, descriptors and processes
//! must be back near where they were.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::Client;
use crate::era::Era;
use crate::process::Program;
use crate::subject::serve;

/// How long to wear, and how many sessions to leave open.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The program under test; build it with `cargo build --release -p pontoon`.
    #[arg(long, default_value = "target/release/pontoon")]
    pontoon: PathBuf,
    /// The stdio server behind it; build it with `cargo build --release -p pontoon-testkit`.
    #[arg(long, default_value = "target/release/pontoon-test-child")]
    child: PathBuf,
    /// Length of the mixed load.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Sessions that are opened and left without a word.
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
}

/// Sessions end this soon after their client was last heard of.
const IDLE: Duration = Duration::from_secs(2);
/// How long everything has to come back to where it was.
const RECOVERY: Duration = Duration::from_secs(30);
/// Sessions that are opened before the idle ones among them are given time to end.
const OPENED_AT_ONCE: usize = 500;

/// The three kinds of server that the configuration below hosts.
const SERVERS: [&str; 3] = ["shared", "crashing", "showcase"];

/// What is left over when nobody is there.
#[derive(Clone, Copy, Debug)]
struct Remains {
    resident_kib: u64,
    descriptors: usize,
    children: usize,
}

/// What happened under load.
#[derive(Debug, Default)]
struct Tally {
    answered: u64,
    failed: u64,
    left: u64,
}

/// Runs the load and the check.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = configuration(&arguments.child)?;
    let (mut program, address) = serve(&arguments.pontoon, &["--config".as_ref(), file.as_os_str()])?;
    // An allocator keeps what it once needed, in pieces. What must not grow is
    // what the same load needs the next time.
    mixed_load(address, Duration::from_secs(10)).await?;
    for _ in 0..2 {
        abandon_sessions(address, arguments.sessions).await?;
    }
    let baseline = settled(&program, None).await?;
    println!("before: {baseline:?}");
    let tally = mixed_load(address, Duration::from_secs(arguments.seconds)).await?;
    println!(
        "{} calls answered, {} failed with their server, {} left",
        tally.answered, tally.failed, tally.left
    );
    ensure!(tally.answered > 0, "no call was answered");
    abandon_sessions(address, arguments.sessions).await?;
    println!("{} sessions opened and left", arguments.sessions);
    let remains = settled(&program, Some(baseline)).await?;
    println!("after:  {remains:?}");
    ensure!(program.is_running()?, "the gateway ended");
    still_serves(address).await?;
    println!("2 passed, 0 failed");
    Ok(())
}

fn configuration(child: &Path) -> anyhow::Result<PathBuf> {
    let child = child.canonicalize().with_context(|| format!("{child:?}"))?;
    let text = format!(
        "[limits]\nsession_idle_timeout = {idle}\nmax_sessions = 20000\nmax_sessions_per_principal = 20000\n\
         [server.shared]\ncommand = {child:?}\nlease = \"shared\"\ndefault = true\n\
         [server.crashing]\ncommand = {child:?}\nargs = [\"--crash-after\", \"200\"]\nidle_timeout = {idle}\nwarm = 0\n\
         [server.showcase]\nbuiltin = \"showcase\"\n",
        idle = IDLE.as_secs(),
    );
    let file = std::env::temp_dir().join(format!("pontoon-soak-{}.toml", std::process::id()));
    std::fs::write(&file, text)?;
    Ok(file)
}

/// Every era against every server, with every way to go away.
async fn mixed_load(address: SocketAddr, length: Duration) -> anyhow::Result<Tally> {
    let end = Instant::now() + length;
    let mut tasks = tokio::task::JoinSet::new();
    for server in SERVERS {
        for era in Era::ALL {
            tasks.spawn(callers(era, address, server, end));
        }
    }
    tasks.spawn(half_requests(address, end));
    let mut total = Tally::default();
    while let Some(done) = tasks.join_next().await {
        let tally = done??;
        total.answered += tally.answered;
        total.failed += tally.failed;
        total.left += tally.left;
    }
    Ok(total)
}

/// Opens, calls a few times, and leaves: one time in three in the middle of a
/// call. A server that crashes fails its calls; it must not fail others.
async fn callers(era: Era, address: SocketAddr, server: &'static str, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let path = if era == Era::HttpSse {
        format!("/{server}/sse")
    } else {
        format!("/{server}/mcp")
    };
    let mut round = 0_usize;
    while Instant::now() < end {
        round += 1;
        let client = Client::open(era, address, &path).await;
        let mut client = match client {
            Ok(client) => client,
            Err(_) if server == "crashing" => {
                tally.failed += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => return Err(error.context(format!("{server}, {era:?}"))),
        };
        match client.run(round, 20, |_| tally.answered += 1).await {
            Ok(()) => {}
            Err(_) if server == "crashing" => tally.failed += 1,
            Err(error) => return Err(error.context(format!("{server}, {era:?}"))),
        }
        if round.is_multiple_of(3) && client.call_and_leave().await.is_ok() {
            tally.left += 1;
        }
    }
    Ok(tally)
}

/// Heads and bodies that stop in the middle.
async fn half_requests(address: SocketAddr, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for text in [
        "POST /mcp HT",
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"json",
        "GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    .into_iter()
    .cycle()
    {
        if Instant::now() >= end {
            return Ok(tally);
        }
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(text.as_bytes()).await?;
        tally.left += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(tally)
}

/// Sessions whose clients never say that they are done, as most never do.
async fn abandon_sessions(address: SocketAddr, sessions: usize) -> anyhow::Result<()> {
    for opened in 0..sessions {
        let server = ["/showcase/mcp", "/shared/mcp"][opened % 2];
        drop(Client::open(Era::Streamable, address, server).await?);
        if opened % OPENED_AT_ONCE == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

/// Waits until nothing is left of the load. Without a baseline, until what is
/// left no longer shrinks.
async fn settled(program: &Program, baseline: Option<Remains>) -> anyhow::Result<Remains> {
    let deadline = Instant::now() + RECOVERY;
    tokio::time::sleep(IDLE * 2).await;
    loop {
        let remains = Remains {
            resident_kib: program.resident_kib()?,
            descriptors: program.descriptors()?,
            children: program.children()?,
        };
        let Some(baseline) = baseline else {
            return Ok(remains);
        };
        if baseline.covers(remains) {
            return Ok(remains);
        }
        ensure!(
            Instant::now() < deadline,
            "more is left than there was: {remains:?} instead of {baseline:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

impl Remains {
    /// Descriptors and processes to the last one; memory with half as much
    /// room, for the pieces that an allocator cannot fit together again.
    fn covers(self, other: Self) -> bool {
        let memory = self.resident_kib + self.resident_kib / 2 + 32 * 1024;
        other.descriptors <= self.descriptors + 2
            && other.children <= self.children
            && other.resident_kib <= memory
    }
}

async fn still_serves(address: SocketAddr) -> anyhow::Result<()> {
    for era in Era::ALL {
        let path = if era == Era::HttpSse {
            "/shared/sse"
        } else {
            "/shared/mcp"
        };
        Client::open(era, address, path).await?.run(0, 1, drop).await?;
    }
    Ok(())
}
