"""The matrix: which client meets which server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from runner.cell import ROOT, Cell
from runner.clients import clients, older_clients
from runner.servers import all_servers

def cells(rmcp: Path) -> Iterator[Cell]:
    for server in all_servers(rmcp.parent / "examples"):
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
