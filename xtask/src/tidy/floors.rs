//! Imports go only downward, and the lowest floors are pure (ARCHITECTURE.md).

use super::Breach;
use crate::workspace::{Package, Workspace};

/// Which floor a room is on. A room that is not listed is a breach: every room has its place.
const FLOORS: &[(&str, u8)] = &[
    ("pontoon-sse", 0),
    ("pontoon-jsonrpc", 0),
    ("pontoon-dialects", 0),
    ("pontoon-mcp", 1),
    ("pontoon-translate", 2),
    ("pontoon-session", 3),
    ("pontoon-policy", 3),
    ("pontoon-supervise", 3),
    ("pontoon-downstream", 4),
    ("pontoon-upstream", 4),
    ("pontoon-cluster", 4),
    ("pontoon-broker", 5),
    ("pontoon-servers", 5),
    ("pontoon-observe", 5),
    ("pontoon-inspector", 5),
    ("pontoon-config", 6),
    ("pontoon", 7),
];

/// Rooms below this floor know no runtime, no sockets and no clock, however indirectly.
const FIRST_IMPURE_FLOOR: u8 = 3;

const IMPURE: &[&str] = &[
    "async-std",
    "chrono",
    "futures-executor",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "reqwest",
    "rmcp",
    "rustix",
    "smol",
    "socket2",
    "time",
    "tokio",
];

/// `anyhow` is for programs; rooms have errors of their own.
const TOP_FLOOR: u8 = 7;

/// The floor of a room; `None` for what stands beside the house.
pub(super) fn floor_of(package: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == package)
        .map(|(_, floor)| *floor)
}

pub(super) fn check(workspace: &Workspace) -> Vec<Breach> {
    let members = workspace.members();
    let rooms = members.iter().filter(|package| is_room(package, workspace));
    rooms.flat_map(|package| check_room(package, workspace)).collect()
}

/// What lives under `crates/`, except what only serves tests.
fn is_room(package: &Package, workspace: &Workspace) -> bool {
    package.manifest_path.starts_with(workspace.root.join("crates")) && package.name != "pontoon-testkit"
}

fn check_room(package: &Package, workspace: &Workspace) -> Vec<Breach> {
    let path = package
        .manifest_path
        .strip_prefix(&workspace.root)
        .unwrap_or(&package.manifest_path);
    let Some(floor) = floor_of(&package.name) else {
        return vec![Breach::of(
            path,
            "this room is on no floor; add it to xtask/src/tidy/floors.rs",
        )];
    };
    let mut breaches = Vec::new();
    // Tests may join rooms that the house does not.
    for dependency in package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
    {
        if let Some(why) = breach_of_import(floor, &dependency.name) {
            breaches.push(Breach::of(path, why));
        }
    }
    if floor < FIRST_IMPURE_FLOOR {
        let needed = workspace.needs(package);
        let impure = IMPURE.iter().filter(|name| needed.contains(**name));
        breaches.extend(
            impure.map(|name| Breach::of(path, format!("floor {floor} is pure, but this needs `{name}`"))),
        );
    }
    breaches
}

fn breach_of_import(floor: u8, dependency: &str) -> Option<String> {
    match floor_of(dependency) {
        Some(other) if other >= floor => Some(format!(
            "imports `{dependency}` of floor {other} from floor {floor}; imports go only downward"
        )),
        None if dependency == "pontoon-testkit" => {
            Some("imports `pontoon-testkit` outside of tests".to_owned())
        }
        None if dependency == "anyhow" && floor < TOP_FLOOR => {
            Some("uses `anyhow` below the binary".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_go_only_downward() {
        assert_eq!(breach_of_import(4, "pontoon-session"), None);
        assert_eq!(breach_of_import(7, "anyhow"), None);
        assert_eq!(breach_of_import(0, "bytes"), None);
        for (floor, dependency) in [
            (3, "pontoon-policy"),
            (1, "pontoon-translate"),
            (5, "anyhow"),
            (4, "pontoon-testkit"),
        ] {
            assert!(
                breach_of_import(floor, dependency).is_some(),
                "{floor} {dependency}"
            );
        }
    }
}
