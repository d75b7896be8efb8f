use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{config, environment, refusal};
use crate::{
    Accept, Builtin, Command, Config, ConfigError, Draft, Era, Hn, Lease, LeaseKind, Limits, MAX_FILE_BYTES,
    Newsnow, RoutePath, Server, ServerName, Upstream,
};

#[test]
fn nothing_at_all_hosts_the_showcase_on_loopback() {
    let config = config("");
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.keep_alive, Some(Duration::from_secs(15)));
    assert_eq!(config.accept, Accept::Lenient);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.servers.len(), 1);
    assert_eq!(config.servers[0].upstream, Upstream::Builtin(Builtin::Showcase));
    assert_eq!(config.default_server.as_ref(), Some(&config.servers[0].name));
}

#[test]
fn everything_a_file_can_say_arrives() {
    let config = config(
        r#"
        listen = "0.0.0.0:8080"
        allow_wildcard = true
        public_url = "https://mcp.example.com/"
        path_prefix = "/tools"
        accept = "strict"
        keep_alive = 0
        allowed_hosts = ["Box.local"]
        allowed_origins = ["https://app.example:443"]
        trusted_proxies = ["::1", "10.1.0.0/16"]

        [limits]
        max_body_bytes = "1MiB"
        call_timeout = "90s"
        max_connections = 7

        [server.zebra]
        command = "bin/zebra"
        args = ["--token", "${TOKEN}", "${MISSING:-none}", "$${literal}", ""]
        env = { API_TOKEN = "Bearer ${TOKEN}", E = "${env:EMPTY}", F = "${EMPTY:-full}" }
        cwd = "zoo"
        warm = 0
        max_processes = 3
        idle_timeout = "1m"
        stop_timeout = 5

        [server.ant]
        command = "ant"
        era = "legacy"
        lease = "shared"
        default = true
        paths = ["/api/mcp"]
        max_call_timeout = "1h"

        [server.news]
        builtin = "hackernews"
        base_url = "http://127.0.0.1:9000/v0/"

        [server.more-news]
        builtin = "newsnow"
        base_url = "http://127.0.0.1:9001"
        poll_interval = "5m"

        [server.all-news]
        builtin = "hn"
        search_url = "http://127.0.0.1:9002/api/v1/"
        "#,
    );
    assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.public_url.as_deref(), Some("https://mcp.example.com"));
    assert_eq!(config.path_prefix.as_ref().map(RoutePath::as_str), Some("/tools"));
    assert_eq!((config.accept, config.keep_alive), (Accept::Strict, None));
    assert_eq!(
        config.allowed_hosts,
        ["box.local", "mcp.example.com"],
        "with the public one"
    );
    assert_eq!(config.allowed_origins, ["https://app.example"]);
    let proxies: Vec<_> = config
        .trusted_proxies
        .iter()
        .map(|proxy| (proxy.address.to_string(), proxy.bits))
        .collect();
    assert_eq!(proxies, [("::1".to_owned(), 128), ("10.1.0.0".to_owned(), 16)]);
    assert_eq!(
        (config.limits.max_body_bytes, config.limits.max_connections),
        (1 << 20, 7)
    );
    let names: Vec<_> = config.servers.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(
        names,
        ["zebra", "ant", "news", "more-news", "all-news"],
        "the order of the file"
    );
    assert_eq!(
        config.default_server.as_ref().map(ServerName::as_str),
        Some("ant")
    );

    let Upstream::Command(zebra) = &config.servers[0].upstream else {
        panic!("{config:?}")
    };
    assert_eq!(zebra.program, Path::new("bin/zebra"));
    assert_eq!(zebra.args, ["--token", "s3cret", "none", "${literal}", ""]);
    let env = [("API_TOKEN", "Bearer s3cret"), ("E", ""), ("F", "full")];
    assert_eq!(
        zebra.env,
        BTreeMap::from(env.map(|(name, value)| (name.to_owned(), value.to_owned())))
    );
    assert_eq!(zebra.cwd.as_deref(), Some(Path::new("zoo")));
    let lease = Lease::Session {
        warm: 0,
        max_processes: 3,
        idle_timeout: Duration::from_secs(60),
    };
    assert_eq!(zebra.lease, lease);
    assert_eq!(
        (zebra.start_timeout, zebra.stop_timeout),
        (Duration::from_secs(60), Duration::from_secs(5))
    );
    assert_eq!(
        config.servers[0].call_timeout,
        Duration::from_secs(90),
        "from [limits]"
    );

    let Upstream::Command(ant) = &config.servers[1].upstream else {
        panic!("{config:?}")
    };
    assert_eq!(ant.lease, Lease::Shared);
    assert_eq!(
        (config.servers[0].era, config.servers[1].era),
        (Era::Auto, Era::Legacy)
    );
    assert_eq!(config.servers[1].paths[0].as_str(), "/api/mcp");
    assert_eq!(config.servers[1].max_call_timeout, Duration::from_secs(3600));
    let base_url = Some("http://127.0.0.1:9000/v0".to_owned());
    assert_eq!(
        config.servers[2].upstream,
        Upstream::Builtin(Builtin::Hackernews { base_url })
    );
    let newsnow = Newsnow {
        base_url: Some("http://127.0.0.1:9001".to_owned()),
        sources_url: None,
        poll_interval: Some(Duration::from_secs(300)),
    };
    assert_eq!(
        config.servers[3].upstream,
        Upstream::Builtin(Builtin::Newsnow(newsnow))
    );
    let hn = Hn {
        search_url: Some("http://127.0.0.1:9002/api/v1".to_owned()),
        ..Hn::default()
    };
    assert_eq!(config.servers[4].upstream, Upstream::Builtin(Builtin::Hn(hn)));
}

