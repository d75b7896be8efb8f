//! What the API answers, with the liberties that it takes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::is_id;
use crate::{
    moment::Moment,
    source::{Unreadable, json},
};

/// Items of one list that are looked at; the API sends 30 at most.
const MAX_ITEMS: usize = 100;

/// A source's list of news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    /// The id that answered, which need not be the one that was asked for.
    pub(super) id: String,
    pub(super) updated: Option<String>,
    /// The API could not or would not look again, and told what it had.
    pub(super) is_from_its_cache: bool,
    pub(super) items: Arc<[Item]>,
    /// Items without a title.
    pub(super) unusable: usize,
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Item {
    /// The source's own id of it.
    pub(super) id: String,
    /// Place in the source's list, from 1.
    pub(super) rank: usize,
    pub(super) title: String,
    /// Where to read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mobile_url: Option<String>,
    /// RFC 3339, or what the source says when it says something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<String>,
    /// What the source says about it, such as its points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) info: Option<String>,
    /// A summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    /// How its place changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diff: Option<i64>,
}

#[derive(Deserialize)]
struct Answer {
    status: Option<String>,
    id: String,
    #[serde(rename = "updatedTime")]
    updated: Option<Value>,
    items: Vec<Value>,
}

/// The answer to `/api/s`.
pub(super) fn list(body: &[u8]) -> Result<List, Unreadable> {
    let answer: Answer = json(&without_control_characters(body))?;
    answer.list().ok_or(Unreadable::Shape)
}

/// The answer to `/api/s/entire`. Nothing found is nothing said.
pub(super) fn entire(body: &[u8]) -> Result<Vec<List>, Unreadable> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let answers: Vec<Value> = json(&without_control_characters(body))?;
    let readable = answers.into_iter().filter_map(|it| Answer::deserialize(it).ok());
    Ok(readable.filter_map(Answer::list).collect())
}

/// Titles come with raw control characters, which JSON forbids inside a string. Outside of strings
/// they are white space, so a blank does for both.
fn without_control_characters(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').bytes();
    text.map(|byte| if byte < b' ' { b' ' } else { byte }).collect()
}

impl Answer {
    /// `None` where it does not say whose list it is.
    fn list(self) -> Option<List> {
        if !is_id(&self.id) {
            return None;
        }
        let sent = self.items.len().min(MAX_ITEMS);
        let items: Vec<_> = (1..)
            .zip(&self.items[..sent])
            .filter_map(|(rank, item)| item_of(rank, item))
            .collect();
        Some(List {
            id: self.id,
            updated: self.updated.as_ref().and_then(moment),
            is_from_its_cache: self.status.as_deref() == Some("cache"),
            unusable: sent - items.len(),
            items: items.into(),
        })
    }
}

fn item_of(rank: usize, item: &Value) -> Option<Item> {
    let title = line(item.get("title")?)?;
    let extra = item.get("extra");
    let extra = |name: &str| extra?.get(name);
    let date = item.get("pubDate").and_then(moment);
    Some(Item {
        id: item.get("id").and_then(line).unwrap_or_else(|| title.clone()),
        rank,
        url: item.get("url").and_then(link),
        mobile_url: item.get("mobileUrl").and_then(link),
        published: date.or_else(|| extra("date").and_then(moment)),
        info: extra("info").and_then(line),
        summary: extra("hover").and_then(line),
        diff: extra("diff").and_then(Value::as_i64),
        title,
    })
}

/// A text in one line; a number counts as one, `false` as none.
fn line(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.split(|c: char| c.is_whitespace() || c.is_control()),
        Value::Number(number) => return Some(number.to_string()),
        _ => return None,
    };
    let words: Vec<_> = text.filter(|word| !word.is_empty()).collect();
    Some(words.join(" ")).filter(|line| !line.is_empty())
}

