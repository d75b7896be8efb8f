//! What no file of the repository may mention, whatever its language.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Breach;
use crate::workspace::Workspace;

/// The folders of one person's machine work nowhere else.
const MACHINE_PATHS: &[&str] = &["/root/", "/home/", "/Users/", "/work/", "/tmp/brief", "../shared"];

/// A lock file that names a registry's hosts works only where these are reached; the clients know their own.
const REGISTRY_HOSTS: &[&str] = &[
    "://registry.",
    "://npm.",
    "://pypi.",
    "files.pythonhosted.org",
    "://index.crates.io",
    "://static.crates.io",
    "/artifactory/",
    "/nexus/",
];

/// This file.
const OWN_PATH: &str = "xtask/src/tidy/text.rs";

pub(super) fn check(workspace: &Workspace) -> Result<Vec<Breach>> {
    let mut breaches = Vec::new();
    for path in workspace.files()? {
        // What is not text has nothing to say.
        if let Ok(text) = fs::read_to_string(workspace.root.join(&path)) {
            breaches.extend(check_text(&path, &text));
        }
    }
    Ok(breaches)
}

fn check_text(path: &Path, text: &str) -> Vec<Breach> {
    if path == Path::new(OWN_PATH) {
        return Vec::new();
    }
    let breach = |(line, text): (usize, &str)| {
        let found = |words: &[&'static str]| words.iter().find(|word| text.contains(**word)).copied();
        let machine = found(MACHINE_PATHS).map(|word| format!("mentions `{word}`, a path of one machine"));
        let registry =
            found(REGISTRY_HOSTS).map(|word| format!("mentions `{word}`, the host of a package registry"));
        machine.or(registry).map(|what| Breach {
            path: path.to_owned(),
            line: line + 1,
            what,
        })
    };
    text.lines().enumerate().filter_map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_and_registries_are_found() {
        let text = "fine\nlook in /home/me\n\"resolved\": \"https://registry.example/x.tgz\"";
        let lines: Vec<_> = check_text(Path::new("a.json"), text)
            .iter()
            .map(|breach| breach.line)
            .collect();
        assert_eq!(lines, [2, 3]);
        assert_eq!(check_text(Path::new(OWN_PATH), text), []);
    }
}
