"""The clients against servers that speak HTTP themselves, without the gateway.

A check that fails here fails for the client's or the server's own reasons; the suite is tried this way when one of
them is updated.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from runner.gateway import free_port, reachable
from runner.matrix import CACHE, EVERYTHING, EVERYTHING_LACKS, NODE, ONE_MIB, ROOT, Cell, Server, clients, older_clients
from runner.results import Result

RunOne = Callable[[Cell], Awaitable[list[Result]]]
RunClient = Callable[[Cell, int, str, Path], Awaitable[list[Result]]]

SERVERS = ROOT / "servers"
# Its event store replays what came before a reconnection and loses what comes after.
NO_RESUME = {"resume": "server-everything does not continue a resumed stream"}
# rmcp's own sessions keep nothing of a stream that ended while its client was away.
RMCP_NO_RESUME = {"resume": "rmcp's server forgets a stream that ended in the meantime"}
# Over Streamable HTTP both answer everything in events, and mcp 2.x refuses one over 1 MiB.
SMALLER = {"largeBytes": ONE_MIB * 3 // 4}
PEER_LACKS = {check: "this peer asks nothing" for check in ("sampling", "elicitation", "roots")} | {
    "header_param": "this peer has no tool that asks for a header",
    "list_changed": "this peer has no tool that changes its lists",
}


def servers(examples: Path) -> dict[tuple[str, str], list[Server]]:
    """By transport and era. Each is told its port by the environment, or by an argument with `{port}`."""
    # server-everything binds every interface; the small script keeps it on the loopback address.
    node = (str(NODE), "--require", str(SERVERS / "bind-loopback.cjs"), str(EVERYTHING))
    everything = Server(
        "everything", "everything", (*node, "streamableHttp"), skip=EVERYTHING_LACKS | NO_RESUME, changes=SMALLER
    )
    peer = (str(CACHE / "py2" / "bin" / "python"), str(SERVERS / "peer.py"))
    example = (str(examples / "rmcp_http"), "127.0.0.1:{port}")
    showcase = Server("showcase-rmcp", "showcase", example, skip=RMCP_NO_RESUME, changes=SMALLER)
    return {
        ("sse", "legacy"): [Server("everything", "everything", (*node, "sse"), skip=EVERYTHING_LACKS)],
        ("streamable", "legacy"): [everything, showcase],
        ("streamable", "modern"): [Server("python-peer", "peer", peer, skip=PEER_LACKS), showcase],
    }


def cells(rmcp: Path) -> Iterator[Cell]:
    there = servers(rmcp.parent / "examples")
    for client in [*clients(rmcp), *older_clients()]:
        for transport, era, mode in client.transports:
            for server in there[transport, era]:
                yield Cell(client, transport, era, mode, server)


async def run_cell(cell: Cell, run_client: RunClient) -> list[Result]:
    log = CACHE / "logs" / f"direct-{cell.name.replace('/', '-')}-{cell.server.name}.log"
    try:
        process, port = await start(cell.server.arguments, log)
    except RuntimeError as error:
        return [Result(cell.name, cell.server.name, "start", False, str(error), 0)]
    results = await run_client(cell, port, "/sse" if cell.transport == "sse" else "/mcp", log)
    process.kill()
    await process.wait()
    return results


async def start(arguments: tuple[str, ...], log: Path) -> tuple[asyncio.subprocess.Process, int]:
    """Starts a server on a free port, told by `{port}` and by the environment; returns once it listens there.

    Raises `RuntimeError` with the end of its output if it does not.
    """
    port = free_port()
    command = [argument.replace("{port}", str(port)) for argument in arguments]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=output, stderr=output, env=os.environ | {"PORT": str(port)}
        )
    end = time.monotonic() + 20
    while not await reachable(port):
        if time.monotonic() > end or process.returncode is not None:
            raise RuntimeError(log.read_text(errors="replace")[-500:])
        await asyncio.sleep(0.02)
    return process, port
