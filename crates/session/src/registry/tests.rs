use super::*;
use crate::{StreamLimits, Transport};

const STREAMS: StreamLimits = StreamLimits {
    queue_bytes: 100,
    replay_bytes: 100,
    streams: 3,
};

fn limits() -> SessionLimits {
    SessionLimits {
        total: 3,
        per_principal: 2,
        idle: Duration::from_secs(300),
        age: Duration::from_secs(3_600),
    }
}

fn owner(principal: &str, endpoint: &str) -> Owner {
    Owner::new(principal, endpoint, principal)
}

fn open(sessions: &Sessions<()>, principal: &str, now: Duration) -> Result<Arc<Session<()>>, Refused> {
    let session = Arc::new(Session::new(
        SessionId::random(),
        owner(principal, "demo"),
        Transport::Streamable,
        STREAMS,
        now,
    ));
    sessions.insert(Arc::clone(&session)).map(|()| session)
}

#[test]
fn a_session_is_found_by_its_owner_only() {
    let sessions = Sessions::new(limits());
    let session = open(&sessions, "alice", Duration::ZERO).unwrap();
    assert!(sessions.get(session.id(), &owner("alice", "demo")).is_some());
    assert!(sessions.get(session.id(), &owner("bob", "demo")).is_none());
    assert!(sessions.get(session.id(), &owner("alice", "other")).is_none());
    assert!(
        sessions
            .get(SessionId::random(), &owner("alice", "demo"))
            .is_none()
    );
}

#[test]
fn sessions_are_bounded_in_all_and_per_principal() {
    let sessions = Sessions::new(limits());
    let first = open(&sessions, "alice", Duration::ZERO).unwrap();
    open(&sessions, "alice", Duration::ZERO).unwrap();
    assert_eq!(
        open(&sessions, "alice", Duration::ZERO).unwrap_err(),
        Refused::PerPrincipal
    );
    open(&sessions, "bob", Duration::ZERO).unwrap();
    assert_eq!(
        open(&sessions, "carol", Duration::ZERO).unwrap_err(),
        Refused::Total
    );
    assert_eq!(sessions.refused(), 2);
    sessions.remove(first.id()).unwrap();
    assert!(sessions.remove(first.id()).is_none());
    open(&sessions, "alice", Duration::ZERO).unwrap();
}

#[test]
fn idle_sessions_expire_unless_a_client_listens() {
    let sessions = Sessions::new(limits());
    let idle = open(&sessions, "alice", Duration::ZERO).unwrap();
    let listening = open(&sessions, "alice", Duration::ZERO).unwrap();
    let _stream = listening.listen().unwrap();
    let used = open(&sessions, "bob", Duration::ZERO).unwrap();
    used.touch(Duration::from_secs(200));
    let expired = sessions.expire(Duration::from_secs(300));
    assert_eq!(
        expired.iter().map(|session| session.id()).collect::<Vec<_>>(),
        [idle.id()]
    );
    assert_eq!(sessions.len(), 2);
}

#[test]
fn old_sessions_expire_whatever_happens_on_them() {
    let sessions = Sessions::new(limits());
    let session = open(&sessions, "alice", Duration::ZERO).unwrap();
    let _stream = session.listen().unwrap();
    session.touch(Duration::from_secs(3_600));
    assert_eq!(sessions.expire(Duration::from_secs(3_600)).len(), 1);
    assert!(sessions.is_empty());
}

#[test]
fn a_session_is_not_idle_while_a_client_waits_for_an_answer() {
    let sessions = Sessions::new(limits());
    let session = open(&sessions, "alice", Duration::ZERO).unwrap();
    let late = Duration::from_secs(3_000);
    let waiting = session.wait_for();
    assert!(sessions.expire(late).is_empty());
    drop(waiting);
    assert!(sessions.expire(late + Duration::from_secs(299)).is_empty());
    assert_eq!(sessions.expire(late + Duration::from_secs(300)).len(), 1);
}

#[test]
fn idleness_begins_when_the_last_stream_has_ended() {
    let sessions = Sessions::new(limits());
    let session = open(&sessions, "alice", Duration::ZERO).unwrap();
    let stream = session.listen().unwrap();
    let late = Duration::from_secs(3_000);
    assert!(sessions.expire(late).is_empty());
    drop(stream);
    assert!(sessions.expire(late + Duration::from_secs(299)).is_empty());
    assert_eq!(sessions.expire(late + Duration::from_secs(300)).len(), 1);
}

#[test]
fn streams_count_while_somebody_reads_them() {
    let sessions = Sessions::new(limits());
    let alice = open(&sessions, "alice", Duration::ZERO).unwrap();
    let bob = open(&sessions, "bob", Duration::ZERO).unwrap();
    let streams = [&alice, &alice, &bob].map(|session| session.listen().unwrap());
    assert_eq!(sessions.attached_streams(), 3);
    drop(streams);
    assert_eq!(sessions.attached_streams(), 0);
}
