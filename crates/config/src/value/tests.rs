use std::time::Duration;

use proptest::prelude::*;

use super::{address, count, duration, name, path, quantity, size, url};
use crate::node::{Node, Value};
use crate::{ListenError, NameError, RoutePath, ServerName};

fn text(text: &str) -> Node {
    Node {
        span: 0..text.len(),
        value: Value::String(text.to_owned()),
    }
}

fn integer(number: i64) -> Node {
    Node {
        span: 0..1,
        value: Value::Integer(number),
    }
}

#[test]
fn durations() {
    let accepted = [
        ("1ms", 1),
        ("15s", 15_000),
        ("5m", 300_000),
        ("2 h", 7_200_000),
        ("365d", 31_536_000_000),
    ];
    for (written, millis) in accepted {
        assert_eq!(
            duration::parse(&text(written)),
            Ok(Duration::from_millis(millis)),
            "{written}"
        );
    }
    assert_eq!(duration::parse(&integer(15)), Ok(Duration::from_secs(15)));
    for refused in [
        "",
        "s",
        "15",
        "-1s",
        "1.5s",
        "15 sec",
        "366d",
        "99999999999999999999s",
        "0s",
        "1s2",
    ] {
        assert!(duration::parse(&text(refused)).is_err(), "{refused}");
    }
    for refused in [0, -1, i64::MAX, i64::MIN] {
        assert!(duration::parse(&integer(refused)).is_err(), "{refused}");
    }
    assert_eq!(duration::parse_or_off(&integer(0)), Ok(None));
    assert_eq!(duration::parse_or_off(&text("0s")), Ok(None));
    assert!(duration::parse_or_off(&integer(-1)).is_err());
}

#[test]
fn sizes() {
    let accepted = [
        ("1KiB", 1 << 10),
        ("4MiB", 4 << 20),
        ("4 mib", 4 << 20),
        ("2048B", 2048),
        ("3MB", 3_000_000),
    ];
    for (written, bytes) in accepted {
        assert_eq!(size::parse(&text(written)), Ok(bytes), "{written}");
    }
    assert_eq!(size::parse(&integer(4096)), Ok(4096));
    for refused in [
        "",
        "MiB",
        "4096",
        "4M",
        "-4MiB",
        "1B",
        "1025GiB",
        "99999999TiB",
        "99999999999999TiB",
    ] {
        assert!(size::parse(&text(refused)).is_err(), "{refused}");
    }
    assert!(size::parse(&integer(0)).is_err());
}

#[test]
fn counts() {
    assert_eq!(count::parse(&integer(1)), Ok(1));
    assert_eq!(count::parse_or_none(&integer(0)), Ok(0));
    assert_eq!(count::parse(&integer(1_000_000_000)), Ok(1_000_000_000));
    for refused in [integer(0), integer(-1), integer(1_000_000_001), text("5")] {
        assert!(count::parse(&refused).is_err());
    }
}

#[test]
fn addresses_to_listen_on() {
    for (written, address) in [
        ("127.0.0.1:3000", "127.0.0.1:3000"),
        ("localhost:0", "127.0.0.1:0"),
        ("[::1]:80", "[::1]:80"),
        ("0.0.0.0:3000", "0.0.0.0:3000"),
    ] {
        assert_eq!(
            address::parse_listen(written).map(|it| it.to_string()).as_deref(),
            Ok(address)
        );
    }
    use ListenError::{AddressOnly, HostName, Malformed, PortOnly};
    for (written, error) in [
        ("3000", PortOnly(3000)),
        (":8080", PortOnly(8080)),
        ("127.0.0.1", AddressOnly("127.0.0.1".to_owned())),
        ("::1", AddressOnly("[::1]".to_owned())),
        ("localhost", AddressOnly("localhost".to_owned())),
        ("example.com:3000", HostName),
        ("0x7f.1:3000", Malformed),
        ("http://127.0.0.1:3000", Malformed),
        ("127.0.0.1:70000", Malformed),
        ("", Malformed),
    ] {
        assert_eq!(address::parse_listen(written), Err(error), "{written}");
    }
}

#[test]
fn wildcards_are_seen_through_every_spelling() {
    for written in ["0.0.0.0:1", "[::]:1", "[::ffff:0.0.0.0]:1", "[0:0::0]:1"] {
        assert!(address::is_wildcard(written.parse().expect(written)), "{written}");
    }
    for written in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert!(
            !address::is_wildcard(written.parse().expect(written)),
            "{written}"
        );
    }
}

#[test]
fn names_of_servers() {
    for fine in ["a", "7", "brave-search", "my_server", &"x".repeat(64)] {
        assert_eq!(
            ServerName::new(fine).map(|name| name.to_string()).as_deref(),
            Ok(fine)
        );
    }
    for bad in ["", "-a", "_a", "A", "a b", "a/b", "a.b", "é", &"x".repeat(65)] {
        assert_eq!(ServerName::new(bad), Err(NameError::Form), "{bad}");
    }
    for taken in name::RESERVED {
        assert_eq!(ServerName::new(taken), Err(NameError::Reserved));
    }
}

