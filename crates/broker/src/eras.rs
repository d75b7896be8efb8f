//! Which revisions a server speaks: given by its settings, or learnt and remembered for all its leases.
//!
//! A client is served straight where the server speaks the client's own era; so each era of a server is tried when the
//! first client of that era comes, and never again after that.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pontoon_translate::Server;

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
    learnt: Mutex<Learnt>,
}

#[derive(Clone, Copy, Default)]
struct Learnt {
    legacy: Speaks,
    modern: Speaks,
}

/// Whether a server speaks an era.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// It was not tried.
    #[default]
    Unknown,
    /// It does.
    Yes,
    /// It does not.
    No,
}

impl Eras {
    pub(crate) fn new(era: Era) -> Self {
        Self {
            era,
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
            Era::Auto => *self.lock().of(era),
        }
    }

    /// A server that was spoken to in one era first has opened in this or the other one. Whether that is news.
    pub(crate) fn note_opened(&self, first: Server, opened: Server) -> bool {
        let mut learnt = self.lock();
        let before = std::mem::replace(learnt.of(opened), Speaks::Yes);
        if first != opened {
            *learnt.of(first) = Speaks::No;
        }
        self.era == Era::Auto && before != Speaks::Yes
    }

    /// It was asked whether it speaks an era, and said so.
    pub(crate) fn note(&self, era: Server, speaks: Speaks) {
        *self.lock().of(era) = speaks;
    }

    fn lock(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learnt {
    fn of(&mut self, era: Server) -> &mut Speaks {
        match era {
            Server::Legacy => &mut self.legacy,
            Server::Modern => &mut self.modern,
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

    #[test]
    fn each_era_is_tried_once() {
        let eras = Eras::new(Era::Auto);
        assert_eq!(eras.approach(Server::Legacy), Approach::Try(Server::Legacy));
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Modern));
        eras.note_opened(Server::Modern, Server::Legacy);
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Legacy));
        assert_eq!(eras.speaks(Server::Legacy), Speaks::Yes);
        // It was replaced by one that speaks the other era.
        eras.note_opened(Server::Legacy, Server::Modern);
        assert_eq!(eras.approach(Server::Legacy), Approach::Try(Server::Modern));
        assert_eq!(eras.approach(Server::Modern), Approach::Try(Server::Modern));
    }

    #[test]
    fn what_the_settings_say_is_not_tried() {
        let eras = Eras::new(Era::Modern);
        assert_eq!(eras.approach(Server::Legacy), Approach::Given(Server::Modern));
        assert_eq!(eras.speaks(Server::Legacy), Speaks::No);
    }
}
