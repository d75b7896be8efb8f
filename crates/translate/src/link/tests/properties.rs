//! Whatever happens in whatever order: every exchange gets exactly one answer,
//! and nothing that is meant for one reaches another.

mod world;

use proptest::prelude::*;
use world::World;

use crate::{Server, Sharing};

/// What may happen. Numbers pick one of what there is at that time.
#[derive(Clone, Debug)]
enum Event {
    Begin { client: usize, id: i64, method: usize },
    Answer { pick: usize },
    Refuse { pick: usize },
    AnswerAnything { id: u64 },
    AskFirst { pick: usize, kind: usize },
    Acknowledge { pick: usize },
    Tell { pick: usize, method: usize },
    Progress { pick: usize },
    Announce { method: usize },
    Ask { id: i64 },
    TakeBack { id: i64 },
    Reply { session: usize, id: i64 },
    Cancel { session: usize, id: i64 },
    Abandon { pick: usize },
    Rejoin { session: usize },
    Wait { seconds: u64 },
    Jam,
    Lose,
    Open,
    EndListeners,
}

fn event() -> impl Strategy<Value = Event> {
    let pick = || 0..8_usize;
    prop_oneof![
        8 => (0..6_usize, 0..4_i64, 0..world::METHODS.len())
            .prop_map(|(client, id, method)| Event::Begin { client, id, method }),
        6 => pick().prop_map(|pick| Event::Answer { pick }),
        1 => pick().prop_map(|pick| Event::Refuse { pick }),
        1 => (0..60_u64).prop_map(|id| Event::AnswerAnything { id }),
        3 => (pick(), 0..world::QUESTIONS.len()).prop_map(|(pick, kind)| Event::AskFirst { pick, kind }),
        3 => pick().prop_map(|pick| Event::Acknowledge { pick }),
        1 => (pick(), 0..world::ANNOUNCEMENTS.len())
            .prop_map(|(pick, method)| Event::Tell { pick, method }),
        3 => pick().prop_map(|pick| Event::Progress { pick }),
        2 => (0..world::ANNOUNCEMENTS.len()).prop_map(|method| Event::Announce { method }),
        2 => (0..4_i64).prop_map(|id| Event::Ask { id }),
        1 => (0..4_i64).prop_map(|id| Event::TakeBack { id }),
        2 => (0..2_usize, 0..9_i64).prop_map(|(session, id)| Event::Reply { session, id }),
        2 => (0..2_usize, 0..4_i64).prop_map(|(session, id)| Event::Cancel { session, id }),
        2 => pick().prop_map(|pick| Event::Abandon { pick }),
        1 => (0..2_usize).prop_map(|session| Event::Rejoin { session }),
        1 => (1..40_u64).prop_map(|seconds| Event::Wait { seconds }),
        1 => Just(Event::Jam),
        1 => Just(Event::Lose),
        2 => Just(Event::Open),
        1 => Just(Event::EndListeners),
    ]
}

fn play(server: Server, sharing: Sharing, events: &[Event]) {
    play_in(World::new(server, sharing), events);
}

fn play_in(mut world: World, events: &[Event]) {
    for event in events {
        world.happen(event);
    }
    world.end();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn sessions_with_a_server_of_their_own(events in prop::collection::vec(event(), 0..120)) {
        play(Server::Legacy, Sharing::Exclusive, &events);
    }

    #[test]
    fn everybody_on_a_shared_legacy_server(events in prop::collection::vec(event(), 0..120)) {
        play(Server::Legacy, Sharing::Shared, &events);
    }

    #[test]
    fn modern_clients_on_a_modern_server(events in prop::collection::vec(event(), 0..120)) {
        play(Server::Modern, Sharing::Shared, &events);
    }

    #[test]
    fn a_session_with_a_modern_server_of_its_own(events in prop::collection::vec(event(), 0..120)) {
        play_in(World::with_sessions_on_a_modern_server(Sharing::Exclusive), &events);
    }

    #[test]
    fn everybody_on_a_shared_modern_server(events in prop::collection::vec(event(), 0..120)) {
        play_in(World::with_sessions_on_a_modern_server(Sharing::Shared), &events);
    }
}
