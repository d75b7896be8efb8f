"""A small server of the Python SDK that speaks both eras: the peer of `--direct` runs, never of the gateway's."""

import os

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import Completion

server = MCPServer("peer", version="1.0.0")
cancelled = 0


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
async def slow(ctx: Context) -> str:
    global cancelled
    try:
        for step in range(600):
            await ctx.report_progress(step + 1, 600)
            await anyio.sleep(0.05)
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
    raise ValueError("on purpose")


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
async def complete(_ref: object, argument: object, _context: object) -> Completion:
    return Completion(values=[value for value in ("alpha", "beta") if value.startswith(argument.value)])


uvicorn.run(server.streamable_http_app(), host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
