//! Clients of all eras, which do what chance tells them.

mod asking;
mod draw;
mod exchange;
mod foul;
mod listening;
mod notes;
mod opening;
pub mod pipe;
mod questions;
mod request;
mod stream;
mod visit;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::mark::Mark;
use crate::world::World;
pub(crate) use asking::MOST_ROUNDS;
use exchange::Manner;
use listening::Leave;
use pipe::Gone;
use request::Draft;
use visit::Visit;
pub(crate) use visit::{Era, Guest};

/// What a client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Call,
    Several,
    Background,
    Small,
    Subscribe,
    Unsubscribe,
    Note,
    Cancel,
    Listen,
    Rest,
    Foul,
    SetLevel,
    Batch,
    PauseStream,
    Leave(Farewell),
}

/// How a client leaves its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// When everything is answered, and with a word.
    Politely,
    /// With a word, but in the middle of it all.
    Abruptly,
    /// Without one.
    Silently,
}

/// A client from its first step to its last.
pub(crate) async fn live(world: Arc<World>, guest: Guest, mut dice: Dice, steps: u32) {
    tokio::time::sleep(Duration::from_millis(dice.millis(0, 300))).await;
    let mut left = steps;
    let mut session = u16::from(guest.era != Era::Modern);
    while left > 0 && !world.is_draining() {
        left -= 1;
        let visit = Visit::new(&world, guest, session, &mut dice);
        session += 1;
        if !opening::open(&visit).await {
            visit.end("it could not be opened");
            visit.drop_chores();
            visit.give_up_all("it could not be opened");
            tokio::time::sleep(Duration::from_millis(dice.millis(1, 500))).await;
            continue;
        }
        let farewell = Stay::new(&visit, &mut dice).run(&mut left).await;
        leave(&visit, farewell).await;
    }
}

/// What a client does in one session.
struct Stay<'a> {
    visit: &'a Arc<Visit>,
    dice: &'a mut Dice,
    /// Requests that may still be under way.
    background: Vec<(Mark, Value)>,
}

impl<'a> Stay<'a> {
    fn new(visit: &'a Arc<Visit>, dice: &'a mut Dice) -> Self {
        Self {
            visit,
            dice,
            background: Vec::new(),
        }
    }

    async fn run(mut self, left: &mut u32) -> Farewell {
        while *left > 0 && !self.visit.is_over() {
            *left -= 1;
            match self.choose() {
                Action::Leave(farewell) => return farewell,
                action => self.act(action).await,
            }
        }
        match self.dice.roll(4) {
            0 => Farewell::Silently,
            1 => Farewell::Abruptly,
            _ => Farewell::Politely,
        }
    }

    fn choose(&mut self) -> Action {
        let legacy = u64::from(self.visit.guest.era != Era::Modern);
        let sse = u64::from(self.visit.guest.era == Era::HttpSse);
        let batches = u64::from(self.visit.guest.era == Era::Streamable("2025-03-26"));
        self.dice.weigh(&[
            (20, Action::Call),
            (8, Action::Several),
            (20, Action::Background),
            (8, Action::Small),
            (5 * legacy, Action::Subscribe),
            (2 * legacy, Action::Unsubscribe),
            (8 * legacy, Action::Note),
            (6 * legacy, Action::Cancel),
            (8 * (1 - sse), Action::Listen),
            (10, Action::Rest),
            (5, Action::Foul),
            (2 * legacy, Action::SetLevel),
            (12 * batches, Action::Batch),
            (sse, Action::PauseStream),
            (2 * legacy, Action::Leave(Farewell::Politely)),
            (legacy, Action::Leave(Farewell::Abruptly)),
            (legacy, Action::Leave(Farewell::Silently)),
        ])
    }

    async fn act(&mut self, action: Action) {
        let visit = self.visit;
        match action {
            Action::Call => {
                let (draft, manner) = self.call();
                exchange::run(Arc::clone(visit), draft, manner).await;
            }
            Action::Several => (0..2 + self.dice.roll(3)).for_each(|_| self.begin()),
            Action::Background => self.begin(),
            Action::Small => self.small().await,
            Action::Subscribe | Action::Unsubscribe => self.subscribe(action).await,
            Action::Note => notes::vendor(visit).await,
            Action::Cancel => self.cancel().await,
            Action::Listen => self.listen(),
            Action::Rest => tokio::time::sleep(Duration::from_millis(self.dice.millis(1, 900))).await,
            Action::Foul => foul::commit(visit, self.dice, &self.background).await,
            Action::SetLevel => {
                let level = self.dice.pick(&["debug", "info", "error"]);
                self.simple("logging/setLevel", json!({ "level": level })).await;
            }
            Action::Batch => self.batch(),
            Action::PauseStream => visit.pause.store(self.dice.millis(100, 2_000), Ordering::Relaxed),
            Action::Leave(_) => {}
        }
    }

    /// A call with a script, and how its answer is waited for.
    fn call(&mut self) -> (Draft, Manner) {
        let manner = draw::manner(self.visit, self.dice);
        let (script, honest) = match manner {
            Manner::Pause(..) => (json!([["flood", 70], ["answer"]]), false),
            _ => draw::script(self.visit, self.dice),
        };
        let mut draft = Draft::call(self.visit, &script, honest);
        if self.visit.guest.era == Era::Modern && self.dice.once_in(4) {
            draft.params["_meta"]["io.modelcontextprotocol/logLevel"] = Value::from("debug");
        }
        (draft, manner)
    }

