//! `examples/vanilla-sse/server.mjs` with this crate and the standard library: counts, a step each 100 ms, and says when it
//! is over. `cargo run -p pontoon-sse --example vanilla_sse -- 127.0.0.1:3001`, then open the page of `server.mjs` with
//! `?stream=http://127.0.0.1:3001/`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use pontoon_sse::{Event, Field};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n\
                    Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";
const CLOSE: Field<'static> = Field::from_static("close");

fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:3001".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("http://{}/", listener.local_addr()?);
    for client in listener.incoming() {
        // An error is a client that went away.
        thread::spawn(|| count(client?));
    }
    Ok(())
}

fn count(mut client: TcpStream) -> std::io::Result<()> {
    let head = BufReader::new(client.try_clone()?).lines().map_while(Result::ok);
    let lines: Vec<_> = head
        .take_while(|line| !line.is_empty())
        .map(|line| line.to_ascii_lowercase())
        .collect();
    let seen = lines
        .iter()
        .find_map(|line| line.strip_prefix("last-event-id: ")?.parse::<u32>().ok());
    client.write_all(HEAD.as_bytes())?;
    for number in seen.map_or(0, |seen| seen + 1)..=20 {
        thread::sleep(Duration::from_millis(100));
        let text = number.to_string();
        let id = Field::new(&text).ok();
        client.write_all(
            &Event {
                id,
                data: Some(text.as_bytes()),
                ..Event::default()
            }
            .encode_to_bytes(),
        )?;
    }
    client.write_all(
        &Event {
            event: Some(CLOSE),
            data: Some(b"close"),
            ..Event::default()
        }
        .encode_to_bytes(),
    )
}
