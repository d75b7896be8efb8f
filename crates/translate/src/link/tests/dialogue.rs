//! Dialogues as text.
//!
//! A line is a step; the lines indented below it are what the link does about
//! it, all of it and in this order. Steps:
//!
//! - `a: {…}`, `server: {…}`: a message. Clients `m` and `n` are modern,
//!   `alone` is a legacy client without a session, all others are sessions.
//! - `server 3: {…}`: a message that came in the answer to request 3
//! - `join a`, `leave a`, `abandon m 3` (the stream of its exchange 3 is gone)
//! - `deaf a` (takes no interim messages), `crowded a` (no room for questions), `absent a` (no stream)
//! - `time 61s`, `time 20ms`: what took too long is looked for at that time
//! - `full house` (no further call can be parked), `parked 1`, `places 1`
//! - `open`, `lose`, `full` (the server takes nothing), `gone` (it is gone, which is not known yet), `room`, `end listeners`
//! - `room for 1` (the server takes so many messages more), `full once` (it refuses the next one only)
//! - `return 2` (the server did not take that request, since it forgot the session), `forget` (it forgot the session)
//! - `refuse 2` (it answered that request with what is no MCP)
//! - `fail 2` (the server will not answer the request that has this id toward it)
//! - `in flight 2`, `is open`, `is closed`, `is modern`, `is legacy`, `goes on` (the other era is tried next)
//! - `inquire`, `inquiry Yes` (whether a legacy server is modern as well)
//! - `wakes at 250ms`, `wakes never`
//! - `nothing kept`: no message holds on to the body that it came in
//!
//! Messages are written without `"jsonrpc":"2.0"`; `"~` stands for the reserved
//! prefix of `_meta` keys, `$M` for the two that every modern request has. In
//! an expected line `…` matches anything. A step that ends in `(in any order)`
//! does not promise one.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Limits, Message, Raw};
use pontoon_mcp::meta::{RESERVED_PREFIX, RequestMeta};
use pontoon_mcp::{ClientCapabilities, LegacyRevision};

use super::recorder::{Recorder, Stream};
use crate::{
    Account, Client, Fault, Incoming, Introduction, Link, MemberId, Modern, Reason, Retry, Server, Sharing,
    Timeouts,
};

const MODERN_META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;

/// Capabilities of a modern client that can be asked everything, and the `_meta` of its requests: `$A`.
const ASKED: &str = r#"{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#;
const ASKED_META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}"#;

/// A legacy server that can do everything, as it introduces itself.
pub(super) const SERVER_RESULT: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"logging":{},"tasks":{}},"serverInfo":{"name":"s","version":"1"},"instructions":"be nice"}"#;

const TIMEOUTS: Timeouts = Timeouts {
    open: Duration::from_secs(10),
    call: Duration::from_secs(60),
    call_max: Duration::from_secs(100),
    parked: Duration::from_secs(300),
};

/// A link under test.
pub(super) struct Dialogue {
    link: Link<Recorder>,
    out: Recorder,
    now: Duration,
    members: HashMap<String, MemberId>,
    abandoned: Vec<Stream>,
    bodies: Vec<Bytes>,
}

