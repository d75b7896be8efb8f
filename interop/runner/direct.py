"""The clients against servers of their own era, without the gateway.

A check that fails here fails for the client's or the server's own reasons; the suite is tried this way when one of
them is updated.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from runner.gateway import free_port, new_mark, reachable
from runner.cell import CACHE, ONE_MIB, Cell, Server
from runner.clients import clients, older_clients
from runner.results import Result
from runner.servers import (
    EVERYTHING_HTTP,
    EVERYTHING_LACKS,
    NO_HEADERS,
    PYTHON1,
    PYTHON1_CHANGES,
    PYTHON1_LACKS,
    SHORT,
    UNKNOWN_PROMPT_IS_INTERNAL,
    python2,
    typescript2,
)

RunGroup = Callable[[list[Cell]], Awaitable[list[Result]]]
RunClient = Callable[[Cell, int, str, Path], Awaitable[list[Result]]]

# Its event store replays what came before a reconnection and loses what comes after.
NO_RESUME = {"resume": "server-everything does not continue a resumed stream"}
# rmcp's own sessions keep nothing of a stream that ended while its client was away.
RMCP_NO_RESUME = {"resume": "rmcp's server forgets a stream that ended in the meantime"}
# Over Streamable HTTP both answer everything in events, and mcp 2.x refuses one over 1 MiB.
SMALLER = {"largeBytes": ONE_MIB * 3 // 4}
# Only these SDKs are asked to start a server themselves.
PIPES = {
    "ts2": (("stdio", "legacy", "legacy"), ("stdio", "modern", "auto")),
    "py2": (("stdio", "legacy", "legacy"), ("stdio", "modern", "auto")),
    "py1": (("stdio", "legacy", "legacy"),),
}


def servers(examples: Path) -> dict[tuple[str, str], list[Server]]:
    """By transport and era. Each is told its port by the environment, or by an argument with `{port}`."""
    everything = Server(
        "everything", "everything", (*EVERYTHING_HTTP, "streamableHttp"), skip=EVERYTHING_LACKS | NO_RESUME,
        changes=SMALLER,
    )  # fmt: skip

    def showcase(name: str, *eras: str, **more: Any) -> Server:
        example = (str(examples / "rmcp_http"), "127.0.0.1:{port}", *eras)
        return Server(name, "showcase", example, skip=RMCP_NO_RESUME, changes=SMALLER, **more)

    def peer(name: str, command: tuple[str, ...], **more: Any) -> Server:
        return Server(name, "peer", command, checks=SHORT, **more)

    internal = UNKNOWN_PROMPT_IS_INTERNAL
    return {
        ("sse", "legacy"): [Server("everything", "everything", (*EVERYTHING_HTTP, "sse"), skip=EVERYTHING_LACKS)],
        ("streamable", "legacy"): [everything, showcase("rmcp-legacy", "legacy")],
        ("streamable", "modern"): [
            peer("ts2-http", typescript2("http"), modern=True),
            peer("py2-http", python2("http"), modern=True, changes=internal),
            showcase("rmcp-modern", "modern", modern=True),
        ],
        ("stdio", "legacy"): [peer("py1-stdio", PYTHON1, skip=PYTHON1_LACKS, changes=PYTHON1_CHANGES)],
        ("stdio", "modern"): [
            peer("ts2-stdio", typescript2("stdio"), modern=True, skip=NO_HEADERS),
            peer("py2-stdio", python2("stdio"), modern=True, skip=NO_HEADERS, changes=internal),
        ],
    }


def cells(rmcp: Path) -> Iterator[Cell]:
    there = servers(rmcp.parent / "examples")
    for client in [*clients(rmcp), *older_clients()]:
        for transport, era, mode in (*client.transports, *PIPES.get(client.name, ())):
            for server in there[transport, era]:
                yield Cell(client, transport, era, mode, server)


async def run(group: list[Cell], run_client: RunClient) -> list[Result]:
    return [result for cell in group for result in await run_cell(cell, run_client)]


async def run_cell(cell: Cell, run_client: RunClient) -> list[Result]:
    log = CACHE / "logs" / f"direct-{cell.name.replace('/', '-')}-{cell.server.name}.log"
    if cell.transport == "stdio":
        return await run_client(cell, 0, "", log)
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
    mark = new_mark()
    command = [argument.replace("{port}", str(port)).replace("{mark}", mark) for argument in arguments]
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
