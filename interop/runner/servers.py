"""The servers: what stands behind the gateway, and how it is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runner.cell import CACHE, CHECKS, EVERYTHING, NODE, ROOT, Server
from runner.clients import python

EVERYTHING_LACKS = {
    "cancel_at_server": "the slow tool of server-everything does not watch for its cancellation",
    "header_param": "server-everything has no tool that asks for a header",
    "list_changed": "server-everything has no tool that changes its lists",
}

SHARED_CONFIG = f"""
[server.everything]
command = "{NODE}"
args = ["{EVERYTHING}", "stdio", "{{mark}}"]
lease = "shared"
"""


REMOTE_CONFIG = """
[server.far]
url = "http://127.0.0.1:{port}/PATH"
"""
# It binds every interface; the small script keeps it on the loopback address.
EVERYTHING_HTTP = (str(NODE), "--require", str(ROOT / "servers" / "bind-loopback.cjs"), str(EVERYTHING))
NEWEST = ("rmcp", "ts1", "ts2", "py1", "py2")


def remote_servers(examples: Path) -> list[Server]:
    """Servers that speak HTTP themselves, of other makers, behind the gateway."""

    def config(path: str) -> str:
        return REMOTE_CONFIG.replace("PATH", path)

    return [
        Server(
            "everything-http", "everything", (), config("mcp"), skip=EVERYTHING_LACKS, only=NEWEST,
            beside=(*EVERYTHING_HTTP, "streamableHttp"),
        ),  # fmt: skip
        Server(
            "everything-sse", "everything", (), config("sse"), skip=EVERYTHING_LACKS, only=NEWEST,
            beside=(*EVERYTHING_HTTP, "sse"),
        ),  # fmt: skip
        *[
            Server(
                f"rmcp-{era}", "showcase", (), config("mcp"), only=NEWEST, checks=SHORT, together=True,
                modern=era == "modern", beside=(str(examples / "rmcp_http"), "127.0.0.1:{port}", era),
            )
            for era in ("legacy", "modern")
        ],
    ]


SERVERS = ROOT / "servers"
# What one person asks of a server; the rest is about the transport, and is tried elsewhere.
SHORT = tuple(check for check in CHECKS if check not in ("concurrent", "large", "resume"))
NO_HEADERS = {"header_param": "stdio has no headers"}
UNKNOWN_PROMPT_IS_INTERNAL = {"protocolError": {"name": "no-such-prompt", "code": -32603}}


def typescript2(how: str) -> tuple[str, ...]:
    return (str(NODE), str(SERVERS / "typescript2.mjs"), how, "{mark}")


def python2(how: str) -> tuple[str, ...]:
    return (python("py2"), str(SERVERS / "python2.py"), how, "{mark}")


PYTHON1 = (python("py1"), str(SERVERS / "python1.py"), str(CACHE / "logs" / "{mark}.cancelled"))
PYTHON1_LACKS = {"header_param": "this server is older than headers from arguments"}
PYTHON1_CHANGES = {"protocolError": {"name": "no-such-prompt", "code": 0}}


def peers() -> list[Server]:
    """Small servers of our own, made with the SDKs: those of the 2.x releases speak 2026-07-28 only."""

    def local(name: str, command: tuple[str, ...], modern: bool, **more: Any) -> Server:
        program, *arguments = command
        config = f'[server.peer]\ncommand = "{program}"\nargs = {json.dumps(arguments)}\n'
        return Server(name, "peer", (), config, only=NEWEST, checks=SHORT, together=True, modern=modern, **more)

    def remote(name: str, command: tuple[str, ...], **more: Any) -> Server:
        config = REMOTE_CONFIG.replace("PATH", "mcp")
        return Server(
            name, "peer", (), config, only=NEWEST, checks=SHORT, together=True, modern=True, beside=command, **more
        )

    return [
        remote("ts2-http", typescript2("http")),
        local("ts2-stdio", typescript2("stdio"), True, skip=NO_HEADERS),
        remote("py2-http", python2("http"), changes=UNKNOWN_PROMPT_IS_INTERNAL),
        local("py2-stdio", python2("stdio"), True, skip=NO_HEADERS, changes=UNKNOWN_PROMPT_IS_INTERNAL),
        local("py1-stdio", PYTHON1, False, skip=PYTHON1_LACKS, changes=PYTHON1_CHANGES),
    ]


def servers() -> list[Server]:
    return [
        Server("showcase", "showcase", ("--builtin", "showcase")),
        Server(
            "everything", "everything", ("--", str(NODE), str(EVERYTHING), "stdio", "{mark}"), processes=1,
            skip=EVERYTHING_LACKS,
        ),  # fmt: skip
        # As people run it: `npx` starts a shell that starts the server, and all of them must be gone at the end.
        Server(
            "everything-npx", "everything", ("--", "npx", "--no-install", "mcp-server-everything", "stdio", "{mark}"),
            processes=3, only=("ts1", "py2"), skip=EVERYTHING_LACKS,
        ),  # fmt: skip
        Server(
            "everything-shared", "everything", (), SHARED_CONFIG, shared=True, skip=EVERYTHING_LACKS, only=("ts2", "py1"),
        ),  # fmt: skip
    ]


def all_servers(examples: Path) -> list[Server]:
    return [*servers(), *remote_servers(examples), *peers()]
