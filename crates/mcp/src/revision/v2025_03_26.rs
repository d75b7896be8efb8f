//! Revision 2025-03-26. Batches MUST be received (Overview, "Batching"); the next revision removed them.

use super::{Batching, LegacyFacts, Priming};

pub(super) const FACTS: LegacyFacts = LegacyFacts {
    name: "2025-03-26",
    batching: Batching::Required,
    priming: Priming::Absent,
};