    fn begin(&mut self) {
        let (draft, manner) = self.call();
        self.background.push((draft.mark, draft.id.clone()));
        self.visit
            .beside(exchange::run(Arc::clone(self.visit), draft, manner));
    }

    /// Several calls in one POST, with a notification between them.
    fn batch(&mut self) {
        let calls: Vec<_> = (0..1 + self.dice.roll(3))
            .map(|_| {
                let (script, honest) = draw::script(self.visit, self.dice);
                Draft::call(self.visit, &script, honest)
            })
            .collect();
        let manner = match draw::manner(self.visit, self.dice) {
            Manner::Pause(..) => Manner::Stay,
            manner => manner,
        };
        self.visit
            .beside(exchange::run_batch(Arc::clone(self.visit), calls, manner));
    }

    async fn small(&mut self) {
        match (self.visit.guest.era, self.dice.roll(3)) {
            (Era::Modern, 0) => self.simple("server/discover", json!({})).await,
            (_, 0) => self.simple("ping", json!({})).await,
            (_, 1) => self.simple("tools/list", json!({})).await,
            (_, _) => self.simple("resources/list", json!({})).await,
        }
    }

    async fn simple(&mut self, method: &'static str, params: Value) {
        let draft = Draft::new(self.visit, method, params);
        exchange::run(Arc::clone(self.visit), draft, Manner::Stay).await;
    }

    async fn subscribe(&mut self, action: Action) {
        let uri = draw::uri(self.visit, self.dice);
        let method = if action == Action::Subscribe {
            "resources/subscribe"
        } else {
            "resources/unsubscribe"
        };
        {
            let mut record = self.visit.world.books.open();
            record
                .visits
                .entry(self.visit.label)
                .or_default()
                .uris
                .push(uri.clone());
        }
        self.simple(method, json!({ "uri": uri })).await;
    }

    async fn cancel(&mut self) {
        if let Some((mark, id)) = self.background.pop() {
            notes::cancel(self.visit, mark, &id).await;
        }
    }

    fn listen(&mut self) {
        let leave = if self.dice.once_in(2) {
            Leave::After(Duration::from_millis(self.dice.millis(1, 1_500)))
        } else {
            Leave::AtItsEnd
        };
        if self.visit.guest.era == Era::Modern {
            let uris = vec![draw::uri(self.visit, self.dice), draw::uri(self.visit, self.dice)];
            let leave = match leave {
                // Only the end of the gateway ends what they listen to.
                Leave::AtItsEnd if self.visit.world.circumstances.drain_at.is_some() => leave,
                _ => Leave::After(Duration::from_millis(self.dice.millis(1, 3_000))),
            };
            self.visit
                .beside(listening::subscribe(Arc::clone(self.visit), uris, leave));
        } else {
            let time = match leave {
                // A client cannot wait for everything while it reads what has no end.
                Leave::AtItsEnd => Duration::from_secs(5),
                Leave::After(time) => time,
            };
            let visit = Arc::clone(self.visit);
            self.visit
                .beside(async move { _ = listening::get(visit, time).await });
        }
    }
}

/// Leaves a session.
async fn leave(visit: &Arc<Visit>, farewell: Farewell) {
    match (farewell, visit.guest.era) {
        (Farewell::Silently, _) | (Farewell::Abruptly, Era::HttpSse) => {}
        (Farewell::Politely, Era::HttpSse) => visit.finish_calls().await,
        (_, Era::Modern) => visit.finish_chores().await,
        (Farewell::Politely, Era::Streamable(_)) => {
            visit.finish_chores().await;
            hear_the_rest(visit).await;
            delete(visit).await;
        }
        (Farewell::Abruptly, Era::Streamable(_)) => {
            delete(visit).await;
            visit.finish_chores().await;
        }
    }
    if !visit.is_over() {
        visit.end(match farewell {
            Farewell::Silently => "its client says nothing and is gone",
            Farewell::Politely | Farewell::Abruptly => "its client left",
        });
    }
    visit.drop_chores();
    visit.give_up_all("its client left");
    if visit.guest.era == Era::HttpSse {
        visit.tell_over();
    }
}

async fn delete(visit: &Arc<Visit>) {
    visit.end("it was deleted");
    // 404 if its time was over already; no answer if the gateway stops.
    match notes::delete(visit).await {
        Ok(204) => visit.tell_over(),
        Ok(404) | Err(Gone) => {}
        Ok(status) => {
            let text = format!("{}: {status}", visit.label);
            visit.world.books.breach("sessions can be deleted", text);
        }
    }
}

/// Reads what is left on the session's own stream. Who does so has missed nothing.
async fn hear_the_rest(visit: &Arc<Visit>) {
    let now = visit.world.books.now();
    if listening::get(Arc::clone(visit), Duration::from_millis(500)).await {
        let mut record = visit.world.books.open();
        record.visits.entry(visit.label).or_default().heard_all = Some(now);
    }
}
