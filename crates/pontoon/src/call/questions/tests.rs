use std::collections::VecDeque;
use std::sync::Arc;

use super::*;

/// A user who types these lines.
#[derive(Clone, Default)]
struct Script {
    lines: Arc<Mutex<VecDeque<&'static str>>>,
    said: Arc<Mutex<Vec<String>>>,
    is_manned: bool,
}

impl Console for Script {
    fn is_manned(&self) -> bool {
        self.is_manned
    }

    fn say(&mut self, line: &str) {
        self.said.lock().unwrap().push(line.to_owned());
    }

    fn ask(&mut self, prompt: &str) -> Option<String> {
        self.say(prompt);
        self.lines.lock().unwrap().pop_front().map(str::to_owned)
    }
}

impl Script {
    fn typing(lines: &[&'static str]) -> Self {
        Self {
            lines: Arc::new(Mutex::new(lines.iter().copied().collect())),
            is_manned: true,
            ..Self::default()
        }
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }
}

const FORM: &str = r#"{"message":"Who are you?","requestedSchema":{"type":"object","required":["name"],"properties":{
    "name":{"type":"string","title":"Name"},"age":{"type":"integer","default":30},"note":{"type":"string"}}}}"#;
const PAGE: &str = r#"{"mode":"url","message":"Log in.","url":"https://example.com/login"}"#;
const SAMPLE: &str =
    r#"{"systemPrompt":"Be brief.","messages":[{"role":"user","content":{"type":"text","text":"2+2?"}}]}"#;

fn ask(desk: &Desk, question: Question, params: &'static str) -> String {
    match desk.answer(question, Some(&Raw::from_static(params))) {
        Answer::Given(raw) => raw.to_string(),
        Answer::Refused(why) => format!("refused: {why}"),
        Answer::Unable(why) => format!("unable: {why}"),
    }
}

fn at(console: &Script) -> Desk {
    Desk::new(Vec::new(), Vec::new(), Box::new(console.clone()))
}

#[test]
fn a_user_fills_in_a_form_field_by_field() {
    for (lines, expected) in [
        (
            &["Ann", "thirty", "31", "", ""] as &[_],
            r#"{"action":"accept","content":{"name":"Ann","age":31}}"#,
        ),
        (
            &["Ann", "", "x", "y"],
            r#"{"action":"accept","content":{"name":"Ann","age":30,"note":"x"}}"#,
        ),
        (&["Ann", "", "", "n"], DECLINE),
        (&["Ann", "", "", "what"], CANCEL),
        (&["Ann", "!decline"], DECLINE),
        (&["!cancel"], CANCEL),
        (&["Ann"], CANCEL),
    ] {
        let console = Script::typing(lines);
        assert_eq!(
            ask(&at(&console), Question::Elicitation, FORM),
            expected,
            "{lines:?}"
        );
    }
    let console = Script::typing(&["", "Ann", "old"]);
    ask(&at(&console), Question::Elicitation, FORM);
    let said = console.said();
    assert!(
        said.contains("Who are you?") && said.contains("`old` is no number"),
        "{said}"
    );
}

#[test]
fn without_a_terminal_only_what_was_given_is_sent() {
    let given = |key: &str, given| (key.to_owned(), given);
    let text = |text: &str| Given::Text(text.to_owned());
    for (answers, expected) in [
        (vec![], DECLINE),
        (vec![given("other", text("x"))], DECLINE),
        (
            vec![given("name", text("Ann")), given("age", text("old"))],
            DECLINE,
        ),
        (
            vec![given("name", text("Ann"))],
            r#"{"action":"accept","content":{"name":"Ann","age":30}}"#,
        ),
        (
            vec![
                given("age", Given::Json(Raw::number(4))),
                given("name", text("Ann")),
                given("age", text("5")),
            ],
            r#"{"action":"accept","content":{"name":"Ann","age":5}}"#,
        ),
    ] {
        let desk = Desk::new(answers, Vec::new(), Box::new(Script::default()));
        assert_eq!(ask(&desk, Question::Elicitation, FORM), expected);
    }
    let console = Script::default();
    ask(&at(&console), Question::Elicitation, FORM);
    assert!(
        console.said().contains("answer with --answer 'name=…'"),
        "{}",
        console.said()
    );
}

#[test]
fn a_page_is_shown_and_never_opened() {
    for (lines, expected) in [(&["y"], ACCEPT), (&["n"], DECLINE), (&["?"], CANCEL)] {
        let console = Script::typing(lines);
        assert_eq!(ask(&at(&console), Question::Elicitation, PAGE), expected);
        assert!(console.said().contains("https://example.com/login"));
    }
    let alone = Script::default();
    assert_eq!(ask(&at(&alone), Question::Elicitation, PAGE), DECLINE);
}

#[test]
fn the_user_is_the_model() {
    let console = Script::typing(&["4"]);
    let answer = ask(&at(&console), Question::Sampling, SAMPLE);
    assert!(
        answer.contains(r#""text":"4""#) && answer.contains(r#""role":"assistant""#),
        "{answer}"
    );
    let said = console.said();
    assert!(
        said.contains("system: Be brief.") && said.contains("user: 2+2?"),
        "{said}"
    );
    assert!(ask(&at(&Script::typing(&[""])), Question::Sampling, SAMPLE).starts_with("refused"));
    assert!(ask(&at(&Script::default()), Question::Sampling, SAMPLE).starts_with("refused"));
}

#[test]
fn only_directories_that_were_given_are_told() {
    let none = at(&Script::default());
    assert!(ask(&none, Question::Roots, "{}").contains("--root"));
    assert!(!none.capabilities().as_str().contains("roots"));
    let desk = Desk::new(Vec::new(), vec!["/a b/ü".into()], Box::new(Script::default()));
    assert_eq!(
        ask(&desk, Question::Roots, "{}"),
        r#"{"roots":[{"name":"ü","uri":"file:///a%20b/%C3%BC"}]}"#
    );
    assert!(desk.capabilities().as_str().contains("roots"));
}

#[test]
fn a_server_cannot_speak_to_the_terminal_in_a_question() {
    let console = Script::typing(&[]);
    ask(
        &at(&console),
        Question::Elicitation,
        r#"{"message":"\u001b[2Jhello","requestedSchema":{"type":"object","properties":{}}}"#,
    );
    assert!(!console.said().contains('\u{1b}'));
}
