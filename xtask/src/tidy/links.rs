//! Links between the pages of this repository lead somewhere: the file is there, and so is the heading.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::Breach;
use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Result<Vec<Breach>> {
    let files = workspace.files()?;
    let mut pages = Pages::new();
    for path in files
        .into_iter()
        .filter(|path| path.extension() == Some(OsStr::new("md")))
    {
        let text = fs::read_to_string(workspace.root.join(&path))?;
        pages.insert(path, Page::read(&text));
    }
    let exists = |path: &Path| workspace.root.join(path).exists();
    Ok(breaches(&pages, exists))
}

type Pages = HashMap<PathBuf, Page>;

/// What a page offers, and what it promises.
#[derive(Debug, Default)]
struct Page {
    anchors: Vec<String>,
    /// How often each heading came.
    headings: HashMap<String, usize>,
    /// Lines and targets.
    links: Vec<(usize, String)>,
}

fn breaches(pages: &Pages, exists: impl Fn(&Path) -> bool) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, page) in pages {
        for (line, link) in &page.links {
            if let Some(what) = broken(pages, path, link, &exists) {
                let path = path.clone();
                breaches.push(Breach {
                    path,
                    line: *line,
                    what,
                });
            }
        }
    }
    breaches
}

/// What is wrong with a link, if it is one between pages.
fn broken(pages: &Pages, from: &Path, link: &str, exists: impl Fn(&Path) -> bool) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => from.to_owned(),
        file => joined(from, file),
    };
    if !exists(&target) {
        return Some(format!("links to `{file}`, which is not there"));
    }
    let page = pages.get(&target)?;
    let is_there = anchor.is_empty() || page.anchors.iter().any(|known| known == anchor);
    (!is_there).then(|| format!("links to `{link}`, but there is no such heading"))
}

fn joined(from: &Path, file: &str) -> PathBuf {
    let mut path = from.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(file).components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut in_code = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            } else if !in_code {
                page.line(number + 1, line);
            }
        }
        page
    }

    fn line(&mut self, number: usize, line: &str) {
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            let slug = slug(heading.trim());
            let before = self.headings.entry(slug.clone()).or_default();
            self.anchors.push(match *before {
                0 => slug,
                before => format!("{slug}-{before}"),
            });
            *before += 1;
        }
        // Every second piece is between backticks.
        let prose: Vec<_> = line.split('`').step_by(2).collect();
        for rest in prose.join("").split("](").skip(1) {
            if let Some((target, _)) = rest.split_once(')') {
                self.links.push((number, target.to_owned()));
            }
        }
    }
}

/// The anchor that GitHub makes of a heading.
fn slug(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading
        .chars()
        .filter(kept)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors_as_on_github() {
        let page = Page::read(
            "# HTTP+SSE (2024-11-05)\n## `[limits]`\n```sh\n# no heading\n```\n### Again there\n### Again\n### Again\n#none",
        );
        assert_eq!(
            page.anchors,
            ["httpsse-2024-11-05", "limits", "again-there", "again", "again-1"]
        );
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let text = "# One\n[a](two.md#there) [b](two.md#gone)\n`[c](gone.md)` [d](gone.md)\n[e](https://x.example/gone) [f](#one) [g](../x/two.md)";
        let pages = Pages::from([
            (PathBuf::from("docs/one.md"), Page::read(text)),
            (PathBuf::from("docs/two.md"), Page::read("## There")),
            (PathBuf::from("x/two.md"), Page::default()),
        ]);
        let exists = |path: &Path| pages.contains_key(path);
        let found = breaches(&pages, exists);
        let told: Vec<_> = found
            .iter()
            .map(|breach| (breach.line, breach.what.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (2, "links to `two.md#gone`, but there is no such heading"),
                (3, "links to `gone.md`, which is not there"),
            ]
        );
    }
}
