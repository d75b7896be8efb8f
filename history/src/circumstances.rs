//! What kind of world a seed makes.

use std::time::Duration;

use pontoon_broker::{EndpointSettings, Era, Hosting, LeasePolicy};
use pontoon_downstream::Settings;
use pontoon_policy::{AccountLimits, Policy};
use pontoon_session::{SessionId, SessionLimits, StreamLimits};
use pontoon_supervise::{BackoffSettings, CircuitSettings};
use pontoon_translate::Timeouts;

use crate::dice::Dice;
use crate::server::Way;

/// The names of the houses, as in their URLs.
pub const HOUSES: [&str; 2] = ["alpha", "beta"];

/// Most clients of one world.
pub const MOST_CLIENTS: u16 = 7;

/// Calls that one session, or one client without sessions, may have in flight where limits are low.
pub const TIGHT_CALLS: usize = 3;

/// A call without an answer and without progress is given up after this.
pub const CALL: Duration = Duration::from_secs(2);
/// A call is given up after this, whatever happens.
pub const CALL_MAX: Duration = Duration::from_secs(8);

/// How long a client that was asked something may stay away.
pub const PARKED: Duration = Duration::from_secs(3);
/// A session ends when nothing was heard of it for so long.
pub const SESSION_IDLE: Duration = Duration::from_secs(15);
/// Sessions end at this age, where they age.
pub const SESSION_AGE: Duration = Duration::from_secs(6);
/// A server that nobody uses stops after this.
pub const LEASE_IDLE: Duration = Duration::from_secs(3);

/// What the servers of a house speak, and what the gateway is told of that. Servers in this process speak both eras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Up to 2025-11-25, as the gateway is told.
    Legacy,
    /// 2026-07-28, as the gateway is told.
    Modern,
    /// Up to 2025-11-25, which the gateway has to find out.
    PerhapsLegacy,
    /// 2026-07-28, which the gateway has to find out.
    PerhapsModern,
    /// Both, which the gateway has to find out.
    Both,
}

impl Tongue {
    /// Whether its servers know `initialize`.
    pub(crate) fn knows_initialize(self) -> bool {
        matches!(self, Self::Legacy | Self::PerhapsLegacy | Self::Both)
    }

    /// Whether its servers know `server/discover`.
    pub(crate) fn knows_discover(self) -> bool {
        matches!(self, Self::Modern | Self::PerhapsModern | Self::Both)
    }

    fn era(self) -> Era {
        match self {
            Self::Legacy => Era::Legacy,
            Self::Modern => Era::Modern,
            Self::PerhapsLegacy | Self::PerhapsModern | Self::Both => Era::Auto,
        }
    }
}

/// What kind of world it is.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// How each house hosts its server.
    pub houses: [Hosting; 2],
    /// What the servers of each house speak.
    pub tongues: [Tongue; 2],
    /// How many clients there are.
    pub clients: u16,
    /// How many steps each of them takes.
    pub steps: u32,
    /// Whether servers fail and misbehave.
    pub faults: bool,
    /// Whether limits are so low that they are reached.
    pub tight: bool,
    /// Whether sessions end at a certain age.
    pub aging: bool,
    /// When the gateway is stopped while all this goes on.
    pub drain_at: Option<Duration>,
    /// Servers that wait to be needed.
    pub warm: usize,
}

impl Circumstances {
    /// Rolls them; what is left of a seed's dice decides what they do not tell, and `more` what was thought of later, so
    /// that older seeds keep what they showed.
    pub fn roll(dice: &mut Dice, more: &mut Dice) -> Self {
        let mut rolled = Self::roll_first(dice);
        for house in 0..HOUSES.len() {
            rolled.vary(house, more);
        }
        rolled
    }

    /// Changes a house, or leaves it as it is.
    fn vary(&mut self, house: usize, more: &mut Dice) {
        self.tongues[house] = more.weigh(&[
            (4, Tongue::Legacy),
            (2, Tongue::Modern),
            (1, Tongue::PerhapsLegacy),
            (1, Tongue::PerhapsModern),
            (1, Tongue::Both),
        ]);
        if more.once_in(3) {
            self.houses[house] = match self.houses[house] {
                Hosting::Command(_) => Hosting::Command(LeasePolicy::Principal),
                Hosting::Remote(_) => Hosting::Remote(LeasePolicy::Principal),
                Hosting::InProcess => Hosting::InProcess,
            };
        }
    }

