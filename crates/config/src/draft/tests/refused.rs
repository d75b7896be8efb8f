use proptest::prelude::*;

use super::{parse, refusal};

#[test]
fn an_unknown_key_with_a_neighbour() {
    insta::assert_snapshot!(refusal("\n  lisen = \"127.0.0.1:1\""), @r#"
    pontoon.toml:2:3: unknown key `lisen`
      |
    2 |   lisen = "···········"
      |   ^^^^^
      = allowed: listen, allow_wildcard, public_url, path_prefix, accept, keep_alive, allowed_hosts, allowed_origins, trusted_proxies, events, compat, limits, server
      = help: did you mean `listen`?
    "#);
    insta::assert_snapshot!(refusal("[limits]\nmaxSessions = 5"), @r#"
    pontoon.toml:2:1: unknown key `maxSessions` in [limits]
      |
    2 | maxSessions = 5
      | ^^^^^^^^^^^
      = allowed: max_body_bytes, max_header_bytes, max_headers, header_timeout, body_timeout, min_body_rate, connection_idle_timeout, write_timeout, max_connections, max_connections_per_address, max_sessions, max_sessions_per_principal, session_idle_timeout, session_max_age, max_streams_per_session, max_in_flight, max_in_flight_per_session, max_listeners_per_principal, max_parked, max_parked_per_principal, max_queue_bytes, max_event_log_bytes, max_processes, max_line_bytes, call_timeout, max_call_timeout, question_timeout, start_timeout, stop_timeout, drain_timeout
      = help: did you mean `max_sessions`?
    "#);
}

#[test]
fn an_unknown_key_without_one() {
    insta::assert_snapshot!(refusal("[server.a]\ncommand = \"a\"\ncolour = \"red\""), @r#"
    pontoon.toml:3:1: unknown key `colour` in [server.a]
      |
    3 | colour = "···"
      | ^^^^^^
      = allowed: command, args, env, cwd, era, lease, warm, max_processes, idle_timeout, start_timeout, stop_timeout, call_timeout, max_call_timeout, url, transport, headers, ca_file, builtin, base_url, search_url, sources_url, poll_interval, default, paths
    "#);
}

#[test]
fn broken_toml() {
    insta::assert_snapshot!(refusal("listen = \"127.0.0.1:1\nkeep_alive = 5"), @r#"
    pontoon.toml:1:22: this is not TOML: invalid basic string, expected `"`
      |
    1 | listen = "···········
      |                      ^
    "#);
    insta::assert_snapshot!(refusal("accept = \"strict\"\naccept = \"lenient\""), @r#"
    pontoon.toml:2:1: this is not TOML: duplicate key
      |
    2 | accept = "·······"
      | ^^^^^^
    "#);
}

#[test]
fn bad_values_are_all_reported_at_once() {
    let text = r#"
listen = "8080"
accept = "stict"
keep_alive = "soon"
path_prefix = "tools/"
allowed_origins = ["https://fine.example", "*"]
allowed_hosts = ["https://a.example"]
public_url = "mcp.example.com"

[limits]
max_body_bytes = "4 apples"
max_sessions = 0
header_timeout = 1.5
max_header_bytes = "4KiB"
call_timeout = "20m"
"#;
    insta::assert_snapshot!(refusal(text), @r#"
    pontoon.toml:2:10: `listen` cannot be "8080"
      |
    2 | listen = "8080"
      |          ^^^^^^
      = allowed: an IP address and a port: "127.0.0.1:3000", "[::1]:3000", "localhost:3000"
      = help: the address is missing; write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for every interface

    pontoon.toml:3:10: `accept` cannot be "stict"
      |
    3 | accept = "stict"
      |          ^^^^^^^
      = allowed: "lenient" or "strict"
      = help: did you mean "strict"?

    pontoon.toml:4:14: `keep_alive` cannot be "soon"
      |
    4 | keep_alive = "soon"
      |              ^^^^^^
      = allowed: 0 for off, or a time from 1ms to 365d: text such as "15s", or seconds as an integer

    pontoon.toml:5:15: `path_prefix` cannot be "tools/"
      |
    5 | path_prefix = "tools/"
      |               ^^^^^^^^
      = allowed: a path such as "/tools" or "/api/mcp": segments of a-z, A-Z, 0-9, -, _, ~ and . between slashes, none at the end

    pontoon.toml:6:44: `allowed_origins` has an item that cannot be "*"
      |
    6 | allowed_origins = ["····················", "*"]
      |                                            ^^^
      = allowed: a list of origins, scheme://host or scheme://host:port without a path, such as "https://app.example", or "null"
      = help: any page of the web could then use these servers; list the pages

    pontoon.toml:7:18: `allowed_hosts` has an item that cannot be "https://a.example"
      |
    7 | allowed_hosts = ["https://a.example"]
      |                  ^^^^^^^^^^^^^^^^^^^
      = allowed: a list of host names with or without a port, such as "mcp.example.com" or "box.local:3000"
      = help: a host has no scheme; leave `https://` away

    pontoon.toml:8:14: `public_url` cannot be "mcp.example.com"
      |
    8 | public_url = "mcp.example.com"
      |              ^^^^^^^^^^^^^^^^^
      = allowed: an http or https address without user, query or fragment, such as "https://mcp.example.com"

    pontoon.toml:11:18: `limits.max_body_bytes` cannot be "4 apples"
       |
    11 | max_body_bytes = "4 apples"
       |                  ^^^^^^^^^^
       = allowed: a size from 1KiB to 1TiB: text such as "64KiB", "4MiB", "1GiB", or bytes as an integer

    pontoon.toml:12:16: `limits.max_sessions` cannot be 0
       |
    12 | max_sessions = 0
       |                ^
       = allowed: an integer from 1 to 1000000000
       = help: this limit cannot be switched off

    pontoon.toml:13:18: `limits.header_timeout` cannot be 1.5
       |
    13 | header_timeout = 1.5
       |                  ^^^
       = allowed: a time from 1ms to 365d: text such as "250ms", "15s", "5m", "2h", "1d", or seconds as an integer

    pontoon.toml:14:20: `limits.max_header_bytes` must be at least 8KiB
       |
    14 | max_header_bytes = "4KiB"
       |                    ^^^^^^

    pontoon.toml:15:16: `limits.call_timeout` makes call_timeout (1200s) longer than max_call_timeout (600s)
       |
    15 | call_timeout = "20m"
       |                ^^^^^
    "#);
}

#[test]
fn a_wildcard_address_needs_permission() {
    insta::assert_snapshot!(refusal("listen = \"[::]:3000\""), @r#"
    pontoon.toml:1:10: `listen` [::]:3000 is every interface of this machine: anyone who reaches it could use the servers
      |
    1 | listen = "[::]:3000"
      |          ^^^^^^^^^^^
      = help: if that is what you want, say `--allow-wildcard`, or `allow_wildcard = true` in the file
    "#);
}

#[test]
fn names_of_servers() {
    let text = "[server.\"My Server\"]\ncommand = \"a\"\n[server.mcp]\ncommand = \"b\"\n[server]\nc = 1";
    insta::assert_snapshot!(refusal(text), @r#"
    pontoon.toml:1:9: `My Server` cannot name a server: a server's name is 1 to 64 of a-z, 0-9, - and _, and starts with a letter or digit
      |
    1 | [server."My Server"]
      |         ^^^^^^^^^^^
      = help: `my-server` would do

    pontoon.toml:3:9: `mcp` cannot name a server: this word is taken by an address of Pontoon itself
      |
    3 | [server.mcp]
      |         ^^^
      = help: `mcp-server` would do

    pontoon.toml:6:5: `server.c` cannot be 1
      |
    6 | c = 1
      |     ^
      = allowed: a table of the server's settings
    "#);
    insta::assert_snapshot!(refusal("[server.\"My Server\"]\ncommand = \"a\"\n[server.mcp]\ncommand = \"b\""), @r#"
    pontoon.toml:1:9: `My Server` cannot name a server: a server's name is 1 to 64 of a-z, 0-9, - and _, and starts with a letter or digit
      |
    1 | [server."My Server"]
      |         ^^^^^^^^^^^
      = help: `my-server` would do

    pontoon.toml:3:9: `mcp` cannot name a server: this word is taken by an address of Pontoon itself
      |
    3 | [server.mcp]
      |         ^^^
      = help: `mcp-server` would do
    "#);
}

#[test]
fn what_a_server_runs_is_one_thing() {
    let text = r#"
[server.nothing]
lease = "shared"

[server.both]
command = "a"
builtin = "showcase"

[server.mixed]
builtin = "hackernews"
args = ["x"]

[server.shared]
command = "npx -y thing"
lease = "shared"
warm = 2
base_url = "http://a"

[server.typo]
builtin = "hackernws"

[server.crowd]
command = "a"
warm = 9
max_processes = 3

[server.far]
url = "https://user:hidden@far.example/mcp"
warm = 1
lease = "shared"
idle_timeout = "1m"
[server.far.headers]
Host = "hidden"
"no space" = "hidden"
Authorization = "Bearer ${HIDDEN}"

[server.farther]
url = "far.example/hidden"
ca_file = 1

[server.showcase]
builtin = "showcase"
base_url = "http://a"
"#;
    insta::assert_snapshot!(refusal(text), @r#"
    pontoon.toml:2:9: `server.nothing` says nothing about what to run
      |
    2 | [server.nothing]
      |         ^^^^^^^
      = help: give it a `command`, the `url` of a remote server, or a `builtin` such as "showcase"

    pontoon.toml:7:1: `server.both.builtin` beside `command`: it is one or the other
      |
    7 | builtin = "········"
      | ^^^^^^^

    pontoon.toml:11:1: `server.mixed.args` belongs to a `command`, and this server is built in
       |
    11 | args = ["·"]
       | ^^^^

    pontoon.toml:14:11: `server.shared.command` cannot be "npx -y thing"
       |
    14 | command = "npx -y thing"
       |           ^^^^^^^^^^^^^^
       = allowed: the name or path of a program, as text
       = help: only the program goes here, its arguments go into `args`

    pontoon.toml:17:1: `server.shared.base_url` belongs to a built-in server, and this one has a `command`
       |
    17 | base_url = "········"
       | ^^^^^^^^

    pontoon.toml:20:11: `server.typo.builtin` cannot be "hackernws"
       |
    20 | builtin = "hackernws"
       |           ^^^^^^^^^^^
       = allowed: "showcase", "hackernews", "hn" or "newsnow"
       = help: did you mean "hackernews"?

    pontoon.toml:24:8: `server.crowd.warm` is more than `max_processes` (3)
       |
    24 | warm = 9
       |        ^

    pontoon.toml:28:1: `server.far.url` is no such address
       |
    28 | url = "···································"
       | ^^^
       = allowed: an http or https address without user and fragment, such as "https://mcp.example.com/mcp"
       = help: credentials belong into `headers`

    pontoon.toml:29:1: `server.far.warm` belongs to a `command`, and this server has a `url`
       |
    29 | warm = 1
       | ^^^^

    pontoon.toml:31:1: `server.far.idle_timeout` needs `lease = "session"`: a shared session stays
       |
    31 | idle_timeout = "··"
       | ^^^^^^^^^^^^

    pontoon.toml:33:1: `server.far.headers.Host` is no header that can be set
       |
    33 | Host = "······"
       | ^^^^
       = allowed: letters, digits and -; not what the transport sets itself, such as Host, Accept or Mcp-Session-Id

    pontoon.toml:34:1: `server.far.headers.no space` is no header that can be set
       |
    34 | "no space" = "······"
       | ^^^^^^^^^^
       = allowed: letters, digits and -; not what the transport sets itself, such as Host, Accept or Mcp-Session-Id

    pontoon.toml:35:1: `server.far.headers.Authorization` needs the environment variable `HIDDEN`, which is not set
       |
    35 | Authorization = "················"
       | ^^^^^^^^^^^^^

    pontoon.toml:38:1: `server.farther.url` is no such address
       |
    38 | url = "··················"
       | ^^^
       = allowed: an http or https address without user and fragment, such as "https://mcp.example.com/mcp"

    pontoon.toml:39:11: `server.farther.ca_file` cannot be 1
       |
    39 | ca_file = 1
       |           ^
       = allowed: the path of a file, as text

    pontoon.toml:43:1: `server.showcase.base_url` is of no use: `showcase` calls nobody
       |
    43 | base_url = "········"
       | ^^^^^^^^
    "#);
}

#[test]
fn variables() {
    let text = r#"
[server.a]
command = "a"
args = ["--key", "${NOPE}", 3]
env = { FINE = "top-secret", GONE = "Bearer ${NOPE}", N = 1, "A-B" = "x", OPEN = "${TOKEN" }
"#;
    insta::assert_snapshot!(refusal(text), @r#"
    pontoon.toml:4:18: `server.a.args` has an item that needs the environment variable `NOPE`, which is not set
      |
    4 | args = ["·····", "${NOPE}", 3]
      |                  ^^^^^^^^^
      = allowed: a list of texts

    pontoon.toml:5:30: `server.a.env.GONE` needs the environment variable `NOPE`, which is not set
      |
    5 | env = { FINE = "··········", GONE = "··············", N = 1, "A-B" = "·", OPEN = "·······" }
      |                              ^^^^

    pontoon.toml:5:55: `server.a.env.N` cannot be 1
      |
    5 | env = { FINE = "··········", GONE = "··············", N = 1, "A-B" = "·", OPEN = "·······" }
      |                                                       ^
      = allowed: text; put quotes around numbers and true or false

    pontoon.toml:5:62: `server.a.env.A-B` is no name of a variable
      |
    5 | env = { FINE = "··········", GONE = "··············", N = 1, "A-B" = "·", OPEN = "·······" }
      |                                                              ^^^^^
      = allowed: letters, digits and _, no digit first

    pontoon.toml:5:75: `server.a.env.OPEN` has a `${` that is never closed by `}`
      |
    5 | env = { FINE = "··········", GONE = "··············", N = 1, "A-B" = "·", OPEN = "·······" }
      |                                                                           ^^^^
    "#);
}

#[test]
fn servers_do_not_get_in_each_others_way() {
    let text = r#"
[server.a]
command = "a"
default = true
paths = ["/api/mcp", "/mcp"]

[server.b]
command = "b"
default = true
paths = ["/api/mcp", "/a/sse"]
"#;
    insta::assert_snapshot!(refusal(text), @r#"
    pontoon.toml:2:9: `/mcp` of the server `a` is an address of Pontoon itself
      |
    2 | [server.a]
      |         ^
      = help: give it another path

    pontoon.toml:7:9: `/api/mcp` of the server `b` is a path of `a` already
      |
    7 | [server.b]
      |         ^
      = help: give it another path

    pontoon.toml:7:9: `/a/sse` of the server `b` is an address of Pontoon itself
      |
    7 | [server.b]
      |         ^
      = help: give it another path

    pontoon.toml:7:9: `b` is marked as the default, but another server is too
      |
    7 | [server.b]
      |         ^
      = help: keep one `default = true`
    "#);
}

proptest! {
    #[test]
    fn no_file_breaks_the_reader(text in "(listen|limits|server|env|[a-z]{1,4}|[\\[\\]={}\".,$\\n 0-9]|\\PC){0,60}") {
        let _ = parse(&text).map_err(|error| error.to_string());
        let _ = parse(&format!("{{{text}")).map_err(|error| error.to_string());
    }

    #[test]
    fn a_refusal_shows_no_value_of_a_variable(
        secret in "[A-Z]{12}",
        mistake in prop::sample::select(vec!["x = 1", "B = 2", "C = \"${NOPE}\"", "C = \"${", "\"", "= 3", "D = [\"x\"]"]),
        newline in any::<bool>(),
    ) {
        let separator = if newline { "\n" } else { ", " };
        let text = match newline {
            true => format!("[server.a]\ncommand = \"a\"\n[server.a.env]\nA = \"{secret}\"{separator}{mistake}"),
            false => format!("[server.a]\ncommand = \"a\"\nenv = {{ A = \"{secret}\"{separator}{mistake} }}\nwrong = 1"),
        };
        if let Err(error) = parse(&text) {
            let shown = error.to_string();
            prop_assert!(!shown.contains(&secret), "{shown}");
        }
    }
}

#[test]
fn a_transport_that_is_older_than_an_era_cannot_carry_it() {
    let text = refusal(
        r#"
[server.far]
url = "https://far.example/sse"
transport = "sse"
era = "modern"
"#,
    );
    assert!(
        text.contains("`server.far.era` needs another `transport`: HTTP+SSE is older than 2026-07-28"),
        "{text}"
    );
}

#[test]
fn an_event_channel_that_contradicts_itself() {
    let short =
        refusal("[events]\ntoken = \"secret-but-short\"\ntoken_in = [\"header\"]\nmirror = [\"nobody\"]");
    assert!(
        short.contains("`events.token_in` has an item that cannot be"),
        "{short}"
    );
    let short = refusal("[events]\ntoken = \"hunter2\"");
    assert!(short.contains("`events.token` is no token"), "{short}");
    assert!(!short.contains("hunter2"), "{short}");
    let bare = refusal("[events]\ntoken_in = [\"query\"]");
    assert!(bare.contains("`events.token_in` needs a `token`"), "{bare}");
    let nobody = refusal("[events]\nenable = true\nmirror = [\"nobody\"]");
    assert!(
        nobody.contains("`nobody`, which is none of the configured ones"),
        "{nobody}"
    );
    assert!(nobody.contains("showcase"), "{nobody}");
}
