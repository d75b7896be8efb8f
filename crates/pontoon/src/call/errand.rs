//! What is done once a server can be spoken to.

use std::io::{Write as _, stdout};
use std::time::Instant;

use pontoon_jsonrpc::{Kind as JsonKind, Raw, RawObject};
use pontoon_mcp::method;
use pontoon_upstream::Connector;

use super::arguments::{self, Word};
use super::conversation::{Conversation, Manner, Spoken};
use super::opening::{self, Choice, Introduction};
use super::render::{self, Kind, Paper};
use super::save::Folder;
use super::subscribe::{self, Format, Told};
use super::trouble::Trouble;
use super::wanted::{List, Wanted};

/// Pages of one list that are asked for: a server that always has another one would never end.
const MAX_PAGES: usize = 1_000;

/// Where results go.
#[derive(Debug)]
pub(super) enum Output {
    /// One JSON document.
    Machine,
    Human {
        paper: Paper,
        folder: Option<Folder>,
    },
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) wanted: Wanted,
    /// Whole parameters or arguments.
    pub(super) params: Option<RawObject>,
    /// Of changes.
    pub(super) count: Option<u64>,
}

impl Errand {
    /// Begins a conversation, does it, and takes leave.
    pub(super) async fn run(
        &self,
        connector: &dyn Connector,
        choice: Choice,
        manner: &Manner,
        output: &mut Output,
    ) -> Result<(), Trouble> {
        let (mut conversation, introduction) = opening::open(connector, choice, manner).await?;
        let outcome = self.carry_out(&mut conversation, &introduction, output).await;
        conversation.close().await;
        if let (Output::Machine, Err(Trouble::Refused { error, .. })) = (&*output, &outcome) {
            manner.screen.note(&refusal(error));
        }
        outcome
    }

    async fn carry_out(
        &self,
        conversation: &mut Conversation,
        introduction: &Introduction,
        output: &mut Output,
    ) -> Result<(), Trouble> {
        match &self.wanted {
            Wanted::Overview => overview(conversation, introduction, output).await,
            Wanted::List(list, words) => self.list(conversation, *list, words, output).await,
            Wanted::Tool(name, words) => self.tool(conversation, name, words, output).await,
            Wanted::Method(name, words) => self.method(conversation, name, words, output).await,
            Wanted::Changes(uris) => {
                let format = match output {
                    Output::Machine => Format::Json,
                    Output::Human { .. } => Format::Line,
                };
                let told = Told {
                    format,
                    count: self.count,
                };
                subscribe::changes(conversation, uris, told).await
            }
        }
    }

    async fn list(
        &self,
        conversation: &mut Conversation,
        list: List,
        words: &[Word],
        output: &mut Output,
    ) -> Result<(), Trouble> {
        let params = self.with_params(arguments::for_method(list.method(), words)?);
        let (entries, whole) = pages(conversation, list, &params).await?;
        let text = match output {
            Output::Machine => format!("{whole}\n"),
            Output::Human { paper, .. } => render::list(list, &entries, *paper),
        };
        print(&text)
    }

    async fn tool(
        &self,
        conversation: &mut Conversation,
        name: &str,
        words: &[Word],
        output: &mut Output,
    ) -> Result<(), Trouble> {
        let (tools, _) = pages(conversation, List::Tools, &RawObject::empty()).await?;
        let tools: Vec<_> = tools.iter().filter_map(Raw::object).collect();
        let named = |tool: &&RawObject| tool.get_str("name").as_deref() == Some(name);
        let Some(tool) = tools.iter().find(named) else {
            let known: Vec<_> = tools
                .iter()
                .filter_map(|tool| Some(tool.get_str("name")?.into_owned()))
                .collect();
            return Err(arguments::unknown("tool", name, &known));
        };
        let given = match &self.params {
            // Given whole, the arguments are the user's own business.
            Some(whole) => merged(whole, &arguments::for_tool(words, None)?),
            None => {
                let schema = tool.get("inputSchema").and_then(|schema| schema.object());
                arguments::for_tool(words, schema.as_ref())?
            }
        };
        let params = arguments::object(vec![("name", Raw::string(name)), ("arguments", given.to_raw())])?;
        answered(conversation, method::TOOLS_CALL, &params, output).await
    }

    async fn method(
        &self,
        conversation: &mut Conversation,
        name: &str,
        words: &[Word],
        output: &mut Output,
    ) -> Result<(), Trouble> {
        if name == method::PING {
            return ping(conversation, output).await;
        }
        let params = match (&self.params, name) {
            (Some(whole), method::PROMPTS_GET | method::TOOLS_CALL) if !whole.contains("name") => {
                let flat = arguments::for_method(name, words)?;
                let own = flat.get("arguments").and_then(|own| own.object());
                let own = merged(whole, &own.unwrap_or_else(RawObject::empty));
                set(&flat, "arguments", own.to_raw())
            }
            (Some(whole), _) if words.is_empty() => whole.clone(),
            _ => self.with_params(arguments::for_method(name, words)?),
        };
        answered(conversation, name, &params, output).await
    }

    fn with_params(&self, words: RawObject) -> RawObject {
        match &self.params {
            Some(whole) => merged(whole, &words),
            None => words,
        }
    }
}

