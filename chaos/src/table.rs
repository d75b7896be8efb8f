//! How servers misbehave, and what their clients must be told.

use std::time::Duration;

use crate::table::Answers::{All, Any, No, Perhaps, Some};

/// One way to misbehave.
pub(crate) struct Behaviour {
    pub(crate) name: &'static str,
    /// How the program is started.
    pub(crate) start: Start,
    /// Flags of `pontoon-test-child`.
    pub(crate) flags: &'static str,
    /// What `initialize` must be answered with.
    pub(crate) opens: Answers,
    /// What calls must be answered with.
    pub(crate) calls: Answers,
    pub(crate) leases: &'static [Lease],
    /// Lines of `[limits]` beside those that every row has.
    pub(crate) limits: &'static str,
    /// Calls of each lane of a client, one after the other.
    pub(crate) calls_each: usize,
    /// Further bytes of each call.
    pub(crate) padding: usize,
    /// Processes that each process leaves behind.
    pub(crate) offspring: usize,
    /// The longest that an answer may take.
    pub(crate) bound: Duration,
    pub(crate) weight: Weight,
    pub(crate) end: End,
}

/// Who shares the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lease {
    Session,
    Shared,
}

/// How the gateway ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// SIGTERM.
    Asked,
    /// SIGKILL: nobody is left who could stop anything.
    Killed,
}

/// What is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The test program.
    Child,
    /// A shell that starts it and waits.
    Shell,
    /// A shell that starts it and ends.
    Background,
    /// A program that is not there.
    Missing,
}

/// What answers must be. Errors are named by their cause.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answers {
    /// Right, all of them.
    All,
    /// Errors with one of these causes, all of them.
    No(&'static [&'static str]),
    /// Right or one of these, and both occur.
    Some(&'static [&'static str]),
    /// Right or one of these.
    Perhaps(&'static [&'static str]),
    /// As [`Answers::Perhaps`], but a result may be that of another call of the same client.
    Any(&'static [&'static str]),
}

/// How much of the machine a row takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It mostly waits: others are played at the same time.
    Light,
    /// It would be a load on the bystanders of others.
    Heavy,
}

impl Weight {
    /// What 99 of 100 calls of bystanders stay below in a debug build, on a machine that plays other rows as well: a
    /// server that waits for another one is stuck for longer, and a flood costs a debug build fifty times as much.
    pub(crate) fn bystanders_wait(self) -> Duration {
        match self {
            Self::Light => Duration::from_secs(1),
            Self::Heavy => Duration::from_secs(3),
        }
    }
}

const BOTH: &[Lease] = &[Lease::Session, Lease::Shared];

/// A server that does nothing wrong; rows say how they differ.
const SOUND: Behaviour = Behaviour {
    name: "sound",
    start: Start::Child,
    flags: "",
    opens: All,
    calls: All,
    leases: BOTH,
    limits: "",
    calls_each: 4,
    padding: 0,
    offspring: 0,
    bound: Duration::from_secs(6),
    weight: Weight::Light,
    end: End::Asked,
};

const CRASH: &[&str] = &["upstream_exited", "upstream_circuit_open"];
const NO_START: &[&str] = &["upstream_start_failed", "upstream_circuit_open"];
const TOO_LATE: &[&str] = &["upstream_start_timeout", "upstream_circuit_open"];
const TIMEOUT: &[&str] = &["upstream_timeout"];
const INVALID: &[&str] = &["upstream_invalid_answer"];
/// Calls of a server that never opens: of stateless clients, who have nothing but calls.
const SHORT_CALLS: &str = "call_timeout = \"700ms\"";

/// A row that differs from [`SOUND`] in its flags only.
const fn noise(name: &'static str, flags: &'static str) -> Behaviour {
    Behaviour { name, flags, ..SOUND }
}

/// A server whose calls end this way.
const fn fault(name: &'static str, flags: &'static str, calls: Answers) -> Behaviour {
    Behaviour {
        name,
        flags,
        calls,
        bound: Duration::from_secs(15),
        ..SOUND
    }
}

