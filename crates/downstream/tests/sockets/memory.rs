//! What an idle stream costs.

use crate::limits::{open_stream, serve};
use crate::support::House;

const STREAMS: usize = 300;
/// Target for one idle stream, all in, in this process (the kernel's part is not in it).
const TARGET_KIB: usize = 16;

/// Resident memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The client's ends are in this process as well: they hold a file descriptor and next to no memory.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_idle_stream_is_small() {
    let house = House::with_settings(pontoon_downstream::Settings {
        max_connections_per_address: 10_000,
        sessions: pontoon_session::SessionLimits {
            per_principal: 10_000,
            ..pontoon_downstream::Settings::default().sessions
        },
        ..pontoon_downstream::Settings::default()
    });
    let address = serve(&house).await;
    let mut streams = Vec::with_capacity(STREAMS);
    for _ in 0..50 {
        streams.push(open_stream(address).await);
    }
    let before = resident();
    for _ in 0..STREAMS {
        streams.push(open_stream(address).await);
    }
    let each = (resident() - before) as f64 / STREAMS as f64;
    println!("{each:.1} KiB per idle stream");
    assert!(each <= TARGET_KIB as f64, "{each:.1} KiB per idle stream");
    drop(streams);
}