/// A session that its client has opened; ids toward the server go on from 2.
pub(super) fn session(script: &str) {
    let mut dialogue = Dialogue::new(Server::Legacy, Sharing::Exclusive);
    dialogue.run(&format!(
        r#"
        join a
        a: {{"id":0,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{"sampling":{{}},"roots":{{}}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
            to server: {{"id":1,"method":"initialize",…
        server: {{"id":1,"result":{SERVER_RESULT}}}
            a speaks 2025-11-25
            to a: {{"id":0,"result":{SERVER_RESULT}}}
        "#
    ));
    dialogue.run(script);
}

/// A server that `a` and `b` share; ids toward the server go on from 2.
pub(super) fn shared(script: &str) {
    let mut dialogue = opened_by_the_gateway(Sharing::Shared);
    dialogue.run(
        r#"
        join a
        a: {"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{}},"clientInfo":{"name":"a","version":"1"}}}
            a speaks 2025-11-25
            to a: …
        join b
        b: {"id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}
            b speaks 2025-06-18
            to b: …
        "#,
    );
    dialogue.run(script);
}

/// A legacy server for the modern clients of one account; ids go on from 2.
pub(super) fn account(script: &str) {
    opened_by_the_gateway(Sharing::Exclusive).run(script);
}

/// As [`account`], for clients that can be asked everything.
pub(super) fn asked(script: &str) {
    opened_for(Sharing::Exclusive, ASKED).run(&script.replace("$A", ASKED_META));
}

/// A modern server that can do everything, as it describes itself.
pub(super) const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{},"extensions":{"x":{}}},"instructions":"be nice","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}},"ttlMs":5,"cacheScope":"public"}"#;

/// The same, for a legacy client.
pub(super) const WELCOME: &str = r#""capabilities":{"tools":{"listChanged":true},"prompts":{},"resources":{"subscribe":true},"logging":{}},"serverInfo":{"name":"s","version":"1"},"instructions":"be nice"}"#;

/// A modern server that is opened for the one session `a`, which can be asked anything and whose changes come on the
/// listen 2; ids toward the server go on from 3.
pub(super) fn legacy_to_modern(script: &str) {
    legacy_to_modern_at("2025-11-25", script);
}

/// The same for a session of another revision.
pub(super) fn legacy_to_modern_at(revision: &str, script: &str) {
    let mut dialogue = Dialogue::discovering(Sharing::Exclusive);
    dialogue.run(&format!(
        r#"
        join a
        a: {{"id":0,"method":"initialize","params":{{"protocolVersion":"{revision}","capabilities":{{"sampling":{{}},"roots":{{"listChanged":true}},"elicitation":{{"form":{{}},"url":{{}}}}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
            to server: {{"id":1,"method":"server/discover",…
        server: {{"id":1,"result":{DISCOVERED}}}
            a speaks {revision}
            to a: {{"id":0,"result":{{"protocolVersion":"{revision}",{WELCOME}}}
            to server: {{"id":2,"method":"subscriptions/listen","params":{{"_meta":…,"notifications":{{"toolsListChanged":true}}}}}}
        server: {{"method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"~subscriptionId":2}},"notifications":{{"toolsListChanged":true}}}}}}
        a: {{"method":"notifications/initialized"}}
        "#
    ));
    dialogue.run(script);
}

/// A modern server that `a` and `b` share; ids toward the server go on from 3.
pub(super) fn shared_modern(script: &str) {
    let mut dialogue = Dialogue::discovering(Sharing::Shared);
    dialogue.run(&format!(
        r#"
        open
            to server: {{"id":1,"method":"server/discover","params":{{"_meta":{{"~protocolVersion":"2026-07-28","~clientInfo":{{"name":"pontoon","version":"0"}},"~clientCapabilities":{{}}}}}}}}
        server: {{"id":1,"result":{DISCOVERED}}}
            opened
        join a
        a: {{"id":0,"method":"initialize","params":{{"protocolVersion":"2025-11-25","capabilities":{{"sampling":{{}}}},"clientInfo":{{"name":"a","version":"1"}}}}}}
            a speaks 2025-11-25
            to a: …
            to server: {{"id":2,"method":"subscriptions/listen",…
        server: {{"method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"~subscriptionId":2}},"notifications":{{"toolsListChanged":true}}}}}}
        join b
        b: {{"id":0,"method":"initialize","params":{{"protocolVersion":"2025-06-18","capabilities":{{}},"clientInfo":{{"name":"b","version":"1"}}}}}}
            b speaks 2025-06-18
            to b: …
        "#
    ));
    dialogue.run(script);
}

/// A modern server; ids toward it begin with 1.
pub(super) fn modern(script: &str) {
    Dialogue::new(Server::Modern, Sharing::Shared).run(script);
}

fn opened_by_the_gateway(sharing: Sharing) -> Dialogue {
    opened_for(sharing, "{}")
}

fn opened_for(sharing: Sharing, capabilities: &'static str) -> Dialogue {
    let mut dialogue = Dialogue::with(Server::Legacy, sharing, capabilities);
    dialogue.run(&format!(
        r#"
        open
            to server: {{"id":1,"method":"initialize",…
        server: {{"id":1,"result":{SERVER_RESULT}}}
            to server: {{"method":"notifications/initialized"}}
            opened
        "#
    ));
    dialogue
}

impl Dialogue {
    pub(super) fn new(server: Server, sharing: Sharing) -> Self {
        Self::with(server, sharing, "{}")
    }

    fn with(server: Server, sharing: Sharing, capabilities: &'static str) -> Self {
        let capabilities = ClientCapabilities::new(Raw::from_static(capabilities));
        let introduction = Introduction {
            client_info: Raw::from_static(r#"{"name":"pontoon","version":"0"}"#),
            capabilities: capabilities.expect("capabilities are an object"),
        };
        Self {
            link: Link::new(server, sharing, TIMEOUTS, introduction),
            out: Recorder::default(),
            now: Duration::ZERO,
            members: HashMap::new(),
            abandoned: Vec::new(),
            bodies: Vec::new(),
        }
    }

    /// A server that is known to be modern and has to describe itself first.
    pub(super) fn discovering(sharing: Sharing) -> Self {
        let dialogue = Self::new(Server::Modern, sharing);
        Self {
            link: dialogue.link.discovering(),
            ..dialogue
        }
    }

    /// A server that is guessed to speak an era.
    pub(super) fn guessing(server: Server, sharing: Sharing) -> Self {
        let dialogue = Self::new(server, sharing);
        Self {
            link: dialogue.link.guessing(),
            ..dialogue
        }
    }

    /// Plays a script.
    pub(super) fn run(&mut self, script: &str) {
        for (step, expected) in steps(script) {
            let sorted = step.ends_with(" (in any order)");
            self.step(step.trim_end_matches(" (in any order)"));
            let mut expected = expected;
            let mut effects = std::mem::take(&mut self.out.effects);
            if sorted {
                effects.sort();
                expected.sort();
            }
            let agrees = effects.len() == expected.len()
                && expected
                    .iter()
                    .zip(&effects)
                    .all(|(pattern, effect)| matches(pattern, effect));
            assert!(
                agrees,
                "after: {step}\nexpected:\n    {}\ngot:\n    {}\n",
                expected.join("\n    "),
                effects.join("\n    ")
            );
        }
    }

    fn step(&mut self, step: &str) {
        if let Some((speaker, message)) = step.split_once(": ") {
            return self.speak(speaker, message);
        }
        let words: Vec<_> = step.split(' ').collect();
        let (now, out) = (self.now, &mut self.out);
        match *words {
            ["join", name] => {
                let member = self.link.join(name.to_owned());
                self.members.insert(name.to_owned(), member);
            }
            ["leave", name] => self.link.leave(self.members[name], now, out),
            ["deaf", name] => _ = out.deaf.insert(name.to_owned()),
            ["absent", name] => _ = out.absent.insert(name.to_owned()),
            ["crowded", name] => _ = out.crowded.insert(name.to_owned()),
            ["abandon", client, id] => self.abandon(client, id),
            ["time", time] => self.pass(time),
            ["open"] => self.link.open(LegacyRevision::NEWEST, now, out),
            ["lose"] => self.link.lose(Reason::Exited, out),
            ["fail", id] => {
                let id = Id::from(id.parse::<i64>().expect("ids toward the server are numbers"));
                self.link
                    .request_failed(&id, &Fault::before(Reason::Unreachable), out);
            }
            ["refuse", id] => {
                let id = Id::from(id.parse::<i64>().expect("ids toward the server are numbers"));
                self.link
                    .request_failed(&id, &Fault::before(Reason::Protocol), out);
            }
            ["return", id] => {
                let id = Id::from(id.parse::<i64>().expect("ids toward the server are numbers"));
                let message = Bytes::from(format!(r#"{{"id":{id},"again":true}}"#));
                self.link.request_returned(&id, message, out);
            }
            ["forget"] => self.link.lose_session(Reason::Exited, out),
            ["full"] => out.refuses = Some(Reason::Stuck),
            ["full", "once"] => out.is_full_once = true,
            ["room", "for", count] => out.room = Some(count.parse().expect("room is counted")),
            ["gone"] => out.refuses = Some(Reason::Exited),
            ["room"] => (out.refuses, out.room) = (None, None),
            ["end", "listeners"] => self.link.end_listeners(out),
            ["is", "open"] => assert!(self.link.is_open()),
            ["is", "closed"] => assert!(!self.link.is_open()),
            ["is", "modern"] => assert_eq!(self.link.server(), Server::Modern),
            ["is", "legacy"] => assert_eq!(self.link.server(), Server::Legacy),
            ["goes", "on"] => assert!(self.link.goes_on()),
            ["inquire"] => self.link.inquire(now, out),
            ["inquiry", state] => assert_eq!(format!("{:?}", self.link.inquiry()), state),
            ["wakes", "never"] => assert_eq!(self.link.next_wake(), None),
            ["wakes", "at", time] => {
                let wake = self.link.next_wake().expect("there is something to do");
                assert_eq!(format!("{wake:?}"), time);
            }
            ["nothing", "kept"] => assert!(self.bodies.iter().all(Bytes::is_unique)),
            ["full", "house"] => out.full_house = true,
            ["parked", count] => assert_eq!(self.link.parked().to_string(), count),
            ["places", count] => {
                let taken = std::rc::Rc::strong_count(&self.out.places) - 1;
                assert_eq!(taken.to_string(), count, "places taken");
            }
            ["in", "flight", count] => assert_eq!(self.link.in_flight().to_string(), count),
            _ => panic!("no such step: {step}"),
        }
    }

    fn speak(&mut self, speaker: &str, message: &str) {
        let text = Bytes::from(message.replacen('{', r#"{"jsonrpc":"2.0","#, 1));
        self.bodies.push(text.clone());
        if speaker == "server" {
            let message = Message::parse(text, &Limits::SERVER).expect("the server's line is a message");
            return self.link.receive(message, self.now, &mut self.out);
        }
        if let Some(request) = speaker.strip_prefix("server ") {
            let request = Id::from(request.parse::<i64>().expect("ids toward the server are numbers"));
            let message = Message::parse(text, &Limits::SERVER).expect("the server's line is a message");
            return self
                .link
                .receive_within(message, &request, self.now, &mut self.out);
        }
        let message = Message::parse(text, &Limits::CLIENT).expect("the client's line is a message");
        match message {
            Message::Request(request) => {
                let owner = Stream {
                    client: speaker.to_owned(),
                    id: request.id.to_string(),
                };
                let client = self.client(speaker, request.params.as_ref());
                let incoming = Incoming {
                    owner,
                    client,
                    request,
                };
                self.link.begin(incoming, self.now, &mut self.out);
            }
            Message::Notification(notification) => {
                let member = self.members[speaker];
                self.link.notification(member, &notification, &mut self.out);
            }
            Message::Response(response) => {
                let member = self.members[speaker];
                if self.link.reply(member, response, &mut self.out).is_err() {
                    self.out.effects.push("nobody asked".to_owned());
                }
            }
        }
    }

    fn client(&self, name: &str, params: Option<&Raw>) -> Client {
        match name {
            "m" | "n" => {
                let params = params.and_then(Raw::object);
                let meta = RequestMeta::read(params.as_ref()).expect("a modern request says what it is");
                let retry = params.and_then(|params| self.open_seal(&params.get_str("requestState")?));
                Client::Modern(Box::new(Modern {
                    meta,
                    account: Account(u128::from(name == "n")),
                    retry,
                }))
            }
            "alone" => Client::Alone,
            _ => Client::Member(self.members[name]),
        }
    }

    /// What a state that begins with `seal 1` was made of. Whether it is that client's is not for the link to see.
    fn open_seal(&self, state: &str) -> Option<Retry> {
        let number = state.strip_prefix("seal ")?.split(' ').next()?;
        let number: usize = number.parse().expect("seals are numbered");
        Some(self.out.seals[number - 1].0.clone())
    }

    fn abandon(&mut self, client: &str, id: &str) {
        self.abandoned.push(Stream {
            client: client.to_owned(),
            id: id.to_owned(),
        });
        let gone = &self.abandoned;
        self.link
            .collect_abandoned(|stream| gone.contains(stream), self.now, &mut self.out);
    }

    fn pass(&mut self, time: &str) {
        self.now = duration(time);
        self.link.expire(self.now, &mut self.out);
    }
}

fn duration(time: &str) -> Duration {
    let (number, unit) = match time.strip_suffix("ms") {
        Some(number) => (number, Duration::from_millis(1)),
        None => (time.trim_end_matches('s'), Duration::from_secs(1)),
    };
    unit * number
        .parse()
        .expect("a time is a number of seconds or milliseconds")
}

/// Steps with the lines that are indented below them.
fn steps(script: &str) -> Vec<(String, Vec<String>)> {
    let script = script
        .replace("$M", MODERN_META)
        .replace("\"~", &format!("\"{RESERVED_PREFIX}"));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<_> = script.lines().filter(|line| !line.trim().is_empty()).collect();
    let outer = lines.first().map_or(0, |line| indent(line));
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines {
        let text = line.trim().to_owned();
        if indent(line) == outer {
            steps.push((text, Vec::new()));
        } else {
            let step = steps.last_mut().expect("a script begins with a step");
            step.1.push(text);
        }
    }
    steps
}

/// Whether a line is as expected; `…` in the pattern matches anything.
fn matches(pattern: &str, line: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('…') else {
        return pattern == line;
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.into_iter().any(|at| matches(tail, &rest[at..]))
}

#[test]
#[should_panic(expected = "after: server: ")]
fn an_effect_that_nobody_expected_fails_a_dialogue() {
    session("server: {\"id\":\"p\",\"method\":\"ping\"}");
}

#[test]
fn an_ellipsis_matches_anything_and_nothing_else_does() {
    assert!(matches("to a: {…\"id\":1…}", "to a: {\"x\":0,\"id\":1}"));
    assert!(!matches("to a: {…\"id\":1…}", "to a: {\"x\":0,\"id\":2}"));
    assert!(!matches("to a: {}", "to a: {} "));
    assert!(!matches("…}", "to a: {} "));
}
