//! The keys of a server section.

use crate::section::Key;
use crate::value::{count, duration, path, url};

/// Refused beside `command`.
pub(super) const FOR_BUILTINS: &[&str] = &["base_url", "search_url", "sources_url", "poll_interval"];

/// Refused beside `command` and `builtin`.
pub(super) const FOR_REMOTES: &[&str] = &["transport", "headers", "ca_file"];

/// Refused beside `url` and `builtin`.
pub(super) const ONLY_FOR_COMMANDS: &[&str] = &["args", "env", "cwd", "warm", "max_processes"];

/// Refused beside `builtin`.
pub(super) const NOT_FOR_BUILTINS: &[&str] =
    &["era", "lease", "idle_timeout", "start_timeout", "stop_timeout"];

/// Refused beside `lease = "shared"`.
pub(super) const FOR_SESSION_LEASES: &[&str] = &["warm", "max_processes", "idle_timeout"];

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "command",
        takes: "the name or path of a program, as text",
        default: "",
        example: "\"npx\"",
        doc: "The program to run. It speaks MCP on its standard input and output. No shell is involved. A path with a slash is relative to the file.",
    },
    Key {
        name: "args",
        takes: "a list of texts",
        default: "[]",
        example: "[\"-y\", \"@modelcontextprotocol/server-everything\"]",
        doc: "Its arguments. `${NAME}` is replaced, but mind that other users of the machine can see arguments: secrets belong in `env`.",
    },
    Key {
        name: "env",
        takes: "a table of texts",
        default: "{}",
        example: "{ API_TOKEN = \"x\" }",
        doc: "Environment variables for it, beside the few every command gets (see below). `${NAME}` is replaced by the variable of Pontoon's own environment, `${NAME:-text}` has a default, `$${` is a literal `${`.",
    },
    Key {
        name: "cwd",
        takes: "the path of a directory, as text",
        default: "",
        example: "\"servers/files\"",
        doc: "The directory it runs in, relative to the file. Default: where Pontoon was started.",
    },
    Key {
        name: "era",
        takes: "\"auto\", \"legacy\" or \"modern\"",
        default: "\"auto\"",
        example: "\"modern\"",
        doc: "Which revisions the server speaks: those that begin with `initialize` (`legacy`: 2024-11-05 to 2025-11-25) or those whose requests describe themselves (`modern`: 2026-07-28). Clients of every revision are served either way. `auto` finds out when the first client comes, and remembers; a server that speaks both is spoken to in each client's own. Say `legacy` for a server that is silent to what it does not know, which costs the first 2026-07-28 client 5 seconds.",
    },
    Key {
        name: "lease",
        takes: "\"session\", \"principal\" or \"shared\"",
        default: "\"session\"",
        example: "\"shared\"",
        doc: "Who shares a process, or a session of a remote server. `session`: each session has its own; clients without sessions have one for each principal or client address. `principal`: all clients of one principal or client address share one. `shared`: one serves everyone, which suits servers that keep no state per client.",
    },
    Key {
        name: "warm",
        takes: count::TAKES_OR_NONE,
        default: "1",
        example: "0",
        doc: "Processes kept started for sessions to come. Only with `lease = \"session\"`.",
    },
    Key {
        name: "max_processes",
        takes: count::TAKES,
        default: "64",
        example: "8",
        doc: "Processes of this server at once, warm ones included. Not with `lease = \"shared\"`.",
    },
    Key {
        name: "idle_timeout",
        takes: duration::TAKES,
        default: "\"5m\"",
        example: "\"30s\"",
        doc: "A process (or remote session) that serves clients without sessions stops when none of them called for so long. (That of a session lives as long as the session.) Not with `lease = \"shared\"`.",
    },
    Key {
        name: "start_timeout",
        takes: duration::TAKES,
        default: "",
        example: "\"2m\"",
        doc: "As in `[limits]`, for this server.",
    },
    Key {
        name: "stop_timeout",
        takes: duration::TAKES,
        default: "",
        example: "\"5s\"",
        doc: "As in `[limits]`, for this server.",
    },
    Key {
        name: "call_timeout",
        takes: duration::TAKES,
        default: "",
        example: "\"2m\"",
        doc: "As in `[limits]`, for this server.",
    },
    Key {
        name: "max_call_timeout",
        takes: duration::TAKES,
        default: "",
        example: "\"1h\"",
        doc: "As in `[limits]`, for this server.",
    },
    Key {
        name: "url",
        takes: url::TAKES_ENDPOINT,
        default: "",
        example: "\"https://mcp.example.com/mcp\"",
        doc: "The address of a remote server, instead of a `command`. `${NAME}` is replaced as in `env`.",
    },
    Key {
        name: "transport",
        takes: "\"auto\", \"streamable\" or \"sse\"",
        default: "\"auto\"",
        example: "\"sse\"",
        doc: "What the remote server speaks: Streamable HTTP (2025-03-26 to 2025-11-25) or HTTP+SSE (2024-11-05). `auto` tries the first and then, where a server refuses that in the way the specification names, the second.",
    },
    Key {
        name: "headers",
        takes: "a table of texts",
        default: "{}",
        example: "{ Authorization = \"Bearer x\" }",
        doc: "Headers for every request to the remote server. `${NAME}` is replaced as in `env`.",
    },
    Key {
        name: "ca_file",
        takes: "the path of a file, as text",
        default: "",
        example: "\"ca.pem\"",
        doc: "Certificates in PEM form that are trusted besides the system's when the remote server is spoken to. A relative path starts where the file is.",
    },
    Key {
        name: "builtin",
        takes: "\"showcase\", \"hackernews\", \"hn\" or \"newsnow\"",
        default: "",
        example: "\"showcase\"",
        doc: "A server inside Pontoon, instead of a `command` or `url`; see [built-in servers](built-in-servers.md).",
    },
    Key {
        name: "base_url",
        takes: url::TAKES_URL,
        default: "",
        example: "\"http://127.0.0.1:9000/v0\"",
        doc: "Where a built-in server that calls an API finds it. For all but `showcase`; default: the public one.",
    },
    Key {
        name: "search_url",
        takes: url::TAKES_URL,
        default: "",
        example: "\"http://127.0.0.1:9001/api/v1\"",
        doc: "For `hn`: where the search API is. Default: the public one.",
    },
    Key {
        name: "sources_url",
        takes: url::TAKES_URL,
        default: "",
        example: "\"https://news.example.com/sources.json\"",
        doc: "For `newsnow`: where a newer table of sources is read, in the form of NewsNow's own `sources.json`. Default: the table that is built in.",
    },
    Key {
        name: "poll_interval",
        takes: duration::TAKES,
        default: "",
        example: "\"5m\"",
        doc: "How often a resource is looked at while somebody is subscribed to it. For `newsnow`; default: as often as NewsNow itself looks. For `hn`, where its API has no event stream; default: every minute.",
    },
    Key {
        name: "default",
        takes: "true or false",
        default: "false",
        example: "true",
        doc: "Serves this server at `/mcp`, `/sse` and `/messages` as well. A single server is the default without being marked.",
    },
    Key {
        name: "paths",
        takes: path::TAKES_LIST,
        default: "[]",
        example: "[\"/api/mcp\"]",
        doc: "Extra paths that serve it over Streamable HTTP, below `path_prefix`.",
    },
];
