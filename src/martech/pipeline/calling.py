"""One request from the operation's wish to the vendor's answer."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from martech.errors import (
    AlreadySent,
    AuthenticationFailed,
    ConfigurationError,
    MartechError,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    SendRefused,
)
from martech.pipeline.conducting import Call, conduct
from martech.pipeline.guarding import MemoryGuard, SendGuard
from martech.pipeline.hooking import Hooked
from martech.pipeline.leases import Held, LeaseStore
from martech.pipeline.limits import Limits, LimitStore, MemoryLimits
from martech.pipeline.lining import Door, Turn
from martech.pipeline.observing import NO_WAIT, Observer, Waited
from martech.pipeline.retrying import RetryPolicy
from martech.pipeline.tokens import SharedTokens, Tokens, TokenStore
from martech.pipeline.underway import Underway
from martech.provider.refusals import error_for_status
from martech.wire import (
    Acquire,
    Auth,
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
    from martech.pipeline.breaking import Breakers
    from martech.provider.contract import Provider

__all__ = ["Line", "Options"]

USER_AGENT = "martech/0.1 (+python)"
_LOG = logging.getLogger("martech.sends")


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
    leases: LeaseStore | None = None
    """Where it is kept what runs at once in all processes; None where there is only this one."""
    tokens: TokenStore | None = None
    """Where tokens are kept between processes, if anywhere."""
    guard: SendGuard = field(default_factory=MemoryGuard)
    alias: str | None = None
    """How logs and spans call the account; None for the name it has in shared state."""
    hooks: Hooked | None = None
    """What the application wants to be asked and told."""
    breakers: Breakers | None = None
    """Where failover over this client remembers who is left alone, if it is to be shared."""
    sandboxed: bool = False
    """Whether only sends go out that a sandbox has looked at."""
    read_only: bool = False
    """Whether nothing goes out that is more than a reading, a login apart."""


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
        self._tokens = Tokens(self._logged_in, self._shared_tokens()) if has_login else None
        self.hooks = options.hooks
        self.observer = Observer(
            provider=provider.name,
            account=options.alias or provider.account_key,
            hooks=options.hooks,
            secrets=self.secrets,
        )
        self._located: str | None = None
        self._locating = Mutex()
        self._door = Door(self.limits, options.leases)
        for host in provider.hosts.values():
            if host.default is not None:
                base_url(host.default)

    async def _logged_in(self) -> Token | None:
        return await conduct(self, self.provider.auth.login(), self._login)

    def _shared_tokens(self) -> SharedTokens | None:
        options = self.options
        if options.tokens is None or options.leases is None:
            return None
        key = f"{self.provider.name}:{self.provider.credentials_key}"
        return SharedTokens(options.tokens, options.leases, key)

    def secrets(self) -> tuple[str, ...]:
        """Return what must be in no error: the secrets among the settings, and the token in use."""
        values = self.provider.settings.__dict__.values()
        known = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        token = self._tokens.known if self._tokens is not None else None
        known += [token.secret.get_secret_value()] if token is not None else []
        return (*known, *self.provider.auth.secrets())

    # ── one request ──────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, request: Request, call: Call) -> tuple[Response, Underway]:
        """Have a request answered that may reach a person, with the guard watching over it.

        Returns:
            The answer, and the send: whoever reads the answer tells it what it says.

        Raises:
            AlreadySent: It went out before under the same key.
            OutcomeUnknown: Nobody can tell whether the vendor acted.
            MartechError: Whatever the vendor's answer stands for.
        """
        underway = Underway(
            self.guard,
            self.provider,
            request,
            operation=call.operation,
            timeout_seconds=self._timeout_seconds,
            at=await Now(),
        )
        try:
            await underway.plan()
            return await self.call(request, call, underway), underway
        except BaseException as error:
            await underway.stopped(error)
            told = underway.told(error)
            if isinstance(told, OutcomeUnknown) and not told.under_way:
                await self._ask_about(underway, told, call)
            if told is error:
                raise
            raise told from error

    async def _ask_about(self, underway: Underway, unknown: OutcomeUnknown, call: Call) -> None:
        """Ask the vendor about a send in doubt, where it can be asked; raises `AlreadySent` if it has it."""
        recall = self.provider.recall(
            call.operation, key=unknown.send_key, begun_at=unknown.begun_at or await Now()
        )
        try:
            found = await conduct(self, recall, call)
        except Exception as broken:  # noqa: BLE001 - whatever is wrong, the doubt stays and is what the caller hears of
            _LOG.warning("%s cannot be asked about a send in doubt: %s", self.provider.name, type(broken).__name__)
            return
        if found is not None:
            raise await underway.confirm(found) from unknown

    async def call(self, request: Request, call: Call, underway: Underway | None = None) -> Response:
        """Have a request answered.

        Raises:
            RateLimited: The wait in line is longer than the caller waits.
            OutcomeUnknown: It is a send, and nobody can tell whether the vendor acted.
            MartechError: Whatever the vendor's answer stands for.
        """
        if self.options.read_only and request.kind is not Kind.READ and not call.unsigned:
            raise ConfigurationError(f"this client only reads, and this is a {request.kind}", asked=request.asked)
        held: list[Mutex] = []
        try:
            for mutex in self.limits.mutexes(request):
                await Acquire(mutex)
                held.append(mutex)
            return await self._tried(request, call, underway)
        finally:
            for mutex in reversed(held):
                mutex.release()

    async def _tried(self, request: Request, call: Call, underway: Underway | None) -> Response:
        attempt, waited, waits = 0, 0.0, NO_WAIT
        while True:
            attempt += 1
            turn = await self._door.turn(request, call)
            waits = waits.plus("the vendor's limits", turn.waited) if turn.waited else waits
            if attempt == 1 and request.kind is Kind.SEND:
                self._may_go_out(request, call)
            # What keeps other processes from running too many of its kind at once.
            leases = self._door.leases(request, request.timeout_seconds or self._timeout_seconds)
            if leases is not None:
                queued = await leases.take(longest_seconds=call.longest_wait_seconds - turn.waited)
                waits = waits.plus("others of its kind", queued) if queued else waits
            try:
                response = await self._attempted(request, call, underway, attempt, waits, leases)
                await self._door.let_through(request, turn)
                return response
            except (AlreadySent, OutcomeUnknown):
                raise
            except MartechError as error:
                wait = await self._wait_after(error, request, call, turn, attempt, waited)
                if wait is None:
                    raise
                waits = waits.plus(f"another attempt after {type(error).__name__}", wait)
            waited += wait
            await Pause(wait, "trying again")

    async def _wait_after(
        self, error: MartechError, request: Request, call: Call, turn: Turn, attempt: int, waited: float
    ) -> float | None:
        """Return how long to wait before the next attempt, or None to give up; everybody obeys a refusal."""
        now = await Now()
        wait: float | None = None
        if isinstance(error, RateLimited):
            moves_at = await self._door.refused(request, turn, error, attempt=attempt)
            if call.patient and waited < call.longest_wait_seconds:
                wait = max(0.0, (moves_at - now).total_seconds())
        elif isinstance(error, ProviderError):
            await self._door.let_through(request, turn)
        if wait is None:
            jitter = int((await NewId())[:8], 16) / 0xFFFFFFFF
            wait = self.options.retry.next_wait(
                request, error, attempt=attempt, waited_seconds=waited, now=now, jitter=jitter
            )
        return None if wait is None or wait > call.longest_wait_seconds else wait

    async def _attempted(
        self,
        request: Request,
        call: Call,
        underway: Underway | None,
        attempt: int,
        waited: Waited,
        leases: Held | None,
    ) -> Response:
        """Make one attempt, and give its leases back whatever becomes of it."""
        if leases is None:
            return await self._attempt(request, call, underway, attempt, waited)
        try:
            response = await self._attempt(request, call, underway, attempt, waited)
        except GeneratorExit:
            raise  # it is being thrown away and may not await any more: the leases run out by themselves
        except BaseException:
            await leases.give_back()
            raise
        await leases.give_back()
        return response

    async def _attempt(
        self, request: Request, call: Call, underway: Underway | None, attempt: int, waited: Waited
    ) -> Response:
        base = await self._base(request, call)
        tokens = None if call.unsigned else self._tokens
        token = None if tokens is None else await tokens.current()
        response, error = await self._exchanged(request, call, underway, base, token, attempt, waited)
        if not call.unsigned and self.provider.auth.refused(response):
            # A refused token means that nothing was processed, so every kind of request may be said again, once.
            token = None if tokens is None else await tokens.current(refused=token)
            response, error = await self._exchanged(request, call, underway, base, token, attempt, waited)
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
        self,
        request: Request,
        call: Call,
        underway: Underway | None,
        base: str,
        token: Token | None,
        attempt: int,
        waited: Waited,
    ) -> tuple[Response, MartechError | None]:
        """Return the answer and the error it stands for; a send that failed or was refused is noted by then."""
        outgoing = self._outgoing(request, base)
        if not call.unsigned:
            outgoing = self.provider.auth.sign(outgoing, token)
        watched = self.observer.watch(request, call, attempt=attempt, waited=waited)
        try:
            if underway is not None:
                await underway.begin()
            response = await Exchange(outgoing)
        except BaseException as error:
            if watched:
                watched.failed(error)
            else:
                self.observer.unwatched(request, error, call, attempt=attempt)
            if underway is not None:
                await underway.failed(error)
            raise
        if attempt > 1:
            response = replace(response, attempt=attempt)
        refused = self.refusal(response)
        if underway is not None:
            turned_away = not call.unsigned and self.provider.auth.refused(response)
            await underway.answered(refused, turned_away=turned_away)
        if watched:
            watched.answered(response, refused)
        elif refused is not None:
            self.observer.unwatched(request, refused, call, attempt=attempt)
        if reading := self.provider.learn(response):
            await self._door.learn(reading)
        return response, refused

    def refusal(self, response: Response) -> MartechError | None:
        """Return the error an answer stands for, or None: the plugin's reading first, then the status."""
        error: MartechError | None
        if 300 <= response.status < 400:
            elsewhere = response.unexpected("the vendor sends us to another address, which is not followed")
            elsewhere.excerpt = None  # it repeats that address, which may be a person's own page
            error = elsewhere
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

    def _may_go_out(self, request: Request, call: Call) -> None:
        """Ask the sandbox and the application's own policy, before a send leaves."""
        if self.options.sandboxed and not request.bounded:
            raise SendRefused(
                "this client is in a sandbox, which cannot tell whom this send would reach; nothing was sent",
                asked=request.asked,
                hint="send by a neutral verb to people who are allowed, or outside of the sandbox",
            )
        if self.hooks is not None:
            self.hooks.before_send(request, call, self.observer)