    fn roll_first(dice: &mut Dice) -> Self {
        let hostings = [
            Hosting::Command(LeasePolicy::Session),
            Hosting::Command(LeasePolicy::Shared),
            Hosting::Remote(LeasePolicy::Session),
            Hosting::Remote(LeasePolicy::Shared),
            Hosting::InProcess,
        ];
        Self {
            houses: [dice.pick(&hostings), dice.pick(&hostings)],
            tongues: [Tongue::Legacy; 2],
            clients: 3 + u16::try_from(dice.roll(5)).expect("it is below 5"),
            steps: 8 + u32::try_from(dice.roll(16)).expect("it is below 16"),
            faults: !dice.once_in(3),
            tight: dice.once_in(6),
            aging: dice.once_in(6),
            drain_at: dice
                .once_in(3)
                .then(|| Duration::from_millis(dice.millis(500, 9_000))),
            warm: dice.pick(&[0, 1, 2]),
        }
    }

    /// How what the servers of a house say reaches the gateway.
    pub(crate) fn way(&self, house: usize) -> Way {
        match self.houses[house] {
            Hosting::Remote(_) => Way::Answers,
            Hosting::Command(_) | Hosting::InProcess => Way::Pipe,
        }
    }

    /// What the servers of a house speak.
    pub(crate) fn tongue(&self, house: usize) -> Tongue {
        match self.houses[house] {
            Hosting::Command(_) | Hosting::Remote(_) => self.tongues[house],
            Hosting::InProcess => Tongue::Both,
        }
    }

    /// Whether a server of a house only ever works for one account.
    pub(crate) fn parts_accounts(&self, house: usize) -> bool {
        match self.houses[house] {
            Hosting::Command(policy) | Hosting::Remote(policy) => policy != LeasePolicy::Shared,
            Hosting::InProcess => false,
        }
    }

    /// The settings of a house.
    pub fn endpoint(&self, house: usize) -> EndpointSettings {
        let mut settings = EndpointSettings::new(HOUSES[house], self.houses[house]);
        settings.timeouts = Timeouts {
            open: Duration::from_secs(2),
            call: CALL,
            call_max: CALL_MAX,
            parked: PARKED,
        };
        settings.era = self.tongues[house].era();
        settings.warm = self.warm;
        settings.idle = LEASE_IDLE;
        settings.drain = Duration::from_secs(1);
        settings.jitter = || u32::MAX / 3;
        settings.seal_key = || [7; 32];
        settings.backoff = BackoffSettings {
            base: Duration::from_millis(20),
            max: Duration::from_millis(200),
        };
        settings.circuit = CircuitSettings {
            failures: if self.tight { 4 } else { 1_000 },
            cool_down: Duration::from_secs(5),
            ..CircuitSettings::default()
        };
        if self.tight {
            settings.max_processes = 3;
            settings.max_in_flight_per_session = TIGHT_CALLS;
        }
        settings
    }

    /// The settings of the gateway.
    pub fn gateway(&self, session_ids: fn() -> SessionId) -> Settings {
        Settings {
            keep_alive: Some(Duration::from_secs(1)),
            stream_after: Duration::from_millis(300),
            retry: Duration::from_millis(100),
            session_ids,
            sessions: SessionLimits {
                total: if self.tight { 4 } else { 1_000 },
                per_principal: if self.tight { 2 } else { 256 },
                idle: SESSION_IDLE,
                age: if self.aging {
                    SESSION_AGE
                } else {
                    Duration::from_secs(3_600)
                },
            },
            streams: StreamLimits {
                queue_bytes: 512 * 1024,
                replay_bytes: 1024 * 1024,
                streams: if self.tight { 3 } else { 64 },
            },
            ..Settings::default()
        }
    }

    /// What the policy allows.
    pub fn policy(&self) -> Policy {
        if self.tight {
            Policy::new(8).with_account_limits(AccountLimits {
                calls: TIGHT_CALLS,
                listeners: 1,
            })
        } else {
            Policy::new(10_000)
        }
    }
}
