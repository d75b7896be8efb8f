//! What waiting costs: memory of streams on which nothing happens and of
//! sessions without one, and whether streams live as long as they should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::era::Era;
use crate::process::Program;
use crate::report::Table;
use crate::subject::{Door, Host, Programs, Running, Subject};

/// How many, and how long.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Streams that are opened and left idle.
    #[arg(long, default_value_t = 5_000)]
    streams: usize,
    /// Sessions that are opened, and whose connections are closed.
    #[arg(long, default_value_t = 1_000)]
    sessions: usize,
    /// Hold the streams for so many seconds, then send each an event: none may be lost.
    #[arg(long, default_value_t = 5)]
    hold: u64,
    /// Fail if a stream of Pontoon's takes more than this many KiB, a built-in server's own part aside.
    #[arg(long)]
    stream_limit: Option<f64>,
    /// Fail if a session of Pontoon's takes more than this many KiB.
    #[arg(long)]
    session_limit: Option<f64>,
}

/// Opened at the same time.
const AT_ONCE: usize = 64;
/// Opened and closed before anything is measured, so that what is made once is there.
const WARM_UP: usize = 200;
/// How long memory is given to come to rest.
const REST: Duration = Duration::from_millis(500);
/// How long an event may take to reach everybody.
const EVENT: Duration = Duration::from_secs(30);

/// Measures streams, then sessions.
pub(crate) async fn run(programs: &Programs, settings: &Settings) -> anyhow::Result<Vec<Table>> {
    allow_descriptors(settings.streams)?;
    Ok(vec![
        streams(programs, settings).await?,
        sessions(programs, settings).await?,
    ])
}

/// What can hold streams, Pontoon in a form that tells of changes.
fn subjects(programs: &Programs) -> anyhow::Result<Vec<Subject>> {
    let mut subjects = programs.subjects()?;
    // A process for each of thousands of sessions measures the system, not us.
    subjects.retain(|subject| match subject {
        Subject::Pontoon(_, host) => matches!(host, Host::InProcess | Host::Remote(_)),
        other => other.speaks_mcp(),
    });
    subjects.insert(0, programs.pontoon(Host::Announcing(programs.child()?))?);
    Ok(subjects)
}

async fn streams(programs: &Programs, settings: &Settings) -> anyhow::Result<Table> {
    let title = format!("idle streams, {} for {} s", settings.streams, settings.hold);
    let columns = ["KiB/stream", "opened/s", "dropped", "CPU ms/s", "event to all ms"];
    let mut table = Table::new(&title, &columns);
    for subject in subjects(programs)? {
        let eras = subject.start().await?.doors.len();
        for door in 0..eras {
            // A fresh process each time: memory that was free before would hide what is taken.
            let running = subject.start().await?;
            let era = running.doors[door].era;
            eprintln!("idle streams: {}, {}", running.name, era.year());
            let held = hold(&subject, &running, &running.doors[door], settings).await;
            let held = held.with_context(|| format!("{}, {}", running.name, era.year()))?;
            if let Subject::Pontoon(_, host) = &subject {
                let what = format!("{}, {}", running.name, era.year());
                table.limit(
                    &format!("{what}: streams dropped"),
                    held.dropped as f64,
                    Some(0.0),
                );
                // What a built-in server keeps for each session is not the gateway's.
                let limit = settings.stream_limit.filter(|_| *host != Host::InProcess);
                table.limit(&format!("{what}: KiB for an idle stream"), held.kib, limit);
            }
            let event = held.event.map_or(f64::NAN, |event| event.as_secs_f64() * 1e3);
            table.row(
                &running.name,
                Some(era),
                vec![
                    held.kib.into(),
                    held.rate.into(),
                    (held.dropped as f64).into(),
                    held.cpu.into(),
                    event.into(),
                ],
            );
        }
    }
    Ok(table)
}

/// What holding streams cost.
struct Held {
    kib: f64,
    rate: f64,
    dropped: usize,
    /// Milliseconds in a second.
    cpu: f64,
    /// From a call that causes an event until everybody had it.
    event: Option<Duration>,
}

