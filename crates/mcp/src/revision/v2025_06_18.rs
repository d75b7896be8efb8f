//! Revision 2025-06-18. Removed batches (changelog, major change 1).

use super::{Batching, LegacyFacts, Priming};

pub(super) const FACTS: LegacyFacts = LegacyFacts {
    name: "2025-06-18",
    batching: Batching::Absent,
    priming: Priming::Absent,
};
