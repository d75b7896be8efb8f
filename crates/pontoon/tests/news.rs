//! The built-in servers of news through the whole gateway: a subscription is told of what the API changed.

#[expect(dead_code, reason = "other tests use the rest")]
mod running;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use running::{Running, kill_at_deadline};

/// A stand-in for all APIs, whose lists are longer each time.
fn api() -> String {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, ASKED.fetch_add(1, Ordering::SeqCst)));
        }
    });
    format!("http://{address}")
}

fn answer(stream: TcpStream, asked: usize) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let line = lines.next()?.ok()?;
    let head: Vec<_> = lines
        .map_while(Result::ok)
        .take_while(|it| !it.is_empty())
        .collect();
    let wants_events = head
        .iter()
        .any(|it| it.eq_ignore_ascii_case("accept: text/event-stream"));
    let (kind, body) = if line.contains("/api/s?id=zhihu") {
        let item = |n| format!(r#"{{"id":{n},"title":"news {n}","url":"https://e.example/{n}"}}"#);
        let items: Vec<_> = (0..=asked % 30).map(item).collect();
        let list = format!(
            r#"{{"status":"success","id":"zhihu","updatedTime":1,"items":[{}]}}"#,
            items.join(",")
        );
        ("application/json", list)
    } else if line.contains("/v0/topstories.json") && wants_events {
        let put = |ids: &str| format!("event: put\ndata: {{\"path\":\"/\",\"data\":{ids}}}\n\n");
        ("text/event-stream", put("[1]") + &put("[2,1]"))
    } else {
        ("application/json", "null".to_owned())
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    (&stream).write_all(format!("{head}{body}").as_bytes()).ok()
}

/// A file of this test, removed with it.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn news() -> Running {
    let api = api();
    let file =
        File(std::env::temp_dir().join(format!("pontoon-news-{}-{}.toml", std::process::id(), api.len())));
    let text = format!(
        "[server.news]\nbuiltin = \"newsnow\"\nbase_url = \"{api}\"\npoll_interval = \"20ms\"\n\
         [server.hacker]\nbuiltin = \"hn\"\nbase_url = \"{api}/v0\"\nsearch_url = \"{api}/api/v1\"\n"
    );
    std::fs::write(&file.0, text).expect("it can be written");
    let path = file.0.to_str().expect("it is UTF-8");
    // The file is read before the first line is written.
    Running::start(&["--config", path])
}

fn call(arguments: &[&str]) -> String {
    let child = Command::new(env!("CARGO_BIN_EXE_pontoon"))
        .arg("call")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let _alive = kill_at_deadline(child.id());
    let output = child.wait_with_output().expect("it can be waited for");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    assert!(output.status.success(), "{arguments:?}\n{}", text(output.stderr));
    text(output.stdout)
}

#[test]
fn s4_42_news_are_called_and_watched_in_every_era() {
    let server = news();
    for (url, uri) in [("news", "news://source/zhihu"), ("hacker", "hn://topstories")] {
        for (path, era) in [
            ("mcp", &["--era", "modern"] as &[_]),
            ("mcp", &["--era", "legacy"]),
            ("sse", &[]),
        ] {
            let url = format!("http://{}/{url}/{path}", server.address);
            let told = call(&[&[url.as_str()], era, &["subscribe", uri, "--count", "1"]].concat());
            assert!(told.ends_with(&format!("Z  changed: {uri}\n")), "{url}: {told}");
        }
    }
    let url = format!("http://{}/news/mcp", server.address);
    let told = call(&[&url, "get_hotest_latest_news", "id=zhihu", "count=1"]);
    assert!(told.starts_with("[news 0](https://e.example/0)"), "{told}");
}
