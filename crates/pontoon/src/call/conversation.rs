//! Speaking to the server, in the era that it speaks.

use std::sync::Arc;
use std::time::Duration;

use pontoon_jsonrpc::{ErrorObject, Id, Message, Outcome, Raw, RawObject, Request, Response, code, encode};
use pontoon_mcp::{LogLevel, ModernRevision, Question, meta, method};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::questions::{Answer, Desk};
use super::screen::Screen;
use super::trouble::Trouble;
use crate::peer::{News, Peer};

/// How often a server may ask for input before it answers.
const MAX_ROUNDS: usize = 20;
/// How long a server that was told of a cancellation may take to read it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How the conversation is led.
#[derive(Clone)]
pub(super) struct Manner {
    /// How long the server may be silent.
    pub(super) patience: Duration,
    pub(super) log_level: Option<LogLevel>,
    pub(super) desk: Arc<Desk>,
    pub(super) screen: Arc<Screen>,
    /// The user wants it to end.
    pub(super) cancel: CancellationToken,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Opened by `initialize`.
    Legacy,
    Modern(ModernRevision),
}

/// A server that is being spoken to.
pub(super) struct Conversation {
    peer: Peer,
    pub(super) spoken: Spoken,
    manner: Manner,
}

/// How a request ended, if it was answered.
pub(super) type Answered = Result<Raw, ErrorObject>;

impl Conversation {
    pub(super) fn new(peer: Peer, spoken: Spoken, manner: Manner) -> Self {
        Self { peer, spoken, manner }
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.manner.screen
    }

    /// Asks, answers what the server asks back, and returns the result.
    pub(super) async fn ask(&mut self, method: &str, params: &RawObject) -> Result<Raw, Trouble> {
        let mut asked = params.clone();
        for _ in 0..MAX_ROUNDS {
            let answered = self.exchange(method, &asked, self.manner.patience).await?;
            let result = answered.map_err(|error| Trouble::Refused {
                method: method.to_owned(),
                error,
            })?;
            match round(&result) {
                Some(round) => asked = self.retry(params, &round).await?,
                None => return Ok(result),
            }
        }
        let what = format!("it asked for input {MAX_ROUNDS} times without an answer");
        Err(Trouble::Nonsense(what))
    }

    /// One request and its answer, whatever it is.
    pub(super) async fn exchange(
        &mut self,
        method: &str,
        params: &RawObject,
        patience: Duration,
    ) -> Result<Answered, Trouble> {
        let id = self.request(method, params);
        let answered = self.answer(&id, patience).await;
        self.manner.screen.clear();
        if let Err(Trouble::Cancelled | Trouble::Silent { .. }) = &answered
            && method != method::INITIALIZE
        {
            self.withdraw(&id).await;
        }
        answered
    }

    /// Sends a request without waiting for its answer.
    pub(super) fn request(&mut self, method: &str, params: &RawObject) -> Id {
        let id = self.peer.next_id();
        let params = self.complete(method, params, &id);
        self.peer.send(encode::request(&id, method, Some(&params)));
        id
    }

    pub(super) fn notify(&self, method: &str) {
        self.peer.send(encode::notification(method, None));
    }

    /// The parameters with all that the era wants in `_meta`, and a token for progress.
    fn complete(&self, method: &str, params: &RawObject, id: &Id) -> Raw {
        let given = params.get(meta::META).and_then(|given| given.object());
        let mut given = given.unwrap_or_else(RawObject::empty);
        let mut set = |key: &str, value: Raw| {
            let longer = given.edit().set(key, value).finish();
            given = longer.object().expect("setting a key leaves an object");
        };
        if let Spoken::Modern(revision) = self.spoken {
            set(meta::PROTOCOL_VERSION, Raw::string(revision.as_str()));
            set(meta::CLIENT_INFO, client_info());
            set(meta::CLIENT_CAPABILITIES, self.manner.desk.capabilities());
            if let Some(level) = self.manner.log_level {
                set(meta::LOG_LEVEL, Raw::string(level.as_str()));
            }
        }
        if matches!(
            method,
            method::TOOLS_CALL | method::PROMPTS_GET | method::RESOURCES_READ
        ) {
            set(meta::PROGRESS_TOKEN, id.to_raw());
        }
        if given.is_empty() {
            return params.to_raw();
        }
        params.edit().set(meta::META, given.to_raw()).finish()
    }

    /// Waits for an answer; whatever else the server says starts its time anew.
    async fn answer(&mut self, id: &Id, patience: Duration) -> Result<Answered, Trouble> {
        loop {
            match self.next(Some(patience)).await? {
                News::Message(Message::Response(response)) if response.id.as_ref() == Some(id) => {
                    return Ok(outcome(response));
                }
                News::Message(Message::Notification(told)) => self.manner.screen.told(&told),
                News::Message(Message::Response(_)) => {}
                News::Message(Message::Request(question)) => self.questioned(question).await?,
                News::Failed(failed, why) if failed == *id => return Err(Trouble::Failed(why)),
                News::Failed(..) => {}
                News::Closed(why) => return Err(Trouble::of_closed(&why)),
            }
        }
    }

