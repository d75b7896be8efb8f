"""`docs/compatibility.md` and `baseline.json`: what works with what, as the run found it.

The run fails when a cell is worse than the baseline, and when the page is not what the run would write.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from runner.cell import ROOT, Cell
from runner.results import Result

PAGE = ROOT.parent / "docs" / "compatibility.md"
BASELINE = ROOT / "baseline.json"

FEATURES = {
    "list": ("tools", "resources", "templates", "prompts"),
    "call": ("echo", "read", "prompt", "complete", "header_param"),
    "progress": ("progress",),
    "log": ("log",),
    "sampling": ("sampling",),
    "elicitation": ("elicitation",),
    "roots": ("roots",),
    "subscribe": ("subscribe", "list_changed"),
    "cancel": ("cancel", "cancel_at_server"),
    "error": ("tool_error", "protocol_error"),
}
CLIENTS = {
    "ts1/sse-legacy": "TypeScript 1.32, HTTP+SSE",
    "ts1/streamable-legacy": "TypeScript 1.32, Streamable HTTP",
    "ts2/sse-legacy": "TypeScript 2.4, HTTP+SSE",
    "ts2/streamable-legacy": "TypeScript 2.4, Streamable HTTP",
    "ts2/streamable-modern": "TypeScript 2.4, **2026-07-28**",
    "py1/sse-legacy": "Python 1.30, HTTP+SSE",
    "py1/streamable-legacy": "Python 1.30, Streamable HTTP",
    "py2/sse-legacy": "Python 2.3, HTTP+SSE",
    "py2/streamable-legacy": "Python 2.3, Streamable HTTP",
    "py2/streamable-modern": "Python 2.3, **2026-07-28**",
    "rmcp/streamable-legacy": "rmcp 3.9, Streamable HTTP",
    "rmcp/streamable-modern": "rmcp 3.9, **2026-07-28**",
}
SERVERS = {
    "everything": "server-everything, stdio",
    "everything-sse": "server-everything, HTTP+SSE",
    "everything-http": "server-everything, Streamable HTTP",
    "py1-stdio": "Python 1.30, stdio",
    "rmcp-legacy": "rmcp 3.9, Streamable HTTP",
    "ts2-stdio": "TypeScript 2.4, stdio, **2026-07-28**",
    "ts2-http": "TypeScript 2.4, HTTP, **2026-07-28**",
    "py2-stdio": "Python 2.3, stdio, **2026-07-28**",
    "py2-http": "Python 2.3, HTTP, **2026-07-28**",
    "rmcp-modern": "rmcp 3.9, HTTP, **2026-07-28**",
}
OK, PARTLY, CANNOT, FAILS = "ok", "partly", "cannot", "FAILS"
RANK = {FAILS: 0, CANNOT: 1, PARTLY: 2, OK: 3}

Grid = dict[str, dict[str, str]]
"""By "client × server", then by feature."""


def check(cells: list[Cell], results: list[Result], *, complete: bool, write: bool) -> int:
    """Compares with what is written down, or writes it. Returns the exit code."""
    shown = [cell for cell in cells if cell.name in CLIENTS and cell.server.name in SERVERS]
    mine = by_cell(results)
    grid = {key(cell): judge(mine.get((cell.name, cell.server.name), {})) for cell in shown}
    before: Grid = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if write:
        # What was not run stays as it was, so that one cell can be brought up to date by itself.
        grid = grid if complete else before | grid
        BASELINE.write_text(json.dumps(ordered(grid), indent=1) + "\n")
    worse = [
        f"{where}: {feature} was {before[where][feature]}, is {now}"
        for where, features in grid.items()
        for feature, now in features.items()
        if RANK[now] < RANK[before.get(where, {}).get(feature, FAILS)]
    ]
    if complete and not write:
        worse += [f"{where}: was not run" for where in before if where not in grid]
    if not complete:
        if worse:
            print("\nWorse than baseline.json:", *worse, sep="\n  ")
        return 1 if worse and not write else 0
    page = render(grid, reasons(shown, mine))
    if write:
        PAGE.write_text(page)
        return 0
    return compare(before, grid, worse, page)


def compare(before: Grid, grid: Grid, worse: list[str], page: str) -> int:
    if worse:
        print("\nWorse than baseline.json:", *worse, sep="\n  ")
    there = PAGE.read_text() if PAGE.exists() else ""
    if not worse and (there != page or before != grid):
        print("\nNot what this run would write; if that is right, run it with --write:")
        sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), page.splitlines(True), str(PAGE), "this run"))
        return 1
    return 1 if worse else 0


def key(cell: Cell) -> str:
    return f"{cell.name} × {cell.server.name}"


def ordered(grid: Grid) -> Grid:
    keys = [f"{client} × {server}" for client in CLIENTS for server in SERVERS]
    return {key: grid[key] for key in keys if key in grid}


def by_cell(results: Iterable[Result]) -> dict[tuple[str, str], dict[str, Result]]:
    found: dict[tuple[str, str], dict[str, Result]] = {}
    for result in results:
        found.setdefault((result.client, result.server), {})[result.check] = result
    return found


def judge(results: dict[str, Result]) -> dict[str, str]:
    return {feature: verdict([results.get(check) for check in checks]) for feature, checks in FEATURES.items()}


def verdict(results: list[Result | None]) -> str:
    if any(result is None or result.ok is False for result in results):
        return FAILS
    passed = sum(result.ok is True for result in results)
    return OK if passed == len(results) else PARTLY if passed else CANNOT


def reasons(cells: list[Cell], results: dict[tuple[str, str], dict[str, Result]]) -> dict[str, dict[str, list[str]]]:
    """Why something was not tried: by feature, then by reason, the cells that it concerns."""
    found: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        there = results.get((cell.name, cell.server.name), {})
        for feature, checks in FEATURES.items():
            for result in (there[check] for check in checks if check in there):
                if result.ok is None:
                    said = f"`{result.check}`: {result.detail}"
                    found.setdefault(feature, {}).setdefault(said, []).append(key(cell))
    return found


INTRODUCTION = """\
# What works with what

