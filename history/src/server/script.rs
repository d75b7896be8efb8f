//! The scripts that requests carry: what their server is to do, step by step.

use std::sync::Arc;
use std::time::Duration;

use pontoon_upstream::Closed;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::connector::Handshake;
use super::rounds::{Resumed, describes_itself};
use super::{Order, Server, speech};
use crate::books::Question;
use crate::mark::{Label, Mark, marks_in};

pub(super) const MODERN: &str = "io.modelcontextprotocol/protocolVersion";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What only the one client of an exclusive server is told.
const VENDOR: &str = "notifications/vendor";

/// How much a flood says at a time.
const FLOOD_PADDING: usize = 10_000;

/// The mark that parameters carry.
pub(super) fn mark_of(params: &Value) -> Option<Mark> {
    let places = [&params["arguments"]["mark"], &params["mark"], &params["uri"]];
    places
        .into_iter()
        .filter_map(Value::as_str)
        .find_map(|text| marks_in(text).find(|mark| mark.number > 0))
}

/// The levels that scripts and clients know, in order.
fn rank(level: &str) -> Option<usize> {
    ["debug", "info", "error"]
        .iter()
        .position(|known| *known == level)
}

/// Whether a request goes on when it is cancelled.
pub(super) fn is_stubborn(params: &Value) -> bool {
    params["arguments"]["script"][0][0] == "stubborn"
}

/// The number and the mark of an announcement.
pub(super) fn announcement(text: &str) -> Option<(u64, Mark)> {
    if !text.contains(VENDOR) {
        return None;
    }
    let message: Value = serde_json::from_str(text).ok()?;
    Some((message["params"]["number"].as_u64()?, marks_in(text).next()?))
}

/// Does what a request asks for, to its end or until it is cancelled.
pub(super) async fn perform(server: Arc<Server>, id: Value, request: Value, resumed: Option<Resumed>) {
    let method = request["method"].as_str().unwrap_or_default();
    let performance = Performance {
        mark: mark_of(&request["params"]),
        params: &request["params"],
        id: &id,
        server: &server,
        resumed,
    };
    let tongue = server.tongue();
    match method {
        "initialize" if !tongue.knows_initialize() => performance.say(speech::unknown(&id)),
        "server/discover" if !tongue.knows_discover() => performance.say(speech::unknown(&id)),
        "server/discover" => performance.discover().await,
        "initialize" => performance.initialize().await,
        "subscriptions/listen" => performance.listen(),
        "tools/call" => performance.follow_script().await,
        _ => performance.answer(),
    }
}

/// One request as it is worked on.
pub(super) struct Performance<'a> {
    pub(super) server: &'a Arc<Server>,
    pub(super) id: &'a Value,
    pub(super) mark: Option<Mark>,
    pub(super) params: &'a Value,
    /// Where it stands if it has come back with answers.
    pub(super) resumed: Option<Resumed>,
}

