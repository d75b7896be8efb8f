"""The clients: which releases there are, what they speak, and what they cannot do by themselves."""

from __future__ import annotations

from pathlib import Path

from runner.cell import CACHE, NODE, QUESTIONS, ROOT, Client

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
