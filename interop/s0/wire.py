"""HTTP/1.1 as the recorded client spoke it: requests as bytes, answers read without a library in between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

SECONDS = 10

# The recorded client's own headers, in its order.
GET_HEAD = (
    "GET /sse HTTP/1.1\r\nhost: {host}\r\nconnection: keep-alive\r\naccept: text/event-stream\r\n"
    "accept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\npragma: no-cache\r\ncache-control: no-cache\r\n"
    "accept-encoding: gzip, deflate\r\n\r\n"
)
POST_HEAD = (
    "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: keep-alive\r\naccept: text/event-stream\r\n"
    "content-type: application/json\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n"
    "accept-encoding: gzip, deflate\r\ncontent-length: {length}\r\n\r\n"
)


@dataclass(frozen=True)
class Head:
    status: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Event:
    name: str
    data: str


class Connection:
    """One kept-alive TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self.host = reader, writer, host

    @classmethod
    async def open(cls, port: int) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        return cls(reader, writer, f"127.0.0.1:{port}")

    def close(self) -> None:
        self._writer.close()

    async def post(self, path: str, body: bytes) -> tuple[Head, bytes]:
        head = POST_HEAD.format(path=path, host=self.host, length=len(body))
        self._writer.write(head.encode() + body)
        return await asyncio.wait_for(self._answer(), SECONDS)

    async def get_stream(self) -> Head:
        self._writer.write(GET_HEAD.format(host=self.host).encode())
        return await asyncio.wait_for(self._head(), SECONDS)

    async def event(self, seconds: float = SECONDS) -> Event:
        """The next event of the stream that `get_stream` opened; comments are passed over."""
        return await asyncio.wait_for(self._event(), seconds)

    async def _answer(self) -> tuple[Head, bytes]:
        head = await self._head()
        if head.headers.get("transfer-encoding") == "chunked":
            body = b""
            while chunk := await self._chunk():
                body += chunk
            return head, body
        return head, await self._reader.readexactly(int(head.headers.get("content-length", "0")))

    async def _head(self) -> Head:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        fields = (line.partition(":") for line in lines[1:] if line)
        return Head(int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields})

    async def _chunk(self) -> bytes:
        size = int((await self._reader.readline()).partition(b";")[0], 16)
        data = await self._reader.readexactly(size)
        await self._reader.readexactly(2)
        return data

    _rest = b""

    async def _event(self) -> Event:
        while True:
            while b"\n\n" not in self._rest:
                chunk = await self._chunk()
                if not chunk:
                    raise ConnectionError("the stream ended")
                self._rest += chunk
            frame, _, self._rest = self._rest.partition(b"\n\n")
            fields = [line.partition(": ") for line in frame.decode().split("\n") if not line.startswith(":")]
            if fields:
                name = next((value for field, _, value in fields if field == "event"), "message")
                return Event(name, "\n".join(value for field, _, value in fields if field == "data"))
