"""A stand-in for the news API: the recorded stories on 127.0.0.1."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STORIES = Path(__file__).parent / "golden" / "hackernews"


class News:
    """Serves `/v0/topstories.json` and `/v0/item/ID.json` while entered; `url` is the base URL."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(self.path)
                body = answer(self.path)
                self.send_response(200)
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads a line per request."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v0/"

    def __enter__(self) -> News:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def answer(path: str) -> bytes:
    """The API says `null` for what there is not."""
    name = path.partition("?")[0].removeprefix("/v0/").removesuffix(".json").replace("/", "_")
    lists = ("topstories", "newstories", "beststories")
    file = STORIES / ("seed_topstories.json" if name in lists else f"{name}.json")
    return file.read_bytes() if file.is_file() else b"null"
