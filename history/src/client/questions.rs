//! What clients make of the questions that they are asked.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::notes;
use super::visit::Visit;
use crate::books::Who;
use crate::rounds::{Put, Reply, action};

/// What becomes of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whim {
    Answer,
    Refuse,
    AnswerTwice,
    Forget,
}

/// A question arrived: it is answered on another connection, in a while or never.
pub(super) fn consider(visit: &Arc<Visit>, id: &Value, method: &str, params: &Value) {
    if params["mark"].is_null() {
        return visit
            .world
            .books
            .breach("the client's side is well formed", format!("{method} {params}"));
    }
    let (whim, delay) = visit.whim(|dice| {
        let whims = [
            (6, Whim::Answer),
            (2, Whim::Refuse),
            (1, Whim::AnswerTwice),
            (1, Whim::Forget),
        ];
        (dice.weigh(&whims), Duration::from_millis(dice.millis(0, 400)))
    });
    let is_steady = params["mood"] == "steady";
    let whim = if is_steady { Whim::Answer } else { whim };
    let question = Question {
        visit: Arc::clone(visit),
        id: id.clone(),
        key: params["key"].as_str().map(str::to_owned),
    };
    question.note(method, whim);
    if whim != Whim::Forget {
        visit.beside(question.reply(whim, delay));
    }
}

/// A question that a legacy client was asked.
struct Question {
    visit: Arc<Visit>,
    id: Value,
    /// What tells it from all others, if it is one of a round.
    key: Option<String>,
}

impl Question {
    fn note(&self, method: &str, whim: Whim) {
        let Some(key) = &self.key else { return };
        let (label, books) = (self.visit.label, &self.visit.world.books);
        let line = format!("{label} is asked {key} ({method}) inline: {whim:?}");
        books.line(Who::Client(label.client), line);
        let at = books.now();
        let mut record = books.open();
        let put = record.put.entry(key.clone()).or_insert(Put {
            to: label,
            at,
            times: 0,
            replies: Vec::new(),
        });
        put.times += 1;
    }

    async fn reply(self, whim: Whim, delay: Duration) {
        tokio::time::sleep(delay).await;
        let is_refusal = whim == Whim::Refuse;
        for _ in 0..if whim == Whim::AnswerTwice { 2 } else { 1 } {
            let mark = self.visit.mark();
            if let Some(key) = &self.key
                && let Some(put) = self.visit.world.books.open().put.get_mut(key)
            {
                put.replies.push(Reply { mark, is_refusal });
            }
            let (id, content) = (&self.id, mark.to_string());
            let body = if is_refusal {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -1, "message": content } })
            } else {
                json!({ "jsonrpc": "2.0", "id": id, "result": { "action": action(mark), "mark": content } })
            };
            notes::send(&self.visit, mark, &body.to_string()).await;
        }
    }
}
