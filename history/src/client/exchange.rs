//! One request and everything that comes of it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::asking;
use super::pipe::{Gone, Head, Pipe};
use super::request::{self, BOTH, Draft};
use super::stream::{Cursor, Discontinuity, Events, Incoming};
use super::visit::{Era, PATIENCE, Visit, answer_of};
use crate::books::{Ask, Who};
use crate::mark::Mark;

/// How a client waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It reads until the answer is there.
    Stay,
    /// It takes JSON only.
    Plain,
    /// It drops the connection after so many events, and may come back.
    Cut(usize, Return),
    /// It reads nothing for a while after so many events.
    Pause(usize, Duration),
    /// It writes in small pieces, with pauses.
    Dribble(Duration),
}

/// Whether a client comes back to a stream that it dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// After a while, to where it left off.
    After(Duration),
    /// Never.
    Never,
}

/// How often a client tries to get back to its stream.
const RETURNS: usize = 5;

/// How soon a stream ends behind its last answer.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// Why reading ended before the answer.
enum Interrupted {
    /// The client wanted it so.
    Cut,
    /// The stream ended.
    Ended,
    /// The connection broke.
    Broken,
}

/// Sends a request and sees it through, also where that takes several rounds of questions.
pub(crate) async fn run(visit: Arc<Visit>, draft: Draft, manner: Manner) {
    once(&visit, &draft, manner).await;
    asking::go_on(&visit, &draft).await;
}

/// Sends a request and waits for its answer.
pub(super) async fn once(visit: &Arc<Visit>, draft: &Draft, manner: Manner) {
    write_down(visit, draft, manner);
    if visit.guest.era == Era::HttpSse {
        return post_and_wait(visit, draft, manner).await;
    }
    let exchange = Exchange {
        visit,
        marks: vec![draft.mark],
    };
    let (body, headers) = draft.write(visit);
    exchange.run(&headers, &body, manner).await;
}

/// Sends several requests in one POST (2025-03-26).
pub(crate) async fn run_batch(visit: Arc<Visit>, drafts: Vec<Draft>, manner: Manner) {
    for draft in &drafts {
        write_down(&visit, draft, manner);
    }
    let bodies: Vec<_> = drafts.iter().map(|draft| draft.write(&visit).0).collect();
    let exchange = Exchange {
        visit: &visit,
        marks: drafts.iter().map(|draft| draft.mark).collect(),
    };
    let body = format!("[{}]", bodies.join(","));
    exchange.run(&visit.headers(), &body, manner).await;
}

fn write_down(visit: &Visit, draft: &Draft, manner: Manner) {
    if matches!(manner, Manner::Pause(..)) {
        visit.note_pause();
    }
    let ask = Ask {
        house: visit.guest.house,
        method: draft.method.to_owned(),
        sent: visit.world.books.now(),
        hears_interim: manner != Manner::Plain || visit.guest.era == Era::HttpSse,
        honest: draft.honest,
        foul: draft.foul,
        retry: draft.retry,
        ..Ask::default()
    };
    visit.ask(draft.mark, &draft.id, ask);
}

/// HTTP+SSE: the answer comes on the session's stream.
async fn post_and_wait(visit: &Arc<Visit>, draft: &Draft, manner: Manner) {
    let (body, headers) = draft.write(visit);
    let posting = async {
        let mut pipe = visit.dial()?;
        write(
            &mut pipe,
            &request::post(&visit.path(), "*/*", &headers, &body),
            manner,
        )
        .await?;
        let head = pipe.head().await?;
        Ok((head, pipe.whole().await?))
    };
    match tokio::time::timeout(PATIENCE, posting).await {
        Ok(Ok((head, _))) if head.status == 202 => visit.until_answered(draft.mark).await,
        Ok(Ok((_, text))) => refused(visit, draft.mark, &text),
        Ok(Err(Gone)) => visit.world.books.give_up(draft.mark, "no connection"),
        Err(_) => visit.world.books.breach(
            "no hang",
            format!("{} was posted and never acknowledged", draft.mark),
        ),
    }
}

