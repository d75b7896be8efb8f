//! Opening a legacy server, and opening it again.

use pontoon_jsonrpc::Outcome;

use super::client::requested_revision;
use super::{
    Anomaly, ClientCapabilities, Duration, Fault, Introduction, LegacyRevision, Link, LogLevel, MemberId,
    Notification, Opened, Outlet, Purpose, Raw, Reason, Server, Sharing, State, Text, encode, listen, method,
    post,
};

impl<O: Outlet> Link<O> {
    /// Sends `initialize` (or, to a modern server, `server/discover`), as the
    /// link's own or, after a loss, once more as the member's.
    /// [`Outlet::opened`] tells how it went.
    pub fn open(&mut self, revision: LegacyRevision, now: Duration, out: &mut O) {
        self.state = State::Opening;
        self.level = None;
        self.probe.begin(revision, self.timeouts, now);
        self.send_opening(out);
    }

    /// The server answered the link's own `initialize`.
    pub(super) fn finish_opening(&mut self, outcome: &Outcome, now: Duration, out: &mut O) {
        let opened = match outcome {
            Outcome::Result(result) => Opened::read(result).ok_or(Reason::Protocol),
            Outcome::Error(_) => Err(Reason::HandshakeFailed),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(reason) => return self.opening_refused(reason, out),
        };
        self.probe.succeeded();
        self.state = State::Open(Some(Box::new(opened)));
        self.opened_at = now;
        post(encode::notification(method::INITIALIZED, None), out);
        self.restore(now, out);
        self.send_returned(out);
        out.opened(Ok(()));
    }

    pub(super) fn fail_opening(&mut self, reason: Reason, out: &mut O) {
        self.close_opening();
        out.opened(Err(Fault::before(reason)));
    }

    /// Remembers how a member opened the server, so that it can be opened the
    /// same way after a loss.
    pub(super) fn learn_introduction(&mut self, member: MemberId, params: Option<&Raw>) {
        let Some(object) = params.and_then(Raw::object) else {
            return;
        };
        let capabilities = object.get("capabilities").and_then(ClientCapabilities::new);
        // Kept as long as the session, and so without the body that they came in.
        let capabilities = capabilities.map_or_else(ClientCapabilities::none, |kept| kept.detached());
        if let Some(member) = self.members.get_mut(&member) {
            member.capabilities = capabilities.clone();
            member.requested = requested_revision(params);
            member.client_info = object.get("clientInfo").map(|info| info.detached());
        }
        if self.sharing == Sharing::Exclusive {
            let client_info = object
                .get("clientInfo")
                .map_or_else(|| self.introduction.client_info.clone(), |info| info.detached());
            self.introduction = Introduction {
                client_info,
                capabilities,
            };
        }
    }

    /// A server that was opened again knows nothing: it gets back its log
    /// level and its subscriptions, and clients are told that everything may
    /// have changed. The first time there is nothing to give back and nobody to tell.
    pub(super) fn restore(&mut self, now: Duration, out: &mut O) {
        if self.server == Server::Modern {
            return self.tend(now, out);
        }
        let levels = self.members.values().filter_map(|member| member.level);
        if let Some(level) = levels.min() {
            self.raise_level(level, now, out);
        }
        let uris: Vec<_> = self.subscriptions.uris().map(str::to_owned).collect();
        for uri in &uris {
            self.subscribe(uri, now, out);
        }
        self.hint_at_changes(&uris, out);
    }

    pub(super) fn hint_at_changes(&mut self, uris: &[String], out: &mut O) {
        let Some(features) = self.opened().map(|opened| opened.features) else {
            return;
        };
        for (announces, name) in [
            (features.tools_changed, method::TOOLS_CHANGED),
            (features.prompts_changed, method::PROMPTS_CHANGED),
            (features.resources_changed, method::RESOURCES_CHANGED),
        ] {
            if announces {
                self.publish(
                    &Notification {
                        method: Text::from_static(name),
                        params: None,
                    },
                    out,
                );
            }
        }
        for uri in uris {
            let params = Some(listen::resource(uri));
            self.publish(
                &Notification {
                    method: Text::from_static(method::RESOURCE_UPDATED),
                    params,
                },
                out,
            );
        }
    }

    /// Lets the server send messages from `level` on, if it does not yet.
    pub(super) fn raise_level(&mut self, level: LogLevel, now: Duration, out: &mut O) {
        let logs = self.opened().is_some_and(|opened| opened.features.logging);
        if !logs || self.level.is_some_and(|current| current <= level) {
            return;
        }
        let params = set_level(level);
        match self.send_own(method::SET_LEVEL, Some(&params), Purpose::SetLevel, now, out) {
            Ok(()) => self.level = Some(level),
            Err(_) => out.anomaly(Anomaly::Undeliverable),
        }
    }
}

/// Parameters of `logging/setLevel`.
fn set_level(level: LogLevel) -> Raw {
    #[derive(serde::Serialize)]
    struct Params {
        level: &'static str,
    }
    Raw::encode(&Params {
        level: level.as_str(),
    })
}

/// The level that the parameters of `logging/setLevel` name.
pub(super) fn requested_level(params: Option<&Raw>) -> Option<LogLevel> {
    LogLevel::parse(&params?.object()?.get_str("level")?)
}
