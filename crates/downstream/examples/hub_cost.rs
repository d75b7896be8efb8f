//! What a hub costs without the network: `cargo run --release -p pontoon-downstream --example hub_cost -- 10000 100`
//! connects that many clients, which read, and sends them that many events.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use http_body::Body as _;
use pontoon_downstream::{ClientId, Hub, HubEvent, HubSettings};
use tokio::sync::Notify;

/// Resident memory of this process in bytes, where the system tells it.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096
}

fn argument(position: usize, default: usize) -> usize {
    let given = std::env::args().nth(position);
    given.and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (clients, events) = (argument(1, 10_000), argument(2, 100));
    let hub = Hub::new(HubSettings {
        max_clients: clients,
        ..HubSettings::default()
    });
    let (heard, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let before = resident();
    for _ in 0..clients {
        let response = hub.connect(&ClientId::random(), None).expect("there is room");
        let (mut body, heard, all) = (response.into_body(), Arc::clone(&heard), Arc::clone(&all));
        tokio::spawn(async move {
            while poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await.is_some() {
                if (heard.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(clients) {
                    all.notify_one();
                }
            }
        });
    }
    all.notified().await;
    let memory = resident().saturating_sub(before) / clients;
    println!("{clients} clients: {memory} bytes each, with a task each that reads");
    let begun = Instant::now();
    let data = "x".repeat(200);
    let mut sending = std::time::Duration::ZERO;
    for _ in 0..events {
        let sent = Instant::now();
        hub.broadcast(&HubEvent::new("news", &data)).expect("it is small");
        sending += sent.elapsed();
        all.notified().await;
    }
    let count = u32::try_from(events).expect("few events");
    println!(
        "{events} events: {:?} each until all had them, of which the sender took {:?}",
        begun.elapsed() / count,
        sending / count
    );
}