impl Performance<'_> {
    pub(super) fn say(&self, text: String) {
        self.server.order(Order::Say(text, self.id.clone()));
    }

    fn end(&self, why: Closed) {
        self.server.order(Order::End(why));
    }

    async fn initialize(&self) {
        let opened_by = self.params["clientInfo"]["name"].as_str().and_then(Label::parse);
        self.server
            .books
            .server(self.server.number, |record, _| record.opened_by = opened_by);
        let revision = self.params["protocolVersion"].as_str().unwrap_or_default();
        let known = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
        let revision = known
            .into_iter()
            .find(|known| *known == revision)
            .unwrap_or(known[3]);
        self.open(speech::initialized(self.id, revision)).await;
    }

    async fn discover(&self) {
        self.open(speech::discovered(self.id, self.mark)).await;
    }

    /// Says who it is, as its manners allow.
    async fn open(&self, welcome: String) {
        let ended = || Closed::Handler("it ended in its handshake".to_owned());
        match self.server.manners.handshake {
            Handshake::Ends => return self.end(ended()),
            Handshake::Silent => return std::future::pending().await,
            Handshake::Refused => return self.say(speech::error(self.id, None)),
            Handshake::Slow(time) => tokio::time::sleep(time).await,
            Handshake::Polite | Handshake::AnsweredThenEnds => {}
        }
        self.say(welcome);
        if self.server.manners.handshake == Handshake::AnsweredThenEnds {
            self.end(ended());
        }
    }

    /// A modern listener: acknowledged, and kept.
    fn listen(&self) {
        let wanted = &self.params["notifications"];
        let uris: Vec<String> =
            serde_json::from_value(wanted["resourceSubscriptions"].clone()).unwrap_or_default();
        let params = json!({ "_meta": { SUBSCRIPTION: self.id }, "notifications": wanted });
        self.say(speech::notification(
            "notifications/subscriptions/acknowledged",
            &params,
        ));
        self.server
            .state()
            .listeners
            .insert(self.id.to_string(), (self.id.clone(), uris));
    }

    async fn follow_script(&self) {
        let steps = self.params["arguments"]["script"].as_array();
        let steps = steps.into_iter().flatten().enumerate();
        for (at, step) in steps.skip(self.first_step()) {
            if self.asks_first(at, step) {
                return;
            }
            self.step(step).await;
        }
    }

    async fn step(&self, step: &Value) {
        let number = step[1].as_u64().unwrap_or_default();
        let text = step[1].as_str().unwrap_or_default();
        let stderr_tail = String::new();
        match step[0].as_str().unwrap_or_default() {
            // Its server knows.
            "stubborn" => {}
            "sleep" => tokio::time::sleep(Duration::from_millis(number)).await,
            "progress" => self.report_progress(0),
            "flood" => (0..number).for_each(|_| self.report_progress(FLOOD_PADDING)),
            "log" => self.log(text),
            "announce" => self.announce(),
            "update" => self.update(text),
            "changed" => self.change(),
            // What they ask in 2026-07-28 they know already.
            "ask" | "asks" | "later" if describes_itself(self.params) => {}
            "later" => {}
            "asks" => self.ask_all(&step[1]).await,
            // An error means that the server ended.
            "ask" => _ = self.ask(text).await,
            // It does not wait.
            "wonder" => _ = self.ask(text),
            "answer" => self.answer(),
            "error" => self.conclude(speech::error(self.id, self.mark)),
            "again" => self.say(speech::marked(self.id, self.mark)),
            "stray" => self.say(speech::marked(&json!(number), self.mark)),
            "nowhere" => self.say(speech::progress(&json!(number), self.mark, 1, 0)),
            "crash" => self.end(Closed::Handler("it crashed".to_owned())),
            "hangup" => self.end(Closed::StdoutClosed { stderr_tail }),
            "deaf" => self.server.grow_deaf(),
            other => unreachable!("there is no step {other:?}"),
        }
    }

    fn answer(&self) {
        self.conclude(speech::marked(self.id, self.mark));
    }

    fn conclude(&self, answer: String) {
        self.say(answer);
        if let Some(mark) = self.mark {
            self.server.books.server(self.server.number, |record, now| {
                record.waits.remove(&mark);
                record.answered.insert(mark, now);
            });
        }
    }

    fn report_progress(&self, padding: usize) {
        let token = &self.params["_meta"]["progressToken"];
        let (Some(mark), false) = (self.mark, token.is_null()) else {
            return;
        };
        let mut count = 0;
        self.server.books.server(self.server.number, |record, _| {
            let said = record.progress.entry(mark).or_default();
            *said += 1;
            count = *said;
        });
        self.say(speech::progress(token, self.mark, count, padding));
    }

    fn log(&self, level: &str) {
        // "MUST NOT" without that, and then what is at that level or above (2026-07-28, Logging, "Per-request log
        // level").
        let wanted = self.params["_meta"][LOG_LEVEL].as_str().and_then(rank);
        if describes_itself(self.params) && wanted.is_none_or(|wanted| rank(level) < Some(wanted)) {
            return;
        }
        let mark = self.mark.map(|mark| mark.to_string());
        let params = json!({ "level": level, "data": { "mark": mark } });
        self.say(speech::notification("notifications/message", &params));
    }

    /// Something that only the one client of an exclusive server can be told.
    fn announce(&self) {
        let Some(mark) = self.mark else { return };
        let number = {
            let mut state = self.server.state();
            state.announced += 1;
            state.announced
        };
        let params = json!({ "mark": mark.to_string(), "server": self.server.number, "number": number });
        self.say(speech::notification(VENDOR, &params));
    }

    fn update(&self, uri: &str) {
        let is_wanted = |uris: &[String]| uris.iter().any(|wanted| wanted == uri);
        self.publish(
            "notifications/resources/updated",
            json!({ "uri": uri }),
            is_wanted,
        );
    }

    fn change(&self) {
        self.publish("notifications/tools/list_changed", json!({}), |_| true);
    }

    /// Tells everybody, or in 2026-07-28 those who listen to it.
    fn publish(&self, method: &str, mut params: Value, is_wanted: impl Fn(&[String]) -> bool) {
        if !describes_itself(self.params) {
            return self.say(speech::notification(method, &params));
        }
        let listeners: Vec<_> = self.server.state().listeners.values().cloned().collect();
        for (id, _) in listeners.into_iter().filter(|(_, uris)| is_wanted(uris)) {
            params["_meta"] = json!({ SUBSCRIPTION: id });
            let text = speech::notification(method, &params);
            self.server.order(Order::Say(text, id));
        }
    }

    /// One after the other.
    async fn ask_all(&self, methods: &Value) {
        for method in methods.as_array().into_iter().flatten() {
            // An error means that the server ended.
            let _ = self.ask(method.as_str().unwrap_or_default()).await;
        }
    }

    /// Asks the client. What is returned waits until somebody has answered.
    fn ask(&self, method: &str) -> oneshot::Receiver<()> {
        let text = self.mark.map_or_else(String::new, |mark| mark.to_string());
        let (sender, answered) = oneshot::channel();
        let (id, key) = {
            let mut state = self.server.state();
            state.asked += 1;
            let id = format!("q{}{text}{}", self.server.number, state.asked);
            let key = Value::from(id.as_str()).to_string();
            state.questions.insert(key.clone(), sender);
            (id, key)
        };
        if let (Some(mark), true) = (self.mark, self.params["_meta"][MODERN].is_null()) {
            self.server.books.server(self.server.number, |record, asked| {
                let question = Question {
                    mark,
                    asked,
                    told: None,
                };
                record.questions.insert(key, question);
            });
        }
        self.say(speech::question(&id, method, self.mark));
        answered
    }
}
