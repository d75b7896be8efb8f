"""`@modelcontextprotocol/inspector --cli`: one process per method, as someone at a terminal would use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

LAUNCHER = Path(__file__).parents[2] / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
LISTS = {
    "tools": ("tools/list", "tools", "name"),
    "resources": ("resources/list", "resources", "uri"),
    "templates": ("resources/templates/list", "resourceTemplates", "uriTemplate"),
    "prompts": ("prompts/list", "prompts", "name"),
}


class Inspector:
    def __init__(self, node: str, cell: dict[str, Any]) -> None:
        transport = "sse" if cell["transport"] == "sse" else "http"
        self.command = [node, str(LAUNCHER), "--cli", cell["url"], "--transport", transport]
        self.command += ["--protocol-era", cell["era"], "--quiet", "--format", "json"]
        self.plan = cell["plan"]

    def run(self, method: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, "--method", method, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    def result(self, method: str, *arguments: str) -> dict[str, Any]:
        done = self.run(method, *arguments)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stderr or done.stdout}")
        parsed = json.loads(done.stdout)
        return parsed.get("result", parsed)

    def connect(self) -> str:
        # The command line shows no handshake; that anything arrives is its sign of a connection.
        return self.listed("prompts")

    def tools(self) -> str:
        return self.listed("tools", absent=self.plan.get("absentTools", []))

    def resources(self) -> str:
        return self.listed("resources")

    def templates(self) -> str:
        return self.listed("templates")

    def prompts(self) -> str:
        return self.listed("prompts")

    def listed(self, kind: str, absent: Sequence[str] = ()) -> str:
        method, key, member = LISTS[kind]
        names = [item[member] for item in self.result(method)[key]]
        missing = [name for name in self.plan[kind] if name not in names]
        check(not missing, f"missing {missing}; got {names}")
        present = [name for name in absent if name in names]
        check(not present, f"offered although they cannot work: {present}")
        return str(len(names))

    def echo(self) -> str:
        spec, said = self.plan["echo"], f"héllo ✓ {uuid4()}"
        got = text_of(self.call(spec["tool"], {spec["argument"]: said}))
        check(got == spec["answer"].replace("{text}", said), f"got {got!r}")
        return said

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self.result("tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))

    def read(self) -> str:
        spec = self.plan["read"]
        contents = self.result("resources/read", "--uri", spec["uri"])["contents"]
        check(spec["contains"] in contents[0]["text"], f"lacks {spec['contains']!r}: {contents}")
        return contents[0]["text"][:60]

    def prompt(self) -> str:
        spec = self.plan["prompt"]
        arguments = [f"{key}={value}" for key, value in spec["arguments"].items()]
        more = ["--prompt-args", *arguments] if arguments else []
        messages = self.result("prompts/get", "--prompt-name", spec["name"], *more)["messages"]
        check(spec["contains"] in messages[0]["content"]["text"], f"lacks {spec['contains']!r}: {messages}")
        return messages[0]["content"]["text"]

    def concurrent(self) -> str:
        spec = self.plan["echo"]
        arguments = ["--tool-args-json", json.dumps({spec["argument"]: "load"}), "--load"]
        arguments += ["--load-requests", "50", "--load-concurrency", "50"]
        summary = self.result("tools/call", "--tool-name", spec["tool"], *arguments)
        check(summary["ok"] == 50 and summary["errors"] == 0, f"not 50 clean answers: {summary}")
        return "50 answers, 0 errors"

    def tool_error(self) -> str:
        spec = self.plan["toolError"]
        arguments = ["--tool-name", spec["tool"], "--tool-args-json", json.dumps(spec["arguments"])]
        done = self.run("tools/call", *arguments)
        check(done.returncode == 5, f"want exit 5 for isError, got {done.returncode}: {done.stderr or done.stdout}")
        check(spec["contains"] in done.stdout, f"lacks {spec['contains']!r}: {done.stdout}")
        return f"exit {done.returncode}"

    def protocol_error(self) -> str:
        spec = self.plan["protocolError"]
        done = self.run("prompts/get", "--prompt-name", spec["name"])
        # The message of the server is shown, its code is not.
        check(done.returncode == 1, f"want exit 1, got {done.returncode}: {done.stdout}{done.stderr}")
        message = json.loads(done.stderr.splitlines()[-1])["error"]["message"]
        check(len(message) > 0, f"no message: {done.stderr}")
        return f"exit 1: {message}"[:80]

    def close(self) -> str:
        return ""


def check(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def text_of(result: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in result.get("content", []) if block["type"] == "text")


def main() -> None:
    cell = json.loads(sys.argv[2])
    inspector = Inspector(sys.argv[1], cell)
    for name in ["connect", *cell["checks"], "close"]:
        started = time.monotonic()
        try:
            ok, detail = (None, cell["skip"][name]) if name in cell["skip"] else (True, getattr(inspector, name)())
        except Exception as error:
            ok, detail = False, f"{type(error).__name__}: {error}"[:600]
        ms = round((time.monotonic() - started) * 1000)
        print(json.dumps({"check": name, "ok": ok, "detail": detail, "ms": ms}), flush=True)


main()
