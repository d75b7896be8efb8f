//! The listener: accepts connections and bounds them.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use pontoon_policy::LimitReached;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use crate::Settings;
use crate::backend::Backend;
use crate::connection::{Slots, reached};
use crate::gateway::{Gateway, Shared, Stage};

/// How often sessions are looked through for those whose time is over.
const SWEEP: Duration = Duration::from_secs(1);
/// Pause after an accept that failed for want of something, such as file
/// descriptors: it would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a connection over the limit is told before it is closed.
const OVER_LIMIT: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
    content-type: application/json\r\ncontent-length: 161\r\n\r\n\
    {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"Too many connections; \
    try again later, or have the limit raised\",\"data\":{\"source\":\"gateway\",\"reason\":\"busy\"}}}";

impl<B: Backend> Gateway<B> {
    /// Ends the sessions whose time is over or whose client is gone, until [`Gateway::drain`] is called. For whoever
    /// calls [`Gateway::handle`]: [`Gateway::serve`] does this by itself.
    pub async fn tend(&self) {
        let mut draining = pin!(reached(self.0.stage.subscribe(), Stage::Draining));
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                _ = sweep.tick() => self.sweep(),
                () = self.0.abandoned.noted() => self.end_abandoned(),
                () = draining.as_mut() => return,
            }
        }
    }

    /// Accepts connections until [`Gateway::drain`] is called.
    pub async fn serve(&self, listener: TcpListener) {
        let mut draining = pin!(reached(self.0.stage.subscribe(), Stage::Draining));
        let mut sweep = tokio::time::interval(SWEEP);
        let mut failures = Failures::default();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        failures = Failures::default();
                        self.accept(stream, peer);
                    }
                    Err(error) => failures.pause_after(&error).await,
                },
                _ = sweep.tick() => self.sweep(),
                () = self.0.abandoned.noted() => self.end_abandoned(),
                () = draining.as_mut() => return,
            }
        }
    }

    fn accept(&self, stream: TcpStream, peer: SocketAddr) {
        match self.0.admit(peer) {
            Ok(slots) => {
                tune(&stream, &self.0.settings);
                tokio::spawn(self.connection(stream, peer, Some(slots)));
            }
            Err(limit) => {
                self.0.report_refusal(peer, &limit);
                // A courtesy: whether it arrives is up to the kernel.
                let _ = stream.try_write(OVER_LIMIT);
            }
        }
    }
}

impl<B: Backend> Shared<B> {
    /// Counts a connection, in all and of its address. A trusted proxy's address is that of many.
    fn admit(&self, peer: SocketAddr) -> Result<Slots, LimitReached> {
        let mine = match self.settings.trusted_proxies.trusts(peer.ip()) {
            true => None,
            false => Some(self.per_address.acquire(peer.ip().to_canonical())?),
        };
        Ok((mine, self.connections.acquire()?))
    }

    /// Logs the 1st, 2nd, 4th, 8th refusal and so on: whoever floods us does not fill the log.
    fn report_refusal(&self, peer: SocketAddr, limit: &LimitReached) {
        let refused = self.connections.refused() + self.per_address.refused();
        if refused.is_power_of_two() {
            tracing::warn!(%peer, %limit, refused, "connections are refused");
        }
    }
}

/// Options are improvements: a socket that refuses one is still served.
fn tune(stream: &TcpStream, settings: &Settings) {
    // Without it an answer in two writes waits for a delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    // A client that vanished while nothing is sent to it.
    // The kernel counts in seconds, and takes none for nonsense.
    let probes = TcpKeepalive::new()
        .with_time(settings.write_timeout.max(Duration::from_secs(1)))
        .with_interval((settings.write_timeout / 3).max(Duration::from_secs(1)));
    let _ = socket.set_tcp_keepalive(&probes);
    // A client that vanished, or stopped reading, while something is.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(settings.write_timeout));
}

/// Accepts that failed one after the other.
#[derive(Debug, Default)]
struct Failures(u64);

impl Failures {
    async fn pause_after(&mut self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        // The one connection that failed is no reason to wait with the next.
        if matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset
        ) {
            return;
        }
        self.0 += 1;
        // What is short may be short for long: the log must not fill with it.
        if self.0.is_power_of_two() {
            let failures = self.0;
            tracing::warn!(%error, failures, "cannot accept connections; will try again");
        }
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_connection_over_the_limit_is_told_is_one_whole_answer() {
        let text = std::str::from_utf8(OVER_LIMIT).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{head}"
        );
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["code"], -32603);
    }

    #[tokio::test(start_paused = true)]
    async fn accepting_pauses_when_something_is_short_and_not_when_one_client_failed() {
        let waited = async |error: io::Error| {
            let begun = tokio::time::Instant::now();
            Failures::default().pause_after(&error).await;
            begun.elapsed()
        };
        // EMFILE
        assert_eq!(waited(io::Error::from_raw_os_error(24)).await, ACCEPT_PAUSE);
        assert_eq!(
            waited(io::ErrorKind::ConnectionAborted.into()).await,
            Duration::ZERO
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn sockets_notice_clients_that_vanish() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = tokio::join!(connecting, listener.accept());
        let (stream, _) = accepted.unwrap();
        let socket = SockRef::from(&stream);
        tune(&stream, &Settings::default());
        assert!(stream.nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(30)));
        socket.set_keepalive(false).unwrap();
        let hasty = Settings {
            write_timeout: Duration::from_millis(1500),
            ..Settings::default()
        };
        tune(&stream, &hasty);
        assert!(
            socket.keepalive().unwrap(),
            "also where a third of it is no second"
        );
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(1));
        drop(client);
    }
}
