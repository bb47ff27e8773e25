"""The only module that knows the HTTP library. It drives httpx's *transports*, not its client.

That leaves to this module what the client would have done: proxies from settings and environment, CA files,
default timeouts. Redirects and cookies stay off. Measured, it is faster than the client it goes around.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from martech.errors import ConnectionFailed, InvalidRequest, TimedOut, TransportError, UnexpectedResponse
from martech.wire import Headers, HttpRequest, Response

__all__ = ["AsyncHttp", "BlockingHttp", "HttpOptions", "in_process"]

App = Callable[[HttpRequest], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How connections are made."""

    connect_timeout_seconds: float = 10.0
    pool_timeout_seconds: float = 30.0
    max_connections: int = 100
    max_keepalive_connections: int = 20
    proxy: str | None = None
    """A proxy for every request; None takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the environment."""
    ca_file: str | None = None
    """A file of certificates to trust instead of the usual ones."""

    def limits(self) -> httpx.Limits:
        """Return the pool's bounds."""
        return httpx.Limits(
            max_connections=self.max_connections, max_keepalive_connections=self.max_keepalive_connections
        )

    def verify(self) -> ssl.SSLContext:
        """Return what decides whom to trust."""
        return (
            httpx.create_ssl_context() if self.ca_file is None else ssl.create_default_context(cafile=self.ca_file)
        )

    def proxy_for(self, url: str) -> str | None:
        """Return the proxy for an address, or None."""
        if self.proxy is not None:
            return self.proxy
        parts = urlsplit(url)
        if not parts.hostname or proxy_bypass(parts.hostname):
            return None
        proxies = getproxies()
        return proxies.get(parts.scheme) or proxies.get("all")


class _Transports:
    """What both faces share: one transport per proxy, made when it is first needed."""

    def __init__(self, options: HttpOptions, app: App | None) -> None:
        self._options = options
        self._app = app
        self._by_proxy: dict[str | None, Any] = {}
        self._by_origin: dict[str, str | None] = {}
        self._timeouts: dict[float | None, dict[str, float | None]] = {}

    def _proxy(self, url: str) -> str | None:
        origin = url[: url.find("/", 8)]
        try:
            return self._by_origin[origin]
        except KeyError:
            return self._by_origin.setdefault(origin, self._options.proxy_for(url))

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
            timeout = {"connect": connect, "read": seconds, "write": seconds, "pool": options.pool_timeout_seconds}
            return self._timeouts.setdefault(seconds, timeout)

    def _request(self, request: HttpRequest) -> httpx.Request:
        return httpx.Request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body or None,
            extensions={"timeout": self._timeout(request.timeout_seconds)},
        )


class BlockingHttp(_Transports):
    """HTTP for the blocking driver; may be shared between threads."""

    def __init__(self, options: HttpOptions | None = None, *, app: App | None = None) -> None:
        super().__init__(options or HttpOptions(), app)

    def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        began = perf_counter()
        try:
            answer = self._transport(self._proxy(request.url)).handle_request(self._request(request))
            try:
                body = answer.read()
            finally:
                answer.close()
        except TransportError:
            raise
        except Exception as error:
            raise _ours(error, request) from error
        return Response(
            answer.status_code, Headers(answer.headers.multi_items()), body, request.asked, perf_counter() - began
        )

    def _transport(self, proxy: str | None) -> httpx.BaseTransport:
        known: httpx.BaseTransport | None = self._by_proxy.get(proxy)
        if known is not None:
            return known
        options = self._options
        made: httpx.BaseTransport = (
            httpx.MockTransport(in_process(self._app))
            if self._app
            else httpx.HTTPTransport(verify=options.verify(), limits=options.limits(), proxy=proxy)
        )
        self._by_proxy.setdefault(proxy, made)
        return made

    def close(self) -> None:
        """Let go of every connection."""
        for transport in self._by_proxy.values():
            transport.close()


class AsyncHttp(_Transports):
    """HTTP for the asyncio driver; belongs to one event loop."""

    def __init__(self, options: HttpOptions | None = None, *, app: App | None = None) -> None:
        super().__init__(options or HttpOptions(), app)

    async def exchange(self, request: HttpRequest) -> Response:
        """Return the whole answer, or raise a `TransportError`."""
        began = perf_counter()
        try:
            transport = self._transport(self._proxy(request.url))
            answer = await transport.handle_async_request(self._request(request))
            try:
                body = await answer.aread()
            finally:
                await answer.aclose()
        except TransportError:
            raise
        except Exception as error:
            raise _ours(error, request) from error
        return Response(
            answer.status_code, Headers(answer.headers.multi_items()), body, request.asked, perf_counter() - began
        )

    def _transport(self, proxy: str | None) -> httpx.AsyncBaseTransport:
        known: httpx.AsyncBaseTransport | None = self._by_proxy.get(proxy)
        if known is not None:
            return known
        options = self._options
        made: httpx.AsyncBaseTransport = (
            httpx.MockTransport(in_process(self._app))
            if self._app
            else httpx.AsyncHTTPTransport(verify=options.verify(), limits=options.limits(), proxy=proxy)
        )
        self._by_proxy.setdefault(proxy, made)
        return made

    async def close(self) -> None:
        """Let go of every connection."""
        for transport in self._by_proxy.values():
            await transport.aclose()


def in_process(app: App) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that serves requests by calling `app`, without a port."""
    from martech.wire import CutConnection

    def handler(request: httpx.Request) -> httpx.Response:
        body = request.read()
        ours = HttpRequest(request.method, str(request.url), Headers(request.headers.multi_items()), body)
        try:
            answer = app(ours)
        except CutConnection:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.") from None
        headers = [(name, value) for name, value in answer.headers if name != "content-length"]
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    return handler


def _ours(error: Exception, request: HttpRequest) -> Exception:
    """Return our error for one of the library's; what is none of the library's is returned as it is."""
    asked = request.asked or request.method
    host = urlsplit(request.url).hostname or "the vendor"
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return TimedOut(f"no connection to {host} in time", maybe_processed=False, asked=asked)
        case httpx.TimeoutException():
            seconds = f" within {request.timeout_seconds:g} s" if request.timeout_seconds else ""
            return TimedOut(f"{host} did not answer{seconds}", maybe_processed=True, asked=asked)
        case httpx.ConnectError() | httpx.ProxyError():
            return ConnectionFailed(
                f"no connection to {host}: {error}",
                maybe_processed=False,
                asked=asked,
                hint="check the address, the network and the proxy settings",
            )
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return InvalidRequest("the request holds what HTTP cannot carry", asked=asked)
        case httpx.DecodingError():
            return UnexpectedResponse(f"the answer of {host} is not encoded as it says", asked=asked)
        case httpx.TransportError():
            return ConnectionFailed(f"the connection to {host} broke: {error}", maybe_processed=True, asked=asked)
        case _:
            return error
