//! What a server asks, and who answers.

use std::path::PathBuf;
use std::sync::Mutex;

use pontoon_jsonrpc::{Raw, RawObject};
use pontoon_mcp::Question;

use super::console::Console;
use super::form::{Field, fields};
use super::render::{content, plain};

/// Where questions are answered: from what was given on the command line, and by whoever sits at the console.
pub(super) struct Desk {
    /// Values for fields of forms: as they are typed, or as JSON.
    answers: Vec<(String, Given)>,
    roots: Vec<PathBuf>,
    console: Mutex<Box<dyn Console>>,
}

/// A value that was given for a field.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Text(String),
    Json(Raw),
}

/// What the desk says to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Given(Raw),
    /// The user does not want to.
    Refused(String),
    /// It was never said that this can be answered.
    Unable(String),
}

/// How a form ended.
enum Filled {
    Accepted(Raw),
    Declined,
    Cancelled,
}

const ACCEPT: &str = r#"{"action":"accept"}"#;
const DECLINE: &str = r#"{"action":"decline"}"#;
const CANCEL: &str = r#"{"action":"cancel"}"#;

impl Desk {
    pub(super) fn new(answers: Vec<(String, Given)>, roots: Vec<PathBuf>, console: Box<dyn Console>) -> Self {
        Self {
            answers,
            roots,
            console: Mutex::new(console),
        }
    }

    /// What servers are told that they may ask. Directories only where some were given: it is for the user to say which
    /// a server may know of.
    pub(super) fn capabilities(&self) -> Raw {
        Raw::from_static(if self.roots.is_empty() {
            r#"{"sampling":{},"elicitation":{"form":{},"url":{}}}"#
        } else {
            r#"{"roots":{},"sampling":{},"elicitation":{"form":{},"url":{}}}"#
        })
    }

    /// Answers; this may take as long as a user takes.
    pub(super) fn answer(&self, question: Question, params: Option<&Raw>) -> Answer {
        let params = params.and_then(Raw::object).unwrap_or_else(RawObject::empty);
        let mut console = self
            .console
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match question {
            Question::Elicitation if params.get_str("mode").as_deref() == Some("url") => {
                visit(&params, &mut **console)
            }
            Question::Elicitation => self.elicit(&params, &mut **console),
            Question::Sampling => sample(&params, &mut **console),
            Question::Roots => self.list_roots(),
        }
    }

    fn list_roots(&self) -> Answer {
        if self.roots.is_empty() {
            return Answer::Unable(
                "the server asks which directories it may work in; give it some with --root".to_owned(),
            );
        }
        let roots: Vec<_> = self
            .roots
            .iter()
            .map(|root| {
                let name = root.file_name().unwrap_or(root.as_os_str());
                serde_json::json!({"uri": file_uri(root), "name": name.to_string_lossy()})
            })
            .collect();
        Answer::Given(Raw::encode(&serde_json::json!({"roots": roots})))
    }

    fn elicit(&self, params: &RawObject, console: &mut dyn Console) -> Answer {
        let message = params.get_str("message").unwrap_or_default();
        console.say(&format!("The server asks: {}", plain(&message)));
        let Some(fields) = fields(params.get("requestedSchema").as_ref()) else {
            console.say("  (declined: its form cannot be understood)");
            return Answer::Given(Raw::from_static(DECLINE));
        };
        let filled = if console.is_manned() {
            self.fill_in(&fields, console)
        } else {
            self.fill_in_alone(&fields, console)
        };
        Answer::Given(match filled {
            Filled::Accepted(content) => RawObject::empty()
                .edit()
                .set("action", Raw::string("accept"))
                .set("content", content)
                .finish(),
            Filled::Declined => Raw::from_static(DECLINE),
            Filled::Cancelled => Raw::from_static(CANCEL),
        })
    }

    fn given(&self, field: &Field) -> Option<Result<Raw, String>> {
        let (_, given) = self.answers.iter().rev().find(|(key, _)| *key == field.key)?;
        Some(match given {
            Given::Text(text) => field.read(text),
            Given::Json(raw) => field.check(raw),
        })
    }

    /// Nobody is there: what was given has to do.
    fn fill_in_alone(&self, fields: &[Field], console: &mut dyn Console) -> Filled {
        let mut content = RawObject::empty();
        let mut is_answered = fields.is_empty();
        for field in fields {
            let value = match self.given(field) {
                Some(Ok(value)) => {
                    is_answered = true;
                    Some(value)
                }
                Some(Err(problem)) => {
                    console.say(&format!("  (declined: {}: {problem})", plain(&field.key)));
                    return Filled::Declined;
                }
                None => field.default.clone(),
            };
            match value {
                Some(value) => content = with(&content, &field.key, value),
                None if field.is_required => {
                    let key = plain(&field.key);
                    console.say(&format!(
                        "  (declined: it needs `{key}`; answer with --answer '{key}=…')"
                    ));
                    return Filled::Declined;
                }
                None => {}
            }
        }
        if is_answered && !(fields.is_empty() && self.answers.is_empty()) {
            return Filled::Accepted(content.to_raw());
        }
        console.say("  (declined: nobody is there to answer; answer with --answer KEY=VALUE)");
        Filled::Declined
    }

