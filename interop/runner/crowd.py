"""Every current client at once against one gateway with two servers: nobody may get what belongs to another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from runner.cell import CACHE, EVERYTHING, NODE, Cell, Server
from runner.clients import clients
from runner.gateway import Gateway
from runner.results import Result
from runner.servers import EVERYTHING_LACKS

RunClient = Callable[[Cell, int, str, Path], Awaitable[list[Result]]]

# Clients of 2026-07-28 have no session: those of one address share a process, and with it the switches of
# server-everything. What is left out here turns one of them, or is another cell's business.
CHECKS = ("tools", "prompts", "echo", "progress", "read", "complete", "cancel", "concurrent", "tool_error")
# A TypeScript client opens one connection per call in flight: ten of them with fifty calls each are one address here.
CONFIG = f"""
[limits]
max_connections_per_address = 2000

[server.showcase]
builtin = "showcase"

[server.everything]
command = "{NODE}"
args = ["{EVERYTHING}", "stdio", "{{mark}}"]
"""


def cells(rmcp: Path) -> list[Cell]:
    """Both servers by their own addresses; the Inspector is left out, for it is a process per method."""
    servers = [
        Server("crowd-showcase", "showcase", (), checks=CHECKS),
        Server("crowd-everything", "everything", (), skip=EVERYTHING_LACKS, checks=CHECKS),
    ]
    # Where the cores are this busy, a client that loses progress in a common read can lose all of it.
    current = [
        replace(client, may_lose_progress=6) if client.may_lose_progress else client
        for client in clients(rmcp)
        if client.name != "inspector"
    ]
    return [
        Cell(client, transport, era, mode, server)
        for client in current
        for transport, era, mode in client.transports
        for server in servers
        if mode != "pin"
    ]


async def run(rmcp: Path, binary: Path, run_client: RunClient) -> list[Result]:
    gateway = Gateway(binary, (), CACHE / "logs" / "crowd.log", config=CONFIG)
    await gateway.start()

    async def one(cell: Cell) -> list[Result]:
        path = f"/{cell.server.plan}/{'sse' if cell.transport == 'sse' else 'mcp'}"
        log = CACHE / "logs" / f"crowd-{cell.name.replace('/', '-')}-{cell.server.plan}.log"
        return await run_client(cell, gateway.port, path, log)

    results = [result for found in await asyncio.gather(*map(one, cells(rmcp))) for result in found]
    started = time.monotonic()
    wrong = await gateway.stop()
    took = round((time.monotonic() - started) * 1000)
    return [*results, Result("crowd", "both", "drain", wrong is None, wrong or "", took)]
