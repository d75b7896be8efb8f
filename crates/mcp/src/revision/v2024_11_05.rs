//! Revision 2024-11-05. Its specification does not define batches; they are refused (our decision).

use super::{Batching, LegacyFacts, Priming};

pub(super) const FACTS: LegacyFacts = LegacyFacts {
    name: "2024-11-05",
    batching: Batching::Absent,
    priming: Priming::Absent,
};
