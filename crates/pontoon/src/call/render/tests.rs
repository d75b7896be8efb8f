use pontoon_jsonrpc::{Raw, RawObject};

use super::content::{lines, size};
use super::{Ink, Kind, Paper, introduction, list, plain, result};
use crate::call::opening::Introduction;
use crate::call::wanted::List;

fn told(kind: Kind, text: &'static str) -> String {
    result(kind, &Raw::from_static(text), Paper::File, None).expect("nothing is saved")
}

#[test]
fn a_server_cannot_speak_to_the_terminal() {
    let bad = "a\u{1b}]0;title\u{7}b\r\nc\td\u{9b}31m";
    assert_eq!(plain(bad), "a\u{fffd}]0;title\u{fffd}b\nc\td\u{fffd}31m");
    assert_eq!(Paper::Terminal(Ink::Plain).text(bad), plain(bad));
    assert_eq!(Paper::File.text(bad), bad);
}

#[test]
fn texts_are_printed_and_what_is_no_text_is_summed_up() {
    let text = told(
        Kind::Tool,
        r#"{"content":[{"type":"text","text":"one\ntwo"},{"type":"image","mimeType":"image/png","data":"aGVsbG8="},
            {"type":"resource","resource":{"uri":"a:b","text":"inside"}},
            {"type":"resource_link","name":"n","title":"Guide","uri":"a:c"},{"type":"hologram","x":1}]}"#,
    );
    let expected = "one\ntwo\n[image/png, 5 B; --output-dir DIR saves it]\ninside\nGuide <a:c>\n{\n  \"type\": \"hologram\",\n  \"x\": 1\n}\n";
    assert_eq!(text, expected);
    assert_eq!(
        [size(999), size(11_001), size(2_500_000)],
        ["999 B", "12 kB", "2.5 MB"]
    );
}

#[test]
fn structured_content_is_not_told_twice() {
    let text = told(
        Kind::Tool,
        r#"{"content":[{"type":"text","text":"{\"sum\": 3}"},{"type":"text","text":"so"}],"structuredContent":{"sum":3}}"#,
    );
    assert_eq!(text, "so\n{\n  \"sum\": 3\n}\n");
}

#[test]
fn prompts_and_resources_have_shapes_of_their_own() {
    let prompt = r#"{"messages":[{"role":"user","content":{"type":"text","text":"Hi"}},{"role":"assistant","content":{"type":"text","text":"Ho"}}]}"#;
    assert_eq!(told(Kind::Prompt, prompt), "user:\nHi\nassistant:\nHo\n");
    let resource = r#"{"contents":[{"uri":"a:b","text":"t"},{"uri":"a:c","blob":"AAAA"}]}"#;
    assert_eq!(
        told(Kind::Resource, resource),
        "t\n[application/octet-stream, 3 B; --output-dir DIR saves it]\n"
    );
    assert_eq!(told(Kind::Other, r#"{"a":1}"#), "{\n  \"a\": 1\n}\n");
}

#[test]
fn lists_show_how_each_entry_is_used() {
    let tools = [
        Raw::from_static(
            r#"{"name":"add","description":"Adds\nmore","inputSchema":{"properties":{"a":{},"b":{}},"required":["a"]}}"#,
        ),
        Raw::from_static(r#"{"name":"noop","title":"Nothing"}"#),
    ];
    assert_eq!(
        list(List::Tools, &tools, Paper::File),
        "2 tools\n  add a= [b=]  Adds\n  noop         Nothing\n"
    );
    let prompts = [Raw::from_static(
        r#"{"name":"greet","arguments":[{"name":"who","required":true},{"name":"how"}]}"#,
    )];
    assert_eq!(
        list(List::Prompts, &prompts, Paper::File),
        "1 prompt\n  greet who= [how=]  greet\n"
    );
}

#[test]
fn a_server_is_introduced() {
    let introduced = Introduction {
        revision: "2026-07-28".to_owned(),
        revisions: vec!["2026-07-28".to_owned(), "2025-11-25".to_owned()],
        info: Raw::from_static(r#"{"name":"show","version":"1.0"}"#).object(),
        capabilities: Raw::from_static(
            r#"{"tools":{"listChanged":true},"resources":{"subscribe":false},"logging":{}}"#,
        )
        .object()
        .unwrap_or_else(RawObject::empty),
        instructions: Some("Try it.\nTwice.".to_owned()),
    };
    let expected = "show 1.0\n  speaks  2026-07-28 (also 2025-11-25)\n  can     tools (listChanged), resources, logging\n  says    Try it.\n          Twice.\n";
    assert_eq!(introduction(&introduced, Paper::File), expected);
}

#[test]
fn content_in_questions_may_be_one_block_or_several() {
    let one = Raw::from_static(r#"{"type":"text","text":"a"}"#);
    let two = Raw::from_static(
        r#"[{"type":"text","text":"a"},{"type":"audio","mimeType":"audio/wav","data":"AA=="}]"#,
    );
    assert_eq!(lines(Some(&one)), ["a"]);
    assert_eq!(lines(Some(&two)), ["a", "[audio/wav, 1 B]"]);
}