#[test]
fn commands_get_a_telling_name() {
    for (command, name) in [
        ("npx -y @modelcontextprotocol/server-everything", "everything"),
        (
            "npx -y @modelcontextprotocol/server-everything@2026.7.4",
            "everything",
        ),
        ("uvx mcp-server-fetch", "fetch"),
        ("uv run --quiet weather.py", "weather"),
        ("python3 -u ./servers/my_tool.py", "my_tool"),
        ("node /opt/it/build/index.js --stdio", "index"),
        ("/usr/local/bin/github-mcp-server stdio", "github"),
        ("sh ./everything.sh", "everything"),
        ("bash -c exec\tthe-server", "server"),
        ("node", "node"),
        ("mcp", "server"),
        ("…", "server"),
        ("", "server"),
    ] {
        assert_eq!(
            ServerName::from_command(command.split(' ')).as_str(),
            name,
            "{command}"
        );
    }
}

#[test]
fn free_text_becomes_a_name() {
    for (written, name) in [
        ("Sequential Thinking", Some("sequential-thinking")),
        ("@scope/pkg", Some("scope-pkg")),
        ("--x--", Some("x")),
        ("新闻", None),
        ("MCP", None),
    ] {
        assert_eq!(
            ServerName::from_free_text(written)
                .as_ref()
                .map(ServerName::as_str),
            name,
            "{written}"
        );
    }
}

#[test]
fn paths_of_routes() {
    for fine in ["/mcp", "/api/mcp", "/a-b/c_d/~e.f"] {
        assert_eq!(
            path::parse(&text(fine)).map(|path| path.to_string()).as_deref(),
            Ok(fine)
        );
    }
    for bad in [
        "", "/", "mcp", "/mcp/", "//mcp", "/a/../b", "/a/./b", "/a b", "/%2e", "/a?b", "/é",
    ] {
        assert_eq!(RoutePath::new(bad), None, "{bad}");
    }
}

#[test]
fn origins() {
    for (written, origin) in [
        ("https://App.Example", "https://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:443", "http://app.example:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("vscode-webview://abc", "vscode-webview://abc"),
        ("null", "null"),
    ] {
        assert_eq!(url::origin(&text(written)).as_deref(), Ok(origin));
    }
    for bad in [
        "*",
        "",
        "app.example",
        "https://",
        "https://a/",
        "https://a/b",
        "https://u@a",
        "http://[::1].evil",
        "https://a:0",
        "https://a:b",
        "https://a.",
        "://a",
    ] {
        assert!(url::origin(&text(bad)).is_err(), "{bad}");
    }
}

#[test]
fn base_addresses() {
    for (written, base) in [
        ("https://MCP.example.com/", "https://mcp.example.com"),
        ("http://127.0.0.1:9000/v0/", "http://127.0.0.1:9000/v0"),
        ("https://a/Tools", "https://a/Tools"),
    ] {
        assert_eq!(url::base(&text(written)).as_deref(), Ok(base));
    }
    for bad in [
        "ftp://a",
        "a.example",
        "https://u:p@a",
        "https://a?q",
        "https://a/#f",
        "https://a/b c",
        "https://",
    ] {
        assert!(url::base(&text(bad)).is_err(), "{bad}");
    }
}

#[test]
fn hosts() {
    for (written, host) in [
        ("MCP.example.com", "mcp.example.com"),
        ("box:3000", "box:3000"),
        ("[::1]", "[::1]"),
    ] {
        assert_eq!(url::host(&text(written)).as_deref(), Ok(host));
    }
    for bad in ["", "https://a", "a/b", "a b", "*", "::1", "a:"] {
        assert!(url::host(&text(bad)).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_quantity_is_its_number_times_its_unit(number in 0..u64::MAX / 1024, spaces in " {0,3}") {
        prop_assert_eq!(quantity::parse(&format!("{number}{spaces}KiB"), &[("KiB", 1024)]), Some(number * 1024));
    }

    #[test]
    fn a_slug_is_always_a_name(written in "\\PC{0,100}") {
        if let Some(name) = ServerName::from_free_text(&written) {
            prop_assert_eq!(ServerName::new(name.as_str()), Ok(name));
        }
    }

    #[test]
    fn no_text_breaks_a_reader(written in "\\PC{0,40}") {
        let node = text(&written);
        let _ = (duration::parse(&node), size::parse(&node), path::parse(&node), address::parse(&node));
        let _ = (url::origin(&node), url::host(&node), url::base(&node));
        ServerName::from_command(written.split(' '));
    }
}
