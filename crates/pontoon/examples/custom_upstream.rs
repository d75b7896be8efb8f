//! A server that is reached in a way of its own: lines on a TCP socket.
//!
//! ```text
//! socat TCP-LISTEN:4000,reuseaddr,fork EXEC:'npx -y @modelcontextprotocol/server-everything'
//! cargo run -p pontoon --example custom_upstream -- 127.0.0.1:4000
//! pontoon call http://127.0.0.1:3000/mcp
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use pontoon::jsonrpc::{Limits, Message};
use pontoon::upstream::{
    BoxFuture, Closed, ConnectError, Connection, Connector, Diagnostics, Idle, Listener, Ready, SendError,
    Wire,
};
use pontoon::{Gateway, Server};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

/// Most messages that wait for the server to take them.
const QUEUE: usize = 256;

/// Where the server is. A connection is made for each lease.
struct Lines(SocketAddr);

impl Connector for Lines {
    fn connect(&self) -> BoxFuture<'_, Result<Idle, ConnectError>> {
        let address = self.0;
        Box::pin(async move { Ok(Idle::new(Unspoken(address))) })
    }

    fn describe(&self) -> String {
        format!("lines on {}", self.0)
    }
}

/// Nothing is connected before somebody has something to say.
struct Unspoken(SocketAddr);

impl Ready for Unspoken {
    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        let (to_server, queue) = mpsc::channel(QUEUE);
        let (over, is_over) = watch::channel(false);
        tokio::spawn(async move {
            let why = match talk(self.0, queue, &*listener).await {
                Ok(()) => Closed::Requested,
                Err(error) => Closed::Handler(error.to_string()),
            };
            listener.closed(why);
            over.send_replace(true);
        });
        Connection::new(Line { to_server, is_over })
    }
}

/// Passes lines in both directions until either side is done.
async fn talk(
    address: SocketAddr,
    mut queue: mpsc::Receiver<Option<Bytes>>,
    listener: &dyn Listener,
) -> std::io::Result<()> {
    let (reading, mut writing) = TcpStream::connect(address).await?.into_split();
    let mut lines = BufReader::new(reading).lines();
    loop {
        tokio::select! {
            message = queue.recv() => match message.flatten() {
                Some(message) => {
                    writing.write_all(&message).await?;
                    writing.write_all(b"\n").await?;
                }
                None => return Ok(()),
            },
            line = lines.next_line() => {
                let Some(line) = line? else {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                };
                // What is no message is no reason to give the server up.
                if let Ok(message) = Message::parse(line, &Limits::SERVER) {
                    listener.message(message);
                }
            }
        }
    }
}

/// The handle that the gateway has.
struct Line {
    /// `None` asks for the end.
    to_server: mpsc::Sender<Option<Bytes>>,
    is_over: watch::Receiver<bool>,
}

impl Wire for Line {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        self.to_server
            .try_send(Some(message))
            .map_err(|error| match error {
                TrySendError::Full(_) => SendError::Full,
                TrySendError::Closed(_) => SendError::Closed,
            })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _ = self.to_server.send(None).await;
            let _ = self.is_over.clone().wait_for(|over| *over).await;
        })
    }

    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args().nth(1).ok_or("which address? HOST:PORT")?;
    let gateway = Gateway::builder()
        .server(Server::connected_by("lines", Lines(server.parse()?)))
        .build()?;
    let address = std::env::args().nth(2);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/mcp and /sse", listener.local_addr()?);
    gateway.serve(listener).await;
    Ok(())
}
