use super::*;

const SCHEMA: &str = r#"{"type":"object","required":["text"],"additionalProperties":false,"properties":{
    "text":{"type":"string"},"count":{"type":"integer"},"size":{"type":"number"},"on":{"type":"boolean"},
    "list":{"type":"array"},"map":{"type":"object"},"maybe":{"type":["integer","null"]},
    "either":{"anyOf":[{"type":"boolean"},{"type":"null"}]},"any":{}}}"#;

fn words(text: &[&str]) -> Vec<Word> {
    text.iter()
        .map(|word| Word::read(word).expect("it is an argument"))
        .collect()
}

fn tool(text: &[&str]) -> Result<String, String> {
    let schema = Raw::from_static(SCHEMA).object();
    for_tool(&words(text), schema.as_ref())
        .map(|arguments| arguments.to_raw().to_string())
        .map_err(|trouble| trouble.to_string())
}

#[test]
fn the_schema_says_what_a_word_means() {
    for (given, expected) in [
        ("text=5", r#"{"text":"5"}"#),
        ("text=a=b", r#"{"text":"a=b"}"#),
        ("text=", r#"{"text":""}"#),
        (
            "count=9007199254740993",
            r#"{"text":"t","count":9007199254740993}"#,
        ),
        ("count=2.0", r#"{"text":"t","count":2.0}"#),
        ("size=2.50", r#"{"text":"t","size":2.50}"#),
        ("on=true", r#"{"text":"t","on":true}"#),
        ("list=[1, 2]", r#"{"text":"t","list":[1, 2]}"#),
        (r#"map={"a":1}"#, r#"{"text":"t","map":{"a":1}}"#),
        ("maybe=null", r#"{"text":"t","maybe":null}"#),
        ("maybe=4", r#"{"text":"t","maybe":4}"#),
        ("either=false", r#"{"text":"t","either":false}"#),
        ("any=5", r#"{"text":"t","any":"5"}"#),
        ("any:=5", r#"{"text":"t","any":5}"#),
        ("count:=\"x\"", r#"{"text":"t","count":"x"}"#),
    ] {
        let given: &[_] = if given.starts_with("text") {
            &[given]
        } else {
            &["text=t", given]
        };
        assert_eq!(tool(given).as_deref(), Ok(expected), "{given:?}");
    }
}

#[test]
fn what_does_not_fit_is_told_with_an_example() {
    for (given, expected) in [
        (&["text=t", "count=many"] as &[_], "count=3"),
        (&["text=t", "count=2.5"], "must be of type integer"),
        (&["text=t", "on=yes"], "on=true"),
        (&["text=t", "list=a"], "list='[1,2]'"),
        (&["text=t", "maybe=x"], "integer or null"),
        (&["text=t", "cuont=3"], "did you mean `count`"),
        (&["text=t", "text=u"], "given twice"),
        (&["count=3"], "needs the argument `text`"),
    ] {
        let error = tool(given).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    assert!(Word::read("a:={").is_err() && Word::read("=b").is_err() && Word::read("a").is_err());
}

#[test]
fn methods_read_flat() {
    for (method, given, expected) in [
        (
            "prompts/get",
            &["name=greet", "who=you"] as &[_],
            r#"{"name":"greet","arguments":{"who":"you"}}"#,
        ),
        (
            "prompts/get",
            &["name=greet", "name=you"],
            r#"{"name":"greet","arguments":{"name":"you"}}"#,
        ),
        ("resources/read", &["uri=a:b"], r#"{"uri":"a:b"}"#),
        (
            "completion/complete",
            &["prompt=greet", "argument=language", "value=E", "name=x"],
            r#"{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"language","value":"E"},"context":{"arguments":{"name":"x"}}}"#,
        ),
        ("vendor/thing", &["a=1", "b:=1"], r#"{"a":"1","b":1}"#),
    ] {
        let params = for_method(method, &words(given)).expect("it fits");
        assert_eq!(params.to_raw().as_str(), expected, "{method}");
    }
    for method in ["prompts/get", "resources/read", "completion/complete"] {
        assert!(for_method(method, &[]).is_err(), "{method}");
    }
}

#[test]
fn near_names_are_suggested() {
    let known = ["echo", "elicit_form", "add"].map(str::to_owned);
    let told = |name| unknown("tool", name, &known).to_string();
    assert!(told("ehco").contains("did you mean `echo`"), "{}", told("ehco"));
    assert!(told("form").contains("`elicit_form`"));
    assert!(told("zzz").contains("it has 3 tools"));
    let only = ["echo".to_owned()];
    assert!(
        unknown("tool", "zzz", &only)
            .to_string()
            .contains("its only tool is `echo`")
    );
    assert!(unknown("tool", "x", &[]).to_string().contains("no tool at all"));
}