Which client works with which server? **Every one with every one**, of any generation, over any transport: whoever finds one
that does not has found a defect.

This page is written by `interop/run.sh`, which runs real clients against real servers with Pontoon in between: outside SDKs
at both ends, over real sockets and pipes. Each server is named by a file of configuration that says where it is and nothing
about what it speaks. The servers marked 2026-07-28 speak nothing older, all others nothing newer. "list" is tools, resources,
templates and prompts; "call" a tool, a resource, a prompt and a completion; "subscribe" a changed resource and a changed list
of tools; "cancel" is seen by the server; "error" both of a tool and of the protocol. Older releases of the SDKs
(2024-11-05 and later) are run as well, see `interop/README.md`.
"""

HOW = """\
## How to try a cell

Every cell of a client, or of a server, or one alone, with a fresh gateway in between:

```sh
interop/run.sh --only ts1/sse                           # one client with every server
interop/run.sh --server py2-http                        # one server with every client
interop/run.sh --only ts2/streamable-modern --server py1-stdio
interop/run.sh --direct --only py2                      # clients and servers of the same era, without Pontoon
```

By hand, with your own client: start one of the servers of `interop/servers/` and Pontoon in front of it, then use
`http://127.0.0.1:3000/mcp` or, for the oldest clients, `http://127.0.0.1:3000/sse`.

```sh
PORT=8000 interop/node_modules/node/bin/node interop/servers/typescript2.mjs http &
printf '[server.peer]\\nurl = "http://127.0.0.1:8000/mcp"\\n' > peer.toml
pontoon serve --config peer.toml

pontoon serve -- interop/node_modules/node/bin/node interop/servers/typescript2.mjs stdio
```
"""


def render(grid: Grid, why: dict[str, dict[str, list[str]]]) -> str:
    notes = [said for feature in FEATURES for said in why.get(feature, {})]
    lines = [INTRODUCTION, table(grid), "\n`all` means all ten: " + ", ".join(FEATURES) + ".\n"]
    if notes:
        lines += ["What is not tried, because the peers themselves cannot do it:\n"]
        lines += [f"{note(said, why)}" for said in notes]
        lines.append("")
    return "\n".join([*lines, HOW])


def table(grid: Grid) -> str:
    clients = [client for client in CLIENTS if any(where.startswith(f"{client} × ") for where in grid)]
    rows = ["| server \\ client | " + " | ".join(CLIENTS[client] for client in clients) + " |"]
    rows.append("| --- |" + " --- |" * len(clients))
    for server, title in SERVERS.items():
        row = [sum_up(grid.get(f"{client} × {server}")) for client in clients]
        rows.append(f"| {title} | " + " | ".join(row) + " |")
    return "\n".join(rows)


def sum_up(features: dict[str, str] | None) -> str:
    if features is None:
        return "–"
    failing = [feature for feature, it in features.items() if it == FAILS]
    missing = [feature for feature, it in features.items() if it == CANNOT]
    if len(failing) == len(features):
        return "**fails**"
    text = "all" if not missing else "all but " + ", ".join(missing)
    return text if not failing else f"{text}; **fails**: " + ", ".join(failing)


def note(said: str, why: dict[str, dict[str, list[str]]]) -> str:
    cells = [cell for found in why.values() for cell in found.get(said, [])]
    clients, servers = ({cell.split(" × ")[side] for cell in cells} for side in (0, 1))
    return f"- {said} ({describe(clients)} × {', '.join(f'`{name}`' for name in SERVERS if name in servers)})"


def describe(clients: set[str]) -> str:
    modern = {client for client in CLIENTS if client.endswith("-modern")}
    known = {"any client": set(CLIENTS), "clients of 2026-07-28": modern, "older clients": set(CLIENTS) - modern}
    named = ", ".join(f"`{client}`" for client in CLIENTS if client in clients)
    return next((name for name, those in known.items() if those == clients), named)
