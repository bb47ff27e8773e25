"""The only module that knows the HTTP library. It drives httpx's *transports*, not its client.

That leaves to this module what the client would have done: proxies from settings and environment, CA files,
default timeouts. Redirects and cookies stay off. Measured, it is faster than the client it goes around.

`HttpOptions(transport=…)` takes another library where the application wants one: `httpx2`, the maintained
continuation of httpx (`martech[httpx2]`), on either face, or `aiohttp` (`martech[aiohttp]`), on asyncio only,
which is several times faster with many tasks at once. Neither is ever taken just because it is installed.
"""

from __future__ import annotations

import importlib
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from martech.errors import (
    ClientClosed,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    TimedOut,
    TransportError,
    UnexpectedResponse,
)
from martech.wire import Headers, HttpRequest, Response

__all__ = ["AsyncHttp", "BlockingHttp", "HttpOptions", "in_process"]

App = Callable[[HttpRequest], Response]
Way = tuple[str | None, bool]
"""Through which proxy, and whether over TLS. What is not needs no certificates, which take long to read."""
_EXTRAS = {"httpx": "httpx", "httpx2": "httpx2", "aiohttp": "httpx_aiohttp"}
"""What each transport is imported from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How connections are made."""

    connect_timeout_seconds: float = 10.0
    """How long making a connection may take; less, where the whole call has less."""
    pool_timeout_seconds: float = 30.0
    """How long to wait for a connection to become free, where all are in use."""
    read_timeout_seconds: float | None = None
    """How long the vendor may be silent; None for the client's `timeout_seconds`."""
    write_timeout_seconds: float | None = None
    """How long sending a piece of the request may take; None for the client's `timeout_seconds`."""
    total_timeout_seconds: float | None = None
    """How long one answer may take in all, against one that drips; None where only silence counts."""
    max_connections: int = 100
    max_keepalive_connections: int = 20
    keepalive_seconds: float = 5.0
    """How long a connection that nobody uses is kept; longer than the vendor keeps it, and calls break."""
    proxy: str | None = field(default=None, repr=False)
    """A proxy for every request; None takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment."""
    ca_file: str | None = None
    """A file of certificates to trust instead of the usual ones."""
    transport: Literal["httpx", "httpx2", "aiohttp"] = "httpx"
    """Which library carries the requests; `httpx2` and `aiohttp` are extras."""

    def library(self) -> Any:
        """Return the module whose requests, answers and errors are used.

        Raises:
            ConfigurationError: The transport is an extra that is not installed, or there is none of that name.
        """
        if self.transport not in _EXTRAS:
            raise ConfigurationError(f"there is no transport {self.transport!r}; there are {', '.join(_EXTRAS)}")
        try:
            importlib.import_module(_EXTRAS[self.transport])
        except ImportError as missing:
            raise ConfigurationError(
                f"the transport {self.transport} is not installed", hint=f"pip install 'martech[{self.transport}]'"
            ) from missing
        return importlib.import_module("httpx2") if self.transport == "httpx2" else httpx

    def limits(self, library: Any = httpx) -> Any:
        """Return the pool's bounds."""
        return library.Limits(
            max_connections=self.max_connections,
            max_keepalive_connections=self.max_keepalive_connections,
            keepalive_expiry=self.keepalive_seconds,
        )

    def verify(self, library: Any = httpx, *, secure: bool = True) -> ssl.SSLContext:
        """Return what decides whom to trust; nobody, where no TLS is spoken.

        Raises:
            ConfigurationError: The file of certificates cannot be read.
        """
        if not secure:
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file is None:
            usual: ssl.SSLContext = library.create_ssl_context()
            return usual
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"the ca_file {self.ca_file} cannot be read: {type(error).__name__}",
                hint="it holds certificates in PEM form",
            ) from error

    def proxy_for(self, url: str) -> str | None:
        """Return the proxy for an address, or None.

        Raises:
            ConfigurationError: What is named is none, or none that this transport can use.
        """
        if self.proxy is not None:
            return self._usable(self.proxy)
        parts = urlsplit(url)
        if not parts.hostname or proxy_bypass(parts.hostname):
            return None
        proxies = getproxies()
        found = proxies.get(parts.scheme) or proxies.get("all")
        return None if found is None else self._usable(found)

    def _usable(self, proxy: str) -> str:
        # As everywhere, the scheme may be left out: HTTPS_PROXY=proxy.example.org:3128.
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        try:
            parts = urlsplit(proxy)
            usable = bool(parts.hostname) and parts.scheme in ("http", "https", "socks5", "socks5h")
            usable = usable and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ConfigurationError(
                "the proxy that is set, here or in the environment, is no http://host:port",
                hint="HttpOptions(proxy=…), HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name one",
            )
        if proxy.startswith("socks") and (self.transport == "aiohttp" or find_spec("socksio") is None):
            raise ConfigurationError(
                f"the proxy that is set, here or in the environment, is SOCKS, which {self.transport} cannot use",
                hint="pip install socksio" if self.transport != "aiohttp" else "use transport='httpx' for it",
            )
        return proxy


