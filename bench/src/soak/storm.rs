//! Many clients that lose their streams at once, as when a proxy is restarted, and come back at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::Tally;
use super::session::Session;
use crate::connection::Connection;

/// Clients of the storm.
const CLIENTS: usize = 200;
/// Between two storms.
const CALM: Duration = Duration::from_millis(300);

/// A client with its stream, and the event that it would go on behind.
struct Listener {
    session: Session,
    stream: Connection,
    last: String,
}

/// Opens sessions with streams, then breaks and resumes all of them again and again.
pub(super) async fn storm(address: SocketAddr, end: Instant) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut listeners = JoinSet::new();
    for _ in 0..CLIENTS {
        listeners.spawn(begin(address));
    }
    while Instant::now() < end {
        let mut here = Vec::new();
        while let Some(listener) = listeners.join_next().await {
            here.push(listener??);
        }
        // All streams go before the first client comes back.
        let lose = |Listener {
                        session,
                        stream,
                        last,
                    }| {
            drop(stream);
            (session, last)
        };
        let lost: Vec<_> = here.into_iter().map(lose).collect();
        tally.resumed += lost.len() as u64;
        for (session, last) in lost {
            listeners.spawn(come_back(session, last));
        }
    }
    Ok(tally)
}

async fn begin(address: SocketAddr) -> anyhow::Result<Listener> {
    let session = Session::open(address, "/shared/mcp").await?;
    let mut stream = session.listen(None).await?;
    // Revision 2025-11-25 begins with an event that says where to resume.
    let first = event_id(&mut stream).await?;
    listen(session, stream, first).await
}

async fn come_back(session: Session, last: String) -> anyhow::Result<Listener> {
    let stream = session.listen(Some(&last)).await.context("coming back")?;
    listen(session, stream, last).await
}

/// Hears what comes for a while.
async fn listen(session: Session, mut stream: Connection, mut last: String) -> anyhow::Result<Listener> {
    let end = tokio::time::Instant::now() + CALM;
    while let Ok(id) = tokio::time::timeout_at(end, event_id(&mut stream)).await {
        last = id?;
    }
    Ok(Listener {
        session,
        stream,
        last,
    })
}

/// The id of the next event that has one.
async fn event_id(stream: &mut Connection) -> anyhow::Result<String> {
    loop {
        let event = String::from_utf8(stream.read_until(b"\n\n").await?)?;
        if let Some(id) = event.lines().find_map(|line| line.strip_prefix("id:")) {
            return Ok(id.trim().to_owned());
        }
    }
}
