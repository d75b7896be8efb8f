//! Clients that are there and are not: they connect and say nothing, or ask and read nothing, and never close.
//!
//! A peer whose machine lost its power looks like this. It must not hold anything for ever.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::era::Era;

/// Connections that stay open until this is dropped.
pub(super) struct Held(#[expect(dead_code, reason = "holding them is the point")] Vec<TcpStream>);

/// Of each kind, in all: a new one of each kind is there every so often.
const MOST: usize = 60;
const EVERY: Duration = Duration::from_millis(150);
/// More than a connection's buffers take.
const LARGE: usize = 3 << 20;
/// What a small client's kernel takes before it has to be read.
const RECEIVE_BUFFER: u32 = 4096;

/// Goes on making such clients until the end.
pub(super) async fn be_mute(address: SocketAddr, end: Instant) -> anyhow::Result<Held> {
    let mut held = Vec::new();
    for _ in 0..MOST {
        if Instant::now() >= end {
            break;
        }
        held.push(TcpStream::connect(address).await?);
        held.push(half_head(address).await?);
        held.push(unread_answer(address).await?);
        held.push(unread_stream(address).await?);
        tokio::time::sleep(EVERY).await;
    }
    Ok(Held(held))
}

async fn half_head(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"POST /shared/mcp HTTP/1.1\r\nHost: ").await?;
    Ok(stream)
}

/// Asks for more than it will ever read.
async fn unread_answer(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = connect_small(address).await?;
    let headers = Era::Stateless.headers(None);
    for id in 1..=3 {
        let call = Era::Stateless.call(id, &"m".repeat(LARGE)).to_string();
        send_some(&mut stream, &post(address, "/showcase/mcp", &headers, &call)).await;
    }
    Ok(stream)
}

/// Opens the stream of a session, asks for large answers on it, and never reads them.
async fn unread_stream(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = connect_small(address).await?;
    let get = format!("GET /showcase/sse HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(get.as_bytes()).await?;
    let mut begin = String::new();
    while !begin.contains("\n\n") || !begin.contains("data: ") {
        let mut piece = [0; 512];
        let read = stream.read(&mut piece).await?;
        ensure!(read > 0, "no stream: {begin}");
        begin.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    let endpoint = begin.lines().find_map(|line| line.strip_prefix("data: "));
    let endpoint = endpoint.context("no endpoint")?.trim().to_owned();
    let mut posts = TcpStream::connect(address).await?;
    let messages = [Era::initialize(), Era::initialized()].map(|message| message.to_string());
    let calls = (1..=4).map(|id| Era::HttpSse.call(id, &"m".repeat(LARGE)).to_string());
    for message in messages.into_iter().chain(calls) {
        // What was accepted is nothing to this client.
        send_some(&mut posts, &post(address, &endpoint, "", &message)).await;
    }
    Ok(stream)
}

/// As much as is taken: a gateway stops reading too when nobody takes its answers.
async fn send_some(stream: &mut TcpStream, request: &str) {
    let _ = tokio::time::timeout(EVERY, stream.write_all(request.as_bytes())).await;
}

fn post(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

async fn connect_small(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    Ok(socket.connect(address).await?)
}
