//! Which revisions a server speaks.

/// Which revisions a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Era {
    /// It is found out, and remembered.
    #[default]
    Auto,
    /// Those that begin with `initialize` (2024-11-05 to 2025-11-25).
    Legacy,
    /// Those whose requests describe themselves (2026-07-28).
    Modern,
}

/// As `era` names them.
pub(super) const ERAS: &[(&str, Era)] = &[
    ("auto", Era::Auto),
    ("legacy", Era::Legacy),
    ("modern", Era::Modern),
];
