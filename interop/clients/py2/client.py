"""Python SDK 2.x (`mcp`): legacy over both transports, and 2026-07-28."""

from __future__ import annotations

import sys
import warnings
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
from mcp import Client as McpClient
from mcp import MCPError
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.subscriptions import ResourceUpdated

sys.path.insert(0, str(Path(__file__).parent.parent))
from checks import Answers, Until, main, plain  # noqa: E402

# The legacy calls are marked deprecated since 2026-07-28; that they still work is what is tried here.
warnings.simplefilter("ignore", DeprecationWarning)


class Client:
    tool_changes = 0

    def __init__(self, inner: McpClient, modern: bool) -> None:
        self.inner, self.modern = inner, modern
        self.logs: list[dict[str, Any]] = []
        self.updates: list[str] = []
        self.revision = str(inner.protocol_version)
        self.server = inner.server_info.name if inner.server_info else None

    @staticmethod
    def code_of(error: BaseException) -> int | None:
        return error.error.code if isinstance(error, MCPError) else None

    async def list(self, kind: str) -> list[dict[str, Any]]:
        fetch, key = {
            "tools": (self.inner.list_tools, "tools"),
            "resources": (self.inner.list_resources, "resources"),
            "templates": (self.inner.list_resource_templates, "resourceTemplates"),
            "prompts": (self.inner.list_prompts, "prompts"),
        }[kind]
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = plain(await fetch(cursor=cursor))
            items += page[key]
            cursor = page.get("nextCursor")
            if cursor is None:
                return items

    async def call(
        self, name: str, arguments: dict[str, Any], *, log_level: str | None = None, **options: Any
    ) -> dict[str, Any]:
        # A modern server logs only to a request that asks for it.
        if self.modern and log_level:
            options["meta"] = {"io.modelcontextprotocol/logLevel": log_level}
        return plain(await self.inner.call_tool(name, arguments, **options))

    async def cancelled_call(self, name: str, arguments: dict[str, Any], until: Until = None) -> None:
        running = anyio.Event()

        async def on_progress(*_: Any) -> None:
            running.set()

        async def run() -> None:
            await self.call(name, arguments, progress_callback=on_progress)
            raise AssertionError("the cancelled call returned")

        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await (until or running.wait)()
            group.cancel_scope.cancel()

    async def read(self, uri: str) -> dict[str, Any]:
        return plain(await self.inner.read_resource(uri, cache_mode="bypass"))

    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]:
        return plain(await self.inner.get_prompt(name, arguments))

    async def complete(self, ref: dict[str, Any], argument: dict[str, str]) -> dict[str, Any]:
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
        return plain(await self.inner.complete(kind(**ref), argument))

    @asynccontextmanager
    async def subscribed(self, uri: str):
        if self.modern:
            async with self._listening(resource_subscriptions=[uri]):
                yield
            return
        await self.inner.subscribe_resource(uri)
        yield
        await self.inner.unsubscribe_resource(uri)

    @asynccontextmanager
    async def watching_tools(self):
        if not self.modern:
            yield
            return
        async with self._listening(tools_list_changed=True):
            yield

    @asynccontextmanager
    async def _listening(self, **wanted: Any):
        async with self.inner.listen(**wanted) as subscription, anyio.create_task_group() as group:
            honoured = subscription.honored.model_dump(exclude_none=True)
            assert honoured == wanted, honoured

            async def follow() -> None:
                async for event in subscription:
                    if isinstance(event, ResourceUpdated):
                        self.updates.append(str(event.uri))
                    else:
                        self.tool_changes += 1

            group.start_soon(follow)
            yield
            group.cancel_scope.cancel()

    async def log_level(self, level: Any) -> None:
        if not self.modern:
            await self.inner.set_logging_level(level)


def server_of(cell: dict[str, Any]) -> Any:
    if cell["transport"] == "stdio":
        program, *arguments = cell["command"]
        return stdio_client(StdioServerParameters(command=program, args=arguments))
    return sse_client(cell["url"]) if cell["transport"] == "sse" else cell["url"]


@asynccontextmanager
async def connect(cell: dict[str, Any], answers: Answers):
    modern = cell["era"] == "modern"
    client: Client | None = None

    async def on_sampling(_context: Any, _params: Any) -> Any:
        return types.CreateMessageResult.model_validate(answers.sampling())

    async def on_roots(_context: Any) -> Any:
        return types.ListRootsResult.model_validate(answers.roots())

    async def on_elicitation(_context: Any, _params: Any) -> Any:
        return types.ElicitResult.model_validate(answers.elicitation(cell["plan"]["elicitation"]["content"]))

    async def on_log(params: Any) -> None:
        if client is not None:
            client.logs.append(plain(params))

    async def on_message(message: Any) -> None:
        # What comes on a listen stream is followed there.
        if client is None or modern:
            return
        if isinstance(message, types.ResourceUpdatedNotification):
            client.updates.append(str(message.params.uri))
        elif isinstance(message, types.ToolListChangedNotification):
            client.tool_changes += 1

    mode = ("2026-07-28" if cell["mode"] == "pin" else "auto") if modern else "legacy"
    async with McpClient(
        server_of(cell),
        mode=mode,
        sampling_callback=on_sampling,
        list_roots_callback=on_roots,
        elicitation_callback=on_elicitation,
        logging_callback=on_log,
        message_handler=on_message,
    ) as inner:
        client = Client(inner, modern)
        yield client


main(connect)
