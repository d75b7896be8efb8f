//! Revision 2026-07-28: no handshake, no session, no GET stream, no event ids.

pub(super) const NAME: &str = "2026-07-28";
