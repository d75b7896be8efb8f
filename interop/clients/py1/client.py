"""Python SDK 1.x (`mcp`): the HTTP+SSE and the Streamable HTTP transport, both legacy."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import ClientSession, McpError, types
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from pydantic import AnyUrl

sys.path.insert(0, str(Path(__file__).parent.parent))
from checks import Answers, Until, main, plain  # noqa: E402


class Client:
    def __init__(self, session: ClientSession, init: types.InitializeResult) -> None:
        self.session = session
        self.revision = str(init.protocolVersion)
        self.server = init.serverInfo.name
        self.logs: list[dict[str, Any]] = []
        self.updates: list[str] = []
        self.tool_changes = 0

    @staticmethod
    def code_of(error: BaseException) -> int | None:
        return error.error.code if isinstance(error, McpError) else None

    async def list(self, kind: str) -> list[dict[str, Any]]:
        fetch, key = {
            "tools": (self.session.list_tools, "tools"),
            "resources": (self.session.list_resources, "resources"),
            "templates": (self.session.list_resource_templates, "resourceTemplates"),
            "prompts": (self.session.list_prompts, "prompts"),
        }[kind]
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = plain(await (fetch(cursor) if cursor else fetch()))
            items += page[key]
            cursor = page.get("nextCursor")
            if cursor is None:
                return items

    async def call(
        self, name: str, arguments: dict[str, Any], *, log_level: str | None = None, **options: Any
    ) -> dict[str, Any]:
        return plain(await self.session.call_tool(name, arguments, **options))

    async def cancelled_call(self, name: str, arguments: dict[str, Any], until: Until = None) -> None:
        # This generation sends no `notifications/cancelled` by itself when the caller lets go; applications do.
        request = -1
        begun, running = anyio.Event(), anyio.Event()

        async def on_progress(*_: Any) -> None:
            running.set()

        async def run() -> None:
            nonlocal request
            request = self.session._request_id
            begun.set()
            await self.call(name, arguments, **({} if until else {"progress_callback": on_progress}))
            raise AssertionError("the cancelled call returned")

        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await begun.wait()
            await (until or running.wait)()
            params = types.CancelledNotificationParams(requestId=request, reason="the user changed their mind")
            notification = types.CancelledNotification(method="notifications/cancelled", params=params)
            await self.session.send_notification(types.ClientNotification(notification))
            group.cancel_scope.cancel()

    async def read(self, uri: str) -> dict[str, Any]:
        return plain(await self.session.read_resource(AnyUrl(uri)))

    async def prompt(self, name: str, arguments: dict[str, str]) -> dict[str, Any]:
        return plain(await self.session.get_prompt(name, arguments))

    async def complete(self, ref: dict[str, Any], argument: dict[str, str]) -> dict[str, Any]:
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceReference
        return plain(await self.session.complete(kind(**ref), argument))

    @asynccontextmanager
    async def subscribed(self, uri: str):
        await self.session.subscribe_resource(AnyUrl(uri))
        yield
        await self.session.unsubscribe_resource(AnyUrl(uri))

    @asynccontextmanager
    async def watching_tools(self):
        yield

    async def log_level(self, level: Any) -> None:
        await self.session.set_logging_level(level)


def transport_for(cell: dict[str, Any]):
    if cell["transport"] == "stdio":
        program, *arguments = cell["command"]
        return stdio_client(StdioServerParameters(command=program, args=arguments))
    if cell["transport"] == "sse":
        return sse_client(cell["url"])
    # Older releases have no Streamable HTTP, and spell it in one word.
    from mcp.client import streamable_http

    return streamable_http.streamablehttp_client(cell["url"])


@asynccontextmanager
async def connect(cell: dict[str, Any], answers: Answers):
    client: Client | None = None

    async def on_sampling(_context: Any, _params: Any) -> Any:
        return types.CreateMessageResult(**answers.sampling())

    async def on_roots(_context: Any) -> Any:
        return types.ListRootsResult(**answers.roots())

    async def on_elicitation(_context: Any, _params: Any) -> Any:
        return types.ElicitResult(**answers.elicitation(cell["plan"]["elicitation"]["content"]))

    async def on_log(params: Any) -> None:
        if client is not None:
            client.logs.append(plain(params))

    async def on_message(message: Any) -> None:
        notification = message.root if isinstance(message, types.ServerNotification) else None
        if isinstance(notification, types.ResourceUpdatedNotification):
            client.updates.append(str(notification.params.uri))
        elif isinstance(notification, types.ToolListChangedNotification):
            client.tool_changes += 1

    callbacks = {"sampling_callback": on_sampling, "list_roots_callback": on_roots, "logging_callback": on_log}
    if hasattr(types, "ElicitResult"):
        callbacks["elicitation_callback"] = on_elicitation
    async with AsyncExitStack() as stack:
        read, write, *_ = await stack.enter_async_context(transport_for(cell))
        session = await stack.enter_async_context(ClientSession(read, write, message_handler=on_message, **callbacks))
        client = Client(session, await session.initialize())
        yield client


main(connect)
