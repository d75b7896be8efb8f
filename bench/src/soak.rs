//! Wears a gateway out, then looks at what is left over.
//!
//! Clients of every era call, listen, cancel, come back and go away in all the
//! ways that clients do: politely, in the middle of a call, in the middle of a
//! request, without ever saying that their session is over, and without even
//! closing their connection. Many lose their streams at once and come back at
//! once. The servers behind crash, freeze, flood, stop reading, fork, and do
//! not start. Afterwards memory, descriptors, processes, connections,
//! sessions, streams and tasks must be back where they were.

mod callers;
mod gateway;
mod mute;
mod remains;
mod servers;
mod session;
mod storm;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use crate::client::Client;
use crate::era::Era;
use gateway::Gateway;
use remains::Remains;

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

/// The same kinds of load before anything is measured.
const FIRST_WEAR: Duration = Duration::from_secs(10);
/// Sessions that are opened before the idle ones among them are given time to end.
const OPENED_AT_ONCE: usize = 500;

/// What happened under load.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Calls that were answered.
    answered: u64,
    /// Calls and sessions that failed with their server.
    failed: u64,
    /// Calls and requests whose client did not wait for the answer.
    left: u64,
    /// Calls that their client cancelled.
    cancelled: u64,
    /// Streams that were lost and resumed.
    resumed: u64,
}

/// Runs the load and the check.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut gateway = Gateway::start(arguments)?;
    let address = gateway.address();
    // An allocator keeps what it once needed, in pieces. What must not grow is
    // what the same load needs the next time.
    let (_, held) = mixed_load(address, FIRST_WEAR).await?;
    for _ in 0..2 {
        abandon_sessions(address, arguments.sessions).await?;
    }
    let before = Remains::settled(&mut gateway, None).await?;
    println!("before: {before}");
    drop(held);
    let (tally, held) = mixed_load(address, Duration::from_secs(arguments.seconds)).await?;
    println!("{tally:?}");
    for (what, count) in [
        ("answered", tally.answered),
        ("failed", tally.failed),
        ("left", tally.left),
        ("cancelled", tally.cancelled),
        ("resumed", tally.resumed),
    ] {
        ensure!(
            count > 0,
            "the load did not do what it should: nothing was {what}"
        );
    }
    abandon_sessions(address, arguments.sessions).await?;
    println!("{} sessions opened and left", arguments.sessions);
    let after = Remains::settled(&mut gateway, Some(before)).await?;
    println!("after:  {after}");
    // Only now: until here they never closed.
    drop(held);
    still_serves(address).await?;
    gateway.stop()?;
    println!("nothing is left, it serves, and it stopped in good order");
    Ok(())
}

/// Everything at once. Returns the connections that nobody closes as well.
async fn mixed_load(address: SocketAddr, length: Duration) -> anyhow::Result<(Tally, mute::Held)> {
    let end = Instant::now() + length;
    let mut tasks = tokio::task::JoinSet::new();
    for server in &servers::ALL {
        for era in Era::ALL {
            tasks.spawn(callers::callers(era, address, server, end));
        }
    }
    tasks.spawn(callers::half_requests(address, end));
    tasks.spawn(callers::cancellers(address, end));
    tasks.spawn(callers::holders(address, end));
    tasks.spawn(storm::storm(address, end));
    let silence = tokio::spawn(mute::be_mute(address, end));
    let mut total = Tally::default();
    while let Some(done) = tasks.join_next().await {
        total.add(done??);
    }
    let held = silence.await??;
    Ok((total, held))
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.failed += other.failed;
        self.left += other.left;
        self.cancelled += other.cancelled;
        self.resumed += other.resumed;
    }
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

async fn still_serves(address: SocketAddr) -> anyhow::Result<()> {
    for era in Era::ALL {
        let path = servers::path(era, "shared");
        Client::open(era, address, &path).await?.run(0, 1, drop).await?;
    }
    Ok(())
}
