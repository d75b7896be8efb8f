//! Bounds on connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use pontoon_downstream::Settings;
use pontoon_policy::{Network, TrustedProxies};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::House;
use crate::support::client::initialize;
use crate::support::raw::post;

/// Serves a house on a free port.
pub(crate) async fn serve(house: &House) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = house.gateway.clone();
    tokio::spawn(async move { gateway.serve(listener).await });
    address
}

pub(crate) async fn open_stream(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let head = read_until(&mut stream, "sessionId").await;
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    stream
}

pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(end) {
        let reading = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer));
        let count = reading.await.expect("bytes come in time").unwrap_or(0);
        if count == 0 {
            break;
        }
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    text
}

async fn ask(stream: &mut TcpStream) -> String {
    stream
        .write_all(post("", &initialize("2025-06-18")).as_bytes())
        .await
        .unwrap();
    read_until(stream, "}}").await
}

/// Asks on new connections until one is served: a slot is given back a moment after its client has gone.
async fn served_in_the_end(address: SocketAddr) -> bool {
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if ask(&mut stream).await.starts_with("HTTP/1.1 200") {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn connections_over_a_limit_get_503_and_others_go_on() {
    for settings in [
        Settings {
            max_connections: 2,
            ..Settings::default()
        },
        Settings {
            max_connections_per_address: 2,
            ..Settings::default()
        },
    ] {
        let house = House::with_settings(settings);
        let address = serve(&house).await;
        let mut first = open_stream(address).await;
        let mut second = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
        let mut third = TcpStream::connect(address).await.unwrap();
        let refused = read_until(&mut third, "\r\n\r\n").await;
        assert!(
            refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1"),
            "{refused}"
        );
        assert!(ask(&mut second).await.starts_with("HTTP/1.1 200"));
        first.shutdown().await.unwrap();
        drop(first);
        assert!(served_in_the_end(address).await);
    }
}

/// Its address is that of many clients.
#[tokio::test]
async fn a_trusted_proxy_has_as_many_connections_as_there_are() {
    let proxy = Network::new(Ipv4Addr::LOCALHOST.into(), 32).unwrap();
    let house = House::with_settings(Settings {
        max_connections_per_address: 1,
        trusted_proxies: TrustedProxies::new(vec![proxy]),
        ..Settings::default()
    });
    let address = serve(&house).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(open_stream(address).await);
    }
    assert_eq!(house.gateway.session_count(), 3);
}

#[tokio::test]
async fn the_stream_of_a_client_that_closes_ends_its_session() {
    let house = House::new();
    let address = serve(&house).await;
    let stream = open_stream(address).await;
    assert_eq!(house.gateway.session_count(), 1);
    drop(stream);
    let begun = std::time::Instant::now();
    while house.gateway.session_count() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn draining_ends_streams_and_the_listener() {
    let house = House::new();
    let address = serve(&house).await;
    let mut stream = open_stream(address).await;
    house.gateway.drain(Duration::from_secs(10)).await;
    let rest = read_until(&mut stream, "0\r\n\r\n").await;
    assert!(rest.contains("retry: 1000\n\n"), "{rest:?}");
    assert!(TcpStream::connect(address).await.is_err());
}
