//! Licences of everything that is linked in. `cargo deny` (deny.toml) does the same and more where it is installed;
//! this check needs nothing but cargo.

use super::Breach;
use crate::workspace::Workspace;

/// Permissive licences, compatible with both of ours. The same list is in deny.toml.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check(workspace: &Workspace) -> Vec<Breach> {
    let breach = |package: &crate::workspace::Package| {
        let licence = package.license.as_deref().unwrap_or_default();
        let why = match (&package.license, &package.license_file) {
            (Some(_), _) if is_allowed(licence) => return None,
            (Some(_), _) => format!("{} {} is licensed under {licence}", package.name, package.version),
            (None, Some(_)) => format!(
                "{} {} has a licence text of its own",
                package.name, package.version
            ),
            (None, None) => format!("{} {} names no licence", package.name, package.version),
        };
        Some(Breach::of("Cargo.lock", why))
    };
    workspace.foreign().filter_map(breach).collect()
}

/// Reads an SPDX expression: one allowed alternative is enough, all parts of a conjunction are needed.
fn is_allowed(expression: &str) -> bool {
    // Before SPDX expressions a slash meant "or".
    let expression = expression.replace('/', " OR ");
    split_top(&expression, "OR").iter().any(|option| {
        split_top(option, "AND").iter().all(|part| {
            match part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
                Some(inner) => is_allowed(inner),
                None => ALLOWED.contains(&part.as_str()),
            }
        })
    })
}

/// Splits at `operator` outside of parentheses.
fn split_top(expression: &str, operator: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0_usize;
    for word in expression.split_whitespace() {
        if depth == 0 && word == operator {
            parts.push(Vec::new());
            continue;
        }
        depth = (depth + word.matches('(').count()).saturating_sub(word.matches(')').count());
        parts.last_mut().expect("there is always a part").push(word);
    }
    parts.into_iter().map(|words| words.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_toml_has_the_same_list() {
        let deny = include_str!("../../../deny.toml");
        let (_, list) = deny.split_once("\nallow = [").expect("there is a list");
        let (list, _) = list.split_once(']').expect("it ends");
        let listed: Vec<_> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(listed, ALLOWED);
    }

    #[test]
    fn expressions_are_understood() {
        for fine in [
            "MIT",
            "MIT OR GPL-3.0",
            "Apache-2.0/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "GPL-2.0 OR (MIT AND ISC)",
        ] {
            assert!(is_allowed(fine), "{fine}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR GPL-3.0) AND LGPL-2.1",
            "GPL-2.0 OR (MIT AND AGPL-3.0)",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
