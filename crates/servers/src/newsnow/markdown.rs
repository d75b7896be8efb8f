//! Links that stay links whatever a title holds.

use super::decode::Item;

/// `[title](url)`, or the title alone.
pub(super) fn link(item: &Item) -> String {
    let title = escaped(&item.title);
    match &item.url {
        Some(url) => format!("[{title}]({})", destination(url)),
        None => title,
    }
}

/// A title as Markdown text: a bracket could end the link, a parenthesis after it start another.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '[' | ']' | '(' | ')' | '<' | '>' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A URL as a link's destination. It was parsed: it has no blanks and no control characters.
fn destination(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '[' => out.push_str("%5B"),
            ']' => out.push_str("%5D"),
            '\\' => out.push_str("%5C"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(title: &str, url: Option<&str>) -> Item {
        Item {
            id: "1".to_owned(),
            rank: 1,
            title: title.to_owned(),
            url: url.map(str::to_owned),
            mobile_url: None,
            published: None,
            info: None,
            summary: None,
            diff: None,
        }
    }

    #[test]
    fn a_title_cannot_end_its_link() {
        let hostile = item(
            "a](https://evil.example) [b",
            Some("https://e.example/x_(y)?q=[1]"),
        );
        assert_eq!(
            link(&hostile),
            r"[a\]\(https://evil.example\) \[b](https://e.example/x_%28y%29?q=%5B1%5D)"
        );
        assert_eq!(
            link(&item("新闻 標題", Some("https://e.example/"))),
            "[新闻 標題](https://e.example/)"
        );
        assert_eq!(link(&item("plain", None)), "plain");
    }
}