/// A server whose calls are not answered.
const fn mute(name: &'static str, flags: &'static str, calls: Answers) -> Behaviour {
    Behaviour {
        limits: SHORT_CALLS,
        calls_each: 2,
        ..fault(name, flags, calls)
    }
}

/// A server that does not get ready.
const fn broken(name: &'static str, flags: &'static str, answers: Answers) -> Behaviour {
    Behaviour {
        opens: answers,
        calls_each: 2,
        ..fault(name, flags, answers)
    }
}

/// A server that is waited for in vain.
const fn never_ready(name: &'static str, flags: &'static str) -> Behaviour {
    Behaviour {
        limits: "start_timeout = \"1200ms\"",
        ..broken(name, flags, No(TOO_LATE))
    }
}

/// A server that leaves processes behind, or does not want to end.
const fn stubborn(name: &'static str, flags: &'static str, offspring: usize) -> Behaviour {
    Behaviour {
        offspring,
        ..noise(name, flags)
    }
}

impl Behaviour {
    /// Whether its process is there to stay once it is started.
    pub(crate) fn starts(&self) -> bool {
        matches!(self.opens, All) && matches!(self.start, Start::Child | Start::Shell)
    }
}

/// Everything.
pub(crate) const TABLE: &[Behaviour] = &[
    SOUND,
    // What is printed beside the answers.
    noise("banner", "--banner"),
    noise("ansi", "--ansi"),
    noise("crlf", "--crlf"),
    noise("not-utf8", "--bad-utf8"),
    noise("batch", "--batch"),
    noise("long-line", "--giant-line 500000"),
    noise("giant-line", "--giant-line 3000000"),
    noise("single-bytes", "--dribble"),
    noise("pieces", "--pieces"),
    Behaviour {
        weight: Weight::Heavy,
        ..noise("stderr", "--stderr-flood")
    },
    // Answers.
    noise("twice", "--duplicate-answers"),
    noise("out-of-order", "--reorder 20"),
    noise("slow", "--late 20"),
    noise("guessed-ids", "--guess-ids"),
    noise("huge-results", "--huge-result 100000"),
    Behaviour {
        // On a shared server only the server knows which answer is whose.
        leases: &[Lease::Session],
        ..mute("wrong-ids", "--wrong-id", Any(TIMEOUT))
    },
    mute("too-late", "--late 900", Some(TIMEOUT)),
    Behaviour {
        calls_each: 2,
        limits: "call_timeout = \"14s\"",
        ..fault(
            "over-the-limit",
            "--huge-result 1200000",
            No(&["upstream_too_large"]),
        )
    },
    fault("duplicate-keys", "--bad-answer duplicate-keys", No(INVALID)),
    fault("result-and-error", "--bad-answer both", No(INVALID)),
    fault("no-result", "--bad-answer neither", No(INVALID)),
    fault("no-version", "--bad-answer no-version", No(INVALID)),
    fault("no-object", "--bad-answer no-object", No(INVALID)),
    fault("too-deep", "--bad-answer deep", No(INVALID)),
    fault("cut-short", "--bad-answer cut", No(INVALID)),
    fault("answer-not-utf8", "--bad-answer bad-utf8", No(INVALID)),
    mute("huge-ids", "--bad-answer huge-id", No(TIMEOUT)),
    // Notifications and questions.
    noise("progress", "--progress 20"),
    noise("foreign-notifications", "--foreign-notifications"),
    noise("odd-questions", "--odd-questions"),
    // Results tell what the client answered.
    Behaviour {
        calls: Any(&[]),
        ..noise("asks", "--ask roots/list")
    },
    Behaviour {
        calls: Any(&[]),
        ..noise("asks-users", "--ask elicitation/create")
    },
    noise("late-logs", "--log error --late-log"),
    Behaviour {
        weight: Weight::Heavy,
        ..noise("flood", "--flood 1000")
    },
    Behaviour {
        weight: Weight::Heavy,
        ..noise("endless-flood", "--flood-forever")
    },
    // Input.
    never_ready("never-reads", "--never-read"),
    never_ready("silent", "--silent"),
    Behaviour {
        padding: 200_000,
        limits: "call_timeout = \"4s\"",
        ..fault(
            "stops-reading",
            "--stop-reading-after 3",
            Some(&["upstream_timeout", "upstream_stuck", "upstream_circuit_open"]),
        )
    },
    mute(
        "closes-stdin",
        "--close-stdin",
        No(&["upstream_timeout", "upstream_exited", "upstream_circuit_open"]),
    ),
    fault("closes-stdout", "--close-stdout", No(CRASH)),
    mute("freezes", "--freeze 2", Some(TIMEOUT)),
    // Starts.
    noise("starts-slowly", "--slow-start 300"),
    never_ready("starts-too-slowly", "--slow-start 60000"),
    broken("exits-at-once", "--exit-on-start 3", No(NO_START)),
    broken("exits-at-initialize", "--exit-at-initialize 0", No(NO_START)),
    Behaviour {
        start: Start::Missing,
        ..broken("missing", "", No(NO_START))
    },
    Behaviour {
        start: Start::Background,
        ..broken("in-the-background", "", No(NO_START))
    },
    // Ends.
    fault("crash-loop", "--crash-after 1", No(CRASH)),
    fault("crashes", "--crash-after 5", Some(CRASH)),
    fault("exits-in-call", "--exit-in-call 5", Some(CRASH)),
    fault("dies-in-answer", "--die-in-answer 5", Some(CRASH)),
    fault("exits-after-answer", "--exit-after-answer 5", Perhaps(CRASH)),
    Behaviour {
        offspring: 1,
        ..fault("crashes-held-open", "--fork-holding --crash-after 5", Some(CRASH))
    },
    // What is left.
    stubborn("ignores-eof", "--ignore-eof", 0),
    stubborn("ignores-eof-and-term", "--ignore-eof --ignore-term", 0),
    stubborn("forks", "--fork", 1),
    stubborn("forks-holding-pipes", "--fork-holding", 1),
    stubborn("double-forks", "--double-fork --ignore-eof --ignore-term", 1),
    stubborn("forks-and-leaves", "--double-fork --orphan-exits", 0),
    Behaviour {
        start: Start::Shell,
        ..stubborn("shell", "--ignore-eof --ignore-term", 1)
    },
    Behaviour {
        end: End::Killed,
        ..stubborn("gateway-killed", "--ignore-eof --ignore-term", 0)
    },
    // Two things at once.
    fault(
        "closes-stdout-and-stays",
        "--close-stdout --ignore-eof --ignore-term",
        No(CRASH),
    ),
    Behaviour {
        weight: Weight::Heavy,
        ..mute(
            "floods-and-does-not-read",
            "--flood-forever --stop-reading-after 3",
            Some(TIMEOUT),
        )
    },
    Behaviour {
        weight: Weight::Heavy,
        ..stubborn(
            "floods-to-the-end",
            "--flood-forever --ignore-eof --ignore-term",
            0,
        )
    },
    Behaviour {
        opens: All,
        ..fault(
            "dies-asking",
            "--ask sampling/createMessage --crash-after 5",
            Any(CRASH),
        )
    },
    fault(
        "dies-with-questions",
        "--odd-questions --die-in-answer 4",
        Some(CRASH),
    ),
    fault("crashes-slowly", "--slow-start 200 --crash-after 1", No(CRASH)),
    Behaviour {
        offspring: 1,
        ..mute(
            "freezes-with-a-fork",
            "--fork-holding --ignore-term --freeze 2",
            Some(TIMEOUT),
        )
    },
    mute(
        "late-twice",
        "--late 900 --duplicate-answers --foreign-notifications",
        Some(TIMEOUT),
    ),
    // Everything at once.
    Behaviour {
        offspring: 2,
        weight: Weight::Heavy,
        ..fault(
            "pandemonium",
            "--banner --ansi --crlf --bad-utf8 --dribble --duplicate-answers --guess-ids --foreign-notifications \
             --odd-questions --list-changed --progress 3 --flood 20 --stderr-flood --fork-holding --double-fork \
             --ignore-eof --ignore-term --crash-after 9",
            Some(CRASH),
        )
    },
];
