"""The clients against servers that speak HTTP themselves, without the gateway.

A check that fails here fails for the client's own reasons; the suite is tried this way when a client is updated.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from runner.gateway import free_port, reachable
from runner.matrix import CACHE, EVERYTHING, NODE, NO_WITNESS, ONE_MIB, ROOT, Cell, Server, clients, load_plan
from runner.results import Result

RunOne = Callable[[Cell], Awaitable[list[Result]]]
RunClient = Callable[[Cell, int, str, Path], Awaitable[list[Result]]]

SERVERS = ROOT / "servers"
# Its store replays what came before a reconnection and loses what comes after: end the call before. Over Streamable HTTP
# it answers everything in events, and mcp 2.x refuses one over 1 MiB.
EVERYTHING_OVER_HTTP = {
    "resume": load_plan("everything")["resume"] | {"arguments": {"duration": 0.8, "steps": 10}, "answer": "Steps: 10."},
    "largeBytes": ONE_MIB * 3 // 4,
}
NO_QUESTIONS = {check: "this peer asks nothing" for check in ("sampling", "elicitation", "roots")}


def cells(rmcp: Path) -> Iterator[Cell]:
    # server-everything binds every interface; the small script keeps it on the loopback address.
    node = (str(NODE), "--require", str(SERVERS / "bind-loopback.cjs"), str(EVERYTHING))
    legacy = {
        "sse": Server("everything", "everything", (*node, "sse"), skip=NO_WITNESS),
        "streamable": Server(
            "everything", "everything", (*node, "streamableHttp"), skip=NO_WITNESS, changes=EVERYTHING_OVER_HTTP
        ),
    }
    peer = (str(CACHE / "py2" / "bin" / "python"), str(SERVERS / "peer.py"))
    modern = Server("python-peer", "peer", peer, skip=NO_QUESTIONS)
    for client in clients(rmcp):
        for transport, era, mode in client.transports:
            yield Cell(client, transport, era, mode, legacy[transport] if era == "legacy" else modern)


async def run_cell(cell: Cell, run_client: RunClient) -> list[Result]:
    log = CACHE / "logs" / f"direct-{cell.name.replace('/', '-')}.log"
    port = free_port()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *cell.server.arguments, stdout=output, stderr=output, env=os.environ | {"PORT": str(port)}
        )
    end = time.monotonic() + 20
    while not await reachable(port):
        if time.monotonic() > end or process.returncode is not None:
            return [Result(cell.name, cell.server.name, "start", False, log.read_text()[-500:], 0)]
        await asyncio.sleep(0.02)
    results = await run_client(cell, port, "/sse" if cell.transport == "sse" else "/mcp", log)
    process.kill()
    await process.wait()
    return results
