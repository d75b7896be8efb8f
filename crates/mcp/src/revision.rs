//! Protocol revisions and what tells one from another on the wire.

use std::fmt;

mod v2024_11_05;
mod v2025_03_26;
mod v2025_06_18;
mod v2025_11_25;
mod v2026_07_28;

/// A protocol revision, sorted by era.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Revision {
    /// Opened by an `initialize` handshake (up to 2025-11-25).
    Legacy(LegacyRevision),
    /// Every request carries its own metadata (2026-07-28 on).
    Modern(ModernRevision),
}

/// A revision whose peers open with `initialize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegacyRevision {
    /// The first one; its HTTP transport is HTTP+SSE.
    V2024_11_05,
    /// Brought Streamable HTTP and, for itself only, JSON-RPC batches.
    V2025_03_26,
    /// Brought structured tool output, elicitation and resource links.
    V2025_06_18,
    /// Brought priming events, URL elicitation and experimental tasks.
    V2025_11_25,
}

/// A revision whose requests describe themselves in `_meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModernRevision {
    /// The stateless revision.
    V2026_07_28,
}

/// Whether peers of a revision may send several messages in one JSON array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batching {
    /// A batch must be received (2025-03-26 only).
    Required,
    /// A batch is an invalid request.
    Absent,
}

/// Whether a resumable stream opens with an event that has an id and no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priming {
    /// The client is primed to reconnect before the first message.
    Expected,
    /// Older clients parse the data of every event: nothing empty is sent.
    Absent,
}

/// What a legacy revision has that its neighbours may not have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LegacyFacts {
    pub(crate) name: &'static str,
    pub(crate) batching: Batching,
    pub(crate) priming: Priming,
}

impl LegacyRevision {
    /// All legacy revisions, oldest first.
    pub const ALL: [Self; 4] = [
        Self::V2024_11_05,
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
    ];
    /// What Pontoon offers to a peer whose own choice is unknown.
    pub const NEWEST: Self = Self::V2025_11_25;
    /// What a request without any sign of its revision is taken for.
    ///
    /// Source: 2025-11-25, Transports, "Protocol Version Header".
    pub const ASSUMED: Self = Self::V2025_03_26;

    const fn facts(self) -> &'static LegacyFacts {
        match self {
            Self::V2024_11_05 => &v2024_11_05::FACTS,
            Self::V2025_03_26 => &v2025_03_26::FACTS,
            Self::V2025_06_18 => &v2025_06_18::FACTS,
            Self::V2025_11_25 => &v2025_11_25::FACTS,
        }
    }

    /// The date string on the wire.
    pub const fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// Reads the date string.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text)
    }

    /// Whether peers may send batches.
    pub const fn batching(self) -> Batching {
        self.facts().batching
    }

    /// Whether streams open with a priming event.
    pub const fn priming(self) -> Priming {
        self.facts().priming
    }

    /// The revision a server settles on when a client asks for `requested`:
    /// the same one when it is known, else the newest.
    ///
    /// Source: 2025-11-25, Lifecycle, "Version Negotiation".
    pub fn negotiate(requested: &str) -> Self {
        Self::parse(requested).unwrap_or(Self::NEWEST)
    }
}

impl ModernRevision {
    /// All modern revisions, oldest first.
    pub const ALL: [Self; 1] = [Self::V2026_07_28];
    /// The newest modern revision.
    pub const NEWEST: Self = Self::V2026_07_28;

    /// The date string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2026_07_28 => v2026_07_28::NAME,
        }
    }

    /// Reads the date string.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text)
    }
}

impl Revision {
    /// Every revision that is served, newest first: the order in which
    /// `server/discover` and version errors name them.
    pub fn all() -> impl Iterator<Item = Self> {
        let modern = ModernRevision::ALL.into_iter().rev().map(Self::Modern);
        let legacy = LegacyRevision::ALL.into_iter().rev().map(Self::Legacy);
        modern.chain(legacy)
    }

    /// The date string on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy(revision) => revision.as_str(),
            Self::Modern(revision) => revision.as_str(),
        }
    }

    /// Reads the date string; `None` for anything Pontoon does not serve.
    pub fn parse(text: &str) -> Option<Self> {
        LegacyRevision::parse(text)
            .map(Self::Legacy)
            .or_else(|| ModernRevision::parse(text).map(Self::Modern))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_reads_back_what_it_writes() {
        for revision in Revision::all() {
            assert_eq!(Revision::parse(revision.as_str()), Some(revision));
        }
    }

    #[test]
    fn revisions_are_named_newest_first() {
        let names: Vec<_> = Revision::all().map(Revision::as_str).collect();
        assert_eq!(
            names,
            [
                "2026-07-28",
                "2025-11-25",
                "2025-06-18",
                "2025-03-26",
                "2024-11-05"
            ]
        );
    }

    #[test]
    fn only_2025_03_26_receives_batches() {
        let batching: Vec<_> = LegacyRevision::ALL
            .into_iter()
            .filter(|r| r.batching() == Batching::Required)
            .collect();
        assert_eq!(batching, [LegacyRevision::V2025_03_26]);
    }

    #[test]
    fn an_unknown_request_is_answered_with_the_newest_legacy_revision() {
        assert_eq!(
            LegacyRevision::negotiate("2025-03-26"),
            LegacyRevision::V2025_03_26
        );
        assert_eq!(
            LegacyRevision::negotiate("2026-07-28"),
            LegacyRevision::V2025_11_25
        );
        assert_eq!(LegacyRevision::negotiate("tomorrow"), LegacyRevision::V2025_11_25);
    }
}
