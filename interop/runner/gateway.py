"""One running `pontoon serve` in its own process group."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

START_SECONDS = 20
STOP_SECONDS = 15
RELEASE_SECONDS = 10


class Gateway:
    """Started on a port of its own choice, stopped by SIGTERM; its log goes to a file.

    `{mark}` in the arguments and the configuration names this run's processes.
    """

    def __init__(self, binary: Path, arguments: tuple[str, ...], log: Path, config: str | None = None) -> None:
        self._mark = new_mark()
        self._binary, self._log = binary, log
        self._arguments = [argument.replace("{mark}", self._mark) for argument in arguments]
        if config is not None:
            file = log.with_suffix(".toml")
            file.write_text(config.replace("{mark}", self._mark))
            self._arguments += ["--config", str(file)]
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns once it has told its address. Raises `RuntimeError` with the end of the log otherwise."""
        command = [str(self._binary), "serve", "--listen", "127.0.0.1:0", "--json", *self._arguments]
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
            self.port = urlsplit(json.loads(line)["listening"]).port
        except (TimeoutError, ValueError) as error:
            await self.kill()
            raise RuntimeError(f"{' '.join(command)} did not start:\n{self.log_tail()}") from error

    async def kill(self) -> None:
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def released(self, spare: int) -> str | None:
        """Waits until no more than `spare` processes of servers are left. Returns what was wrong, if anything."""
        end = time.monotonic() + RELEASE_SECONDS
        while len(left := self._servers()) > spare:
            if time.monotonic() > end:
                return f"{RELEASE_SECONDS} s after its client left, {len(left)} processes run, more than {spare} spare"
            await asyncio.sleep(0.05)
        return None

    def _servers(self) -> list[int]:
        return [pid for pid in processes(self._mark) if pid != self._process.pid]

    async def stop(self) -> str | None:
        """Asks it to drain. Returns what was wrong about its end, if anything."""
        if self._process.returncode is not None:
            return f"it ended by itself with code {self._process.returncode}:\n{self.log_tail()}"
        self._process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            return f"it did not end within {STOP_SECONDS} s of SIGTERM:\n{self.log_tail()}"
        left = self._servers()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if left:
            return f"it left {len(left)} processes behind"
        return f"exit code {code}:\n{self.log_tail()}" if code != 0 else None

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


def new_mark() -> str:
    """A word that names one run's processes and files."""
    return f"run-{uuid4()}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def reachable(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def processes(mark: str) -> list[int]:
    """Every process with this word on its command line; from /proc, so none where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found
