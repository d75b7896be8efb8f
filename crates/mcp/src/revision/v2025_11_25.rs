//! Revision 2025-11-25. Streams SHOULD open with a priming event (Transports, "Sending Messages", 6).

use super::{Batching, LegacyFacts, Priming};

pub(super) const FACTS: LegacyFacts = LegacyFacts {
    name: "2025-11-25",
    batching: Batching::Absent,
    priming: Priming::Expected,
};