async fn answered(
    conversation: &mut Conversation,
    name: &str,
    params: &RawObject,
    output: &mut Output,
) -> Result<(), Trouble> {
    let result = conversation.ask(name, params).await?;
    let kind = match name {
        method::TOOLS_CALL => Kind::Tool,
        method::PROMPTS_GET => Kind::Prompt,
        method::RESOURCES_READ => Kind::Resource,
        _ => Kind::Other,
    };
    let text = match output {
        Output::Machine => format!("{result}\n"),
        Output::Human { paper, folder } => render::result(kind, &result, *paper, folder.as_mut())?,
    };
    print(&text)?;
    let has_failed = result
        .object()
        .and_then(|result| result.get("isError")?.as_bool());
    match (kind, has_failed) {
        (Kind::Tool, Some(true)) => Err(Trouble::Tool),
        _ => Ok(()),
    }
}

/// 2026-07-28 has no `ping`; its description says as well that a server is there.
async fn ping(conversation: &mut Conversation, output: &Output) -> Result<(), Trouble> {
    let name = match conversation.spoken {
        Spoken::Legacy => method::PING,
        Spoken::Modern(_) => method::DISCOVER,
    };
    let start = Instant::now();
    let result = conversation.ask(name, &RawObject::empty()).await?;
    print(&match output {
        Output::Machine => format!("{result}\n"),
        Output::Human { .. } => format!("answered `{name}` in {} ms\n", start.elapsed().as_millis()),
    })
}

async fn overview(
    conversation: &mut Conversation,
    introduction: &Introduction,
    output: &Output,
) -> Result<(), Trouble> {
    let mut lists = Vec::new();
    for list in List::ALL {
        if introduction.capabilities.contains(list.capability()) {
            match pages(conversation, list, &RawObject::empty()).await {
                Ok((entries, _)) => lists.push((list, entries)),
                // Templates have no capability of their own.
                Err(Trouble::Refused { .. }) if list == List::Templates => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }
    let text = match output {
        Output::Machine => format!("{}\n", document(introduction, &lists)),
        Output::Human { paper, .. } => {
            let lists = lists.iter().filter(|(_, entries)| !entries.is_empty());
            let lists = lists.map(|(list, entries)| format!("\n{}", render::list(*list, entries, *paper)));
            std::iter::once(render::introduction(introduction, *paper))
                .chain(lists)
                .collect()
        }
    };
    print(&text)
}

/// `{"version":1,"revision",…,"serverInfo",…,"capabilities",…,"tools":[…],…}`
fn document(introduction: &Introduction, lists: &[(List, Vec<Raw>)]) -> Raw {
    let none = RawObject::empty();
    let mut document = none.edit();
    document
        .set("version", Raw::number(1))
        .set("revision", Raw::string(&introduction.revision))
        .set("capabilities", introduction.capabilities.to_raw());
    if let Some(info) = &introduction.info {
        document.set("serverInfo", info.to_raw());
    }
    if !introduction.revisions.is_empty() {
        document.set("supportedVersions", Raw::encode(&introduction.revisions));
    }
    if let Some(instructions) = &introduction.instructions {
        document.set("instructions", Raw::string(instructions));
    }
    for (list, entries) in lists {
        document.set(list.member(), Raw::encode(entries));
    }
    document.finish()
}

/// All entries of a list, and its first page with all of them in it. A page that was asked for by its cursor comes alone.
async fn pages(
    conversation: &mut Conversation,
    list: List,
    params: &RawObject,
) -> Result<(Vec<Raw>, Raw), Trouble> {
    let nonsense = || Trouble::Nonsense(format!("`{}` was answered with no list", list.method()));
    let mut entries = Vec::new();
    let mut first = None;
    let mut params = params.clone();
    let is_single = params.contains("cursor");
    for _ in 0..MAX_PAGES {
        let page = conversation.ask(list.method(), &params).await?;
        let page = page.object().ok_or_else(nonsense)?;
        if is_single {
            let entries = page.get(list.member()).ok_or_else(nonsense)?;
            return Ok((entries.decode().map_err(|_| nonsense())?, page.to_raw()));
        }
        let more = page.get(list.member()).ok_or_else(nonsense)?;
        entries.extend(more.decode::<Vec<Raw>>().map_err(|_| nonsense())?);
        let next = page
            .get("nextCursor")
            .filter(|next| next.kind() == JsonKind::String);
        let first = &*first.get_or_insert(page);
        let Some(next) = next else {
            let whole = first
                .edit()
                .remove("nextCursor")
                .set(list.member(), Raw::encode(&entries))
                .finish();
            return Ok((entries, whole));
        };
        params = set(&params, "cursor", next);
    }
    let what = format!("`{}` has more than {MAX_PAGES} pages", list.method());
    Err(Trouble::Nonsense(what))
}

fn merged(whole: &RawObject, more: &RawObject) -> RawObject {
    more.iter()
        .fold(whole.clone(), |merged, (key, value)| set(&merged, &key, value))
}

fn set(object: &RawObject, key: &str, value: Raw) -> RawObject {
    let longer = object.edit().set(key, value).finish();
    longer.object().expect("setting a key leaves an object")
}

/// An error of the server, in a line for machines.
fn refusal(error: &pontoon_jsonrpc::ErrorObject) -> String {
    let none = RawObject::empty();
    let mut told = none.edit();
    told.set("code", Raw::integer(error.code))
        .set("message", Raw::string(&error.message));
    if let Some(data) = &error.data {
        told.set("data", data.clone());
    }
    format!("{{\"error\":{}}}", told.finish())
}

/// What was asked for and cannot be written is a failure: a script must not take it for an empty result.
fn print(text: &str) -> Result<(), Trouble> {
    let mut stdout = stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Trouble::Output(format!("cannot write the result: {error}")))
}
