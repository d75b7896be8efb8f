"""The cells: which client, over which transport and era, against which server; and what cannot be expressed in one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache"
NODE = ROOT / "node_modules" / "node" / "bin" / "node"
EVERYTHING = ROOT / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"

CHECKS = [
    "tools", "resources", "templates", "prompts", "echo", "progress", "log", "read", "subscribe", "list_changed",
    "prompt", "complete", "cancel", "cancel_at_server", "header_param", "concurrent", "large", "tool_error",
    "protocol_error", "sampling", "elicitation", "roots", "resume",
]  # fmt: skip
QUESTIONS = ["sampling", "elicitation", "roots"]
ONE_MIB = 1 << 20


@dataclass(frozen=True)
class Client:
    """One SDK release. `transports` lists (transport, era, mode); `revision` is the newest legacy one it speaks."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    transports: tuple[tuple[str, str, str], ...]
    revision: str = "2025-11-25"
    skip: dict[str, str] = field(default_factory=dict)
    may_lose_progress: int = 0
    skip_on: dict[str, dict[str, str]] = field(default_factory=dict)
    """Checks that this client cannot do with the server of this plan."""


@dataclass(frozen=True)
class Server:
    """What stands behind the gateway. `plan` names the file that says what it offers.

    `{mark}` in the arguments or the configuration becomes a word of its own in every run, by which the processes are
    found again that should be gone.
    """

    name: str
    plan: str
    arguments: tuple[str, ...]
    config: str | None = None
    shared: bool = False
    skip: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    """Members of the plan that differ for this way of running it."""
    processes: int = 0
    """How many processes one copy of the server is, where each session has a copy."""
    only: tuple[str, ...] = ()
    """Tried with these clients only, where the way of running it matters more than the client."""
    checks: tuple[str, ...] = ()
    """Only these, where the way of running it leaves no room for the others."""
    beside: tuple[str, ...] = ()
    """A server of its own that the gateway reaches by a URL; `{port}` is the port that it is told to listen on."""


@dataclass(frozen=True)
class Cell:
    client: Client
    transport: str
    era: str
    mode: str
    server: Server

    @property
    def name(self) -> str:
        mode = "-pin" if self.mode == "pin" else ""
        return f"{self.client.name}/{self.transport}-{self.era}{mode}"

    @property
    def checks(self) -> list[str]:
        if self.server.checks:
            return list(self.server.checks)
        # The pinned mode differs from `auto` only in how the conversation begins.
        return ["tools", "echo", "progress"] if self.mode == "pin" else CHECKS

    @property
    def unasked(self) -> str | None:
        """Why nobody asks the client anything here; the server then hides the tools that would."""
        if self.server.plan != "everything" and not self.server.beside:
            return None
        if self.era == "modern":
            return "a legacy server's question to a 2026-07-28 client is not bridged yet"
        return "a shared stdio process cannot say which of its callers it asks" if self.server.shared else None

    def spec(self, url: str, resume_url: str) -> dict[str, Any]:
        """What the client script is told."""
        plan = load_plan(self.server.plan) | self.server.changes
        plan.setdefault("largeBytes", large_bytes(self))
        if self.unasked and self.server.plan == "everything":
            plan["absentTools"] = [plan[question]["tool"] for question in QUESTIONS]
        plan["mayLose"] = self.client.may_lose_progress
        return {
            "url": url,
            "resumeUrl": resume_url,
            "transport": self.transport,
            "era": self.era,
            "mode": self.mode,
            "revision": "2026-07-28" if self.era == "modern" else self.client.revision,
            "checks": self.checks,
            "skip": skips(self),
            "plan": plan,
        }


def load_plan(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "servers" / f"{name}.json").read_text())


def large_bytes(cell: Cell) -> int:
    # mcp 2.x refuses one SSE event over 1 MiB, framing and JSON escapes included, and over HTTP+SSE every answer is an
    # event. Streamable HTTP has JSON for such an answer.
    return ONE_MIB * 3 // 4 if cell.client.name.startswith("py2") and cell.transport == "sse" else ONE_MIB