IN_ONE_PIECE = 1 << 20
"""How many bytes of a body go out at once: whenever some of a piece has gone, the library copies the rest."""


class _Transports:
    """What both faces share: one transport per way, made when it is first needed."""

    def __init__(self, options: HttpOptions, app: App | None) -> None:
        self._options = options
        self._app = app
        self._library = options.library()
        self._closed = False
        self._made: dict[Way, Any] = {}
        self._by_origin: dict[str, Way] = {}
        self._timeouts: dict[float | None, dict[str, float | None]] = {}

    def _way(self, url: str) -> Way:
        origin = url[: url.find("/", 8)]
        try:
            return self._by_origin[origin]
        except KeyError:
            way = (self._options.proxy_for(url), url.startswith("https:"))
            return self._by_origin.setdefault(origin, way)

    def _timeout(self, seconds: float | None) -> dict[str, float | None]:
        try:
            return self._timeouts[seconds]
        except KeyError:
            options = self._options
            connect = (
                options.connect_timeout_seconds
                if seconds is None
                else min(options.connect_timeout_seconds, seconds)
            )
            timeout = {
                "connect": connect,
                "read": options.read_timeout_seconds or seconds,
                "write": options.write_timeout_seconds or seconds,
                "pool": options.pool_timeout_seconds,
            }
            return self._timeouts.setdefault(seconds, timeout)

    def _request(self, request: HttpRequest, pieces: Callable[[bytes], Any]) -> Any:
        headers, content = list(request.headers), request.body or None
        if len(request.body) > IN_ONE_PIECE and self._app is None:
            headers.append(("content-length", str(len(request.body))))
            content = pieces(request.body)
        return self._library.Request(
            request.method,
            request.url,
            headers=headers,
            content=content,
            extensions={"timeout": self._timeout(request.timeout_seconds)},
        )

    def _in_time(self, began: float, request: HttpRequest) -> None:
        """Raise if an answer that is still coming has taken too long."""
        most = self._options.total_timeout_seconds
        if most is not None and perf_counter() - began > most:
            host = urlsplit(request.url).hostname or "the vendor"
            raise TimedOut(
                f"the answer of {host} was not complete within {most:g} s",
                maybe_processed=True,
                asked=request.asked,
            )

    def _open(self) -> bool:
        return bool(self._made) and not self._closed and self._app is None

    def __del__(self) -> None:
        if "_made" in self.__dict__ and self._open():
            warnings.warn(
                "a client that had made connections was never closed: use `with Client(…) as client:` "
                "(`async with` for AsyncClient), or call close()",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


class BlockingHttp(_Transports):
    """HTTP for the blocking driver; may be shared between threads."""

    def __init__(self, options: HttpOptions | None = None, *, app: App | None = None) -> None:
        options = options or HttpOptions()
        if options.transport == "aiohttp":
            raise ConfigurationError(
                "the transport aiohttp is for AsyncClient only", hint="use httpx or httpx2, or AsyncClient"
            )
        super().__init__(options, app)

    def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        began = perf_counter()
        try:
            answer = self._transport(self._way(request.url)).handle_request(self._request(request, _pieces))
            try:
                body = self._body(answer.iter_bytes(), began, request)
            finally:
                answer.close()
        except (TransportError, ConfigurationError):
            raise
        except Exception as error:  # noqa: BLE001 - each becomes one of ours
            ours = _ours(error, request, self._library)
            raise ours from _shown_with(ours, error)
        return Response(
            answer.status_code, Headers(answer.headers.multi_items()), body, request.asked, perf_counter() - began
        )

    def _body(self, chunks: Iterable[bytes], began: float, request: HttpRequest) -> bytes:
        got = BytesIO()  # a large answer is held once, as it would not be by a list of its parts
        for chunk in chunks:
            got.write(chunk)
            self._in_time(began, request)
        return got.getvalue()

    def _transport(self, way: Way) -> Any:
        if self._closed:
            raise ClientClosed("this client was closed while a call was under way")
        known = self._made.get(way)
        if known is not None:
            return known
        (proxy, secure), options, library = way, self._options, self._library
        made = (
            library.MockTransport(in_process(self._app, library))
            if self._app
            else library.HTTPTransport(
                verify=options.verify(library, secure=secure), limits=options.limits(library), proxy=proxy
            )
        )
        return self._made.setdefault(way, made)

    def __del__(self) -> None:
        try:
            super().__del__()
        finally:
            if "_made" in self.__dict__:
                self.close()

    def close(self) -> None:
        """Let go of every connection."""
        self._closed = True
        for transport in self._made.values():
            transport.close()


class AsyncHttp(_Transports):
    """HTTP for the asyncio driver; belongs to one event loop."""

    def __init__(self, options: HttpOptions | None = None, *, app: App | None = None) -> None:
        super().__init__(options or HttpOptions(), app)

    async def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        began = perf_counter()
        try:
            transport = self._transport(self._way(request.url))
            answer = await transport.handle_async_request(self._request(request, _apieces))
            try:
                body = await self._body(answer, began, request)
            finally:
                await answer.aclose()
        except (TransportError, ConfigurationError):
            raise
        except Exception as error:  # noqa: BLE001 - each becomes one of ours
            ours = _ours(error, request, self._library)
            raise ours from _shown_with(ours, error)
        return Response(
            answer.status_code, Headers(answer.headers.multi_items()), body, request.asked, perf_counter() - began
        )

    async def _body(self, answer: Any, began: float, request: HttpRequest) -> bytes:
        got = BytesIO()
        async for chunk in answer.aiter_bytes():
            got.write(chunk)
            self._in_time(began, request)
        return got.getvalue()

    def _transport(self, way: Way) -> Any:
        if self._closed:
            raise ClientClosed("this client was closed while a call was under way")
        known = self._made.get(way)
        if known is not None:
            return known
        (proxy, secure), options, library = way, self._options, self._library
        if self._app:
            made = library.MockTransport(in_process(self._app, library))
        elif options.transport == "aiohttp":
            made = _over_aiohttp(options, proxy, secure=secure)
        else:
            made = library.AsyncHTTPTransport(
                verify=options.verify(library, secure=secure), limits=options.limits(library), proxy=proxy
            )
        return self._made.setdefault(way, made)

    def abandon(self) -> None:
        """Forget every connection without closing it: its event loop has ended."""
        self._closed = True

    async def close(self) -> None:
        """Let go of every connection."""
        self._closed = True
        for transport in self._made.values():
            await transport.aclose()


def _over_aiohttp(options: HttpOptions, proxy: str | None, *, secure: bool) -> Any:
    """Return a transport over aiohttp that does what the others do, and nothing on its own."""
    aiohttp: Any = importlib.import_module("aiohttp")
    httpx_aiohttp: Any = importlib.import_module("httpx_aiohttp")
    verify = options.verify(secure=secure)

    def session() -> Any:
        connector = aiohttp.TCPConnector(
            limit=options.max_connections, keepalive_timeout=options.keepalive_seconds, ssl=verify
        )
        made = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        )
        # It would repeat a PUT or DELETE by itself when a kept connection turns out to be closed; whether a
        # request may be repeated is ours to say.
        made._retry_connection = False  # noqa: SLF001 - there is no public way to say so; a test holds it
        return made

    # The user and password of a proxy stay in its address, where aiohttp reads them itself; the transport would
    # hand them over in a way that aiohttp is about to drop.
    through = None if proxy is None else SimpleNamespace(url=proxy, auth=None, headers=None)
    return httpx_aiohttp.AiohttpTransport(verify=verify, client=session, proxy=through)


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), IN_ONE_PIECE):
        yield body[start : start + IN_ONE_PIECE]