/// Only what a browser would fetch: a list could as well say `javascript:`.
fn link(value: &Value) -> Option<String> {
    let url = reqwest::Url::parse(value.as_str()?.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Milliseconds, or a text that is one of many.
fn moment(value: &Value) -> Option<String> {
    let millis = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|it| it as i64))?,
        Value::String(text) => match text.trim().parse() {
            Ok(millis) => millis,
            Err(_) => {
                let text = line(value)?;
                return Some(Moment::parse(&text).map_or(text, |it| it.to_string()));
            }
        },
        _ => return None,
    };
    Moment::from_millis(millis).map(|moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIRKS: &str = "{\"status\":\"cache\",\"id\":\"github-trending-today\",\"updatedTime\":\"1744712237000\",
        \"info\":{\"Github\":\"x\"},\"items\":[
        {\"id\":1,\"title\":\"o /\\n   r\",\"url\":\"https://e.example/a b\",\"pubDate\":1744712237000,\"extra\":{\"info\":false,\"diff\":-2}},
        {\"id\":\"b\",\"title\":\"raw\u{1}\tcontrol\",\"url\":\"javascript:alert(1)\",\"extra\":{\"info\":\"✰ 12,345\",\"date\":\"2025-04-15T10:17:17.000Z\",\"hover\":\"a\\nb\"}},
        {\"id\":\"c\",\"title\":\"  \",\"url\":\"https://e.example/\"},
        {\"title\":\"no id\",\"pubDate\":\"刚刚\",\"extra\":{\"icon\":false}},
        7]}";

    #[test]
    fn quirks_of_the_data_are_tolerated() {
        let list = list(QUIRKS.as_bytes()).expect("readable");
        assert_eq!(list.id, "github-trending-today");
        assert!(list.is_from_its_cache);
        assert_eq!(list.updated.as_deref(), Some("2025-04-15T10:17:17Z"));
        assert_eq!(list.unusable, 2);
        let [one, two, three] = &list.items[..] else {
            panic!("{list:?}")
        };
        assert_eq!((one.id.as_str(), one.title.as_str(), one.rank), ("1", "o / r", 1));
        assert_eq!(one.url.as_deref(), Some("https://e.example/a%20b"));
        assert_eq!(one.published.as_deref(), Some("2025-04-15T10:17:17Z"));
        assert_eq!((one.info.as_deref(), one.diff), (None, Some(-2)));
        assert_eq!(two.title, "raw control");
        assert_eq!(
            (two.url.as_deref(), two.info.as_deref()),
            (None, Some("✰ 12,345"))
        );
        assert_eq!(two.published.as_deref(), Some("2025-04-15T10:17:17Z"));
        assert_eq!(two.summary.as_deref(), Some("a b"));
        assert_eq!((three.id.as_str(), three.rank), ("no id", 4));
        assert_eq!(three.published.as_deref(), Some("刚刚"));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"id":"a"}"#,
            r#"{"items":[]}"#,
            r#"{"id":"a b","items":[]}"#,
            "<html>",
        ] {
            assert_eq!(list(body.as_bytes()), Err(Unreadable::Shape), "{body}");
        }
    }

    #[test]
    fn the_lists_that_are_readable_are_read() {
        assert_eq!(entire(b" \n"), Ok(Vec::new()));
        assert_eq!(entire(b"{}"), Err(Unreadable::Shape));
        let two = br#"[{"id":"a","items":[]},{"oh":"no"},{"id":"b","items":[],"updatedTime":1}]"#;
        let ids: Vec<_> = entire(two)
            .expect("readable")
            .into_iter()
            .map(|it| it.id)
            .collect();
        assert_eq!(ids, ["a", "b"]);
    }

    proptest::proptest! {
        /// Members of every kind where others are expected, and raw bytes.
        #[test]
        fn whatever_comes_is_read(
            value in "(null|-?(0|[1-9][0-9]{0,29})(\\.5)?|\"[a-z0-9:+ä\\[(TZ-]{0,20}\"|\\[\\]|\\{\\})",
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        ) {
            let item = format!(
                r#"{{"id":{value},"title":"t","url":{value},"pubDate":{value},"extra":{{"date":{value},"info":{value},"diff":{value}}}}}"#
            );
            let body = format!(r#"{{"id":"a","status":"x","updatedTime":{value},"items":[{item},{value}]}}"#);
            let list = list(body.as_bytes()).expect("only its members are odd");
            proptest::prop_assert_eq!(list.items.len(), 1);
            let _ = super::list(&bytes);
            let _ = entire(&bytes);
        }
    }
}
