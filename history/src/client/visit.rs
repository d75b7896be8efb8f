//! One session of one client, or a client that needs none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::asking::{self, Round};
use super::pipe::{Gone, Pipe};
use super::stream::Cursor;
use super::{questions, request};
use crate::books::{Answer, Ask};
use crate::dice::Dice;
use crate::mark::{Label, Mark, marks_in};
use crate::server::Way;
use crate::world::World;

/// No answer takes longer: starts, hand-shakes, calls and questions have time-outs that are shorter together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// HTTP+SSE (2024-11-05).
    HttpSse,
    /// Streamable HTTP with sessions, and its revision.
    Streamable(&'static str),
    /// Streamable HTTP without sessions (2026-07-28).
    Modern,
}

/// Who a client is, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guest {
    pub(crate) number: u16,
    pub(crate) era: Era,
    pub(crate) house: usize,
    pub(crate) peer: SocketAddr,
    /// What its connections hold on the way.
    pub(crate) pipe_bytes: usize,
    /// What it declares, in 2026-07-28, that it can be asked.
    pub(crate) declares: &'static str,
}

/// One session.
pub(crate) struct Visit {
    pub(crate) world: Arc<World>,
    pub(crate) guest: Guest,
    pub(crate) label: Label,
    /// The session's id, or the path to post to.
    pub(crate) key: OnceLock<String>,
    /// How far the stream for what belongs to no request was read.
    pub(crate) cursor: Mutex<Cursor>,
    /// Whether somebody reads that stream.
    pub(crate) listening: AtomicBool,
    /// Milliseconds for which the reader of that stream is to pause.
    pub(crate) pause: AtomicU64,
    /// Rung when an answer came, and when the session is over.
    pub(crate) news: Notify,
    pub(crate) over: AtomicBool,
    next_mark: AtomicU32,
    next_id: AtomicI64,
    /// What becomes of questions.
    whims: Mutex<Dice>,
    /// What runs beside the client's own steps.
    chores: Mutex<Vec<JoinHandle<()>>>,
    /// Where answers come on the session's stream: who waits for which id.
    waiting: Mutex<BTreeMap<String, Vec<Mark>>>,
    /// Questions that requests were answered with.
    rounds: Mutex<BTreeMap<Mark, Round>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Visit {
    pub(crate) fn new(world: &Arc<World>, guest: Guest, session: u16, dice: &mut Dice) -> Arc<Self> {
        let label = Label {
            client: guest.number,
            session,
        };
        world.books.open().visits.entry(label).or_default();
        Arc::new(Self {
            world: Arc::clone(world),
            guest,
            label,
            key: OnceLock::new(),
            cursor: Mutex::default(),
            listening: AtomicBool::new(false),
            pause: AtomicU64::new(0),
            news: Notify::new(),
            over: AtomicBool::new(false),
            next_mark: AtomicU32::new(1),
            next_id: AtomicI64::new(0),
            whims: Mutex::new(dice.fork()),
            chores: Mutex::default(),
            waiting: Mutex::default(),
            rounds: Mutex::default(),
        })
    }

    /// A new mark of this session.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            label: self.label,
            number: self.next_mark.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// A new request id: counted from 0 in each session, as clients do.
    pub(crate) fn id(&self) -> Value {
        Value::from(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// A connection to the gateway.
    pub(crate) fn dial(&self) -> Result<Pipe, Gone> {
        self.world
            .dial(self.guest.peer, self.guest.pipe_bytes)
            .map(Pipe::new)
            .ok_or(Gone)
    }

    pub(crate) fn key(&self) -> &str {
        self.key.get().map_or("", String::as_str)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Notes that the session is over.
    pub(crate) fn end(&self, how: &'static str) {
        self.over.store(true, Ordering::Relaxed);
        self.world.books.end_visit(self.label, how);
        self.news.notify_waiters();
    }

    /// Notes that the gateway knows that the session is over.
    pub(crate) fn tell_over(&self) {
        let now = self.world.books.now();
        let mut record = self.world.books.open();
        record.visits.entry(self.label).or_default().told_over = Some(now);
    }

    pub(crate) fn cursor(&self) -> MutexGuard<'_, Cursor> {
        locked(&self.cursor)
    }

    /// Rolls the dice of what just comes along.
    pub(crate) fn whim<T>(&self, roll: impl FnOnce(&mut Dice) -> T) -> T {
        roll(&mut locked(&self.whims))
    }

    /// Runs something beside the client's own steps.
    pub(crate) fn beside(&self, chore: impl Future<Output = ()> + Send + 'static) {
        locked(&self.chores).push(tokio::spawn(chore));
    }

    /// Waits for everything that runs beside.
    pub(crate) async fn finish_chores(&self) {
        loop {
            let chores = std::mem::take(&mut *locked(&self.chores));
            if chores.is_empty() {
                return;
            }
            for chore in chores {
                // A panic is noticed by the world.
                let _ = chore.await;
            }
        }
    }

    /// Keeps the questions with which a request was answered.
    pub(super) fn keep_round(&self, mark: Mark, round: Round) {
        locked(&self.rounds).insert(mark, round);
    }

    /// The questions with which a request was answered.
    pub(super) fn take_round(&self, mark: Mark) -> Option<Round> {
        locked(&self.rounds).remove(&mark)
    }

    fn open_asks(&self) -> Vec<Mark> {
        let record = self.world.books.open();
        let mine = record.asks.iter().filter(|(mark, _)| mark.label == self.label);
        let open = mine.filter(|(_, ask)| ask.answers.is_empty() && ask.gave_up.is_none());
        open.map(|(mark, _)| *mark).collect()
    }

    /// Waits until every request of the session is answered or given up.
    pub(crate) async fn finish_calls(&self) {
        for mark in self.open_asks() {
            self.until_answered(mark).await;
        }
    }

    /// Gives up every request of the session that has no answer.
    pub(crate) fn give_up_all(&self, how: &'static str) {
        for mark in self.open_asks() {
            self.world.books.give_up(mark, how);
        }
    }

    /// Drops everything that runs beside, and with it its connections.
    pub(crate) fn drop_chores(&self) {
        for chore in std::mem::take(&mut *locked(&self.chores)) {
            chore.abort();
        }
    }

    /// Writes a request into the books, and that its answer is waited for.
    pub(crate) fn ask(&self, mark: Mark, id: &Value, ask: Ask) {
        locked(&self.waiting)
            .entry(id.to_string())
            .or_default()
            .push(mark);
        self.world.books.ask(mark, ask);
    }

    /// The request that a response answers, among those that it can be for.
    fn asked(&self, id: &str, answer: &Answer, among: Option<&[Mark]>) -> Option<Mark> {
        let mut waiting = locked(&self.waiting);
        let marks = waiting.get_mut(id)?;
        let fits = |mark: &Mark| among.is_none_or(|among| among.contains(mark));
        let named = |mark: &Mark| fits(mark) && *answer == Answer::Result(Some(*mark));
        let at = marks
            .iter()
            .position(named)
            .or_else(|| marks.iter().position(fits));
        Some(marks.remove(at?))
    }

    /// Of two requests with one id one is refused, and the refusal does not say which: it is the other one
    /// if this one gets its result now.
    fn settle_doubt(&self, id: &str, answer: &Answer) -> bool {
        let Answer::Result(Some(mark)) = answer else {
            return false;
        };
        let mut waiting = locked(&self.waiting);
        let mut record = self.world.books.open();
        let ask = record.asks.get_mut(mark);
        let was_refused = |ask: &&mut Ask| matches!(ask.answers[..], [(_, Answer::Error { .. })]);
        let Some(refused) = ask.filter(was_refused).map(|ask| ask.answers.remove(0)) else {
            return false;
        };
        let Some(other) = waiting.get_mut(id).and_then(Vec::pop) else {
            return false;
        };
        if let Some(other) = record.asks.get_mut(&other) {
            other.foul = true;
            other.answers.push(refused);
        }
        true
    }

    /// Takes in a message. Returns the request that it answered.
    pub(crate) fn receive(self: &Arc<Self>, text: &str, among: Option<&[Mark]>) -> Option<Mark> {
        let books = &self.world.books;
        books.hear(self.label, text);
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            books.breach("the client's side is well formed", text);
            return None;
        };
        match (message["method"].as_str(), message.get("id")) {
            (Some(method), None) => self.take_notification(method, &message["params"], among),
            (Some(method), Some(id)) => questions::consider(self, id, method, &message["params"]),
            (None, _) => return self.take_response(&message, among),
        }
        None
    }

    fn take_response(&self, message: &Value, among: Option<&[Mark]>) -> Option<Mark> {
        let id = message["id"].to_string();
        let answer = answer_of(message);
        let asked = match &answer {
            Answer::Result(Some(mark)) if self.settle_doubt(&id, &answer) => Some(*mark),
            _ => self.asked(&id, &answer, among),
        };
        let Some(mark) = asked else {
            let text = format!(
                "{} got an answer to {id}, for which nobody waits: {message}",
                self.label
            );
            self.world.books.breach("exactly one answer", text);
            return None;
        };
        if let Answer::Asked(_) = answer {
            asking::take(self, mark, &message["result"]);
        }
        self.world.books.answer(mark, answer);
        self.news.notify_waiters();
        Some(mark)
    }

    fn take_notification(&self, method: &str, params: &Value, among: Option<&[Mark]>) {
        let mark = marks_in(&params.to_string()).next();
        let mut record = self.world.books.open();
        match method {
            "notifications/progress" => {
                let token = marks_in(params["progressToken"].as_str().unwrap_or_default()).next();
                if token.is_none() || token != mark {
                    drop(record);
                    let text = format!("{} got {params}", self.label);
                    return self.world.books.breach("progress follows its token", text);
                }
                // A retry has a stream of its own.
                let mark = mark.map(|call| match among {
                    Some([only]) if record.asks.get(only).is_some_and(|ask| ask.call(*only) == call) => *only,
                    _ => call,
                });
                if let (Some(ask), Some(count)) = (
                    mark.and_then(|mark| record.asks.get_mut(&mark)),
                    params["progress"].as_u64(),
                ) {
                    ask.progress.push(count);
                }
            }
            "notifications/vendor" => {
                let server = params["server"]
                    .as_u64()
                    .and_then(|number| number.try_into().ok());
                let number = params["number"].as_u64();
                if let (Some(server), Some(number)) = (server, number) {
                    record
                        .visits
                        .entry(self.label)
                        .or_default()
                        .announced
                        .push((server, number));
                }
            }
            "notifications/resources/updated" => {
                let uri = params["uri"].as_str().unwrap_or_default();
                let visit = record.visits.entry(self.label).or_default();
                if !visit.uris.iter().any(|wanted| wanted == uri) && self.guest.house_is_shared(&self.world) {
                    drop(record);
                    let text = format!("{} never subscribed to {uri}", self.label);
                    self.world.books.breach("no crossing", text);
                }
            }
            _ => {}
        }
    }

    /// Waits until a request is answered, on whatever stream. Says whether it was, in time.
    pub(crate) async fn until_answered(&self, mark: Mark) {
        let wait = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                let settled = {
                    let record = self.world.books.open();
                    let ask = record.asks.get(&mark);
                    ask.is_none_or(|ask| !ask.answers.is_empty() || ask.gave_up.is_some())
                };
                if settled {
                    return;
                }
                if self.is_over() {
                    return self.world.books.give_up(mark, "its session is over");
                }
                news.await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            self.world
                .books
                .breach("no hang", format!("{mark} was not answered in time"));
        }
    }

    /// The headers that every request of the session has.
    pub(crate) fn headers(&self) -> String {
        match self.guest.era {
            Era::HttpSse | Era::Modern => String::new(),
            Era::Streamable(revision) => request::session_headers(self.key(), revision),
        }
    }
}

impl Guest {
    /// How what its server says reaches the gateway.
    pub(crate) fn way(&self, world: &World) -> Way {
        world.circumstances.way(self.house)
    }

    /// Whether others use the same server.
    pub(crate) fn house_is_shared(&self, world: &World) -> bool {
        world.shares_server(self.house, self.era)
    }
}

/// What a response says.
pub(crate) fn answer_of(message: &Value) -> Answer {
    match message.get("error") {
        Some(error) => Answer::Error {
            code: error["code"].as_i64().unwrap_or_default(),
            reason: error["data"]["reason"].as_str().map(str::to_owned),
        },
        None if message["result"]["resultType"] == "input_required" => {
            let questions = message["result"]["inputRequests"].as_object();
            Answer::Asked(questions.map_or(0, serde_json::Map::len))
        }
        None => Answer::Result(marks_in(&message["result"]["mark"].to_string()).next()),
    }
}