def skips(cell: Cell) -> dict[str, str]:
    """Why a check cannot be expressed in this cell. Whatever is not named here must pass."""
    reasons = cell.client.skip | cell.server.skip | cell.client.skip_on.get(cell.server.plan, {})
    if cell.era == "legacy":
        reasons["header_param"] = "arguments are mirrored into headers from 2026-07-28 on"
    if cell.transport == "sse":
        reasons["resume"] = "HTTP+SSE has no resumption"
    if cell.era == "modern":
        reasons["resume"] = "2026-07-28 streams are not resumable: the client calls again"
    if cell.client.name == "inspector" and cell.transport == "streamable":
        reasons["released"] = "the Inspector ends without a DELETE: its sessions live until they are idle too long"
    if cell.server.beside and cell.era == "modern":
        reasons["log"] = "the server logs on the stream of its session, where a message may come after the answer"
    if cell.unasked:
        reasons |= dict.fromkeys(QUESTIONS, cell.unasked)
    return reasons


STREAMABLE, MODERN, PINNED, SSE = (
    ("streamable", "legacy", "legacy"),
    ("streamable", "modern", "auto"),
    ("streamable", "modern", "pin"),
    ("sse", "legacy", "legacy"),
)

LOSES_SOME = 5
"""The TypeScript clients drop the progress that arrives in one read with the result: how much is a matter of load."""

NOT_ONE_METHOD = ["progress", "log", "subscribe", "list_changed", "complete", "cancel", "cancel_at_server"]
NOT_ONE_METHOD += ["header_param", "resume"]
INSPECTOR_SKIP = {
    check: "the Inspector's command line runs one method and ends" for check in NOT_ONE_METHOD + QUESTIONS
} | {"large": "its arguments are limited by the size of a command line"}


def clients(rmcp: Path) -> list[Client]:
    scripts = ROOT / "clients"
    return [
        Client("rmcp", (str(rmcp),), ROOT, (STREAMABLE, MODERN, PINNED)),
        Client(
            "ts1", (str(NODE), "client.mjs", "@modelcontextprotocol/sdk"), scripts / "ts1", (SSE, STREAMABLE),
            may_lose_progress=LOSES_SOME,
        ),  # fmt: skip
        Client(
            "ts2", (str(NODE), "client.mjs"), scripts / "ts2", (SSE, STREAMABLE, MODERN, PINNED),
            may_lose_progress=LOSES_SOME,
        ),  # fmt: skip
        Client("py1", (python("py1"), "client.py"), scripts / "py1", (SSE, STREAMABLE)),
        Client("py2", (python("py2"), "client.py"), scripts / "py2", (SSE, STREAMABLE, MODERN, PINNED)),
        Client(
            "inspector", ("python3", "client.py", str(NODE)), scripts / "inspector", (SSE, STREAMABLE, MODERN),
            skip=INSPECTOR_SKIP,
        ),  # fmt: skip
    ]


ONLY_GET = {"resume": "this release resumes its GET stream only"}
NO_PROGRESS = {check: "this release hands no progress to its caller" for check in ("progress", "cancel", "resume")}
NO_MULTI_SELECT = {"everything": {"elicitation": "the server's form has fields this release does not know"}}
NO_ELICITATION = {"elicitation": "this release is older than elicitation"}


def older_clients() -> list[Client]:
    """One release per earlier revision, as they are still in use."""
    node = (str(NODE), "client.mjs")
    ts1, py1 = ROOT / "clients" / "ts1", ROOT / "clients" / "py1"
    both, lost = (SSE, STREAMABLE), LOSES_SOME
    return [
        Client("ts1.9", (*node, "mcp-sdk-1.9"), ts1, (SSE,), "2024-11-05", NO_ELICITATION, lost),
        Client("ts1.12", (*node, "mcp-sdk-1.12"), ts1, both, "2025-03-26", NO_ELICITATION | ONLY_GET, lost),
        Client("ts1.20", (*node, "mcp-sdk-1.20"), ts1, both, "2025-06-18", ONLY_GET, lost, NO_MULTI_SELECT),
        Client("py1.6", (python("py1.6"), "client.py"), py1, (SSE,), "2024-11-05", NO_ELICITATION | NO_PROGRESS),
        Client("py1.9", (python("py1.9"), "client.py"), py1, both, "2025-03-26", NO_ELICITATION | ONLY_GET),
        Client("py1.16", (python("py1.16"), "client.py"), py1, both, "2025-06-18", ONLY_GET),
    ]


