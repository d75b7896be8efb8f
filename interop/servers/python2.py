"""A small server of the Python SDK 2.x that speaks 2026-07-28 and nothing older, over HTTP or over stdio.

    python servers/python2.py stdio
    PORT=8000 python servers/python2.py http        # http://127.0.0.1:8000/mcp

The SDK serves both eras and cannot be told otherwise, so a guard in front of it refuses what an older client would open with.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
import uvicorn
from mcp.server.mcpserver import (
    AcceptedElicitation,
    Context,
    Elicit,
    ElicitationResult,
    ListRoots,
    MCPServer,
    Resolve,
    Sample,
)
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp_types import (
    Completion,
    CreateMessageResult,
    EmptyResult,
    ListRootsResult,
    SamplingMessage,
    SetLevelRequestParams,
    TextContent,
)
from pydantic import BaseModel, Field

MODERN = "2026-07-28"
UNSUPPORTED = -32022

server = MCPServer("peer", version="1.0.0")
cancelled = 0


class Form(BaseModel):
    name: str
    age: int


@server.tool()
def echo(message: str) -> str:
    return message


@server.tool()
async def progress(ctx: Context, steps: int) -> str:
    for step in range(1, steps + 1):
        await ctx.report_progress(step, steps)
        await anyio.sleep(0.02)
    return f"done {steps}"


@server.tool()
async def log(ctx: Context) -> str:
    await ctx.info("a line for the log")
    return "logged"


@server.tool()
async def slow() -> str:
    global cancelled
    try:
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        cancelled += 1
        raise
    return "nobody cancelled this"


@server.tool()
async def touch(ctx: Context) -> str:
    await ctx.notify_resource_updated("peer://touched")
    return "touched"


@server.tool()
def fail() -> str:
    raise ToolError("failed on purpose")


@server.tool()
def region(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    return f"called for {region}"


@server.tool()
async def flip(ctx: Context) -> str:
    """Adds the tool `extra`, or removes it again."""
    try:
        server.remove_tool("extra")
    except Exception:
        server.add_tool(lambda: "extra", name="extra")
    await ctx.notify_tools_changed()
    return "flipped"


def ask_model() -> Sample:
    text = TextContent(type="text", text="say something")
    return Sample([SamplingMessage(role="user", content=text)], max_tokens=100)


def ask_user() -> Elicit[Form]:
    return Elicit("Who are you?", Form)


def ask_roots() -> ListRoots:
    return ListRoots()


@server.tool()
def sample(answer: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    return f"the model said: {answer.content.text}"


@server.tool()
def ask(answer: Annotated[ElicitationResult[Form], Resolve(ask_user)]) -> str:
    if isinstance(answer, AcceptedElicitation):
        return f"the user is {answer.data.name}, {answer.data.age}"
    return "the user did not say"


@server.tool()
def roots(answer: Annotated[ListRootsResult, Resolve(ask_roots)]) -> str:
    return ", ".join(str(root.uri) for root in answer.roots)


@server.resource("peer://touched")
def touched() -> str:
    return "touched"


@server.resource("peer://cancelled")
def cancelled_calls() -> str:
    return str(cancelled)


@server.resource("peer://item/{id}")
def item(id: str) -> str:
    return f"item {id}"


@server.prompt()
def greet(name: str) -> str:
    return f"Greet {name} kindly"


@server.completion()
async def complete(_ref: object, argument: Any, _context: object) -> Completion:
    return Completion(values=[value for value in ("alpha", "beta") if value.startswith(argument.value)])


low = server._lowlevel_server


async def set_level(_context: object, _params: object) -> EmptyResult:
    """Never called in this era; a server of this SDK says by it that it logs."""
    return EmptyResult()


low.add_request_handler("logging/setLevel", SetLevelRequestParams, set_level)


def refusal(id: object, asked: object) -> dict[str, Any]:
    """As the specification words it for a revision that a server does not speak."""
    data = {"supported": [MODERN], "requested": asked}
    return {"jsonrpc": "2.0", "id": id, "error": {"code": UNSUPPORTED, "message": "Unsupported protocol version", "data": data}}


class ModernOnly:
    """In front of the application: a request of another revision is refused."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", []))
        version = headers.get(b"mcp-protocol-version", b"").decode()
        if scope["type"] != "http" or version == MODERN:
            await self.app(scope, receive, send)
            return
        body = json.dumps(refusal(None, version or None)).encode()
        status = 400 if scope["method"] == "POST" else 405
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


class ModernLines:
    """Standard input without the handshake of older clients, which is answered here."""

    def __aiter__(self) -> AsyncIterator[str]:
        return self.lines()

    async def lines(self) -> AsyncIterator[str]:
        async for line in anyio.wrap_file(sys.stdin):
            message = json.loads(line)
            if message.get("method") == "initialize":
                asked = message.get("params", {}).get("protocolVersion")
                sys.stdout.write(json.dumps(refusal(message["id"], asked)) + "\n")
                sys.stdout.flush()
            elif message.get("method") != "notifications/initialized":
                yield line


async def serve_stdio() -> None:
    async with stdio_server(stdin=ModernLines(), stdout=anyio.wrap_file(sys.stdout)) as (read, write):
        await low.run(read, write, low.create_initialization_options())


if sys.argv[1] == "stdio":
    anyio.run(serve_stdio)
else:
    app = ModernOnly(server.streamable_http_app())
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