/// A refusal is an answer, too.
fn refused(visit: &Visit, mark: Mark, text: &str) {
    visit.world.books.hear(visit.label, text);
    let message = serde_json::from_str::<Value>(text).unwrap_or_default();
    visit.world.books.answer(mark, answer_of(&message));
    visit.news.notify_waiters();
}

async fn write(pipe: &mut Pipe, bytes: &[u8], manner: Manner) -> Result<(), Gone> {
    let Manner::Dribble(pause) = manner else {
        return pipe.send(bytes).await;
    };
    for piece in bytes.chunks(bytes.len().div_ceil(7)) {
        pipe.send(piece).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// One POST, or what is left of it.
struct Exchange<'a> {
    visit: &'a Arc<Visit>,
    /// The requests in it.
    marks: Vec<Mark>,
}

impl Exchange<'_> {
    async fn run(&self, headers: &str, body: &str, manner: Manner) {
        let accept = if manner == Manner::Plain {
            "application/json"
        } else {
            BOTH
        };
        let bytes = request::post(&self.visit.path(), accept, headers, body);
        let mut cursor = Cursor {
            begins_anywhere: self.marks.len() > 1,
            ..Cursor::default()
        };
        let seen = tokio::time::timeout(PATIENCE, self.post(&bytes, manner, &mut cursor)).await;
        match seen {
            Ok(Ok(())) => self.give_up_rest("the response lacks its answer"),
            Ok(Err(interrupted)) => self.come_back(interrupted, manner, cursor).await,
            Err(_) => {
                let text = format!("{:?} were not answered in time", self.open());
                self.visit.world.books.breach("no hang", text);
            }
        }
    }

    /// Requests without an answer.
    fn open(&self) -> Vec<Mark> {
        let record = self.visit.world.books.open();
        let is_open = |mark: &&Mark| record.asks.get(mark).is_some_and(|ask| ask.answers.is_empty());
        self.marks.iter().filter(is_open).copied().collect()
    }

    fn give_up_rest(&self, how: &'static str) {
        for mark in self.open() {
            self.visit.world.books.give_up(mark, how);
        }
    }

    async fn post(&self, bytes: &[u8], manner: Manner, cursor: &mut Cursor) -> Result<(), Interrupted> {
        let mut pipe = self.visit.dial().map_err(|Gone| Interrupted::Broken)?;
        let answered = async {
            write(&mut pipe, bytes, manner).await?;
            pipe.head().await
        };
        let head = match manner {
            Manner::Cut(0, _) => {
                let patience = Duration::from_millis(self.visit.whim(|dice| dice.millis(0, 60)));
                tokio::time::timeout(patience, answered)
                    .await
                    .map_err(|_| Interrupted::Cut)?
            }
            _ => answered.await,
        };
        let head = head.map_err(|Gone| Interrupted::Broken)?;
        if head.is_stream() {
            return self.read(Events::new(pipe), manner, cursor).await;
        }
        self.read_whole(&head, &mut pipe)
            .await
            .map_err(|Gone| Interrupted::Broken)
    }

    async fn read_whole(&self, head: &Head, pipe: &mut Pipe) -> Result<(), Gone> {
        let text = pipe.whole().await?;
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Array(messages)) => {
                for message in messages {
                    self.visit.receive(&message.to_string(), Some(&self.marks));
                }
            }
            Ok(message) if head.status < 300 || message.get("id").is_some() => {
                _ = self.visit.receive(&text, Some(&self.marks));
            }
            _ => {
                for mark in self.open() {
                    refused(self.visit, mark, &text);
                }
            }
        }
        Ok(())
    }

    /// Reads events until every request is answered, and on to the end of the stream.
    async fn read(&self, mut events: Events, manner: Manner, cursor: &mut Cursor) -> Result<(), Interrupted> {
        let mut count = 0;
        while !self.open().is_empty() {
            match manner {
                Manner::Cut(after, _) if count >= after => return Err(Interrupted::Cut),
                Manner::Pause(after, pause) if count == after => {
                    self.give_up_rest("it does not read");
                    tokio::time::sleep(pause).await;
                }
                _ => {}
            }
            match events.next(cursor).await {
                Err(Gone) => return Err(Interrupted::Broken),
                Ok(None) => return Err(Interrupted::Ended),
                Ok(Some(event)) => self.take(event),
            }
            count += 1;
        }
        let rest = async {
            while let Ok(Some(event)) = events.next(cursor).await {
                self.take(event);
            }
        };
        if tokio::time::timeout(AFTERWARDS, rest).await.is_err() {
            let text = format!("{:?}", self.marks);
            self.visit
                .world
                .books
                .breach("a stream ends with its answers", text);
        }
        Ok(())
    }

    fn take(&self, event: Result<Incoming, Discontinuity>) {
        match event {
            Err(gap) => self.visit.world.books.breach("no gap, no repetition", gap.0),
            Ok(event) => _ = self.visit.receive(&event.data, Some(&self.marks)),
        }
    }

    /// After an interruption: to where it left off, if there is a way.
    async fn come_back(&self, interrupted: Interrupted, manner: Manner, mut cursor: Cursor) {
        let mut pause = match (&interrupted, manner) {
            (Interrupted::Cut, Manner::Cut(_, Return::Never)) => {
                return self.give_up_rest("it left for good");
            }
            (_, Manner::Cut(_, Return::After(pause))) => pause,
            (Interrupted::Broken, _) => return self.give_up_rest("its connection broke"),
            _ => Duration::from_millis(10),
        };
        if !matches!(self.visit.guest.era, Era::Streamable(_)) {
            return self.give_up_rest(match interrupted {
                Interrupted::Cut => "it left for good",
                _ => "its stream ended",
            });
        }
        for _ in 0..RETURNS {
            tokio::time::sleep(pause).await;
            let Some(last) = cursor.last.clone() else {
                return self.give_up_rest(match interrupted {
                    Interrupted::Cut => "it left before it knew where to come back to",
                    _ => "its stream ended",
                });
            };
            let line = format!("{} comes back to {last}", self.visit.label);
            self.visit
                .world
                .books
                .line(Who::Client(self.visit.guest.number), line);
            let again = tokio::time::timeout(PATIENCE, self.resume(&last, &mut cursor)).await;
            match again {
                Ok(Ok(())) => return,
                Ok(Err(Refusal::Status(404))) => return self.give_up_rest("its session is over"),
                Ok(Err(Refusal::Status(_) | Refusal::Broken)) => pause = Duration::from_secs(1),
                Err(_) => {
                    let text = format!("{:?} were not answered in time after {last}", self.open());
                    return self.visit.world.books.breach("no hang", text);
                }
            }
        }
        self.give_up_rest("it could not come back");
    }

    async fn resume(&self, last: &str, cursor: &mut Cursor) -> Result<(), Refusal> {
        let headers = format!("{}last-event-id: {last}\r\n", self.visit.headers());
        let mut pipe = self.visit.dial().map_err(|Gone| Refusal::Broken)?;
        let asked = pipe
            .send(&request::bodiless("GET", &self.visit.path(), &headers))
            .await;
        asked.map_err(|Gone| Refusal::Broken)?;
        let head = pipe.head().await.map_err(|Gone| Refusal::Broken)?;
        if head.status != 200 {
            return Err(Refusal::Status(head.status));
        }
        let read = self.read(Events::new(pipe), Manner::Stay, cursor).await;
        read.map_err(|_| Refusal::Broken)
    }
}

/// Why a stream could not be resumed.
enum Refusal {
    Status(u16),
    Broken,
}

impl Visit {
    /// Notes that the client does not read for a while.
    pub(crate) fn note_pause(&self) {
        let now = self.world.books.now();
        let mut record = self.world.books.open();
        record
            .visits
            .entry(self.label)
            .or_default()
            .idle_reader
            .get_or_insert(now);
    }
}
