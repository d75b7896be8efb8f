//! The whole gateway in memory: bytes become what clients and servers do, one step after the other.
//!
//! The first two bytes choose the circumstances; then each step is a byte that says what happens and a few
//! that say how. Some steps write bytes of the input as they are, on a connection or on a server's standard
//! output; others write something sensible, so that not everything has to be guessed. When all is over the
//! rules of `history` hold: nothing panics or hangs, nothing reaches another client, each request gets one
//! answer at most, and everything is given back.

mod client;
mod input;
mod rounds;
mod server;

use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::time::Duration;

use pontoon_broker::{Hosting, LeasePolicy};
use pontoon_history::books::Books;
use pontoon_history::circumstances::{Circumstances, Tongue};
use pontoon_history::run::in_time;
use pontoon_history::server::{PuppetManners, Puppets, Stage};
use pontoon_history::world::World;
use pontoon_upstream::Connector;

use client::Clients;
use input::Input;

/// More steps take longer and find little more.
const MAX_STEPS: usize = 64;

const HOSTINGS: [Hosting; 4] = [
    Hosting::Command(LeasePolicy::Session),
    Hosting::Command(LeasePolicy::Shared),
    Hosting::InProcess,
    Hosting::Remote(LeasePolicy::Session),
];

pub(crate) fn target(data: &[u8]) {
    let outcome = in_time(|| play(Input::new(data)));
    if let Some(breach) = outcome.breaches.first() {
        panic!("{}\n{breach}", outcome.history);
    }
}

async fn play(mut input: Input<'_>) -> Arc<Books> {
    let books = Books::new();
    let (houses, manners) = (input.number(), input.number());
    let circumstances = Circumstances {
        houses: [HOSTINGS[houses % 4], HOSTINGS[houses / 4 % 4]],
        tongues: [Tongue::Legacy; 2],
        clients: 0,
        steps: 0,
        faults: true,
        tight: houses & 0x40 != 0,
        aging: houses & 0x80 != 0,
        drain_at: None,
        warm: manners / 2 % 3,
    };
    let manners = if manners % 2 == 0 {
        PuppetManners::Polite
    } else {
        PuppetManners::Mute
    };
    let stage = Arc::new(Stage::default());
    let numbers = Arc::new(AtomicU16::new(0));
    let connectors = [0, 1].map(|house| {
        let (books, numbers, stage) = (Arc::clone(&books), Arc::clone(&numbers), Arc::clone(&stage));
        Arc::new(Puppets::new(house, manners, books, numbers, stage)) as Arc<dyn Connector>
    });
    let (world, remains) = World::new(circumstances, Arc::clone(&books), connectors);
    let sweeping = tokio::spawn(World::sweep(Arc::downgrade(&world)));
    let mut clients = Clients::new(Arc::clone(&world));
    for _ in 0..MAX_STEPS {
        if input.is_empty() {
            break;
        }
        step(&mut input, &mut clients, &stage).await;
    }
    clients.leave().await;
    drop(clients);
    world.settle().await;
    sweeping.abort();
    drop((world, stage));
    tokio::time::sleep(Duration::from_secs(2)).await;
    remains.look(&books);
    books
}

async fn step(input: &mut Input<'_>, clients: &mut Clients, stage: &Stage) {
    match input.number() % 8 {
        0 => clients.dial(input.number()),
        1 => clients.write(input.number(), input.text()).await,
        2 | 3 => clients.send(input).await,
        4 => clients.hang_up(input.number()),
        5 => server::act(input, stage),
        6 => server::say(input, stage),
        _ => tokio::time::sleep(Duration::from_millis(1 << (input.number() % 14))).await,
    }
    // Whatever can happen at once happens before the next step.
    tokio::time::sleep(Duration::from_millis(1)).await;
    clients.read();
}
