//! Results of a modern server that hold for a while.
//!
//! Source: 2026-07-28, Caching.

use std::collections::VecDeque;
use std::time::Duration;

use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::meta::META;
use pontoon_mcp::method;

use crate::exchange::{Asker, MemberId};
use crate::input_required::RETRY;

/// Most results that are kept; the oldest go first.
const MAX_RESULTS: usize = 256;

/// Most bytes of results that are kept.
const MAX_BYTES: usize = 4 << 20;

/// Whatever a server says, a result is asked for again after this.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// What one result answers: method, parameters, and what the client can do, by which servers choose what they list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    method: &'static str,
    params: Raw,
    capabilities: Raw,
    asker: Asker,
    /// Changes that were told before it was asked: an answer that crosses with the news of a change is not kept.
    changes: u64,
}

struct Kept {
    question: Question,
    /// Whether it is for whoever asked only.
    scope: Scope,
    result: Raw,
    until: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Private,
    Public,
}

/// Results by what they answer. Private ones are for whoever asked; nothing outlives the connection.
#[derive(Default)]
pub(crate) struct Cache {
    kept: VecDeque<Kept>,
    bytes: usize,
    changes: u64,
}

impl Cache {
    /// What a request asks, if its result may be kept. A retry's may not: it depends on answers.
    pub(crate) fn question(
        &self,
        name: &str,
        params: Option<&Raw>,
        capabilities: &Raw,
        asker: Asker,
    ) -> Option<Question> {
        let method = keepable(name)?;
        let object = match params {
            Some(params) => params.object()?,
            None => RawObject::empty(),
        };
        if RETRY.iter().any(|member| object.contains(member)) {
            return None;
        }
        Some(Question {
            method,
            params: object.edit().remove(META).finish(),
            capabilities: capabilities.clone(),
            asker,
            changes: self.changes,
        })
    }

    /// A result that still holds, with the time that it holds for.
    pub(crate) fn get(&self, question: &Question, now: Duration) -> Option<Raw> {
        let kept = self
            .kept
            .iter()
            .find(|kept| kept.until > now && kept.answers(question))?;
        let left = u64::try_from((kept.until - now).as_millis()).unwrap_or(u64::MAX);
        Some(
            kept.result
                .object()?
                .edit()
                .set("ttlMs", Raw::number(left))
                .finish(),
        )
    }

    /// Keeps a result for as long as it says, unless something changed since it was asked for.
    pub(crate) fn keep(&mut self, question: Question, result: &Raw, now: Duration) {
        let Some((scope, age)) = hints(result) else { return };
        if question.changes != self.changes || result.as_bytes().len() > MAX_BYTES / 4 {
            return;
        }
        self.forget_where(|kept| {
            kept.until <= now || (kept.answers(&question) && kept.question.asker == question.asker)
        });
        let kept = Kept {
            // Without the bodies that they came in.
            question: Question {
                params: question.params.detached(),
                capabilities: question.capabilities.detached(),
                ..question
            },
            scope,
            result: result.detached(),
            until: now + age,
        };
        self.bytes += kept.size();
        self.kept.push_back(kept);
        while self.kept.len() > MAX_RESULTS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.bytes -= oldest.size();
        }
    }

    /// Something changed: what that concerns holds no longer.
    pub(crate) fn invalidate(&mut self, change: &str, uri: Option<&str>) {
        let concerned: &[&str] = match change {
            method::TOOLS_CHANGED => &[method::TOOLS_LIST],
            method::PROMPTS_CHANGED => &[method::PROMPTS_LIST],
            method::RESOURCES_CHANGED => &[method::RESOURCES_LIST, method::TEMPLATES_LIST],
            method::RESOURCE_UPDATED => &[method::RESOURCES_READ],
            _ => return,
        };
        self.changes += 1;
        self.forget_where(|kept| {
            let read = kept.question.params.object();
            let read = read.as_ref().and_then(|params| params.get_str("uri"));
            // A server may report the container of what was read, or a part of it.
            let is_other = match (uri, read.as_deref()) {
                (Some(changed), Some(read)) => !changed.starts_with(read) && !read.starts_with(changed),
                _ => false,
            };
            concerned.contains(&kept.question.method) && !is_other
        });
    }

    /// A session is over, and nobody else may see what was for it.
    pub(crate) fn forget_member(&mut self, member: MemberId) {
        self.forget_where(|kept| {
            kept.question.asker == Asker::Member(member) && kept.scope == Scope::Private
        });
    }

    /// The next server may have something else to say.
    pub(crate) fn clear(&mut self) {
        self.changes += 1;
        self.forget_where(|_| true);
    }

    fn forget_where(&mut self, is_void: impl Fn(&Kept) -> bool) {
        let bytes = &mut self.bytes;
        self.kept.retain(|kept| {
            let void = is_void(kept);
            if void {
                *bytes -= kept.size();
            }
            !void
        });
    }
}

impl Kept {
    fn answers(&self, question: &Question) -> bool {
        let own = &self.question;
        own.method == question.method
            && own.params == question.params
            && own.capabilities == question.capabilities
            && (self.scope == Scope::Public || (own.asker == question.asker && own.asker != Asker::Unknown))
    }

    fn size(&self) -> usize {
        let texts = [&self.question.params, &self.question.capabilities, &self.result];
        texts.iter().map(|text| text.as_bytes().len()).sum()
    }
}

/// The name of a method whose result may be kept. What the gateway says of itself is not: it is made anew.
fn keepable(name: &str) -> Option<&'static str> {
    [
        method::TOOLS_LIST,
        method::PROMPTS_LIST,
        method::RESOURCES_LIST,
        method::TEMPLATES_LIST,
        method::RESOURCES_READ,
    ]
    .into_iter()
    .find(|known| *known == name)
}

/// For whom and for how long a result holds; `None` if it is to be asked for every time.
fn hints(result: &Raw) -> Option<(Scope, Duration)> {
    let object = result.object()?;
    if object
        .get_str("resultType")
        .is_some_and(|kind| kind != "complete")
    {
        return None;
    }
    let age = u64::try_from(object.get("ttlMs")?.as_i64()?)
        .ok()
        .filter(|age| *age > 0)?;
    let scope = match object.get_str("cacheScope").as_deref() {
        Some("public") => Scope::Public,
        _ => Scope::Private,
    };
    Some((scope, Duration::from_millis(age).min(MAX_AGE)))
}

#[cfg(test)]
mod tests;
