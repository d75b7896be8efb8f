//! A browser's own `EventSource`, where Chromium is installed: pages of another loopback origin listen to the gateway.

#[expect(dead_code, reason = "a part of it is enough here")]
mod running;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use running::{DEADLINE, Running};

const SETTINGS: &str = r#"
[compat]
get_channel_responses = true
[events]
enable = true
mirror = ["it"]
retry = "1ms"
[server.it]
builtin = "showcase"
paths = ["/api/mcp"]
"#;

/// Listens to the event channel, and calls a tool as soon as it is connected.
const CHANNEL: &str = r#"
const events = new EventSource(GATEWAY + "/sse/connect");
events.addEventListener("connect", async (e) => {
  report("connect " + e.data + " " + (e.lastEventId !== ""));
  await fetch(GATEWAY + "/mcp", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call",
      params: { name: "progress", arguments: { steps: 1, delay_ms: 1 }, _meta: { progressToken: 1 } } }),
  });
});
events.addEventListener("progress", (e) => report("progress " + JSON.parse(e.data).params.message));
"#;

/// Listens for its replies on a stream of its own, and posts.
const REPLIES: &str = r#"
const url = GATEWAY + "/api/mcp?channel=" + crypto.randomUUID();
const events = new EventSource(url);
events.onmessage = (e) => report("message " + JSON.parse(e.data).result.tools[0].name);
events.onopen = async () => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
  });
  report("status " + answer.status);
};
"#;

/// Answers with the page, and tells what it reports.
fn serve(page: String, reports: Sender<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if answer(&stream, &page, &reports).is_none() {
                return;
            }
        }
    });
    address
}

/// `None` when nobody waits for reports any more.
fn answer(mut stream: &TcpStream, page: &str, reports: &Sender<String>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else {
        return Some(());
    };
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or_default();
    if let Some(report) = path.strip_prefix("/report?") {
        reports
            .send(report.replace("%20", " ").replace("%22", "\""))
            .ok()?;
    }
    let length = page.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // A browser that hangs up has seen enough.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(page.as_bytes()));
    Some(())
}

struct Browser {
    child: Child,
    profile: std::path::PathBuf,
}

impl Browser {
    /// `None` where it is not installed.
    fn open(url: &str) -> Option<Self> {
        let port = url.rsplit(':').next().unwrap_or_default();
        let profile = std::env::temp_dir().join(format!("pontoon-browser-{}-{port}", std::process::id()));
        let child = Command::new("chromium")
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(|child| Self { child, profile })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// What a page with this script reports; nothing at all where there is no browser.
fn reports_of(name: &str, script: &str) -> Option<(Receiver<String>, Browser, Running)> {
    let file = std::env::temp_dir().join(format!("pontoon-browser-{name}-{}.toml", std::process::id()));
    std::fs::write(&file, SETTINGS).expect("the temporary directory can be written to");
    let running = Running::start(&["--config", file.to_str().expect("the path is UTF-8")]);
    std::fs::remove_file(&file).expect("it was written");
    let gateway = &running.address;
    let page = format!(
        "<!doctype html><script>const GATEWAY = \"http://{gateway}\";\n\
         const report = (text) => fetch(\"/report?\" + encodeURIComponent(text));\n{script}</script>"
    );
    let (sender, receiver) = mpsc::channel();
    let address = serve(page, sender);
    let Some(browser) = Browser::open(&format!("http://{address}")) else {
        eprintln!("Chromium is not installed: nothing was tried");
        return None;
    };
    Some((receiver, browser, running))
}

fn next(reports: &Receiver<String>) -> String {
    reports.recv_timeout(DEADLINE).expect("the page reports in time")
}

#[test]
fn s3_24_a_browsers_event_source_hears_the_channel() {
    let Some((reports, _browser, _running)) = reports_of("channel", CHANNEL) else {
        return;
    };
    let connected = next(&reports);
    assert!(
        connected.starts_with("connect ") && connected.ends_with(" true"),
        "{connected}"
    );
    assert_eq!(next(&reports), "progress step 1 of 1");
}

#[test]
fn s4_29_a_page_posts_and_hears_the_reply_on_its_stream() {
    let Some((reports, _browser, _running)) = reports_of("replies", REPLIES) else {
        return;
    };
    let mut both = [next(&reports), next(&reports)];
    both.sort();
    assert_eq!(both, ["message echo", "status 202"]);
}
