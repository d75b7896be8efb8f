"""The checks that both Python clients run; the twin of `checks.mjs`.

A client script brings an adapter (what differs between the SDK generations), this file decides what must come back.
One JSON line per check goes to stdout, read by the runner.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import uuid4

import anyio

DEADLINE_SECONDS = 20

Until = Callable[[], Awaitable[None]] | None


class Adapter(Protocol):
    """What a connected client of one SDK generation can do. Results are plain JSON values with wire names."""

    revision: str
    server: str | None
    logs: list[dict[str, Any]]
    updates: list[str]
    tool_changes: int
    code_of: Callable[[BaseException], int | None]

    async def list(self, kind: str) -> list[dict[str, Any]]: ...
    async def call(self, name: str, arguments: dict[str, Any], **options: Any) -> dict[str, Any]: ...
    async def cancelled_call(self, name: str, arguments: dict[str, Any], until: Until = None) -> None:
        """Starts a call and withdraws it after `until` (by default its first progress notification)."""

    async def read(self, uri: str) -> dict[str, Any]: ...
    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]: ...
    async def complete(self, ref: dict[str, Any], argument: dict[str, str]) -> dict[str, Any]: ...
    def subscribed(self, uri: str) -> AbstractAsyncContextManager[None]: ...
    def watching_tools(self) -> AbstractAsyncContextManager[None]: ...
    async def log_level(self, level: str) -> None: ...


class Answers:
    """What the client answers when the server asks; the nonce must come back in the tool's result."""

    def __init__(self) -> None:
        self.nonce = str(uuid4())
        self.asked = {"sampling": 0, "elicitation": 0, "roots": 0}

    def sampling(self) -> dict[str, Any]:
        self.asked["sampling"] += 1
        text = {"type": "text", "text": f"sampled {self.nonce}"}
        return {"model": "interop", "role": "assistant", "stopReason": "endTurn", "content": text}

    def elicitation(self, content: dict[str, Any]) -> dict[str, Any]:
        self.asked["elicitation"] += 1
        filled = {key: self.nonce if value == "$NONCE" else value for key, value in content.items()}
        return {"action": "accept", "content": filled}

    def roots(self) -> dict[str, Any]:
        self.asked["roots"] += 1
        return {"roots": [{"uri": f"file:///interop/{self.nonce}", "name": "interop"}]}


LISTS = {"tools": "name", "resources": "uri", "templates": "uriTemplate", "prompts": "name"}

Connect = Callable[[dict[str, Any], Answers], AbstractAsyncContextManager[Adapter]]