async def _apieces(body: bytes) -> AsyncIterator[bytes]:
    for piece in _pieces(body):
        yield piece


def in_process(app: App, library: Any = httpx) -> Callable[[Any], Any]:
    """Return a handler that serves requests by calling `app`, without a port."""
    from martech.wire import CutConnection

    def handler(request: Any) -> Any:
        body = request.read()
        ours = HttpRequest(request.method, str(request.url), Headers(request.headers.multi_items()), body)
        try:
            answer = app(ours)
        except CutConnection:
            raise library.RemoteProtocolError("Server disconnected without sending a response.") from None
        headers = [(name, value) for name, value in answer.headers if name != "content-length"]
        return library.Response(answer.status, headers=headers, content=answer.body)

    return handler


def _ours(error: Exception, request: HttpRequest, library: Any) -> Exception:
    """Return our error for one of the library's; what is none of the library's is returned as it is."""
    asked = request.asked or request.method
    host = urlsplit(request.url).hostname or "the vendor"
    if type(error.__cause__).__module__.startswith("aiohttp"):
        return _of_aiohttp(error, request, host)
    match error:
        case library.ConnectTimeout() | library.PoolTimeout():
            return TimedOut(f"no connection to {host} in time", maybe_processed=False, asked=asked)
        case library.TimeoutException():
            return _silent(request, host)
        case library.ConnectError() | library.ProxyError():
            return _unreachable(error, request, host)
        case (
            library.LocalProtocolError()
            | library.UnsupportedProtocol()
            | library.InvalidURL()
            | UnicodeEncodeError()
        ):
            return InvalidRequest("the request holds what HTTP cannot carry", asked=asked)
        case library.DecodingError():
            return UnexpectedResponse(f"the answer of {host} is not encoded as it says", asked=asked)
        case library.TransportError():
            return ConnectionFailed(f"the connection to {host} broke: {error}", maybe_processed=True, asked=asked)
        case ValueError() if "header" in str(error).lower():
            return InvalidRequest("the request holds what HTTP cannot carry", asked=asked)
        case _:
            return error


