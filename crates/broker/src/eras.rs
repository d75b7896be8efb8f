//! Which revisions a server speaks: given by its settings, or learnt and remembered for all its leases.
//!
//! A client is served straight where the server speaks the client's own era; so each era of a server is tried when the
//! first client of that era comes, and never again after the server has said whether it speaks it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pontoon_translate::{Refusal, Server};

use crate::clock::Clock;

/// How long a server counts as one that does not speak an era, if it did not say so: it may have been slow, or broken
/// for a moment. A silent one is waited for some seconds each time.
const UNCLEAR_FOR: Duration = Duration::from_secs(10 * 60);

/// What a server speaks, as its settings say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Era {
    /// It is to be found out.
    Auto,
    /// It begins with `initialize` (up to 2025-11-25).
    #[default]
    Legacy,
    /// Its requests describe themselves (2026-07-28).
    Modern,
}

/// How a server is spoken to at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approach {
    /// In this era, whatever it says.
    Given(Server),
    /// In this era; where it refuses that, in the other one.
    Try(Server),
}

/// What is known of one server.
pub(crate) struct Eras {
    era: Era,
    clock: Clock,
    learnt: Mutex<Learnt>,
}

#[derive(Clone, Copy, Default)]
struct Learnt {
    legacy: Known,
    modern: Known,
}

/// What is known of one era.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Known {
    #[default]
    Nothing,
    Spoken,
    /// The server does not speak it; it may be asked again from this time on.
    Refused {
        until: Option<Duration>,
    },
}

/// Whether a server speaks an era.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// It was not tried, or too long ago for what was seen then.
    Unknown,
    /// It does.
    Yes,
    /// It does not.
    No,
}

impl Eras {
    pub(crate) fn new(era: Era, clock: Clock) -> Self {
        Self {
            era,
            clock,
            learnt: Mutex::default(),
        }
    }

    /// How a client of an era has its server spoken to.
    pub(crate) fn approach(&self, client: Server) -> Approach {
        match self.era {
            Era::Legacy => Approach::Given(Server::Legacy),
            Era::Modern => Approach::Given(Server::Modern),
            Era::Auto if self.speaks(client) == Speaks::No => Approach::Try(other(client)),
            Era::Auto => Approach::Try(client),
        }
    }

    /// Whether the server speaks an era.
    pub(crate) fn speaks(&self, era: Server) -> Speaks {
        let given = |given| if given == era { Speaks::Yes } else { Speaks::No };
        match self.era {
            Era::Legacy => given(Server::Legacy),
            Era::Modern => given(Server::Modern),
            Era::Auto => {
                let known = *self.lock().of(era);
                known.at(self.clock.now())
            }
        }
    }

    /// A server that was spoken to in one era first has opened in this or the other one, after it refused the first in
    /// this way. Whether that is news.
    pub(crate) fn note_opened(&self, first: Server, opened: Server, refusal: Refusal) -> bool {
        let mut learnt = self.lock();
        let before = std::mem::replace(learnt.of(opened), Known::Spoken);
        if first != opened {
            *learnt.of(first) = self.refused(refusal);
        }
        self.era == Era::Auto && before != Known::Spoken
    }

    /// It was asked whether it speaks an era, and does.
    pub(crate) fn note_spoken(&self, era: Server) {
        *self.lock().of(era) = Known::Spoken;
    }

    /// It was asked whether it speaks an era, and does not, or seems not to.
    pub(crate) fn note_refused(&self, era: Server, refusal: Refusal) {
        *self.lock().of(era) = self.refused(refusal);
    }

    /// The one that refused an era is gone: its successor may speak it.
    pub(crate) fn forget_refusal(&self, era: Server) {
        let mut learnt = self.lock();
        let known = learnt.of(era);
        if matches!(known, Known::Refused { .. }) {
            *known = Known::Nothing;
        }
    }

    fn refused(&self, refusal: Refusal) -> Known {
        Known::Refused {
            until: match refusal {
                Refusal::Stated => None,
                Refusal::Unclear => Some(self.clock.now() + UNCLEAR_FOR),
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learnt {
    fn of(&mut self, era: Server) -> &mut Known {
        match era {
            Server::Legacy => &mut self.legacy,
            Server::Modern => &mut self.modern,
        }
    }
}

impl Known {
    fn at(self, now: Duration) -> Speaks {
        match self {
            Self::Spoken => Speaks::Yes,
            Self::Refused { until } if until.is_none_or(|until| now < until) => Speaks::No,
            Self::Nothing | Self::Refused { .. } => Speaks::Unknown,
        }
    }
}

const fn other(era: Server) -> Server {
    match era {
        Server::Legacy => Server::Modern,
        Server::Modern => Server::Legacy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eras(era: Era) -> Eras {
        Eras::new(era, Clock::start())
    }

    #[test]
    fn each_era_is_tried_once() {
        let eras = eras(Era::Auto);
        assert_eq!(eras.approach(Server::Legacy), Approach::Try(Server::Legacy));
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Modern));
        eras.note_opened(Server::Modern, Server::Legacy, Refusal::Stated);
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Legacy));
        assert_eq!(eras.speaks(Server::Legacy), Speaks::Yes);
        // It was replaced by one that speaks the other era.
        eras.note_opened(Server::Legacy, Server::Modern, Refusal::Stated);
        assert_eq!(eras.approach(Server::Legacy), Approach::Try(Server::Modern));
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Modern));
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_the_server_said_is_believed_for_ever() {
        let eras = eras(Era::Auto);
        eras.note_opened(Server::Modern, Server::Legacy, Refusal::Unclear);
        tokio::time::advance(UNCLEAR_FOR - Duration::from_secs(1)).await;
        assert_eq!(eras.speaks(Server::Modern), Speaks::No);
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Legacy));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(eras.speaks(Server::Modern), Speaks::Unknown);
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Modern));
        eras.note_refused(Server::Modern, Refusal::Stated);
        tokio::time::advance(100 * UNCLEAR_FOR).await;
        assert_eq!(eras.speaks(Server::Modern), Speaks::No);
    }

    #[test]
    fn a_refusal_ends_with_who_refused() {
        let eras = eras(Era::Auto);
        eras.note_refused(Server::Modern, Refusal::Stated);
        eras.forget_refusal(Server::Modern);
        assert_eq!(eras.speaks(Server::Modern), Speaks::Unknown);
        eras.note_spoken(Server::Modern);
        eras.forget_refusal(Server::Modern);
        assert_eq!(eras.speaks(Server::Modern), Speaks::Yes);
    }

    #[test]
    fn what_the_settings_say_is_not_tried() {
        let eras = eras(Era::Modern);
        assert_eq!(eras.approach(Server::Legacy), Approach::Given(Server::Modern));
        assert_eq!(eras.speaks(Server::Legacy), Speaks::No);
    }
}
