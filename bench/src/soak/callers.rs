//! Clients that call.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::Tally;
use super::servers::{Manners, Server, path};
use super::session::Session;
use crate::client::Client;
use crate::connection::{Answer, Connection};
use crate::era::Era;

/// Calls of one visit.
const CALLS: usize = 20;
/// Between two visits to a server that does not work.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that a visit to any server takes.
const VISIT: Duration = Duration::from_secs(45);
/// The longest that the end of a cancelled call takes, and when it is cancelled again.
const CANCELLED: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(5);
/// Streams of each era that are held for the whole load.
const HELD_STREAMS: usize = 30;

/// Opens, calls a few times, and leaves: one time in three in the middle of a
/// call, one time in three politely. A faulty server fails its calls; it must
/// not fail others.
pub(super) async fn callers(
    era: Era,
    address: SocketAddr,
    server: &'static Server,
    end: Instant,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for round in 0.. {
        if Instant::now() >= end {
            break;
        }
        let visit = tokio::time::timeout(VISIT, visit(era, address, server, round, &mut tally)).await;
        let visit = visit.unwrap_or_else(|_| Err(anyhow::anyhow!("a visit did not end")));
        match (visit, server.manners) {
            (Ok(()), _) => {}
            (Err(error), Manners::Faulty) if !is_timeout(&error) => {
                tally.failed += 1;
                tokio::time::sleep(PAUSE).await;
            }
            (Err(error), _) => return Err(error.context(format!("{}, {era:?}", server.name))),
        }
    }
    Ok(tally)
}

/// An answer is owed, whatever the server does.
fn is_timeout(error: &anyhow::Error) -> bool {
    error.to_string().contains("did not end")
}

async fn visit(
    era: Era,
    address: SocketAddr,
    server: &Server,
    round: usize,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut client = Client::open(era, address, &path(era, server.name)).await?;
    client.run(round, CALLS, |_| tally.answered += 1).await?;
    match round % 3 {
        0 => {
            client.call_and_leave().await?;
            tally.left += 1;
        }
        1 => client.finish().await?,
        _ => {}
    }
    Ok(())
}

/// Heads and bodies that stop in the middle.
pub(super) async fn half_requests(address: SocketAddr, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for text in [
        "POST /shared/mcp HT",
        "POST /shared/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"json",
        "GET /shared/sse HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    .into_iter()
    .cycle()
    {
        if Instant::now() >= end {
            break;
        }
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(text.as_bytes()).await?;
        tally.left += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(tally)
}

/// Calls that are cancelled while they run: each has one end all the same.
pub(super) async fn cancellers(address: SocketAddr, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    while Instant::now() < end {
        let mut session = Session::open(address, "/showcase/mcp").await?;
        let mut calls = session.connect().await?;
        for id in 1..=10 {
            let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
                "name": "slow", "arguments": {"seconds": 100},
            }});
            session.send(&mut calls, &call).await?;
            let answer = tokio::time::timeout(CANCELLED, cancel(&mut session, id, &mut calls)).await;
            let answer = answer.context("a cancelled call was not answered")??;
            let body = String::from_utf8_lossy(&answer.body);
            ensure!(
                body.contains(&format!("\"id\":{id}")),
                "a cancelled call got {} {body}",
                answer.head
            );
            tally.cancelled += 1;
        }
        session.delete().await?;
    }
    Ok(tally)
}

/// Cancels until the answer is there: the call and the first cancellation are on different connections, and nobody
/// knows which comes first.
async fn cancel(session: &mut Session, id: u64, calls: &mut Connection) -> anyhow::Result<Answer> {
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    let mut answer = pin!(calls.read_answer());
    loop {
        tokio::select! {
            answer = &mut answer => return answer,
            () = tokio::time::sleep(AGAIN) => {}
        }
        session.post(&cancel).await?.expect("202")?;
    }
}

/// Streams of each era, open from the beginning to the end.
pub(super) async fn holders(address: SocketAddr, end: Instant) -> anyhow::Result<Tally> {
    let mut held = Vec::new();
    for _ in 0..HELD_STREAMS {
        for era in Era::ALL {
            let client = Client::open(era, address, &path(era, "shared")).await?;
            held.push(client.into_stream().await?);
        }
    }
    let mut readers = tokio::task::JoinSet::new();
    for mut stream in held {
        // Whatever comes: until it breaks, which it must not.
        readers.spawn(async move { stream.read_until(b"no stream says this").await.map(drop) });
    }
    let left = end.saturating_duration_since(Instant::now());
    match tokio::time::timeout(left, readers.join_next()).await {
        Err(_) => Ok(Tally::default()),
        Ok(broken) => anyhow::bail!("a stream that was held broke: {broken:?}"),
    }
}
