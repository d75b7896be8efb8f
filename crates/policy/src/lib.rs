//! Who is calling, what they may do, and how much of it.
//!
//! - [`Caller`]: the principal behind a request and the address it came from.
//! - [`Permit`]: proof that policy allowed a message; nothing reaches an
//!   upstream without one, and only this crate makes them.
//! - [`Gauge`] and [`KeyedGauge`]: named limits that count what they hold and
//!   what they refused.
//! - [`Sealer`]: what a client holds for us, unread and unchanged.
//! - [`OriginGuard`]: which `Origin` and `Host` a listener accepts.
//! - [`TrustedProxies`]: who is believed when they say for whom they ask.

mod caller;
mod gauge;
mod guard;
mod permit;
mod proxies;
mod seal;

pub use caller::{Account, Caller, Principal};
pub use gauge::{Gauge, KeyedGauge, LimitReached, Slot};
pub use guard::{Authority, GuardError, InvalidAuthority, InvalidOrigin, OriginGuard};
pub use permit::{AccountLimits, Denied, Permit, Policy, Slots};
pub use proxies::{Network, TrustedProxies};
pub use seal::{BrokenSeal, SEAL_KEY_BYTES, Sealer};
