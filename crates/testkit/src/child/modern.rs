//! `--modern`: the same server as one of 2026-07-28, and of nothing else.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answers;
use crate::server::Server;
use crate::wire::{Incoming, Params, quoted};

const REVISION: &str = "2026-07-28";
const SERVER_INFO: &str =
    r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"pontoon-test-child","version":"1.0.0"}}"#;

/// Streams of `subscriptions/listen`, by the ids of their requests: what each wants, as JSON.
#[derive(Default)]
pub(crate) struct Listens(BTreeMap<String, String>);

/// What only a modern request has.
#[derive(Default, Deserialize)]
struct Modern<'a> {
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
    #[serde(borrow, rename = "inputResponses")]
    responses: Option<&'a RawValue>,
    #[serde(borrow)]
    notifications: Option<&'a RawValue>,
    #[serde(borrow, rename = "requestId")]
    request: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    revision: Option<String>,
}

impl Server {
    /// A message to a modern server.
    pub(crate) fn handle_modern(&mut self, message: &Incoming<'_>) -> io::Result<()> {
        let Some(method) = message.method.as_deref() else {
            return Ok(());
        };
        let params = message.params.map_or("{}", RawValue::get);
        let modern: Modern<'_> = serde_json::from_str(params).unwrap_or_default();
        let Some(id) = message.id.map(RawValue::get) else {
            if let ("notifications/cancelled", Some(request)) = (method, modern.request) {
                self.listens.0.remove(request.get());
            }
            return Ok(());
        };
        let revision = modern.meta.as_ref().and_then(|meta| meta.revision.as_deref());
        if revision != Some(REVISION) && method != "initialize" {
            let error = format!(r#"{{"code":-32602,"message":"_meta must name the revision {REVISION}"}}"#);
            return self.reply(id, Err(error));
        }
        let common = Params::of(message);
        match method {
            "subscriptions/listen" => self.listen(id, modern.notifications.map_or("{}", RawValue::get)),
            "server/discover" => self.reply(id, Ok(discovery())),
            "tools/list" => self.reply(id, Ok(cacheable(&answers::tools(&self.flags)))),
            "tools/call" => match (&self.flags.ask, modern.responses) {
                (Some(method), None) => {
                    let question = question(&method.clone());
                    self.reply(id, Ok(question))
                }
                (Some(_), Some(answers)) => self.reply(id, Ok(complete(&answers::text(answers.get())))),
                (None, _) => self.call_modern(id, &common),
            },
            "resources/read" | "resources/list" | "resources/templates/list" if self.flags.resources => {
                let answer = self.resources.handle(method, &common);
                self.reply(id, answer.map(|result| cacheable(&result)))
            }
            _ => self.reply(id, Err(answers::METHOD_NOT_FOUND.to_owned())),
        }
    }

    fn call_modern(&mut self, id: &str, params: &Params<'_>) -> io::Result<()> {
        let answer = self.call(params)?;
        if params.name.as_deref() == Some("touch") {
            self.tell_listens()?;
        }
        self.reply(id, answer.map(|result| complete(&result)))
    }

    fn reply(&mut self, id: &str, answer: Result<String, String>) -> io::Result<()> {
        let answer = match answer {
            Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
            Err(error) => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#),
        };
        self.output.answer(&self.flags, &answer)
    }

    fn listen(&mut self, id: &str, wanted: &str) -> io::Result<()> {
        self.listens.0.insert(id.to_owned(), wanted.to_owned());
        let params = format!(r#"{{{},"notifications":{wanted}}}"#, subscription(id));
        self.notification("notifications/subscriptions/acknowledged", &params)
    }

    /// Every listen hears of every resource and of the list of tools, if it wants to.
    fn tell_listens(&mut self) -> io::Result<()> {
        for (id, wanted) in self.listens.0.clone() {
            for uri in crate::resources::URIS.iter().filter(|uri| wanted.contains(*uri)) {
                let params = format!(r#"{{{},"uri":{}}}"#, subscription(&id), quoted(uri));
                self.notification("notifications/resources/updated", &params)?;
            }
            if wanted.contains("toolsListChanged") {
                let params = format!("{{{}}}", subscription(&id));
                self.notification("notifications/tools/list_changed", &params)?;
            }
        }
        Ok(())
    }
}

fn subscription(id: &str) -> String {
    format!(r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}"#)
}

fn discovery() -> String {
    let capabilities = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}}"#;
    cacheable(&format!(
        r#"{{"supportedVersions":["{REVISION}"],"capabilities":{capabilities},{SERVER_INFO}}}"#
    ))
}

/// The result that asks one question of this method.
fn question(method: &str) -> String {
    let params = answers::question(method);
    let method = quoted(method);
    format!(
        r#"{{"resultType":"input_required","inputRequests":{{"it":{{"method":{method},"params":{params}}}}},"requestState":"asked"}}"#
    )
}

/// A result with what every modern one has.
fn complete(result: &str) -> String {
    result.replacen('{', r#"{"resultType":"complete","#, 1)
}

fn cacheable(result: &str) -> String {
    result.replacen(
        '{',
        r#"{"resultType":"complete","ttlMs":0,"cacheScope":"private","#,
        1,
    )
}
