"""One cell: a client, over one transport and in one era, against a server; and what cannot be expressed in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.gateway import new_mark

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
    modern: bool = False
    """It speaks 2026-07-28 and nothing older."""
    together: bool = False
    """One gateway serves all its cells, one after the other; else each has a gateway of its own."""


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
        return "a shared stdio process cannot say which of its callers it asks" if self.server.shared else None

    def spec(self, url: str, resume_url: str) -> dict[str, Any]:
        """What the client script is told."""
        plan = load_plan(self.server.plan) | self.server.changes
        plan.setdefault("largeBytes", large_bytes(self))
        if self.unasked:
            plan["absentTools"] = [plan[question]["tool"] for question in QUESTIONS]
        plan["mayLose"] = self.client.may_lose_progress
        told = {}
        if self.transport == "stdio":
            told["command"] = [argument.replace("{mark}", new_mark()) for argument in self.server.arguments]
        return told | {
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
    server = cell.server
    reasons = cell.client.skip | server.skip | cell.client.skip_on.get(server.plan, {})
    if cell.era == "legacy" and not server.modern:
        reasons["header_param"] = "arguments are mirrored into headers from 2026-07-28 on"
    if cell.transport == "sse":
        reasons["resume"] = "HTTP+SSE has no resumption"
    if cell.era == "modern":
        reasons["resume"] = "2026-07-28 streams are not resumable: the client calls again"
    if cell.client.name == "inspector" and cell.transport == "streamable":
        reasons["released"] = "the Inspector ends without a DELETE: its sessions live until they are idle too long"
    if server.beside and not server.modern and cell.era == "modern":
        reasons["log"] = "the server logs on the stream of its session, where a message may come after the answer"
    if cell.unasked:
        reasons |= dict.fromkeys(QUESTIONS, cell.unasked)
    return reasons
