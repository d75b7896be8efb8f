//! Which arguments of a server's tools clients repeat in headers, as last listed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memchr::memmem;
use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::{MirroredParameter, X_MCP_HEADER};

#[cfg(test)]
mod tests;

/// Annotated tools of one list that are remembered, and how much memory they may take. What clients say about others
/// is not checked.
const MAX_TOOLS: usize = 4096;
const MAX_LIST_BYTES: usize = 1 << 20;

/// Lists of one server that are remembered, and how much memory they may take together.
const MAX_LISTS: usize = 1024;
const MAX_BYTES: usize = 16 << 20;

/// Who is shown the same list of tools.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// Everybody, where all share the server.
    Everybody,
    /// One account, where others have servers of their own.
    Account(Arc<str>),
}

/// The lists of one server. Where there are too many, the one goes that nobody has used for the longest time.
#[derive(Default)]
pub(crate) struct Annotations(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    of: HashMap<Audience, List>,
    /// Counts uses.
    uses: u64,
}

/// Annotated tools by their names.
#[derive(Default)]
struct List {
    tools: HashMap<String, Parameters>,
    bytes: usize,
    /// The number of its last use.
    used: u64,
}

type Parameters = Arc<[MirroredParameter]>;

impl Annotations {
    /// Learns from a list of tools, or a page of one, that goes to a client.
    pub(crate) fn learn(&self, audience: &Audience, listed: &Raw) {
        let is_annotated = memmem::find(listed.as_bytes(), X_MCP_HEADER.as_bytes()).is_some();
        if !is_annotated && !self.lock().of.contains_key(audience) {
            return;
        }
        let tools = listed
            .object()
            .and_then(|listed| listed.get("tools")?.decode::<Vec<Raw>>().ok());
        let tools = tools.unwrap_or_default();
        let tools: Vec<_> = tools.iter().filter_map(Raw::object).collect();
        let tools = tools.iter().filter_map(annotated).collect();
        self.lock().learn(audience, tools);
    }

    /// The arguments of a tool that headers repeat, if any are known.
    pub(crate) fn of(&self, audience: &Audience, tool: &str) -> Option<Parameters> {
        self.lock().find(audience)?.tools.get(tool).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tool's name and the arguments that headers repeat. One whose annotations are invalid has none that anybody could
/// follow.
fn annotated(tool: &RawObject) -> Option<(String, Vec<MirroredParameter>)> {
    let name = tool.get_str("name")?;
    let schema = tool.get("inputSchema");
    let parameters = schema.and_then(|schema| MirroredParameter::read_all(&schema).ok());
    Some((name.into_owned(), parameters.unwrap_or_default()))
}

impl Lists {
    fn find(&mut self, audience: &Audience) -> Option<&List> {
        let list = self.of.get_mut(audience)?;
        self.uses += 1;
        list.used = self.uses;
        Some(list)
    }

    fn learn(&mut self, audience: &Audience, tools: Vec<(String, Vec<MirroredParameter>)>) {
        self.uses += 1;
        let list = self.of.entry(audience.clone()).or_default();
        list.used = self.uses;
        for (name, parameters) in tools {
            list.learn(name, parameters);
        }
        if list.tools.is_empty() {
            self.of.remove(audience);
        }
        while self.of.len() > MAX_LISTS || self.bytes() > MAX_BYTES {
            self.forget_one();
        }
    }

    fn bytes(&self) -> usize {
        self.of.values().map(|list| list.bytes).sum()
    }

    fn forget_one(&mut self) {
        let oldest = self.of.iter().min_by_key(|(_, list)| list.used);
        if let Some(audience) = oldest.map(|(audience, _)| audience.clone()) {
            self.of.remove(&audience);
        }
    }
}

impl List {
    fn learn(&mut self, name: String, parameters: Vec<MirroredParameter>) {
        if let Some(before) = self.tools.remove(&name) {
            self.bytes -= size(&name, &before);
        }
        let bytes = self.bytes + size(&name, &parameters);
        if !parameters.is_empty() && self.tools.len() < MAX_TOOLS && bytes <= MAX_LIST_BYTES {
            self.bytes = bytes;
            self.tools.insert(name, parameters.into());
        }
    }
}

/// What a tool takes, in bytes.
fn size(name: &str, parameters: &[MirroredParameter]) -> usize {
    let own = size_of::<(String, Parameters)>() + name.len();
    own + parameters.iter().map(MirroredParameter::size).sum::<usize>()
}
