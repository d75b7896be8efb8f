//! The HTML of comments as text that people and models read.
//!
//! Hacker News writes `<p>`, `<a>`, `<i>`, `<pre><code>` and entities, and nothing else. Whatever else comes
//! is taken out, so that no tag survives.

/// Paragraphs become blank lines, links `text (url)`, emphasis `*text*`, and code keeps its lines.
pub(super) fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        writer.text(&rest[..at]);
        rest = &rest[at..];
        match tag(rest) {
            Some((tag, after)) => {
                writer.tag(&tag);
                rest = after;
            }
            None => {
                writer.text("<");
                rest = &rest[1..];
            }
        }
    }
    writer.text(rest);
    writer.finish()
}

/// A tag: its name in lower case, whether it closes, and the address it leads to.
struct Tag<'a> {
    name: String,
    closes: Closes,
    href: Option<&'a str>,
}

#[derive(PartialEq, Eq)]
enum Closes {
    Yes,
    No,
}

/// The tag at the start of `text` and what follows it; `None` for a `<` that starts none.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let end = end_of_tag(text)?;
    let (inner, after) = (&text[1..end], &text[end + 1..]);
    let (inner, closes) = match inner.strip_prefix('/') {
        Some(inner) => (inner, Closes::Yes),
        None => (inner, Closes::No),
    };
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
        return None;
    }
    let name_end = inner
        .find(|c: char| c.is_whitespace() || c == '/')
        .unwrap_or(inner.len());
    let name = inner[..name_end].to_ascii_lowercase();
    let href = attribute(&inner[name_end..], "href");
    Some((Tag { name, closes, href }, after))
}

/// Where the `>` is that is not inside quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let at = attributes.find(&format!("{name}="))?;
    let value = &attributes[at + name.len() + 1..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Inside `<pre>`, where lines are kept.
    code_depth: usize,
    /// Where the text of the open link starts, and its address.
    link: Option<(usize, String)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        let decoded = decoded(text);
        if self.code_depth > 0 {
            self.out.push_str(&decoded);
            return;
        }
        for c in decoded.chars() {
            if !c.is_whitespace() {
                self.out.push(c);
            } else if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        match (tag.name.as_str(), &tag.closes) {
            ("p" | "div", _) => self.blank_line(),
            ("br", _) => self.out.push('\n'),
            ("pre", Closes::No) => {
                self.blank_line();
                self.out.push_str("```\n");
                self.code_depth += 1;
            }
            ("pre", Closes::Yes) if self.code_depth > 0 => {
                self.code_depth -= 1;
                self.out.truncate(self.out.trim_end().len());
                self.out.push_str("\n```");
                self.blank_line();
            }
            ("i" | "em", _) if self.code_depth == 0 => self.out.push('*'),
            ("a", Closes::No) => self.link = tag.href.map(|href| (self.out.len(), decoded(href))),
            ("a", Closes::Yes) => self.end_link(),
            _ => {}
        }
    }

    /// Hacker News cuts the text of long links and ends it with `...`: then the address says all.
    fn end_link(&mut self) {
        let Some((start, url)) = self.link.take() else {
            return;
        };
        // A paragraph inside a link may have taken its start away.
        let text = self.out.get(start..).unwrap_or_default();
        if text.trim().is_empty() {
            self.out.push_str(&url);
        } else if text.strip_suffix("...").is_some_and(|cut| url.starts_with(cut)) {
            self.out.truncate(start);
            self.out.push_str(&url);
        } else if text != url {
            self.out.push_str(&format!(" ({url})"));
        }
    }

    fn blank_line(&mut self) {
        self.out.truncate(self.out.trim_end().len());
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
    }

    fn finish(mut self) -> String {
        if self.code_depth > 0 {
            self.out.truncate(self.out.trim_end().len());
            self.out.push_str("\n```");
        }
        self.out.truncate(self.out.trim_end().len());
        // What no text has a use for, and terminals obey.
        self.out.retain(|c| !c.is_control() || c == '\n' || c == '\t');
        self.out
    }
}

/// Entities by name and by number. What is none stays as it is.
pub(super) fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(rest) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of the entity at the start of `text`, and how long the entity is.
fn entity(text: &str) -> Option<(char, usize)> {
    /// `&CounterClockwiseContourIntegral;` is the longest, and nobody writes it.
    const MAX_LENGTH: usize = 12;
    let end = text.bytes().take(MAX_LENGTH).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => named(name)?,
    };
    Some((c, end + 1))
}

fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "euro" => '€',
        "pound" => '£',
        "times" => '×',
        "middot" => '·',
        "bull" => '•',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hacker_news_writes() {
        for (html, text) in [
            ("Aw shucks.<p>Tell you what", "Aw shucks.\n\nTell you what"),
            (
                "see <a href=\"https:&#x2F;&#x2F;e.example&#x2F;a\" rel=\"nofollow\">this</a>!",
                "see this (https://e.example/a)!",
            ),
            (
                "<a href=\"https://e.example/long/path\">https://e.example/lo...</a>",
                "https://e.example/long/path",
            ),
            (
                "<a href=\"https://e.example/\">https://e.example/</a>",
                "https://e.example/",
            ),
            (
                "it&#x27;s <i>so</i> &quot;so&quot; &amp;lt;",
                "it's *so* \"so\" &lt;",
            ),
            (
                "code:<p><pre><code>  fn a() {\n    b &lt; c\n  }\n</code></pre>\nend",
                "code:\n\n```\n  fn a() {\n    b < c\n  }\n```\n\nend",
            ),
            ("a\nb  c", "a b c"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn what_nobody_should_write() {
        for (html, text) in [
            ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("a<img src=x onerror='>'>b", "ab"),
            ("<a href=x>no quotes</a>", "no quotes"),
            ("<a href=\"https://e.example/\">never closed", "never closed"),
            ("</a></pre></i>", "*"),
            ("<pre>open", "```\nopen\n```"),
            (
                "&#xD800; &#99999999999; &nosuch; &;",
                "&#xD800; &#99999999999; &nosuch; &;",
            ),
            ("\u{1b}[31mred&#27;[0m", "[31mred[0m"),
            ("<", "<"),
            ("ä&ö<ü", "ä&ö<ü"),
            ("<pre><a href=\"u\">", "```\n```"),
            ("x<a href=\"u\"><p></a>", "x\n\nu"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    proptest::proptest! {
        /// Pieces that a reader could stumble over, in any order.
        #[test]
        fn whatever_comes_is_read(html in "(<[/]?(p|a|i|pre|code|b)( href=\"[a-z&;<>]{0,4}\")?>?|&#?x?[0-9a-f]{0,6};?|[ \n\u{3000}<>&;ä\"']|\\.\\.\\.|\\PC){0,40}") {
            let text = to_text(&html);
            proptest::prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        }
    }
}
