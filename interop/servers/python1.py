"""A small server of the Python SDK 1.x over stdio: 2025-11-25 and older.

    python servers/python1.py [FILE]

Several processes may serve one client: what was cancelled is counted in the file, if one is named.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio
from mcp.server.fastmcp import Context, FastMCP
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.stdio import stdio_server
from mcp.types import Completion, SamplingMessage, TextContent
from pydantic import AnyUrl, BaseModel

server = FastMCP("peer")
cancelled = Path(sys.argv[1] if len(sys.argv) > 1 else os.devnull)
watched: set[str] = set()


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
    try:
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        with cancelled.open("a") as file:
            file.write("x")
        raise
    return "nobody cancelled this"


@server.tool()
async def touch(ctx: Context) -> str:
    if "peer://touched" in watched:
        await ctx.session.send_resource_updated(AnyUrl("peer://touched"))
    return "touched"


@server.tool()
def fail() -> str:
    raise ValueError("failed on purpose")


@server.tool()
async def flip(ctx: Context) -> str:
    """Adds the tool `extra`, or removes it again."""
    if any(tool.name == "extra" for tool in await server.list_tools()):
        server.remove_tool("extra")
    else:
        server.add_tool(lambda: "extra", name="extra")
    await ctx.session.send_tool_list_changed()
    return "flipped"


@server.tool()
async def sample(ctx: Context) -> str:
    text = TextContent(type="text", text="say something")
    answer = await ctx.session.create_message([SamplingMessage(role="user", content=text)], max_tokens=100)
    return f"the model said: {answer.content.text}"


@server.tool()
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit("Who are you?", Form)
    if answer.action == "accept":
        return f"the user is {answer.data.name}, {answer.data.age}"
    return "the user did not say"


@server.tool()
async def roots(ctx: Context) -> str:
    answer = await ctx.session.list_roots()
    return ", ".join(str(root.uri) for root in answer.roots)


@server.resource("peer://touched")
def touched() -> str:
    return "touched"


@server.resource("peer://cancelled")
def cancelled_calls() -> str:
    return str(len(cancelled.read_text()) if cancelled.exists() else 0)


@server.resource("peer://item/{id}")
def item(id: str) -> str:
    return f"item {id}"


@server.prompt()
def greet(name: str) -> str:
    return f"Greet {name} kindly"


@server.completion()
async def complete(_ref: object, argument: object, _context: object) -> Completion:
    return Completion(values=[value for value in ("alpha", "beta") if value.startswith(argument.value)])


low = server._mcp_server


@low.subscribe_resource()
async def subscribe(uri: AnyUrl) -> None:
    watched.add(str(uri))


@low.unsubscribe_resource()
async def unsubscribe(uri: AnyUrl) -> None:
    watched.discard(str(uri))


@low.set_logging_level()
async def set_level(_level: str) -> None:
    # One line is logged here, and it is sent at every level.
    pass


async def main() -> None:
    options = low.create_initialization_options(NotificationOptions(tools_changed=True))
    # The SDK subscribes its callers and says that it cannot.
    options.capabilities.resources.subscribe = True
    async with stdio_server() as (read, write):
        await low.run(read, write, options)


anyio.run(main)
