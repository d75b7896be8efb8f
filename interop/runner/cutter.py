"""A TCP proxy that breaks one answer in the middle of an event, as a network would.

A client that can resume must come back with `Last-Event-ID` and miss nothing; the proxy counts both.
"""

from __future__ import annotations

import asyncio
import re

BREAKS = {
    "progress": re.compile(rb'"progress"\s*:\s*3(\.0)?\s*[,}]'),
    "update": re.compile(rb"notifications/resources/updated"),
}
RESUMES = re.compile(rb"^last-event-id\s*:", re.IGNORECASE | re.MULTILINE)


class Cutter:
    """Forwards to `port`; cuts the first stream with the third step of a progress, and the first with an update."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self.cuts: list[str] = []
        self.resumed = 0

    async def __aenter__(self) -> Cutter:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1]

    async def _connection(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            to_client.transport.abort()
            return
        try:
            await asyncio.gather(self._requests(client, to_server), self._answers(server, to_client, to_server))
        except asyncio.CancelledError:
            # The run is over; asyncio would print a task that ends cancelled.
            to_client.transport.abort()

    def _cut(self, data: bytes) -> int | None:
        for name, pattern in BREAKS.items():
            found = pattern.search(data)
            if found and name not in self.cuts:
                self.cuts.append(name)
                return found.start()
        return None

    async def _requests(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        try:
            while data := await client.read(65536):
                self.resumed += len(RESUMES.findall(data))
                to_server.write(data)
                await to_server.drain()
            to_server.write_eof()
        except OSError:
            to_server.transport.abort()

    async def _answers(
        self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await server.read(65536):
                cut = self._cut(data)
                if cut is not None:
                    # What came before is delivered, then half an event; the rest is lost on the way.
                    to_client.write(data[:cut])
                    await to_client.drain()
                    break
                to_client.write(data)
                await to_client.drain()
        except OSError:
            pass
        to_client.close()
        to_server.close()
