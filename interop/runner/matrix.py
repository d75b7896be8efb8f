"""The cells: which client, over which transport and era, against which server; and what cannot be expressed in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache"
NODE = ROOT / "node_modules" / "node" / "bin" / "node"
EVERYTHING = ROOT / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"

CHECKS = [
    "tools", "resources", "templates", "prompts", "echo", "progress", "log", "read", "subscribe", "prompt", "complete",
    "cancel", "cancel_at_server", "header_param", "concurrent", "large", "tool_error", "protocol_error", "sampling", "elicitation",
    "roots", "resume",
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


@dataclass(frozen=True)
class Server:
    """What stands behind the gateway. `plan` names the file that says what it offers."""

    name: str
    plan: str
    arguments: tuple[str, ...]
    config: str | None = None
    skip: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    """Members of the plan that differ for this way of running it."""


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
        # The pinned mode differs from `auto` only in how the conversation begins.
        return ["tools", "echo", "progress"] if self.mode == "pin" else CHECKS

    def spec(self, url: str, resume_url: str) -> dict[str, Any]:
        """What the client script is told."""
        plan = load_plan(self.server.plan) | self.server.changes
        plan.setdefault("largeBytes", large_bytes(self))
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
    reasons = dict(cell.client.skip) | dict(cell.server.skip)
    if cell.era == "legacy":
        reasons["header_param"] = "arguments are mirrored into headers from 2026-07-28 on"
    if cell.transport == "sse":
        reasons["resume"] = "HTTP+SSE has no resumption"
    if cell.era == "modern":
        reasons["resume"] = "2026-07-28 streams are not resumable: the client calls again"
        if cell.server.plan == "everything":
            for question in QUESTIONS:
                reasons[question] = "a legacy server's question to a 2026-07-28 client is not bridged yet"
    return reasons


STREAMABLE, MODERN, PINNED, SSE = (
    ("streamable", "legacy", "legacy"),
    ("streamable", "modern", "auto"),
    ("streamable", "modern", "pin"),
    ("sse", "legacy", "legacy"),
)

LOSES_LAST = 1
"""The TypeScript clients drop a progress notification that arrives in the same read as the result."""

INSPECTOR_SKIP = {
    check: "the Inspector's command line runs one method and ends"
    for check in ["progress", "log", "subscribe", "complete", "cancel", "cancel_at_server", "header_param", "resume", *QUESTIONS]
} | {"large": "its arguments are limited by the size of a command line"}


def clients(rmcp: Path) -> list[Client]:
    scripts = ROOT / "clients"
    python = {name: str(CACHE / name / "bin" / "python") for name in ("py1", "py2")}
    return [
        Client("rmcp", (str(rmcp),), ROOT, (STREAMABLE, MODERN, PINNED)),
        Client(
            "ts1", (str(NODE), "client.mjs"), scripts / "ts1", (SSE, STREAMABLE), may_lose_progress=LOSES_LAST
        ),
        Client(
            "ts2", (str(NODE), "client.mjs"), scripts / "ts2", (SSE, STREAMABLE, MODERN, PINNED),
            may_lose_progress=LOSES_LAST,
        ),  # fmt: skip
        Client("py1", (python["py1"], "client.py"), scripts / "py1", (SSE, STREAMABLE)),
        Client("py2", (python["py2"], "client.py"), scripts / "py2", (SSE, STREAMABLE, MODERN, PINNED)),
        Client(
            "inspector", ("python3", "client.py", str(NODE)), scripts / "inspector", (SSE, STREAMABLE, MODERN),
            skip=INSPECTOR_SKIP,
        ),  # fmt: skip
    ]


EVERYTHING_LACKS = {
    "cancel_at_server": "the slow tool of server-everything does not watch for its cancellation",
    "header_param": "server-everything has no tool that asks for a header",
}

SHARED_CONFIG = f"""
[server.everything]
command = "{NODE}"
args = ["{EVERYTHING}"]
lease = "shared"
"""


def servers() -> list[Server]:
    return [
        Server("showcase", "showcase", ("--builtin", "showcase")),
        Server("everything", "everything", ("--", str(NODE), str(EVERYTHING)), skip=EVERYTHING_LACKS),
        Server("everything-shared", "everything", (), config=SHARED_CONFIG, skip=EVERYTHING_LACKS),
    ]


def cells(rmcp: Path) -> Iterator[Cell]:
    for server in servers():
        for client in clients(rmcp):
            for transport, era, mode in client.transports:
                if mode == "pin" and server.name != "showcase":
                    continue
                yield Cell(client, transport, era, mode, server)
