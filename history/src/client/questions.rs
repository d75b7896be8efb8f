//! What clients make of the questions that they are asked.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::notes;
use super::visit::Visit;

/// What becomes of one.
#[derive(Clone, Copy, Debug)]
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
    let (replies, refused) = match whim {
        Whim::Answer => (1, false),
        Whim::Refuse => (1, true),
        Whim::AnswerTwice => (2, false),
        Whim::Forget => return,
    };
    let (visiting, id) = (Arc::clone(visit), id.clone());
    visit.beside(async move {
        tokio::time::sleep(delay).await;
        for _ in 0..replies {
            let mark = visiting.mark();
            let content = mark.to_string();
            let body = if refused {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -1, "message": content } })
            } else {
                json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "accept", "mark": content } })
            };
            notes::send(&visiting, mark, &body.to_string()).await;
        }
    });
}
