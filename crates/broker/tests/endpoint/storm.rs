//! Many clients, crashes and changes of mind at once, on several threads: no
//! call goes unanswered, and nothing is left in the end.

use std::sync::Arc;
use std::time::Duration;

use pontoon_broker::{Hosting, LeasePolicy};
use pontoon_downstream::Backend;
use pontoon_supervise::{BackoffSettings, CircuitSettings};

use crate::support::House;

const CLIENTS: u64 = 24;
const STEPS: usize = 60;

/// A small generator: each client takes its own, repeatable way.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn house(hosting: Hosting) -> Arc<House> {
    Arc::new(House::with(hosting, |settings| {
        settings.warm = 2;
        settings.idle = Duration::from_millis(20);
        settings.backoff = BackoffSettings {
            base: Duration::from_millis(1),
            max: Duration::from_millis(2),
        };
        settings.circuit = CircuitSettings {
            failures: 100_000,
            ..CircuitSettings::default()
        };
    }))
}

fn tool(dice: &mut Dice) -> &'static str {
    if dice.roll(12) == 0 { "crash" } else { "echo" }
}

async fn legacy_client(house: Arc<House>, mut dice: Dice) {
    let mut visitor = house.visitor();
    let mut is_open = false;
    for step in 0..STEPS {
        let id = i64::try_from(step).expect("a small number");
        match dice.roll(10) {
            _ if !is_open => is_open = visitor.initialize().await["result"].is_object(),
            0 => {
                visitor.leave();
                (visitor, is_open) = (house.visitor(), false);
            }
            1 => (visitor, is_open) = (house.visitor(), false),
            2 => drop(visitor.call(id, tool(&mut dice)).await),
            3 => {
                let calls = tokio::join!(visitor.call(id, "echo"), visitor.call(id + 1_000, "crash"));
                calls.0.answer().await;
                calls.1.answer().await;
            }
            _ => _ = visitor.call(id, tool(&mut dice)).await.answer().await,
        }
    }
}

async fn modern_client(house: Arc<House>, mut dice: Dice) {
    let address = format!("10.0.0.{}", dice.roll(4));
    for _ in 0..STEPS {
        match dice.roll(10) {
            0 => drop(house.modern_call(&address, "hold").await),
            1 => {
                let filter = r#"{"notifications":{"toolsListChanged":true}}"#;
                drop(house.modern(&address, "", "subscriptions/listen", filter).await);
            }
            2 => tokio::select! {
                biased;
                () = tokio::task::yield_now() => {}
                call = house.modern_call(&address, "echo") => {
                    call.answer().await;
                }
            },
            3 => {
                let level = r#""io.modelcontextprotocol/logLevel":"info""#;
                let call = house
                    .modern(&address, level, "tools/call", r#"{"name":"echo"}"#)
                    .await;
                call.answer().await;
            }
            _ => _ = house.modern_call(&address, tool(&mut dice)).await.answer().await,
        }
    }
}

async fn storm(hosting: Hosting) {
    let house = house(hosting);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (house, dice) = (Arc::clone(&house), Dice(number + 1));
            match number % 2 {
                0 => tokio::spawn(legacy_client(house, dice)),
                _ => tokio::spawn(modern_client(house, dice)),
            }
        })
        .collect();
    for client in clients {
        client.await.expect("a client does not panic");
    }
    house.endpoint.drain().await;
    assert_eq!(house.fake.running(), 0, "{hosting:?}: servers");
    assert_eq!(house.endpoint.processes(), 0, "{hosting:?}: slots");
    assert_eq!(house.in_flight(), 0, "{hosting:?}: calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_is_answered_and_nothing_is_left() {
    let storms = async {
        storm(Hosting::Command(LeasePolicy::Session)).await;
        storm(Hosting::Command(LeasePolicy::Shared)).await;
        storm(Hosting::InProcess).await;
    };
    tokio::time::timeout(Duration::from_secs(60), storms)
        .await
        .expect("no call waits for ever");
}