def python(environment: str) -> str:
    return str(CACHE / environment / "bin" / "python")


EVERYTHING_LACKS = {
    "cancel_at_server": "the slow tool of server-everything does not watch for its cancellation",
    "header_param": "server-everything has no tool that asks for a header",
    "list_changed": "server-everything has no tool that changes its lists",
}

SHARED_CONFIG = f"""
[server.everything]
command = "{NODE}"
args = ["{EVERYTHING}", "stdio", "{{mark}}"]
lease = "shared"
"""


REMOTE_CONFIG = """
[server.far]
url = "http://127.0.0.1:{port}/PATH"
"""
# It binds every interface; the small script keeps it on the loopback address.
EVERYTHING_HTTP = (str(NODE), "--require", str(ROOT / "servers" / "bind-loopback.cjs"), str(EVERYTHING))
NEWEST = ("rmcp", "ts1", "ts2", "py1", "py2")


def remote_servers(examples: Path) -> list[Server]:
    """Servers that speak HTTP themselves, of other makers, behind the gateway."""

    def config(path: str) -> str:
        return REMOTE_CONFIG.replace("PATH", path)

    return [
        Server(
            "everything-http", "everything", (), config("mcp"), skip=EVERYTHING_LACKS, only=NEWEST,
            beside=(*EVERYTHING_HTTP, "streamableHttp"),
        ),  # fmt: skip
        Server(
            "everything-sse", "everything", (), config("sse"), skip=EVERYTHING_LACKS, only=NEWEST,
            beside=(*EVERYTHING_HTTP, "sse"),
        ),  # fmt: skip
        Server(
            "showcase-rmcp", "showcase", (), config("mcp"), only=NEWEST,
            beside=(str(examples / "rmcp_http"), "127.0.0.1:{port}"),
        ),  # fmt: skip
    ]


def servers() -> list[Server]:
    return [
        Server("showcase", "showcase", ("--builtin", "showcase")),
        Server(
            "everything", "everything", ("--", str(NODE), str(EVERYTHING), "stdio", "{mark}"), processes=1,
            skip=EVERYTHING_LACKS,
        ),  # fmt: skip
        # As people run it: `npx` starts a shell that starts the server, and all of them must be gone at the end.
        Server(
            "everything-npx", "everything", ("--", "npx", "--no-install", "mcp-server-everything", "stdio", "{mark}"),
            processes=3, only=("ts1", "py2"), skip=EVERYTHING_LACKS,
        ),  # fmt: skip
        Server("everything-shared", "everything", (), SHARED_CONFIG, shared=True, skip=EVERYTHING_LACKS),
    ]


def cells(rmcp: Path) -> Iterator[Cell]:
    for server in [*servers(), *remote_servers(rmcp.parent / "examples")]:
        older = [] if server.config else older_clients()
        for client in [*clients(rmcp), *older]:
            if server.only and client.name not in server.only:
                continue
            for transport, era, mode in client.transports:
                if mode == "pin" and server.name != "showcase":
                    continue
                yield Cell(client, transport, era, mode, server)


def find_binary() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT.parent / "target"))
    places = [target / profile / "pontoon" for profile in ("release", "debug")]
    given = os.environ.get("PONTOON_BIN")
    for place in [Path(given)] if given else places:
        if place.is_file():
            return place
    sys.exit(f"no pontoon binary at {given or places[0]}: build it, or set PONTOON_BIN")
