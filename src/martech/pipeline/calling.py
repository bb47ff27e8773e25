"""One request from the operation's wish to the vendor's answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from martech.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    MartechError,
    OutcomeUnknown,
    RateLimited,
)
from martech.pipeline.conducting import Call, conduct
from martech.pipeline.guarding import Fate, MemoryGuard, PlannedSend, SendGuard
from martech.pipeline.limits import Limits, LimitStore, MemoryLimits, Rate
from martech.pipeline.observing import Observer
from martech.pipeline.retrying import RetryPolicy, provably_not_processed, response_came_late
from martech.pipeline.tokens import Tokens
from martech.provider.refusals import error_for_status
from martech.wire import (
    Acquire,
    Auth,
    Consult,
    Exchange,
    Headers,
    Host,
    HttpRequest,
    Kind,
    Mutex,
    NewId,
    Now,
    Pause,
    Request,
    Response,
    Token,
    base_url,
    is_loopback,
)

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["Line", "Options"]

USER_AGENT = "martech/0.1 (+python)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the pipeline of one client goes by."""

    max_wait_seconds: float = 30.0
    """The longest wait in line for a limit, outside of flows, before `RateLimited` is raised instead."""
    patience_seconds: float = 3600.0
    """The longest wait in line inside a flow."""
    timeout_seconds: float | None = None
    """How long to wait for each answer, unless the request itself says otherwise; None for the provider's."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limits: LimitStore = field(default_factory=MemoryLimits)
    guard: SendGuard = field(default_factory=MemoryGuard)


class Line:
    """The way from one client's operations to one account at a vendor."""

    def __init__(self, provider: Provider, options: Options) -> None:
        self.provider = provider
        self.options = options
        self.limits = Limits(
            provider.limits, provider=provider.name, account=provider.account_key, store=options.limits
        )
        self.guard = options.guard
        self._timeout_seconds = options.timeout_seconds or provider.timeout_seconds
        self._login = Call(f"{provider.name} login", unsigned=True)
        # Where there is nothing to log in to, no call needs to ask for a token.
        has_login = type(provider.auth).login is not Auth.login
        self._tokens = Tokens(lambda: conduct(self, provider.auth.login(), self._login)) if has_login else None
        self._observer = Observer(provider=provider.name, account=provider.account_key)
        self._located: str | None = None
        self._locating = Mutex()
        self._bulk_turn = Mutex()
        for host in provider.hosts.values():
            if host.default is not None:
                base_url(host.default)

    def secrets(self) -> tuple[str, ...]:
        """Return what must be in no error: the secrets among the settings, and the token in use."""
        values = self.provider.settings.__dict__.values()
        known = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        token = self._tokens.known if self._tokens is not None else None
        known += [token.secret.get_secret_value()] if token is not None else []
        return (*known, *self.provider.auth.secrets())

    # ── one request ──────────────────────────────────────────────────────────────────────────────────────────

    async def call(self, request: Request, call: Call) -> Response:
        """Have a request answered.

        Raises:
            RateLimited: The wait in line is longer than the caller waits.
            OutcomeUnknown: It is a send, and nobody can tell whether the vendor acted.
            MartechError: Whatever the vendor's answer stands for.
        """
        held: list[Mutex] = []
        try:
            for mutex in self.limits.mutexes(request):
                await Acquire(mutex)
                held.append(mutex)
            return await self._tried(request, call)
        finally:
            for mutex in reversed(held):
                mutex.release()

    async def _tried(self, request: Request, call: Call) -> Response:
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            queued = await self._stand_in_line(request, call)
            try:
                return await self._attempt(request, call, attempt, waited + queued)
            except OutcomeUnknown:
                raise
            except MartechError as error:
                wait = await self._wait_after(error, request, call, attempt, waited)
                if wait is None:
                    raise
            waited += wait
            await Pause(wait, "trying again")

    async def _wait_after(
        self, error: MartechError, request: Request, call: Call, attempt: int, waited: float
    ) -> float | None:
        """Return how long to wait before the next attempt, or None to give up; everybody obeys a refusal."""
        now = await Now()
        wait: float | None = None
        if isinstance(error, RateLimited):
            error.retry_at = error.retry_at or now + timedelta(seconds=min(30.0, 2.0**attempt))
            self.limits.penalise(request, error.retry_at)
            if call.patient and waited < call.longest_wait_seconds:
                wait = max(0.0, (error.retry_at - now).total_seconds())
        if wait is None:
            jitter = int((await NewId())[:8], 16) / 0xFFFFFFFF
            wait = self.options.retry.next_wait(
                request, error, attempt=attempt, waited_seconds=waited, now=now, jitter=jitter
            )
        return None if wait is None or wait > call.longest_wait_seconds else wait

    async def _attempt(self, request: Request, call: Call, attempt: int, waited: float) -> Response:
        base = await self._base(request, call)
        tokens = None if call.unsigned else self._tokens
        token = None if tokens is None else await tokens.current()
        response, error = await self._exchanged(request, call, base, token, attempt, waited)
        if not call.unsigned and self.provider.auth.refused(response):
            # A refused token means that nothing was processed, so every kind of request may be said again, once.
            token = None if tokens is None else await tokens.current(refused=token)
            response, error = await self._exchanged(request, call, base, token, attempt, waited)
            if self.provider.auth.refused(response) and not isinstance(error, AuthenticationFailed):
                raise AuthenticationFailed(
                    "the vendor refuses a token that it has just given",
                    status=response.status,
                    asked=request.asked,
                    hint="check the credentials and the rights of this API user",
                )
        if error is not None:
            if isinstance(error, RateLimited) and error.retry_at is None and error.retry_after_seconds is not None:
                error.retry_at = (await Now()) + timedelta(seconds=error.retry_after_seconds)
            raise error
        return response

    async def _exchanged(
        self, request: Request, call: Call, base: str, token: Token | None, attempt: int, waited: float
    ) -> tuple[Response, MartechError | None]:
        """Return the answer and the error it stands for; what concerns a send is settled by then."""
        outgoing = self._outgoing(request, base)
        if not call.unsigned:
            outgoing = self.provider.auth.sign(outgoing, token)
        watched = self._observer.watch(request, operation=call.operation, attempt=attempt, waited_seconds=waited)
        is_send = request.kind is Kind.SEND
        try:
            if is_send:
                await self._begin(request, call)
            response = await Exchange(outgoing)
        except BaseException as error:
            if watched:
                watched.failed(error)
            else:
                self._observer.unwatched(request, error, operation=call.operation, attempt=attempt)
            if is_send and not isinstance(error, (Conflict, OutcomeUnknown)):
                await self._settle_failed(request, call, error)
            raise
        if attempt > 1:
            response = replace(response, attempt=attempt)
        refused = self.refusal(response)
        if watched:
            watched.answered(response, refused)
        elif refused is not None:
            self._observer.unwatched(request, refused, operation=call.operation, attempt=attempt)
        if reading := self.provider.learn(response):
            self.limits.learn(reading, await Now())
        if is_send:
            await self._settle_answered(request, call, refused)
        return response, refused

    def refusal(self, response: Response) -> MartechError | None:
        """Return the error an answer stands for, or None: the plugin's reading first, then the status."""
        error: MartechError | None
        if 300 <= response.status < 400:
            error = response.unexpected("the vendor sends us to another address, which is not followed")
        else:
            try:
                error = self.provider.refusal(response)
            except Exception as broken:  # noqa: BLE001 - a plugin stumbled over an answer; that answer is the news
                error = response.unexpected(f"the plugin could not read this answer ({type(broken).__name__})")
        if error is None and response.status >= 400:
            error = error_for_status(response)
        if error is not None:
            error.placed(asked=response.asked)
            error.without(self.secrets())
        return error

    def _outgoing(self, request: Request, base: str) -> HttpRequest:
        body, content_type = request.body()
        headers = {"accept": "application/json", "user-agent": USER_AGENT}
        if content_type:
            headers["content-type"] = content_type
        headers |= {name.lower(): value for name, value in request.headers.items()}
        return HttpRequest(
            request.method,
            request.url(base),
            Headers(headers.items()),
            body,
            request.timeout_seconds or self._timeout_seconds,
            request.asked,
        )

    # ── waiting in line ──────────────────────────────────────────────────────────────────────────────────────

    async def _stand_in_line(self, request: Request, call: Call) -> float:
        """Wait until the limits let the request through; returns how long that took."""
        rates = self.limits.rates(request)
        if not rates:
            return 0.0
        if not call.patient:
            return await self._reserved(rates, request, call)
        # Bulk work keeps at most one place in line, so that what a person waits for is never behind a crowd.
        await Acquire(self._bulk_turn)
        try:
            return await self._reserved(rates, request, call)
        finally:
            self._bulk_turn.release()

    async def _reserved(self, rates: tuple[Rate, ...], request: Request, call: Call) -> float:
        store = self.options.limits
        now = await Now()
        reserve = partial(store.reserve, rates, now=now.timestamp(), longest_wait=call.longest_wait_seconds)
        wait, granted = await Consult(reserve) if store.blocks else reserve()
        if not granted:
            raise RateLimited(
                f"the vendor's limits allow this call in {wait:.0f} s, which is longer than the "
                f"{call.longest_wait_seconds:.0f} s this call may wait; nothing was sent",
                retry_at=now + timedelta(seconds=wait),
                asked=request.asked,
                hint="try again then, or raise max_wait_seconds",
            )
        if wait > 0:
            await Pause(wait, "waiting in line for a limit")
        return wait

    # ── where the account lives ──────────────────────────────────────────────────────────────────────────────

    async def _base(self, request: Request, call: Call) -> str:
        try:
            host = self.provider.hosts[request.host]
        except KeyError:
            known = ", ".join(self.provider.hosts)
            raise ConfigurationError(
                f"the plugin asks for a host {request.host!r}; it has declared {known}"
            ) from None
        if not host.located:
            return self._checked_default(host)
        if self._located is None:
            if call.locating:
                raise ConfigurationError("the plugin's locate() asked the very host that it is to find")
            await self._locate(host)
        return cast("str", self._located)

    async def _locate(self, host: Host) -> None:
        await Acquire(self._locating)
        try:
            if self._located is not None:
                return
            call = Call(f"{self.provider.name} locate", locating=True)
            found = await conduct(self, self.provider.auth.locate(), call) or host.default
            if found is None:
                raise ConfigurationError("the plugin could not say where the account lives")
            self._located = self._trusted(found, host)
        finally:
            self._locating.release()

    def _trusted(self, found: str, host: Host) -> str:
        """Return the address if credentials may go there: as declared, or on this machine if we asked there."""
        url = base_url(found)
        asked_here = any(other.default and is_loopback(other.default) for other in self.provider.hosts.values())
        matches = host.pattern is not None and re.fullmatch(host.pattern, url) is not None
        if matches or url == host.default or (is_loopback(url) and asked_here):
            return url
        raise ConfigurationError(
            f"the vendor says that the account lives at {urlsplit(url).hostname}, which is none of its known "
            "hosts; no credentials were sent there",
            provider=self.provider.name,
        )

    def _checked_default(self, host: Host) -> str:
        if host.default is None:
            raise ConfigurationError("the plugin declares a host without an address")
        return host.default

    # ── what concerns sends ──────────────────────────────────────────────────────────────────────────────────

    async def _begin(self, request: Request, call: Call) -> None:
        if not request.send_key:
            raise ConfigurationError("a request that may reach a person must carry the key it was given")
        send = PlannedSend(
            request.send_key,
            self.provider.name,
            self.provider.account_key,
            call.operation,
            request.asked,
            await Now(),
        )
        begin = partial(self.guard.begin, send)
        await Consult(begin) if self.guard.blocks else begin()

    async def settle(self, key: str, fate: Fate, detail: str | None = None) -> None:
        """Have the guard note what became of a send."""
        settle = partial(self.guard.settle, key, fate, detail=detail)
        await Consult(settle) if self.guard.blocks else settle()

    async def _settle_failed(self, request: Request, call: Call, error: BaseException) -> None:
        """Note what a failed exchange means for a send; raises OutcomeUnknown where nobody can tell."""
        key = request.send_key or ""
        if provably_not_processed(error):
            await self.settle(key, Fate.REFUSED, str(error))
            return
        if isinstance(error, GeneratorExit):
            # The coroutine is being thrown away and may not await any more; the record matters more than a wait.
            self.guard.settle(key, Fate.UNKNOWN, detail="given up while under way")
            return
        await self.settle(key, Fate.UNKNOWN, f"{type(error).__name__} while under way")
        if isinstance(error, MartechError):
            raise self._unknown(request, call, error) from error

    async def _settle_answered(self, request: Request, call: Call, refused: MartechError | None) -> None:
        key = request.send_key or ""
        if refused is None:
            await self.settle(key, Fate.ACCEPTED)
        elif provably_not_processed(refused) and not (request.may_stop_midway and response_came_late(refused)):
            await self.settle(key, Fate.REFUSED, refused.message)
        else:
            await self.settle(key, Fate.UNKNOWN, refused.message)
            raise self._unknown(request, call, refused) from refused

    def _unknown(self, request: Request, call: Call, cause: MartechError) -> OutcomeUnknown:
        return OutcomeUnknown(
            "nobody can tell whether the vendor carried out this send; it will not be repeated by itself",
            send_key=request.send_key or "",
            cause=cause,
            provider=self.provider.name,
            operation=call.operation,
            asked=request.asked,
            hint="look at the vendor before sending again; the same send key will not send twice",
        )
