//! What must hold after every run, whatever it was about.

use std::time::{Duration, Instant};

use pontoon_testkit::eventually;

use super::Play;
use super::client::Client;
use crate::era::Era;
use crate::gateway::CANARY;
use crate::probe;
use crate::wire::Wire;

impl Play<'_> {
    /// Ends all clients and looks at everything that was received.
    pub(super) fn verdict(&mut self) -> Result<(), String> {
        let ended = self.gateway.ended(Duration::ZERO).is_some();
        if !ended {
            // A case that took every connection has just given them back.
            let mut last = Ok(());
            eventually(Duration::from_secs(3), || {
                last = probe::call(self.gateway.address, &mut None, 0);
                last.is_ok()
            });
            last.map_err(|problem| format!("afterwards: {problem}"))?;
        }
        self.drain_streams()?;
        self.end_clients();
        for connection in self.wires.values_mut() {
            connection.wire.collect();
        }
        self.check_answers()?;
        for (owner, bytes) in &self.seen {
            self.check_marks(owner, bytes)?;
            self.check_secrets(bytes)?;
        }
        for connection in self.wires.values() {
            self.check_marks(&connection.owner, &connection.wire.seen)?;
            self.check_secrets(&connection.wire.seen)?;
        }
        self.check_log()
    }

    /// Takes what has come on streams, so that a second answer is counted.
    fn drain_streams(&mut self) -> Result<(), String> {
        let names: Vec<_> = self.wires.keys().cloned().collect();
        for name in names {
            while let Ok(Some(event)) = self.connection(&name)?.wire.event(Instant::now()) {
                if let Ok(message) = serde_json::from_str(&event.data) {
                    self.record(&name, &message)?;
                }
            }
        }
        Ok(())
    }

    /// Nothing is answered more often than it was asked.
    fn check_answers(&self) -> Result<(), String> {
        for ((client, id), answered) in &self.answered {
            let asked = self.asked.get(&(client.clone(), id.clone())).copied();
            if asked.is_some_and(|asked| *answered > asked) {
                return Err(format!("{client} got {answered} answers to id {id}"));
            }
        }
        Ok(())
    }

    /// What is marked as one client's is received by nobody else.
    fn check_marks(&self, owner: &str, bytes: &[u8]) -> Result<(), String> {
        let own = format!("mark.{}.{owner}.", self.number);
        for at in memchr::memmem::find_iter(bytes, b"mark.") {
            if !bytes[at..].starts_with(own.as_bytes()) {
                let stray = &bytes[at..bytes.len().min(at + 40)];
                return Err(format!(
                    "{owner} received what is not its own: {}",
                    stray.escape_ascii()
                ));
            }
        }
        Ok(())
    }

    /// A canary may only be where the case itself expects it.
    fn check_secrets(&self, bytes: &[u8]) -> Result<(), String> {
        for at in memchr::memmem::find_iter(bytes, CANARY) {
            let secret = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 22)]).into_owned();
            let expected = self
                .case
                .steps
                .iter()
                .flat_map(|step| &step.block)
                .any(|line| line.contains(&secret[..12]));
            if !expected {
                return Err(format!("a secret came out: {secret}"));
            }
        }
        Ok(())
    }

    fn check_log(&self) -> Result<(), String> {
        let log = self.gateway.stderr();
        if let Some(at) = memchr::memmem::find(&log, CANARY) {
            let around = &log[at.saturating_sub(200)..log.len().min(at + 40)];
            return Err(format!("a secret was logged: {}", around.escape_ascii()));
        }
        let logged = self
            .sessions
            .iter()
            .find(|id| memchr::memmem::find(&log, id.as_bytes()).is_some());
        logged.map_or(Ok(()), |id| Err(format!("a session id was logged: {id}")))
    }

    /// Ends what the clients opened, also sessions that the transcript opened by hand.
    pub(super) fn end_clients(&mut self) {
        let names: Vec<_> = self.clients.keys().cloned().collect();
        for name in names {
            self.end_client(&name);
        }
    }

    pub(super) fn end_client(&mut self, name: &str) {
        let Some(client) = self.clients.remove(name) else {
            return;
        };
        if let Some(stream) = self.wires.remove(&format!("{name}.stream")) {
            self.seen.push((stream.owner, stream.wire.seen));
        }
        if matches!(self.era, Era::Streamable(_)) {
            for session in &self.sessions {
                // Whose it is, only the gateway knows: others get a 404.
                self.end_session(&client, session);
            }
        }
    }

    fn end_session(&self, client: &Client, session: &str) {
        let Ok(mut wire) = Wire::open(self.gateway.address, client.from) else {
            return;
        };
        let head = format!(
            "DELETE {}/mcp HTTP/1.1\r\nHost: {}\r\nMcp-Session-Id: {session}\r\n\r\n",
            client.base, self.gateway.address
        );
        wire.send(head.as_bytes(), Duration::from_secs(1));
        let _ = wire.head(Instant::now() + Duration::from_secs(5));
    }
}
