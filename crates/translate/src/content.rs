//! Content that older clients do not know, as they know it.

use memchr::memmem;
use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::{LegacyRevision, method};

/// A result as a session of `revision` can read it; `None` if it is that already.
///
/// 2025-03-26 brought `audio`, 2025-06-18 `resource_link`: a client that checks what it gets would refuse the whole
/// result because of one block.
pub(crate) fn for_older(revision: LegacyRevision, method: &str, result: &Raw) -> Option<Raw> {
    let (member, element) = match method {
        method::TOOLS_CALL => ("content", None),
        method::PROMPTS_GET => ("messages", Some("content")),
        _ => return None,
    };
    let unknown = Unknown::to(revision)?;
    if !unknown.may_occur_in(result) {
        return None;
    }
    let object = result.object()?;
    let blocks: Vec<Raw> = object.get(member)?.decode().ok()?;
    let mut rewriting = Rewriting { unknown, audio: 0 };
    let mut changed = false;
    let blocks: Vec<Raw> = blocks
        .into_iter()
        .map(|block| match rewriting.rewrite(&block, element) {
            Some(rewritten) => {
                changed = true;
                rewritten
            }
            None => block,
        })
        .collect();
    changed.then(|| object.edit().set(member, Raw::encode(&blocks)).finish())
}

/// Kinds of content that a revision lacks.
#[derive(Clone, Copy)]
struct Unknown {
    kinds: &'static [&'static str],
}

impl Unknown {
    /// What is unknown to clients of `revision`; `None` if nothing is.
    fn to(revision: LegacyRevision) -> Option<Self> {
        let kinds: &[_] = match revision {
            LegacyRevision::V2024_11_05 => &["resource_link", "audio"],
            LegacyRevision::V2025_03_26 => &["resource_link"],
            LegacyRevision::V2025_06_18 | LegacyRevision::V2025_11_25 => return None,
        };
        Some(Self { kinds })
    }

    fn may_occur_in(self, raw: &Raw) -> bool {
        let mut kinds = self.kinds.iter();
        kinds.any(|kind| memmem::find(raw.as_bytes(), kind.as_bytes()).is_some())
    }
}

struct Rewriting {
    unknown: Unknown,
    /// How many pieces of audio there were: each needs a URI of its own.
    audio: usize,
}

impl Rewriting {
    /// The block, or what it has in `inner`, rewritten; `None` if it can stay.
    fn rewrite(&mut self, block: &Raw, inner: Option<&str>) -> Option<Raw> {
        let object = block.object()?;
        if let Some(inner) = inner {
            let rewritten = self.rewrite(&object.get(inner)?, None)?;
            return Some(object.edit().set(inner, rewritten).finish());
        }
        let kind = object.get_str("type")?;
        if !self.unknown.kinds.contains(&&*kind) {
            return None;
        }
        match &*kind {
            "audio" => self.embed(&object),
            _ => Some(mention(&object)),
        }
    }

    /// Audio as an embedded resource, which 2024-11-05 knows.
    fn embed(&mut self, audio: &RawObject) -> Option<Raw> {
        self.audio += 1;
        let empty = RawObject::empty();
        let mut resource = empty.edit();
        resource.set("uri", Raw::string(&format!("audio:{}", self.audio)));
        if let Some(mime_type) = audio.get("mimeType") {
            resource.set("mimeType", mime_type);
        }
        resource.set("blob", audio.get("data")?);
        let mut block = empty.edit();
        block.set("type", Raw::from_static("\"resource\""));
        block.set("resource", resource.finish());
        if let Some(annotations) = audio.get("annotations") {
            block.set("annotations", annotations);
        }
        Some(block.finish())
    }
}

/// A link as text that names its title and its URI.
fn mention(link: &RawObject) -> Raw {
    let uri = link.get_str("uri").unwrap_or_default();
    let name = link.get_str("title").or_else(|| link.get_str("name"));
    let text = match name {
        Some(name) if !name.is_empty() => format!("{name}: {uri}"),
        _ => uri.into_owned(),
    };
    let empty = RawObject::empty();
    let mut block = empty.edit();
    block.set("type", Raw::from_static("\"text\""));
    block.set("text", Raw::string(&text));
    if let Some(annotations) = link.get("annotations") {
        block.set("annotations", annotations);
    }
    block.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = r#"{"content":[{"type":"text","text":"audio, resource_link"},{"type":"audio","data":"QQ==","mimeType":"audio/wav"},{"type":"resource_link","uri":"file:///a","name":"a","title":"A"},{"type":"audio","data":"Qg==","mimeType":"audio/wav"}],"isError":false}"#;

    fn rewritten(revision: LegacyRevision, method: &str, text: &'static str) -> Option<String> {
        for_older(revision, method, &Raw::from_static(text)).map(|raw| raw.as_str().to_owned())
    }

    #[test]
    fn clients_get_what_their_revision_knows() {
        assert_eq!(
            rewritten(LegacyRevision::V2024_11_05, method::TOOLS_CALL, CALL).unwrap(),
            r#"{"content":[{"type":"text","text":"audio, resource_link"},{"type":"resource","resource":{"uri":"audio:1","mimeType":"audio/wav","blob":"QQ=="}},{"type":"text","text":"A: file:///a"},{"type":"resource","resource":{"uri":"audio:2","mimeType":"audio/wav","blob":"Qg=="}}],"isError":false}"#
        );
        assert_eq!(
            rewritten(LegacyRevision::V2025_03_26, method::TOOLS_CALL, CALL).unwrap(),
            r#"{"content":[{"type":"text","text":"audio, resource_link"},{"type":"audio","data":"QQ==","mimeType":"audio/wav"},{"type":"text","text":"A: file:///a"},{"type":"audio","data":"Qg==","mimeType":"audio/wav"}],"isError":false}"#
        );
        for newer in [LegacyRevision::V2025_06_18, LegacyRevision::V2025_11_25] {
            assert_eq!(rewritten(newer, method::TOOLS_CALL, CALL), None);
        }
    }

    #[test]
    fn a_prompts_messages_hold_one_block_each() {
        assert_eq!(
            rewritten(
                LegacyRevision::V2025_03_26,
                method::PROMPTS_GET,
                r#"{"messages":[{"role":"user","content":{"type":"resource_link","uri":"u","name":""}},{"role":"user","content":{ "type":"text","text":""}}]}"#
            )
            .unwrap(),
            r#"{"messages":[{"role":"user","content":{"type":"text","text":"u"}},{"role":"user","content":{ "type":"text","text":""}}]}"#
        );
    }

    #[test]
    fn what_only_mentions_a_kind_stays_as_it_is() {
        let oldest = LegacyRevision::V2024_11_05;
        for text in [
            r#"{"content":[{"type":"text","text":"audio"}]}"#,
            r#"{"content":"audio"}"#,
            r#"{"content":[1,"audio",{"type":"audio"}]}"#,
            r#"{"audio":[]}"#,
        ] {
            assert_eq!(rewritten(oldest, method::TOOLS_CALL, text), None, "{text}");
        }
        assert_eq!(rewritten(oldest, method::RESOURCES_READ, CALL), None);
    }
}