    fn fill_in(&self, fields: &[Field], console: &mut dyn Console) -> Filled {
        console.say(
            "  (an empty line takes the default or leaves the field out; !decline and !cancel end the form)",
        );
        let mut content = RawObject::empty();
        for field in fields {
            let value = match self.given(field) {
                Some(Ok(value)) => Some(value),
                given => {
                    if let Some(Err(problem)) = given {
                        console.say(&format!("  {}: {problem}", plain(&field.key)));
                    }
                    match ask_for(field, console) {
                        Ok(value) => value,
                        Err(end) => return end,
                    }
                }
            };
            if let Some(value) = value {
                content = with(&content, &field.key, value);
            }
        }
        console.say(&format!("  {}", plain(content.to_raw().as_str())));
        match console.ask("  send this? [Y/n/cancel] ").as_deref() {
            Some("" | "y" | "Y" | "yes") => Filled::Accepted(content.to_raw()),
            Some("n" | "N" | "no" | "!decline" | "decline") => Filled::Declined,
            _ => Filled::Cancelled,
        }
    }
}

/// Asks until the answer fits.
fn ask_for(field: &Field, console: &mut dyn Console) -> Result<Option<Raw>, Filled> {
    console.say(&field.describe());
    loop {
        let Some(line) = console.ask(&field.prompt()) else {
            return Err(Filled::Cancelled);
        };
        match line.as_str() {
            "!decline" => return Err(Filled::Declined),
            "!cancel" => return Err(Filled::Cancelled),
            "" if field.default.is_some() || !field.is_required => return Ok(field.default.clone()),
            line => match field.read(line) {
                Ok(value) => return Ok(Some(value)),
                Err(problem) => console.say(&format!("  {problem}")),
            },
        }
    }
}

/// The page is for the user to open: no program is started with an address that a server chose.
fn visit(params: &RawObject, console: &mut dyn Console) -> Answer {
    let text = |key| plain(&params.get_str(key).unwrap_or_default());
    console.say(&format!(
        "The server asks you to visit a page: {}",
        text("message")
    ));
    console.say(&format!("  {}", text("url")));
    if !console.is_manned() {
        console.say("  (declined: nobody is there to visit it)");
        return Answer::Given(Raw::from_static(DECLINE));
    }
    let action = match console.ask("  done, or will you? [y/n/cancel] ").as_deref() {
        Some("y" | "Y" | "yes") => ACCEPT,
        Some("n" | "N" | "no") => DECLINE,
        _ => CANCEL,
    };
    Answer::Given(Raw::from_static(action))
}

/// The user is the model.
fn sample(params: &RawObject, console: &mut dyn Console) -> Answer {
    console.say("The server asks your model:");
    if let Some(system) = params.get_str("systemPrompt") {
        console.say(&format!("  system: {}", plain(&system)));
    }
    let messages = params
        .get("messages")
        .and_then(|all| all.decode::<Vec<Raw>>().ok());
    for message in messages.unwrap_or_default() {
        let message = message.object().unwrap_or_else(RawObject::empty);
        let role = message.get_str("role").unwrap_or_default().into_owned();
        for line in content::lines(message.get("content").as_ref()) {
            console.say(&format!("  {}: {line}", plain(&role)));
        }
    }
    if !console.is_manned() {
        console.say("  (declined: nobody is there to answer)");
        return Answer::Refused("nobody is there to answer for a model".to_owned());
    }
    match console.ask("  your answer (empty declines): ") {
        Some(text) if !text.is_empty() => Answer::Given(Raw::encode(&serde_json::json!({
            "role": "assistant",
            "content": {"type": "text", "text": text},
            "model": "human",
            "stopReason": "endTurn",
        }))),
        _ => Answer::Refused("the user declined to answer for a model".to_owned()),
    }
}

fn with(object: &RawObject, key: &str, value: Raw) -> RawObject {
    let longer = object.edit().set(key, value).finish();
    longer.object().expect("setting a key leaves an object")
}

/// `file://` with everything escaped that a path of a URI may not hold (RFC 8089, RFC 3986, "pchar").
fn file_uri(path: &std::path::Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(*byte));
            }
            _ => write!(uri, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    uri
}

#[cfg(test)]
mod tests;
