"""Replays the recorded dialogue against `pontoon serve --builtin hackernews`; `python -m s0.dialogue` runs it alone."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from runner.gateway import Gateway
from runner.cell import CACHE
from runner.matrix import find_binary
from runner.results import Result, summarize
from s0.news import News
from s0.wire import Connection, Event, Head

GOLDEN = Path(__file__).parent / "golden"
BODIES = [(GOLDEN / f"seed_{number}.json").read_bytes() for number in ("00", "02", "03", "05")]
INITIALIZE, INITIALIZED, LIST, CALL = BODIES
# The recorded id was a UUID, 122 random bits; Pontoon's has 256, in base64url.
ENDPOINT = re.compile(r"/messages\?sessionId=[A-Za-z0-9_-]{43}")


def golden_events() -> list[Event]:
    frames = (GOLDEN / "reply_stream.txt").read_text().strip().split("\n\n")
    pairs = (frame.split("\n") for frame in frames)
    return [Event(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in pairs]


class Session:
    """The two connections of a client: its stream, and the one it posts on."""

    def __init__(self, stream: Connection, posts: Connection, head: Head, endpoint: Event) -> None:
        self.stream, self.posts, self.head, self.endpoint = stream, posts, head, endpoint

    @classmethod
    async def open(cls, port: int) -> Session:
        stream, posts = await Connection.open(port), await Connection.open(port)
        head = await stream.get_stream()
        return cls(stream, posts, head, await stream.event())

    async def say(self, body: bytes) -> None:
        """Every accepted POST gets 202 `Accepted`, whatever it carries."""
        head, text = await self.posts.post(self.endpoint.data, body)
        expect((head.status, text), (202, b"Accepted"))

    async def ask(self, body: bytes) -> dict[str, Any]:
        """The reply; progress may come before it, for the bodies carry a token."""
        await self.say(body)
        token = json.loads(body).get("params", {}).get("_meta", {}).get("progressToken")
        while True:
            event = await self.stream.event()
            expect(event.name, "message")
            message = json.loads(event.data)
            if message.get("method") != "notifications/progress":
                return message
            expect(message["params"]["progressToken"], token)

    async def greet(self) -> None:
        await self.ask(INITIALIZE)
        await self.say(INITIALIZED)

    def close(self) -> None:
        self.stream.close()
        self.posts.close()


class Dialogue:
    """Each method is one row of the origin documents; its name begins with the row."""

    def __init__(self, port: int, news: News) -> None:
        self.port, self.news, self.golden = port, news, golden_events()

    async def s0_23_headers_of_the_stream(self, session: Session) -> None:
        headers = session.head.headers
        expect(session.head.status, 200)
        wanted = {
            "content-type": "text/event-stream",
            "cache-control": "no-cache, no-transform",
            "connection": "keep-alive",
            "transfer-encoding": "chunked",
            "x-accel-buffering": "no",
        }
        expect({name: headers.get(name) for name in wanted}, wanted)
        check("date" in headers, f"no Date in {headers}")

    async def s0_24_endpoint_comes_first_and_is_relative(self, session: Session) -> None:
        expect(session.endpoint.name, self.golden[0].name)
        check(ENDPOINT.fullmatch(session.endpoint.data) is not None, f"not such a URI: {session.endpoint.data}")

    async def s0_27_id_zero_is_an_id(self, session: Session) -> None:
        expect(len(INITIALIZE), 204)
        expect(await session.ask(INITIALIZE), json.loads(self.golden[1].data))

    async def s0_29_a_notification_gets_no_reply(self, session: Session) -> None:
        await session.ask(INITIALIZE)
        await session.say(INITIALIZED)
        # A reply to it would come before this one.
        expect((await session.ask(LIST))["id"], 1)

    async def s0_31_the_tool_has_its_schema(self, session: Session) -> None:
        await session.greet()
        expect(await session.ask(LIST), json.loads(self.golden[2].data))

    async def s0_32_an_unknown_kind_is_refused(self, session: Session) -> None:
        await session.greet()
        await self._refused(session, {"type": "worststories"})

    async def s0_33_the_amount_has_bounds_and_a_default(self, session: Session) -> None:
        await session.greet()
        for amount in (0, 501):
            await self._refused(session, {"type": "topstories", "amount": amount})
        stories = await session.ask(call({"type": "topstories"}))
        expect(len(stories["result"]["content"]), 5)  # The stand-in knows five, fewer than the default of ten.
        stories = await session.ask(call({"type": "topstories", "amount": 1.5}))
        expect(len(stories["result"]["content"]), 1)

    async def s0_35_stories_come_in_rank_as_the_api_wrote_them(self, session: Session) -> None:
        await session.greet()
        reply = await session.ask(CALL)
        expect(reply, json.loads(self.golden[3].data))

    async def s0_36_a_token_is_taken_on_every_request(self, session: Session) -> None:
        await session.greet()
        for body, identifier in ((LIST, 1), (CALL, 2)):
            expect((await session.ask(body))["id"], identifier)

    async def s0_37_sessions_are_isolated(self, session: Session) -> None:
        others = [session, await Session.open(self.port), await Session.open(self.port)]
        expect(len({other.endpoint.data for other in others}), 3)
        try:
            await asyncio.gather(*(self._whole_dialogue(other) for other in others))
        finally:
            for other in others[1:]:
                other.close()

    async def s0_39_posts_share_a_connection(self, session: Session) -> None:
        await self._whole_dialogue(session)
        head, _ = await session.posts.post(session.endpoint.data, INITIALIZED)
        check(head.headers.get("connection", "keep-alive") == "keep-alive", f"it closes: {head.headers}")

    async def s0_40_nothing_is_compressed(self, session: Session) -> None:
        head, _ = await session.posts.post(session.endpoint.data, INITIALIZE)
        for headers in (session.head.headers, head.headers):
            check("content-encoding" not in headers, f"compressed: {headers}")

    async def _whole_dialogue(self, session: Session) -> None:
        expect(await session.ask(INITIALIZE), json.loads(self.golden[1].data))
        await session.say(INITIALIZED)
        expect(await session.ask(LIST), json.loads(self.golden[2].data))
        expect(await session.ask(CALL), json.loads(self.golden[3].data))

    async def _refused(self, session: Session, arguments: dict[str, Any]) -> None:
        before = len(self.news.asked)
        reply = await session.ask(call(arguments))
        expect(reply.get("error", {}).get("code"), -32602)
        expect(len(self.news.asked), before)


def call(arguments: dict[str, Any]) -> bytes:
    params = {"name": "get-hackernews-top-stories", "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()


def expect(got: Any, wanted: Any) -> None:
    check(got == wanted, f"want {str(wanted)[:300]}, got {str(got)[:300]}")


def check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


async def run_row(port: int, row: Callable[[Session], Awaitable[None]]) -> Result:
    started = time.monotonic()
    ok, detail, session = True, "", None
    try:
        session = await Session.open(port)
        await row(session)
    except (AssertionError, OSError, asyncio.IncompleteReadError, TimeoutError, ValueError, KeyError) as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    finally:
        if session is not None:
            session.close()
    return Result("s0", "hackernews", row.__name__, ok, detail, round((time.monotonic() - started) * 1000))


async def run(binary: Path) -> list[Result]:
    with News() as news:
        config = f'[server.hackernews]\nbuiltin = "hackernews"\nbase_url = "{news.url}"\n'
        gateway = Gateway(binary, (), CACHE / "logs" / "s0.log", config)
        await gateway.start()
        dialogue = Dialogue(gateway.port, news)
        rows = [getattr(dialogue, name) for name in dir(dialogue) if name.startswith("s0_")]
        results = [await run_row(gateway.port, row) for row in rows]
        wrong = await gateway.stop()
        return [*results, Result("s0", "hackernews", "drain", wrong is None, wrong or "", 0)]


if __name__ == "__main__":
    (CACHE / "logs").mkdir(parents=True, exist_ok=True)
    sys.exit(summarize(asyncio.run(run(find_binary())), CACHE / "s0.json"))
