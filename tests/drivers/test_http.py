"""The one module that knows the HTTP library: what it makes of a network that misbehaves."""

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from tests.drivers.peers import Authority, dripping, full_backlog, keeping

from martech.drivers.http import IN_ONE_PIECE, AsyncHttp, BlockingHttp, HttpOptions
from martech.errors import (
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    TimedOut,
    TransportError,
    UnexpectedResponse,
)
from martech.wire import Headers, HttpRequest, Response


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of this test run alone."""
    return Authority(Path(tmp_path_factory.mktemp("ca")))


def library_of(way: str) -> Any:
    """Return which library a way goes over."""
    return way.partition(" over ")[2]


def several(
    way: str, options: HttpOptions, requests: list[HttpRequest], *, at_once: bool = True
) -> list[Response | BaseException]:
    """Exchange several requests over one pool; what fails is its error."""
    if way.startswith("blocking"):
        with closing(BlockingHttp(options)) as http, ThreadPoolExecutor(len(requests) if at_once else 1) as pool:
            done = [pool.submit(http.exchange, request) for request in requests]
            return [one.exception() or one.result() for one in done]

    async def all_of_them() -> list[Response | BaseException]:
        http = AsyncHttp(options)
        try:
            if at_once:
                return await asyncio.gather(*map(http.exchange, requests), return_exceptions=True)
            return [(await asyncio.gather(http.exchange(one), return_exceptions=True))[0] for one in requests]
        finally:
            await http.close()

    return asyncio.run(all_of_them())


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


def exchange(way: str, request: HttpRequest, options: HttpOptions | None = None) -> Response:
    """Exchange once on either face, over any of the libraries."""
    face, _, library = way.partition(" over ")
    options = replace(options or HttpOptions(), transport=library)
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


WAYS = [
    "blocking over httpx",
    "asyncio over httpx",
    "blocking over httpx2",
    "asyncio over httpx2",
    "asyncio over aiohttp",
]
FACES = pytest.mark.parametrize("face", WAYS)


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
@pytest.mark.parametrize("more", [-1, 0, 1, IN_ONE_PIECE])
def test_a_large_body_arrives_whole_with_its_length(face: str, more: int) -> None:
    body = bytes(range(256)) * (IN_ONE_PIECE // 256) + b"." * more if more >= 0 else b"." * (IN_ONE_PIECE - 1)
    with server(ok(b"{}")) as (url, asked):
        exchange(face, HttpRequest("PUT", f"{url}/many", Headers([("content-type", "text/plain")]), body))
    head, _, sent = asked[0].partition(b"\r\n\r\n")
    assert sent == body
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()


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
@pytest.mark.parametrize("value", ["canary\r\nInjected: 1", "canary\u20ac"])
def test_what_http_cannot_carry_is_refused_and_shown_nowhere(face: str, value: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        request = HttpRequest("GET", url, Headers([("authorization", f"Bearer {value}")]))
        with pytest.raises((InvalidRequest, TransportError)) as refused:
            exchange(face, request)
    assert "canary" not in "".join(format_exception(refused.value))


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


@pytest.mark.parametrize(
    "proxy", ["foo://robin:horse@proxy.test:1", "http://", "http://robin:horse@proxy.test:port"]
)
@FACES
def test_a_proxy_that_is_none_is_said_before_anything_is_sent_and_not_repeated(face: str, proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="is no http://host:port") as wrong:
        exchange(face, HttpRequest("POST", "http://api.fake.test/x"), HttpOptions(proxy=proxy))
    assert "horse" not in str(wrong.value)
    assert wrong.value.__cause__ is None


@FACES
def test_a_proxy_of_a_sort_that_cannot_be_used_here_is_said_before_anything_is_sent(
    face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.test:1")
    for name in ("HTTP_PROXY", "http_proxy", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    if "aiohttp" not in face and find_spec("socksio") is not None:
        pytest.skip("this machine has what it takes")
    with pytest.raises(ConfigurationError, match="is SOCKS, which"):
        exchange(face, HttpRequest("POST", "http://api.fake.test/x"))


@FACES
def test_a_proxy_may_be_named_without_its_scheme(face: str) -> None:
    with server(ok(b"{}")) as (proxy, asked):
        exchange(
            face, HttpRequest("GET", "http://api.fake.test/x"), HttpOptions(proxy=proxy.removeprefix("http://"))
        )
    assert asked[0].startswith(b"GET http://api.fake.test/x HTTP/1.1")


@FACES
def test_a_proxy_is_asked_for_plain_http(face: str) -> None:
    with server(ok(b"{}")) as (proxy, asked):
        exchange(face, HttpRequest("GET", "http://api.fake.test/x"), HttpOptions(proxy=proxy))
    assert asked[0].startswith(b"GET http://api.fake.test/x HTTP/1.1")


def test_a_ca_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: FileNotFoundError"):
        HttpOptions(ca_file="/nowhere/ca.pem").verify()


@FACES
def test_the_time_for_each_phase_is_kept_and_says_whether_the_vendor_may_have_acted(face: str) -> None:
    with server(b"", hold=5) as (url, _), pytest.raises(TimedOut) as silent:
        exchange(face, HttpRequest("POST", url), HttpOptions(read_timeout_seconds=0.05))
    assert silent.value.maybe_processed is True
    with full_backlog() as url, pytest.raises(TransportError) as unreachable:
        exchange(face, HttpRequest("POST", url), HttpOptions(connect_timeout_seconds=0.2))
    assert unreachable.value.maybe_processed is False


@FACES
def test_an_answer_that_drips_ends_when_its_time_is_up(face: str) -> None:
    with dripping() as url, pytest.raises(TimedOut, match="not complete within") as late:
        exchange(face, HttpRequest("GET", url), HttpOptions(total_timeout_seconds=0.3, read_timeout_seconds=5))
    assert late.value.maybe_processed is True


@FACES
def test_the_pool_makes_no_more_connections_than_it_may(face: str) -> None:
    with keeping() as (url, log):
        way = HttpOptions(max_connections=2, max_keepalive_connections=2, transport=library_of(face))
        several(face, way, [HttpRequest("GET", url + "/slow")] * 6)
    assert log.connections <= 2
    assert len(log.asked) == 6


@FACES
def test_no_library_repeats_a_request_by_itself(face: str) -> None:
    # A kept connection turns out to be closed when the second PUT goes out; whether to repeat it is ours to say.
    with keeping(requests_per_connection=1) as (url, log):
        way = HttpOptions(transport=library_of(face), keepalive_seconds=60)
        first, second = several(
            face, way, [HttpRequest("PUT", url), HttpRequest("PUT", url + "/dies")], at_once=False
        )
    assert isinstance(first, Response)
    assert isinstance(second, (Response, ConnectionFailed))
    assert log.asked.count("PUT /dies") <= 1


@FACES
def test_a_cookie_is_never_sent_back(face: str) -> None:
    with keeping() as (url, log):
        several(face, HttpOptions(transport=library_of(face)), [HttpRequest("GET", url)] * 2, at_once=False)
    assert len(log.asked) == 2
    assert "cookie" not in log.headers


@FACES
def test_a_redirect_is_not_followed(face: str) -> None:
    moved = (
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    with server(moved) as (url, _):
        assert exchange(face, HttpRequest("GET", url)).status == 302


@FACES
def test_no_header_is_added_that_we_did_not_ask_for(face: str) -> None:
    with server(ok(b"{}")) as (url, asked):
        exchange(face, HttpRequest("POST", url, Headers([("content-type", "application/json")]), b"{}"))
    names = {line.split(b":")[0].lower() for line in asked[0].split(b"\r\n\r\n")[0].split(b"\r\n")[1:]}
    assert names <= {b"host", b"content-type", b"content-length", b"connection"}


@FACES
def test_only_a_ca_that_was_named_is_trusted_beside_nobody_else(face: str, authority: Authority) -> None:
    with authority.serving() as url:
        assert exchange(face, HttpRequest("GET", url), HttpOptions(ca_file=authority.ca_file)).json() == {"a": 1}
    with authority.serving() as url, pytest.raises(ConnectionFailed) as refused:
        exchange(face, HttpRequest("GET", url))
    assert refused.value.maybe_processed is False


@FACES
def test_a_proxy_of_the_environment_is_asked(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(ok(b"{}")) as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy.replace("http://", "http://robin:correct-horse@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        exchange(face, HttpRequest("GET", "http://api.fake.test/x"))
    assert asked[0].startswith(b"GET http://api.fake.test/x HTTP/1.1")
    assert b"proxy-authorization: basic" in asked[0].lower()


def test_the_password_of_a_proxy_is_not_shown() -> None:
    assert "horse" not in repr(HttpOptions(proxy="http://robin:correct-horse@proxy.test:1"))


def test_aiohttp_is_for_asyncio_only_and_says_so() -> None:
    with pytest.raises(ConfigurationError, match="AsyncClient only"):
        BlockingHttp(HttpOptions(transport="aiohttp"))
    with pytest.raises(ConfigurationError, match="there is no transport"):
        BlockingHttp(HttpOptions(transport="curl"))  # type: ignore[arg-type]  # a mistake on purpose
