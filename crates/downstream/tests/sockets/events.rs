//! The event channel over connections.

use std::net::SocketAddr;
use std::time::Duration;

use pontoon_downstream::{EventChannel, Hub, HubEvent, HubSettings, Settings};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::limits::{read_until, serve};
use crate::support::{House, Raw};

const GET: &str = "GET /sse/connect HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn house(hub: &Hub) -> House {
    House::with_settings(Settings {
        events: Some(EventChannel {
            hub: hub.clone(),
            max_per_address: 20_000,
            token: None,
        }),
        ..Settings::default()
    })
}

async fn connect(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "{\"connected\":true}\n\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    stream
}

async fn until(condition: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn s3_25_a_client_that_never_reads_is_cut_off_and_the_others_hear_everything() {
    let hub = Hub::new(HubSettings {
        queue_bytes: 256 * 1024,
        ..HubSettings::default()
    });
    let house = house(&hub);
    let address = serve(&house).await;
    let (slow, mut quick) = (connect(address).await, connect(address).await);
    let data = "x".repeat(64 * 1024);
    let mut number = 0;
    // The system takes a few megabytes for a client that does not read.
    while hub.cut_off() == 0 {
        number += 1;
        assert!(number < 10_000);
        hub.broadcast(&HubEvent::new("", &format!("{data}{number}")))
            .unwrap();
        let heard = read_until(&mut quick, &format!("x{number}\n\n")).await;
        assert!(heard.contains(&format!("x{number}\n\n")));
    }
    assert_eq!(hub.client_count(), 1);
    drop(slow);
}

#[tokio::test]
async fn s3_21_ten_thousand_connections_leave_nothing_behind() {
    let hub = Hub::new(HubSettings::default());
    let house = house(&hub);
    for round in 0..100 {
        let mut pages: Vec<_> = (0..100).map(|_| Raw::with_buffer(&house, 1024)).collect();
        for page in &mut pages {
            page.write(GET).await;
            assert!(page.read_until("\"connected\":true").await.contains("200 OK"));
        }
        assert_eq!(hub.client_count(), 100);
        if round % 2 == 0 {
            // Some are gone in the middle of what they are sent.
            assert_eq!(hub.broadcast(&HubEvent::new("", &"x".repeat(2048))), Ok(100));
        }
        drop(pages);
        until(|| hub.client_count() == 0).await;
    }
}
