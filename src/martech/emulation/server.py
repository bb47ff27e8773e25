"""Puts pretended vendors on ports of this machine, each with its control routes.

`/_emulator/…` lies beside the vendor's paths and speaks JSON:

=========================  =====================================================================
`GET  /_emulator/ledger`   how often each route was asked, secrets seen in addresses
`GET  /_emulator/outbox`   the messages that would have reached people
`POST /_emulator/faults`   let something go wrong; the fields of `Fault`
`POST /_emulator/clock`    `{"advance_seconds": 60}`
`POST /_emulator/tokens`   expire every token that is out there
=========================  =====================================================================
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from martech.emulation.clock import EmulatorClock
from martech.emulation.state import Emulator, reply
from martech.wire import CutConnection, Headers, HttpRequest, Response

__all__ = ["Served", "serve"]

App = Callable[[HttpRequest], Response]
LARGEST_BODY = 128 * 1024 * 1024


class Served:
    """An emulator on a port of this machine, until it is closed."""

    def __init__(self, emulator: Emulator, *, port: int = 0) -> None:
        self.emulator = emulator
        self._server = _Server(("127.0.0.1", port), _handler(_with_control(emulator)))
        self.port = int(self._server.server_address[1])
        self.url = emulator.public_url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name=emulator.name)
        self._thread.start()

    def line(self) -> dict[str, Any]:
        """Return what a client needs to connect: `provider`, `url` and `settings`."""
        settings = self.emulator.settings()
        clock = self.emulator.clock
        if isinstance(clock, EmulatorClock) and clock.speed != 1:
            settings |= {"speed": clock.speed, "speed_since": clock.since.isoformat()}
        return {"provider": self.emulator.name, "url": self.url, "settings": settings}

    def close(self) -> None:
        """Stop serving and free the port. Twice is once."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(emulator: Emulator, *, port: int = 0) -> Served:
    """Serve an emulator on loopback; `port=0` takes a free one. Close what is returned."""
    return Served(emulator, port=port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no event, and a bug of the emulator is answered with a 500."""


def _with_control(emulator: Emulator) -> App:
    def app(request: HttpRequest) -> Response:
        path = request.url.split("?")[0].rpartition("/_emulator/")[2]
        if "/_emulator/" not in request.url:
            return emulator(request)
        with emulator.lock:
            return _control(emulator, request.method, path, request.body)

    return app


def _control(emulator: Emulator, method: str, path: str, body: bytes) -> Response:
    from pydantic_core import from_json

    given: dict[str, Any] = from_json(body) if body else {}
    match method, path:
        case "GET", "ledger":
            counts, leaks = dict(emulator.ledger.counts), emulator.ledger.leaks
            return reply(200, {"total": emulator.ledger.total, "counts": counts, "leaks": leaks})
        case "GET", "outbox":
            return reply(200, [asdict(sent) for sent in emulator.outbox])
        case "POST", "faults":
            emulator.faults.add(given.pop("kind"), **given)
        case "POST", "tokens":
            emulator.expire_tokens()
        case "POST", "clock":
            emulator.clock.advance(float(given["advance_seconds"]))
        case _:
            return emulator.control(method, path, given)
    return reply(200, {"ok": True})


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 120

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > LARGEST_BODY:
                self.close_connection = True
                self._write(reply(413))
                return
            body = (
                self._chunks()
                if "chunked" in self.headers.get("transfer-encoding", "")
                else self.rfile.read(length)
            )
            host = self.headers.get("host") or "localhost"
            url = self.path if "://" in self.path else f"http://{host}{self.path}"
            headers = Headers((name, value) for name, value in self.headers.items())
            try:
                response = app(HttpRequest(self.command, url, headers, body))
            except CutConnection:
                self._cut()
                return
            except Exception as bug:  # noqa: BLE001 - the client must get an answer, and it must say what broke
                response = reply(500, {"emulator_bug": f"{type(bug).__name__}: {bug}"})
            self._write(response)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - named by the base class

        def _chunks(self) -> bytes:
            parts: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _write(self, response: Response) -> None:
            # Head and body in one write: two would meet delayed acknowledgements and cost 40 ms each.
            reason = self.responses.get(response.status, ("",))[0]
            lines = [f"HTTP/1.1 {response.status} {reason}", f"Content-Length: {len(response.body)}"]
            lines += [f"{_title(name)}: {value}" for name, value in response.headers]
            if self.close_connection:
                lines.append("Connection: close")
            head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
            self.wfile.write(head if self.command == "HEAD" else head + response.body)

        def _cut(self) -> None:
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
            """Keep quiet: addresses hold personal data."""

    return Handler


def _title(name: str) -> str:
    """Return a header name as HTTP/1.1 servers write it: `Content-Type`, `X-RateLimit-Reset`."""
    special = {"x-ratelimit": "X-RateLimit", "etag": "ETag", "www-authenticate": "WWW-Authenticate"}
    for known, written in special.items():
        if name.startswith(known):
            return written + name[len(known) :].title()
    return name.title()
