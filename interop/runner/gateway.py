"""One running `pontoon serve` in its own process group."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

START_SECONDS = 20
STOP_SECONDS = 15


class Gateway:
    """Started on a port of its own choice, stopped by SIGTERM; its log goes to a file."""

    def __init__(self, binary: Path, arguments: tuple[str, ...], log: Path) -> None:
        self._binary, self._arguments, self._log = binary, arguments, log
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

    async def stop(self) -> str | None:
        """Asks it to drain. Returns what was wrong about its end, if anything."""
        children = descendants(self._process.pid)
        if self._process.returncode is not None:
            return f"it ended by itself with code {self._process.returncode}:\n{self.log_tail()}"
        self._process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            return f"it did not end within {STOP_SECONDS} s of SIGTERM:\n{self.log_tail()}"
        left = [pid for pid in children if alive(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if left:
            return f"it left {len(left)} child processes behind"
        return f"exit code {code}:\n{self.log_tail()}" if code != 0 else None

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


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


def descendants(root: int) -> list[int]:
    """Every process below `root`, from /proc; empty where there is none."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(entry.parent.name), entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(rest[1]), []).append(pid)
    found, queue = [], [root]
    while queue:
        for pid in parents.get(queue.pop(), []):
            found.append(pid)
            queue.append(pid)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