def _shown_with(ours: Exception, error: Exception) -> Exception | None:
    """Return what our error shows as its cause: of what HTTP cannot carry nothing, it may be a credential."""
    return None if isinstance(ours, InvalidRequest) else error


def _of_aiohttp(error: Exception, request: HttpRequest, host: str) -> Exception:
    """Return our error for one of aiohttp's.

    It goes by aiohttp's own exception: the transport calls a connection that broke after the request was sent a
    connect timeout, which would have a send repeated that the vendor may have carried out.
    """
    aiohttp: Any = importlib.import_module("aiohttp")
    match error.__cause__:
        case aiohttp.ConnectionTimeoutError():
            return TimedOut(f"no connection to {host} in time", maybe_processed=False, asked=request.asked)
        case aiohttp.ClientConnectorError() | aiohttp.ClientHttpProxyError():
            return _unreachable(error, request, host)
        case aiohttp.ServerTimeoutError():
            return _silent(request, host)
        case aiohttp.InvalidURL():
            return InvalidRequest("the request holds what HTTP cannot carry", asked=request.asked)
        case _:
            return ConnectionFailed(
                f"the connection to {host} broke: {type(error.__cause__).__name__}",
                maybe_processed=True,
                asked=request.asked,
            )


def _silent(request: HttpRequest, host: str) -> TimedOut:
    seconds = f" within {request.timeout_seconds:g} s" if request.timeout_seconds else ""
    return TimedOut(f"{host} did not answer{seconds}", maybe_processed=True, asked=request.asked or request.method)


def _unreachable(error: Exception, request: HttpRequest, host: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"no connection to {host}: {error}",
        maybe_processed=False,
        asked=request.asked or request.method,
        hint="check the address, the network and the proxy settings",
    )