    /// What the server says next, unless it is silent for too long or the user has had enough.
    pub(super) async fn next(&mut self, patience: Option<Duration>) -> Result<News, Trouble> {
        let cancelled = self.manner.cancel.clone();
        let news = async {
            match patience {
                Some(patience) => timeout_at(Instant::now() + patience, self.peer.next()).await,
                None => Ok(self.peer.next().await),
            }
        };
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(Trouble::Cancelled),
            news = news => news.map_err(|_| Trouble::Silent {
                patience: patience.unwrap_or_default(),
                noise: self.noise(),
            }),
        }
    }

    /// Something else than MCP may have been said all the time.
    fn noise(&self) -> &'static str {
        match self.peer.diagnostics().counters.noise_lines {
            0 => "",
            _ => {
                "\n  it printed lines that are no JSON-RPC: is it an MCP server, told to speak on standard output?"
            }
        }
    }

    /// A legacy server asks in the middle of a call.
    pub(super) async fn questioned(&mut self, request: Request) -> Result<(), Trouble> {
        let refusal = |code, why: &str| encode::error(Some(&request.id), &ErrorObject::new(code, why));
        let answer = match Question::of(&request.method) {
            _ if *request.method == *method::PING => encode::result(&request.id, &Raw::empty_object()),
            None => refusal(code::METHOD_NOT_FOUND, "this client does not know the method"),
            Some(question) => match self.put(question, request.params.clone()).await? {
                Answer::Given(result) => encode::result(&request.id, &result),
                // The code that the specification's own example has (2025-11-25, Sampling, "Error Handling").
                Answer::Refused(why) => refusal(USER_REJECTED, &why),
                Answer::Unable(why) => refusal(code::METHOD_NOT_FOUND, &why),
            },
        };
        self.peer.send(answer);
        Ok(())
    }

    /// Whoever sits at the desk may take all the time there is.
    async fn put(&self, question: Question, params: Option<Raw>) -> Result<Answer, Trouble> {
        self.manner.screen.clear();
        let desk = Arc::clone(&self.manner.desk);
        let answering = tokio::task::spawn_blocking(move || desk.answer(question, params.as_ref()));
        tokio::select! {
            biased;
            () = self.manner.cancel.cancelled() => Err(Trouble::Cancelled),
            answer = answering => answer.map_err(|_| Trouble::Nonsense("a question could not be answered".to_owned())),
        }
    }

    /// A modern server wants input first: the parameters of the next attempt (2026-07-28, "Multi Round-Trip Requests").
    async fn retry(&self, params: &RawObject, round: &Round) -> Result<RawObject, Trouble> {
        let mut responses = RawObject::empty();
        for (key, question) in round.questions()? {
            let kind = question
                .get_str("method")
                .and_then(|method| Question::of(&method));
            let kind =
                kind.ok_or_else(|| Trouble::Nonsense(format!("its question `{key}` is of no known kind")))?;
            // There is no way to say no but not to come back (2026-07-28, Sampling, "Error Handling").
            let result = match self.put(kind, question.get("params")).await? {
                Answer::Given(result) => result,
                Answer::Refused(why) | Answer::Unable(why) => return Err(Trouble::Declined(why)),
            };
            let longer = responses.edit().set(&key, result).finish();
            responses = longer.object().expect("setting a key leaves an object");
        }
        let mut next = params.edit();
        if !responses.is_empty() {
            next.set("inputResponses", responses.to_raw());
        }
        if let Some(state) = &round.state {
            next.set("requestState", state.clone());
        }
        Ok(next.finish().object().expect("setting a key leaves an object"))
    }

    /// Tells the server that nobody waits any more, and gives it a moment to read that.
    pub(super) async fn withdraw(&mut self, id: &Id) {
        let params = RawObject::empty()
            .edit()
            .set("requestId", id.to_raw())
            .set("reason", Raw::string("the user does not wait any more"))
            .finish();
        self.peer
            .send(encode::notification(method::CANCELLED, Some(&params)));
        if self.spoken != Spoken::Legacy {
            return;
        }
        let read = self.peer.request(method::PING, None);
        let is_read = |news: &News| match news {
            News::Message(Message::Response(response)) => response.id.as_ref() == Some(&read),
            News::Failed(failed, _) => *failed == read,
            News::Closed(_) => true,
            News::Message(_) => false,
        };
        let reading = async { while !is_read(&self.peer.next().await) {} };
        let _ = timeout(LAST_WORDS, reading).await;
    }

    pub(super) async fn close(self) {
        self.peer.close().await;
    }
}

/// What a user says who does not want to be asked.
const USER_REJECTED: i64 = -1;

/// Who we are.
pub(super) fn client_info() -> Raw {
    Raw::from_static(concat!(
        r#"{"name":"pontoon","version":""#,
        env!("CARGO_PKG_VERSION"),
        r#""}"#
    ))
}

fn outcome(response: Response) -> Answered {
    match response.outcome {
        Outcome::Result(result) => Ok(result),
        Outcome::Error(error) => Err(error),
    }
}

/// What a modern server wants to know before it answers.
struct Round {
    questions: Option<Raw>,
    state: Option<Raw>,
}

impl Round {
    fn questions(&self) -> Result<Vec<(String, RawObject)>, Trouble> {
        let Some(questions) = &self.questions else {
            return Ok(Vec::new());
        };
        let nonsense = || Trouble::Nonsense("its `inputRequests` are no questions".to_owned());
        let questions = questions.object().ok_or_else(nonsense)?;
        let question = |(key, question): (std::borrow::Cow<'_, str>, Raw)| {
            Ok((key.into_owned(), question.object().ok_or_else(nonsense)?))
        };
        questions.iter().map(question).collect()
    }
}

fn round(result: &Raw) -> Option<Round> {
    let result = result.object()?;
    (result.get_str("resultType")? == "input_required").then(|| Round {
        questions: result.get("inputRequests"),
        state: result.get("requestState"),
    })
}

#[cfg(test)]
mod tests;