async fn hold(
    subject: &Subject,
    running: &Running,
    door: &Door,
    settings: &Settings,
) -> anyhow::Result<Held> {
    drop(open_streams(door, WARM_UP).await?);
    let before = resting_kib(&running.program).await?;
    let start = Instant::now();
    let streams = open_streams(door, settings.streams).await?;
    let rate = settings.streams as f64 / start.elapsed().as_secs_f64();
    let after = resting_kib(&running.program).await?;
    let (events, dropped) = (Arc::default(), Arc::default());
    let mut readers = JoinSet::new();
    for stream in streams {
        readers.spawn(read(stream, Arc::clone(&events), Arc::clone(&dropped)));
    }
    let cpu = running.program.cpu()?;
    tokio::time::sleep(Duration::from_secs(settings.hold)).await;
    let cpu = running.program.cpu()?.saturating_sub(cpu).as_secs_f64() * 1e3 / settings.hold.max(1) as f64;
    let event = match subject {
        Subject::Pontoon(_, Host::Announcing(_)) => Some(announce(door, settings.streams, &events).await?),
        _ => None,
    };
    Ok(Held {
        kib: after.saturating_sub(before) as f64 / settings.streams as f64,
        rate,
        dropped: dropped.load(Ordering::Relaxed),
        cpu,
        event,
    })
}

/// Counts the events that come. Runs until the other side ends the stream.
async fn read(mut stream: Connection, events: Arc<AtomicUsize>, dropped: Arc<AtomicUsize>) {
    while let Ok(Some(event)) = stream.read_event().await {
        if event.windows(12).any(|window| window == b"list_changed") {
            events.fetch_add(1, Ordering::Relaxed);
        }
        stream.release();
    }
    dropped.fetch_add(1, Ordering::Relaxed);
}

/// Makes a call after which the server tells everybody of a change.
async fn announce(door: &Door, streams: usize, events: &AtomicUsize) -> anyhow::Result<Duration> {
    let seen = events.load(Ordering::Relaxed);
    let mut caller = Door {
        era: Era::Stateless,
        path: "/mcp".to_owned(),
        ..door.clone()
    }
    .open()
    .await?;
    let start = Instant::now();
    caller.run(0, 1, drop).await?;
    while events.load(Ordering::Relaxed) < seen + streams {
        ensure!(
            start.elapsed() < EVENT,
            "{} of {streams} streams had the event after {EVENT:?}",
            events.load(Ordering::Relaxed) - seen
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(start.elapsed())
}

async fn sessions(programs: &Programs, settings: &Settings) -> anyhow::Result<Table> {
    let mut table = Table::new(&format!("idle sessions, {}", settings.sessions), &["KiB/session"]);
    for subject in subjects(programs)? {
        let running = subject.start().await?;
        // The only era whose sessions live without a stream.
        let Some(door) = running.doors.iter().find(|door| door.era == Era::Streamable) else {
            continue;
        };
        eprintln!("idle sessions: {}", running.name);
        open_sessions(door, WARM_UP).await?;
        let before = resting_kib(&running.program).await?;
        open_sessions(door, settings.sessions).await?;
        let after = resting_kib(&running.program).await?;
        let kib = after.saturating_sub(before) as f64 / settings.sessions as f64;
        if let Subject::Pontoon(_, Host::Announcing(_)) = subject {
            let what = format!("{}: KiB for an idle session", running.name);
            table.limit(&what, kib, settings.session_limit);
        }
        table.row(&running.name, Some(door.era), vec![kib.into()]);
    }
    Ok(table)
}

async fn open_streams(door: &Door, count: usize) -> anyhow::Result<Vec<Connection>> {
    let mut tasks = JoinSet::new();
    for worker in 0..AT_ONCE {
        let door = door.clone();
        let own = (worker..count).step_by(AT_ONCE).count();
        tasks.spawn(async move {
            let mut streams = Vec::with_capacity(own);
            for _ in 0..own {
                streams.push(door.open().await?.into_stream().await?);
            }
            anyhow::Ok(streams)
        });
    }
    let mut streams = Vec::with_capacity(count);
    while let Some(own) = tasks.join_next().await {
        streams.extend(own??);
    }
    Ok(streams)
}

async fn open_sessions(door: &Door, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        drop(door.open().await?);
    }
    Ok(())
}

async fn resting_kib(program: &Program) -> anyhow::Result<u64> {
    tokio::time::sleep(REST).await;
    program.resident_kib()
}

/// A descriptor for each stream and some to spare, here and in the programs that are started from here.
fn allow_descriptors(streams: usize) -> anyhow::Result<()> {
    let wanted = Some(streams as u64 + 1_000);
    let allowed = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: allowed.current.max(wanted),
        ..allowed
    };
    setrlimit(Resource::Nofile, raised).with_context(|| {
        format!(
            "{streams} streams need {wanted:?} descriptors, and the system allows {allowed:?}: see ulimit -Hn"
        )
    })
}