class Checks:
    """Every check by name; each returns a short detail or raises."""

    def __init__(self, client: Adapter, cell: dict[str, Any], answers: Answers, connect: Connect) -> None:
        self.client, self.cell, self.answers, self.connect = client, cell, answers, connect
        self.plan = cell["plan"]

    async def tools(self) -> str:
        count = await self._listed("tools")
        absent = self.plan.get("absentTools", [])
        present = [tool["name"] for tool in await self.client.list("tools") if tool["name"] in absent]
        check(not present, f"offered although they cannot work: {present}")
        return count

    async def resources(self) -> str:
        return await self._listed("resources")

    async def templates(self) -> str:
        return await self._listed("templates")

    async def prompts(self) -> str:
        return await self._listed("prompts")

    async def echo(self) -> str:
        said = f"héllo ✓ {uuid4()}"
        await self._echo(said)
        return said

    async def progress(self) -> str:
        # Two at once: the SDK hands each call what carries its own token, so a mixed-up token shows as a wrong count.
        seen: list[list[float]] = [[], []]

        async def one(mine: list[float]) -> None:
            await self._call_with_progress(self.client, self.plan["progress"], mine)

        async with anyio.create_task_group() as group:
            for mine in seen:
                group.start_soon(one, mine)
        return " | ".join(str(mine) for mine in seen)

    async def log(self) -> str:
        spec = self.plan["log"]
        await self.client.log_level("debug")
        before = len(self.client.logs)
        await self.client.call(spec["tool"], spec["arguments"], log_level="debug")

        def found() -> list[dict[str, Any]]:
            return [log for log in self.client.logs[before:] if spec["contains"] in json.dumps(log["data"])]

        await wait_until(found, lambda: f"no log message with {spec['contains']!r}; got {self.client.logs[before:]}")
        if spec.get("again"):
            await self.client.call(spec["tool"], spec["arguments"])
        return str(found()[0])

    async def read(self) -> str:
        spec = self.plan["read"]
        contents = (await self.client.read(spec["uri"]))["contents"]
        check(len(contents) == 1 and contents[0]["uri"] == spec["uri"], f"wrong contents: {contents}")
        check(spec["contains"] in contents[0]["text"], f"lacks {spec['contains']!r}: {contents}")
        return contents[0]["text"][:60]

    async def subscribe(self) -> str:
        spec = self.plan["subscribe"]
        async with self.client.subscribed(spec["uri"]):
            await self.client.call(spec["tool"], spec["arguments"])
            await wait_until(
                lambda: spec["uri"] in self.client.updates,
                lambda: f"no update of {spec['uri']}; got {self.client.updates}",
            )
            if spec.get("again"):
                await self.client.call(spec["tool"], spec["arguments"])
        return spec["uri"]

    async def list_changed(self) -> str:
        spec = self.plan["listChanged"]
        async with self.client.watching_tools():
            for present in (True, False):
                before = self.client.tool_changes
                await self.client.call(spec["tool"], {})
                await wait_until(
                    lambda: self.client.tool_changes > before, lambda: "nothing said that the tools changed"
                )
                names = [tool["name"] for tool in await self.client.list("tools")]
                check((spec["adds"] in names) is present, f"want {spec['adds']} present={present}: {names}")
        return spec["adds"]

    async def prompt(self) -> str:
        spec = self.plan["prompt"]
        messages = (await self.client.prompt(spec["name"], spec["arguments"]))["messages"]
        check(spec["contains"] in messages[0]["content"]["text"], f"lacks {spec['contains']!r}: {messages}")
        return messages[0]["content"]["text"]

    async def complete(self) -> str:
        spec = self.plan["complete"]
        values = (await self.client.complete(spec["ref"], spec["argument"]))["completion"]["values"]
        check(values == spec["values"], f"got {values}")
        return ",".join(values)

    async def cancel(self) -> str:
        spec = self.plan["cancel"]
        await self.client.cancelled_call(spec["tool"], spec["arguments"])
        await self._echo(f"still here {uuid4()}")
        return "withdrawn"

    async def cancel_at_server(self) -> str:
        spec = self.plan["cancelAtServer"]

        async def count() -> int:
            return int((await self.client.read(spec["counter"]))["contents"][0]["text"])

        async def arrived() -> None:
            # The tool says nothing while it waits; after these round trips the call has long arrived.
            for trip in range(3):
                await self._echo(f"trip {trip}")

        async def seen() -> bool:
            return await count() == before + 1

        before = await count()
        await self.client.cancelled_call(spec["tool"], spec["arguments"], arrived)
        await wait_until(seen, lambda: "the server never saw the cancellation")
        return f"{before} → {before + 1}"

    async def header_param(self) -> str:
        spec = self.plan["headerParam"]
        text = text_of(await self.client.call(spec["tool"], spec["arguments"]))
        check(spec["contains"] in text, f"lacks {spec['contains']!r}: {text}")
        return text

    async def concurrent(self) -> str:
        async with anyio.create_task_group() as group:
            for index in range(50):
                group.start_soon(self._echo, f"call {index} {uuid4()}")
        return "50 own answers"

    async def large(self) -> str:
        said = payload(self.plan["largeBytes"])
        await self._echo(said)
        return f"{len(said.encode())} bytes both ways"

    async def tool_error(self) -> str:
        spec = self.plan["toolError"]
        result = await self.client.call(spec["tool"], spec["arguments"])
        check(result.get("isError") is True, f"isError is not set: {result}")
        check(spec["contains"] in text_of(result), f"lacks {spec['contains']!r}: {result}")
        return text_of(result)[:80]

    async def protocol_error(self) -> str:
        spec = self.plan["protocolError"]
        try:
            result = await self.client.prompt(spec["name"], {})
        except Exception as error:
            check(self.client.code_of(error) == spec["code"], f"want code {spec['code']}: {error!r}")
            return str(error)[:80]
        raise AssertionError(f"an unknown prompt was served: {result}")

    async def sampling(self) -> str:
        return await self._asked("sampling")

    async def elicitation(self) -> str:
        return await self._asked("elicitation")

    async def roots(self) -> str:
        return await self._asked("roots")

    async def resume(self) -> str:
        seen: list[float] = []
        async with self.connect(self.cell | {"url": self.cell["resumeUrl"]}, self.answers) as client:
            await self._call_with_progress(client, self.plan["resume"], seen)
            await self._update_across_cut(client, self.plan["resume"].get("update"))
        return f"across the cut: {seen}"

    async def _update_across_cut(self, client: Adapter, update: dict[str, str] | None) -> None:
        """The proxy cuts the stream inside the notification as well."""
        if update is None:
            return
        async with client.subscribed(update["uri"]):
            await client.call(update["tool"], {})
            await wait_until(
                lambda: update["uri"] in client.updates, lambda: "the update was lost with its stream"
            )

    async def _call_with_progress(self, client: Adapter, spec: dict[str, Any], seen: list[float]) -> None:
        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            seen.append(progress)

        result = await client.call(spec["tool"], spec["arguments"], progress_callback=on_progress)
        check(spec["answer"] in text_of(result), f"answer lacks {spec['answer']!r}: {result}")
        # A callback may still be on its way when the result is handed over.
        wanted = spec["steps"] - self.plan["mayLose"]
        await wait_until(lambda: len(seen) >= wanted, lambda: f"want {wanted} notifications, got {seen}")
        check(all(a < b for a, b in zip(seen, seen[1:])), f"not strictly increasing: {seen}")

    async def _listed(self, kind: str) -> str:
        names = [item[LISTS[kind]] for item in await self.client.list(kind)]
        missing = [name for name in self.plan[kind] if name not in names]
        check(not missing, f"missing {missing}; got {names}")
        check(len(set(names)) == len(names), f"listed twice: {names}")
        return str(len(names))

    async def _echo(self, said: str) -> None:
        spec = self.plan["echo"]
        got = text_of(await self.client.call(spec["tool"], {spec["argument"]: said}))
        want = spec["answer"].replace("{text}", said)
        check(got == want, f"want {len(want)} characters {want[:80]!r}, got {len(got)} {got[:80]!r}")

    async def _asked(self, kind: str) -> str:
        spec = self.plan[kind]
        text = text_of(await self.client.call(spec["tool"], spec["arguments"]))
        check(self.answers.asked[kind] > 0, f"the client was never asked: {text}")
        check(self.answers.nonce in text, f"the answer did not reach the tool: {text}")
        return " ".join(text.split())[:80]


