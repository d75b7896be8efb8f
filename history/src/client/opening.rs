//! How sessions are opened.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::exchange::{self, Manner};
use super::pipe::{Gone, Head};
use super::request::{self, BOTH, Draft};
use super::visit::{Era, PATIENCE, Visit};
use super::{listening, notes};
use crate::books::{Answer, Ask};

/// Opens a session; says whether there is one.
pub(super) async fn open(visit: &Arc<Visit>) -> bool {
    match visit.guest.era {
        Era::HttpSse => http_sse(visit).await,
        Era::Streamable(revision) => streamable(visit, revision).await,
        Era::Modern => true,
    }
}

async fn http_sse(visit: &Arc<Visit>) -> bool {
    let (sender, opened) = oneshot::channel();
    visit.beside(listening::http_sse(Arc::clone(visit), sender));
    if !matches!(tokio::time::timeout(PATIENCE, opened).await, Ok(Ok(true))) {
        return false;
    }
    let mut draft = Draft::new(visit, "initialize", serde_json::json!({}));
    let text = request::initialize(visit, &draft.id, "2025-11-25");
    let message: serde_json::Value = serde_json::from_str(&text).expect("it was just written");
    draft.params = message["params"].clone();
    draft.params["mark"] = serde_json::Value::from(draft.mark.to_string());
    let mark = draft.mark;
    exchange::run(Arc::clone(visit), draft, Manner::Stay).await;
    let is_open = {
        let record = visit.world.books.open();
        let ask = record.asks.get(&mark);
        ask.is_some_and(|ask| matches!(ask.answers[..], [(_, Answer::Result(_))]))
    };
    if is_open {
        notes::initialized(visit).await;
    }
    is_open
}

async fn streamable(visit: &Arc<Visit>, revision: &'static str) -> bool {
    let (mark, id) = (visit.mark(), visit.id());
    let books = &visit.world.books;
    let ask = Ask {
        house: visit.guest.house,
        method: "initialize".to_owned(),
        sent: books.now(),
        honest: true,
        ..Ask::default()
    };
    visit.ask(mark, &id, ask);
    let body = request::initialize(visit, &id, revision);
    let opening = tokio::time::timeout(PATIENCE, post(visit, &body)).await;
    let (head, text) = match opening {
        Ok(Ok(answer)) => answer,
        Ok(Err(Gone)) => {
            books.give_up(mark, "no connection");
            return false;
        }
        Err(_) => {
            books.breach("no hang", format!("{mark} was not answered in time"));
            return false;
        }
    };
    visit.receive(&text, None);
    let Some(key) = head.get("mcp-session-id") else {
        return false;
    };
    let _ = visit.key.set(key.to_owned());
    notes::initialized(visit).await;
    true
}

async fn post(visit: &Visit, body: &str) -> Result<(Head, String), Gone> {
    let mut pipe = visit.dial()?;
    pipe.send(&request::post(&visit.path(), BOTH, "", body)).await?;
    let head = pipe.head().await?;
    let text = pipe.whole().await?;
    Ok((head, text))
}
