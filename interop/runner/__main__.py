"""`python -m runner`: see `--help`. `run.sh` installs what is needed and calls this."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from runner import compatibility, crowd, direct
from runner.cell import CACHE, Cell, Server, skips
from runner.cutter import Cutter
from runner.gateway import Gateway
from runner.matrix import cells, find_binary
from runner.results import Result, summarize
from s0 import dialogue

CELL_SECONDS = 120


@asynccontextmanager
async def gateway_for(server: Server, binary: Path, log: Path) -> AsyncIterator[Gateway]:
    """A gateway in front of this server, which is started first where it has to be reached by a URL.

    Raises `RuntimeError` if one of them does not start.
    """
    config, beside = server.config, None
    if server.beside:
        beside, port = await direct.start(server.beside, log.with_suffix(".beside.log"))
        config = config.replace("{port}", str(port))
    try:
        gateway = Gateway(binary, server.arguments, log, config)
        await gateway.start()
        yield gateway
    finally:
        if beside is not None:
            beside.kill()
            await beside.wait()


async def run_behind_gateway(cells: list[Cell], binary: Path) -> list[Result]:
    """These cells of one server, one after the other, with the same gateway."""
    server = cells[0].server
    whole = "all clients" if server.together else cells[0].name
    log = CACHE / "logs" / f"{whole.replace('/', '-').replace(' ', '-')}-{server.name}.log"
    results: list[Result] = []
    try:
        async with gateway_for(server, binary, log) as gateway:
            for cell in cells:
                client_log = CACHE / "logs" / f"{cell.name.replace('/', '-')}-{server.name}.log"
                path = "/sse" if cell.transport == "sse" else "/mcp"
                results += await run_client(cell, gateway.port, path, client_log)
                if server.processes and cell.era == "legacy":
                    results.append(await released(cell, gateway))
            started = time.monotonic()
            wrong = await gateway.stop()
            results.append(Result(whole, server.name, "drain", wrong is None, wrong or "", ms_since(started)))
    except RuntimeError as error:
        results.append(Result(whole, server.name, "start", False, str(error), 0))
    return results


async def released(cell: Cell, gateway: Gateway) -> Result:
    """With its session a client's process ends; one copy may be kept warm for the next."""
    reason = skips(cell).get("released")
    if reason is not None:
        return Result(cell.name, cell.server.name, "released", None, reason, 0)
    started = time.monotonic()
    wrong = await gateway.released(spare=cell.server.processes)
    return Result(cell.name, cell.server.name, "released", wrong is None, wrong or "", ms_since(started))


async def run_client(cell: Cell, port: int, path: str, log: Path) -> list[Result]:
    """Runs the client script and holds it to reporting every check it was given."""
    async with Cutter(port) as cutter:
        spec = cell.spec(f"http://127.0.0.1:{port}{path}", f"http://127.0.0.1:{cutter.port}{path}")
        with log.with_suffix(".client.log").open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *cell.client.command, json.dumps(spec), cwd=cell.client.cwd, stdout=asyncio.subprocess.PIPE,
                stderr=errors, limit=1 << 24, env=client_environment(),
            )  # fmt: skip
            try:
                output, _ = await asyncio.wait_for(process.communicate(), CELL_SECONDS)
            except TimeoutError:
                process.kill()
                output = b""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
    reported = {line["check"]: line for line in lines}
    wanted = ["progress", "update"] if "update" in spec["plan"]["resume"] else ["progress"]
    if reported.get("resume", {}).get("ok") and not (cutter.cuts == wanted and cutter.resumed >= len(wanted)):
        reported["resume"] |= {"ok": False, "detail": f"cut at {cutter.cuts}, resumed {cutter.resumed} times"}
    missing = {"ok": False, "detail": f"the client did not report it (exit {process.returncode}, see {log})", "ms": 0}
    results = []
    for check in ["connect", *cell.checks, "close"]:
        line = reported.get(check, missing)
        results.append(Result(cell.name, cell.server.name, check, line["ok"], line["detail"], line["ms"]))
    return results


def client_environment() -> dict[str, str]:
    """Without proxies, and with a home of its own: the Inspector keeps files there."""
    kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    return kept | {"HOME": str(CACHE / "home"), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def groups(chosen: list[Cell]) -> list[list[Cell]]:
    """Cells that share a gateway. The long ones first, so that none of them is left alone at the end."""
    shared: dict[str, list[Cell]] = {}
    alone: list[list[Cell]] = []
    for cell in chosen:
        if cell.server.together:
            shared.setdefault(cell.server.name, []).append(cell)
        else:
            alone.append([cell])
    return [*shared.values(), *alone]


async def run_all(chosen: list[Cell], jobs: int, run: direct.RunGroup) -> list[Result]:
    slots = asyncio.Semaphore(jobs)

    async def one(group: list[Cell]) -> list[Result]:
        async with slots:
            results = await run(group)
        for cell in group:
            failed = any(it.ok is False for it in results if it.client == cell.name)
            print(f"{'FAIL' if failed else 'ok':4} {cell.name} × {cell.server.name}", file=sys.stderr, flush=True)
        return results

    return [result for results in await asyncio.gather(*map(one, groups(chosen))) for result in results]


def main() -> int:
    parser = argparse.ArgumentParser(prog="interop/run.sh", description=__doc__)
    parser.add_argument("--only", default="", help="run cells whose name contains this, e.g. ts2/streamable")
    parser.add_argument("--server", default="", help="run against servers whose name contains this, e.g. showcase")
    parser.add_argument("--jobs", type=int, default=2, help="cells at once (default 2)")
    parser.add_argument("--rmcp", type=Path, required=True, help="the built pontoon-interop-rmcp")
    parser.add_argument("--write", action="store_true", help="write docs/compatibility.md and baseline.json anew")
    parser.add_argument("--direct", action="store_true", help="without the gateway: client against server")
    arguments = parser.parse_args()
    (CACHE / "logs").mkdir(parents=True, exist_ok=True)
    (CACHE / "home").mkdir(exist_ok=True)
    for left in (CACHE / "logs").glob("*.cancelled"):
        left.unlink()
    matrix = direct.cells(arguments.rmcp) if arguments.direct else cells(arguments.rmcp)
    chosen = [cell for cell in matrix if arguments.only in cell.name and arguments.server in cell.server.name]
    if arguments.direct:
        results = asyncio.run(run_all(chosen, arguments.jobs, lambda group: direct.run(group, run_client)))
        return summarize(results, CACHE / "results.json")
    binary = find_binary()
    results = asyncio.run(run_all(chosen, arguments.jobs, lambda group: run_behind_gateway(group, binary)))
    if arguments.only in "s0" and arguments.server in "hackernews":
        results += asyncio.run(dialogue.run(binary))
    if arguments.only in "crowd" and arguments.server in "crowd":
        results += asyncio.run(crowd.run(arguments.rmcp, binary, run_client))
    code = summarize(results, CACHE / "results.json")
    complete = not arguments.only and not arguments.server
    return max(code, compatibility.check(chosen, results, complete=complete, write=arguments.write))


if __name__ == "__main__":
    sys.exit(main())
