"""The one module that knows the HTTP library: what it makes of a network that misbehaves."""

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from martech.drivers.http import AsyncHttp, BlockingHttp, HttpOptions
from martech.errors import ConnectionFailed, InvalidRequest, TimedOut, TransportError, UnexpectedResponse
from martech.wire import Headers, HttpRequest, Response


@contextmanager
def server(*answers: bytes, hold: float = 0) -> Iterator[tuple[str, list[bytes]]]:
    """Serve raw answers, one per connection, and collect what was asked."""
    asked: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    asked.append(_whole(connection))
                    if hold:
                        done.wait(hold)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        done.set()
        thread.join(2)


def _whole(connection: socket.socket) -> bytes:
    """Read one request with its body, which may come in a second packet."""
    got = connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length and (more := connection.recv(65536)):
        got, body = got + more, body + more
    return got


def exchange(face: str, request: HttpRequest, options: HttpOptions | None = None) -> Response:
    """Exchange once on either face."""
    if face == "blocking":
        with closing(BlockingHttp(options)) as http:
            return http.exchange(request)

    async def once() -> Response:
        http = AsyncHttp(options)
        try:
            return await http.exchange(request)
        finally:
            await http.close()

    return asyncio.run(once())


FACES = pytest.mark.parametrize("face", ["blocking", "asyncio"])


def ok(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@FACES
def test_an_answer_comes_whole_with_its_headers(face: str) -> None:
    with server(ok(b'{"a":1}', "X-Two: 1", "X-Two: 2")) as (url, asked):
        headers = Headers([("authorization", "Basic x"), ("content-type", "application/json")])
        answer = exchange(face, HttpRequest("DELETE", f"{url}/a?b=c", headers, b'{"k":[1]}'))
    assert answer.json() == {"a": 1}
    assert [value for name, value in answer.headers if name == "x-two"] == ["1", "2"]
    assert asked[0].startswith(b"DELETE /a?b=c HTTP/1.1\r\n")
    assert asked[0].endswith(b'{"k":[1]}')
    assert answer.seconds > 0


@FACES
def test_gzip_is_unpacked_and_a_lie_about_it_is_an_error(face: str) -> None:
    with server(ok(gzip.compress(b'{"a":1}'), "Content-Encoding: gzip")) as (url, _):
        assert exchange(face, HttpRequest("GET", url)).json() == {"a": 1}
    with server(ok(b"not gzip", "Content-Encoding: gzip")) as (url, _), pytest.raises(UnexpectedResponse):
        exchange(face, HttpRequest("GET", url))


@FACES
def test_nobody_listening_is_provably_not_processed(face: str) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailed) as failed:
        exchange(face, HttpRequest("POST", f"http://127.0.0.1:{port}/people/ada%40example.org"))
    assert failed.value.maybe_processed is False
    assert "ada" not in str(failed.value)


@FACES
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_a_cut_connection_may_have_been_processed(face: str, answer: bytes) -> None:
    with server(answer) as (url, _), pytest.raises(ConnectionFailed) as cut:
        exchange(face, HttpRequest("POST", url))
    assert cut.value.maybe_processed is True


@FACES
def test_an_answer_that_does_not_come_times_out(face: str) -> None:
    with server(b"", hold=5) as (url, _), pytest.raises(TimedOut) as late:
        exchange(face, HttpRequest("POST", url, timeout_seconds=0.05))
    assert late.value.maybe_processed is True
    assert "0.05 s" in str(late.value)


@FACES
def test_what_http_cannot_carry_is_refused(face: str) -> None:
    request = HttpRequest("GET", "http://127.0.0.1:9/", Headers([("x-bad", "a\r\nInjected: 1")]))
    with pytest.raises((InvalidRequest, TransportError)):
        exchange(face, request)


def test_proxies_come_from_settings_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert HttpOptions().proxy_for("https://api.fake.test/x") is None
    assert HttpOptions(proxy="http://proxy.test:1").proxy_for("https://api.fake.test") == "http://proxy.test:1"
    monkeypatch.setenv("HTTPS_PROXY", "http://env.test:2")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,inside.test")
    assert HttpOptions().proxy_for("https://api.fake.test/x") == "http://env.test:2"
    assert HttpOptions().proxy_for("https://inside.test/x") is None
    assert HttpOptions().proxy_for("http://127.0.0.1:80/x") is None


@FACES
def test_a_proxy_is_asked_for_plain_http(face: str) -> None:
    with server(ok(b"{}")) as (proxy, asked):
        exchange(face, HttpRequest("GET", "http://api.fake.test/x"), HttpOptions(proxy=proxy))
    assert asked[0].startswith(b"GET http://api.fake.test/x HTTP/1.1")


def test_a_ca_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="No such file"):
        HttpOptions(ca_file="/nowhere/ca.pem").verify()