#[test]
fn debug_output_holds_no_secret() {
    let config = config("[server.a]\ncommand = \"a\"\nargs = [\"${TOKEN}\"]\nenv = { T = \"${TOKEN}\" }");
    assert!(!format!("{config:?} {:?}", environment()).contains("s3cret"));
}

#[test]
fn several_servers_have_no_default_unless_one_is_marked() {
    let config = config("[server.a]\ncommand = \"a\"\n[server.b]\ncommand = \"b\"");
    assert_eq!(config.default_server, None);
}

#[test]
fn the_command_line_adds_to_the_file_and_overrides_its_address() {
    let environment = environment();
    let text = "listen = \"127.0.0.1:1\"\n[limits]\nstart_timeout = \"7s\"\n[server.a]\ncommand = \"a\"";
    let mut draft = Draft::parse("f", text, &environment).expect("it is fine");
    draft.listen("127.0.0.1:2".parse().expect("an address"));
    let command = Command::new("b", Vec::new(), LeaseKind::Shared, draft.limits());
    let name = ServerName::new("b").expect("a name");
    draft.add_server(Server::new(
        name,
        Upstream::Command(command.clone()),
        draft.limits(),
    ));
    let config: Config = draft.finish().expect("it is fine");
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.servers[1].upstream, Upstream::Command(command.clone()));
    assert_eq!(command.start_timeout, Duration::from_secs(7));
}

#[test]
fn a_file_is_read_from_disk_and_its_paths_start_there() {
    let file = TempFile::new("paths.toml", "[server.a]\ncommand = \"./bin/a\"\ncwd = \"data\"");
    let config = Draft::load(&file.0, &environment())
        .and_then(Draft::finish)
        .expect("it is fine");
    let Upstream::Command(command) = &config.servers[0].upstream else {
        panic!("{config:?}")
    };
    let directory = file.0.parent().expect("it is in a directory");
    assert_eq!(command.program, directory.join("./bin/a"));
    assert_eq!(command.cwd.as_deref(), Some(directory.join("data").as_path()));
}

#[test]
fn a_missing_or_huge_file_is_named() {
    let missing = Draft::load(Path::new("/no/such/pontoon.toml"), &environment()).expect_err("there is none");
    assert_eq!(
        missing.to_string(),
        "/no/such/pontoon.toml: cannot read the configuration"
    );
    assert!(std::error::Error::source(&missing).is_some(), "and why");
    let size = usize::try_from(MAX_FILE_BYTES).expect("it fits") + 1;
    let file = TempFile::new("huge.toml", &" ".repeat(size));
    assert!(matches!(
        Draft::load(&file.0, &environment()),
        Err(ConfigError::TooLarge { .. })
    ));
}

/// A file that is removed with the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pontoon-config-{}-{name}", std::process::id()));
        std::fs::write(&path, text).expect("the temporary directory can be written");
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_lease_of_principals_has_limits_and_nothing_warm() {
    let config = config("[server.a]\ncommand = \"a\"\nlease = \"principal\"\nmax_processes = 3");
    let Upstream::Command(command) = &config.servers[0].upstream else {
        panic!("{config:?}")
    };
    let lease = Lease::Principal {
        max_processes: 3,
        idle_timeout: Duration::from_secs(300),
    };
    assert_eq!(command.lease, lease);
    let refused = refusal("[server.a]\ncommand = \"a\"\nlease = \"principal\"\nwarm = 1");
    assert!(refused.contains("needs `lease = \"session\"`"), "{refused}");
}
