"""S0.15: the recorded dialogue, captured on loopback and read by tshark; `python -m s0.capture [FILE]` runs it, and keeps FILE.

Needs Debian's `tshark` (which brings `dumpcap`) and the right to capture on `lo`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from runner.cell import CACHE
from runner.gateway import Gateway
from runner.matrix import find_binary
from s0.dialogue import CALL, INITIALIZE, INITIALIZED, LIST, Session, check, expect
from s0.news import News

SECONDS = 20


async def run(binary: Path, file: Path) -> None:
    with News() as news:
        config = f'[server.hackernews]\nbuiltin = "hackernews"\nbase_url = "{news.url}"\n'
        gateway = Gateway(binary, (), CACHE / "logs" / "capture.log", config)
        await gateway.start()
        dumpcap = await start_capture(gateway.port, file)
        session = await talk(gateway.port)
        expect(await gateway.stop(), None)
        session.close()
        await stop_capture(dumpcap, file)
    await read(file, gateway.port)


async def start_capture(port: int, file: Path) -> asyncio.subprocess.Process:
    """Returns once packets are taken."""
    dumpcap = await asyncio.create_subprocess_exec(
        "dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", str(file), stderr=asyncio.subprocess.PIPE
    )
    told = b""
    while not told.startswith(b"File:"):
        told = await asyncio.wait_for(dumpcap.stderr.readline(), SECONDS)
        check(told != b"", "dumpcap ended; is capturing on lo permitted?")
    return dumpcap


async def stop_capture(dumpcap: asyncio.subprocess.Process, file: Path) -> None:
    """Once the file has the last chunk, which the kernel hands over a little later."""
    async with asyncio.timeout(SECONDS):
        while not file.read_bytes().rpartition(b"event: message")[2].count(b"\r\n0\r\n\r\n"):
            await asyncio.sleep(0.02)
        dumpcap.send_signal(signal.SIGINT)
        await dumpcap.communicate()


async def talk(port: int) -> Session:
    """One session; the stream stays open until the gateway ends it, so that the capture has its last chunk."""
    session = await Session.open(port)
    await session.ask(INITIALIZE)
    await session.say(INITIALIZED)
    await session.ask(LIST)
    await session.ask(CALL)
    return session


async def tshark(file: Path, port: int, *arguments: str) -> str:
    options = ("-r", str(file), "-d", f"tcp.port=={port},http")
    process = await asyncio.create_subprocess_exec(
        "tshark", *options, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    return output.decode()


async def fields(file: Path, port: int, what: str, *names: str) -> list[list[str]]:
    wanted = [word for name in names for word in ("-e", name)]
    output = await tshark(file, port, "-Y", what, "-T", "fields", *wanted)
    return [line.split("\t") for line in output.splitlines()]


async def read(file: Path, port: int) -> None:
    """What somebody sees who opens the file."""
    requests = await fields(file, port, "http.request", "http.request.method", "http.request.uri.path", "http.file_data")
    methods = [request[0] for request in requests]
    expect(methods, ["GET", "POST", "POST", "POST", "POST"])
    expect({request[1] for request in requests[1:]}, {"/messages"})
    bodies = [json.loads(bytes_of(request[2])) for request in requests[1:]]
    expect(bodies, [json.loads(body) for body in (INITIALIZE, INITIALIZED, LIST, CALL)])

    answers = await fields(file, port, "http.response", "http.response.code", "http.content_type", "http.transfer_encoding")
    expect(sorted(answer[0] for answer in answers), ["200", "202", "202", "202", "202"])
    check(["200", "text/event-stream", "chunked"] in answers, f"the stream is not dissected: {answers}")

    stream = await tshark(file, port, "-q", "-z", "follow,http,ascii,0")
    for words in ("event: endpoint", "event: message", '"protocolVersion":"2024-11-05"', "get-hackernews-top-stories"):
        check(words in stream, f"`{words}` is not in the followed stream")


def bytes_of(data: str) -> bytes:
    """Newer releases write the bytes in hexadecimal, older ones the text."""
    try:
        return bytes.fromhex(data.replace(":", ""))
    except ValueError:
        return data.encode()


if __name__ == "__main__":
    (CACHE / "logs").mkdir(parents=True, exist_ok=True)
    kept = Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE / "s0.pcapng"
    asyncio.run(run(find_binary(), kept))
    print(f"s0_15 passed: tshark reads {kept}")