def main(connect: Connect) -> None:
    """Runs the cell given as JSON in argv."""
    anyio.run(run_cell, connect, json.loads(sys.argv[1]))


async def run_cell(connect: Connect, cell: dict[str, Any]) -> None:
    answers = Answers()
    done: list[str] = []
    started = time.monotonic()
    try:
        with anyio.fail_after(DEADLINE_SECONDS * (len(cell["checks"]) + 2)):
            async with connect(cell, answers) as client:
                await report("connect", cell, lambda: _connected(client, cell), started)
                done.append("connect")
                checks = Checks(client, cell, answers, connect)
                for name in cell["checks"]:
                    await report(name, cell, getattr(checks, name), time.monotonic())
                    done.append(name)
                started = time.monotonic()
        await report("close", cell, _nothing, started)
    except Exception as error:
        traceback.print_exc()
        for name in ["connect", *cell["checks"], "close"]:
            if name not in done:
                emit(name, False, f"the connection failed: {describe(error)}", started)


async def _connected(client: Adapter, cell: dict[str, Any]) -> str:
    check(client.revision == cell["revision"], f"negotiated {client.revision}, want {cell['revision']}")
    # Pinned, this SDK asks for no `server/discover`, and so learns no name.
    known = cell["mode"] != "pin"
    check(not known or client.server == cell["plan"]["name"], f"server calls itself {client.server}")
    return f"{client.revision} {client.server}"


async def _nothing() -> str:
    return ""


async def report(name: str, cell: dict[str, Any], run: Callable[[], Awaitable[str]], started: float) -> None:
    if name in cell["skip"]:
        emit(name, None, cell["skip"][name], started)
        return
    try:
        with anyio.fail_after(DEADLINE_SECONDS):
            detail = await run()
    except Exception as error:
        emit(name, False, describe(error), started)
    else:
        emit(name, True, detail, started)


def emit(name: str, ok: bool | None, detail: str, started: float) -> None:
    ms = round((time.monotonic() - started) * 1000)
    print(json.dumps({"check": name, "ok": ok, "detail": detail, "ms": ms}), flush=True)


def describe(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:600]


def check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


async def wait_until(condition: Callable[[], Any], message: Callable[[], str], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while True:
        met = condition()
        if await met if isinstance(met, Awaitable) else met:
            return
        if time.monotonic() > end:
            raise AssertionError(message())
        await anyio.sleep(0.01)


def payload(size: int) -> str:
    """Text of exactly `size` bytes in UTF-8 that repeats nowhere, so that a lost or doubled piece shows."""
    lines, length, line = [], 0, 0
    while length < size:
        text = f'{line} "quoted" \\ ünï ✓\n'
        lines.append(text)
        length += len(text.encode())
        line += 1
    cut = "".join(lines).encode()[:size].decode(errors="ignore")
    return cut + "." * (size - len(cut.encode()))


def text_of(result: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in result.get("content", []) if block["type"] == "text")


def plain(model: Any) -> dict[str, Any]:
    """A pydantic result as the JSON it was on the wire."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
