"""Several ways to send one message: the next one when the first provably did not take it, or one chosen by a rule.

::

    mail = failover(acme, other)                                     # clients of one face
    mail.send_email(message, key="receipt-17")
    mail = route({"eu": failover(acme, other), "us": third}, by=lambda message: region_of(message))

It moves on only from a provider that certainly did not accept the message: nothing could be connected, it asked us
to slow down, it was out of order before the send began, or its breaker is open. A refusal of the message itself is
an answer, and stays one: a person whom one vendor does not let us write to is not written to through another. What
may have gone out raises `OutcomeUnknown` and goes nowhere else.

One key is one send, whoever carries it: besides each client's own record there is one for the whole, in the ledger
of the first client, which remembers for as long as that does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar, cast

from martech.errors import (
    AlreadySent,
    ConfigurationError,
    ConsentRefused,
    InvalidRequest,
    MartechError,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    StateError,
    TransportError,
    UnsupportedOperation,
)
from martech.flows.people import narrowed
from martech.flows.sending import key_for
from martech.models import EmailMessage, Purpose, Receipt, SmsMessage, TemplateMessage
from martech.pipeline.breaking import Breaker, Breakers, MemoryBreakers
from martech.pipeline.guarding import DELIVERY, Fate, PlannedSend, SendGuard, kept_result
from martech.provider.resources import M, Resource, operation
from martech.wire import Consult, Effect, Kind, NewId, Now, Request, Together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from martech.models import LimitReport
    from martech.provider.contract import Provider
    from martech.provider.runner import Runner

__all__ = ["Breaker", "Breakers", "Delivery", "MemoryBreakers", "failover", "route"]

T = TypeVar("T")
Message = EmailMessage | TemplateMessage | SmsMessage
ExtraFor = Mapping[str, Mapping[str, Any]]


# ── the door ─────────────────────────────────────────────────────────────────────────────────────────────────


def failover(
    *clients: Resource[M],
    name: str | None = None,
    breaker: Breaker | None = None,
    breakers: Breakers | None = None,
) -> Delivery[M]:
    """Return what sends through the first of these clients that takes a message.

    Args:
        clients: Clients of one face, in the order in which they are tried; they stay yours to close.
        name: How the whole is called in the ledger; by default after its accounts. Keep it when clients change.
        breaker: When a provider is left alone.
        breakers: Where that is kept; by default in the state of the first client, else in memory.
    """
    return Delivery(lambda _: clients, clients, name=name, breaker=breaker, breakers=breakers)


def route(
    ways: Mapping[str, Resource[M]],
    *,
    by: Callable[[Message], str],
    name: str | None = None,
    breaker: Breaker | None = None,
    breakers: Breakers | None = None,
) -> Delivery[M]:
    """Return what sends each message the way that a rule names.

    Args:
        ways: Clients, or what `failover` gave, by name.
        by: Returns one of these names for a message. What it decides by must not change while a key is in use.
        name: As for `failover`.
        breaker: As for `failover`.
        breakers: As for `failover`.
    """
    every = [client for way in ways.values() for client in _clients_of(way)]

    def chosen(message: Message) -> Sequence[Resource[M]]:
        named = by(message)
        if named not in ways:
            raise InvalidRequest(f"the rule names a way {named!r}; there are {', '.join(ways)}")
        way = ways[named]
        return way.choose(message) if isinstance(way, Delivery) else (way,)

    return Delivery(chosen, every, name=name, breaker=breaker, breakers=breakers)


def _clients_of(way: Resource[M]) -> Sequence[Resource[M]]:
    return way.clients if isinstance(way, Delivery) else (way,)


# ── what sends ───────────────────────────────────────────────────────────────────────────────────────────────


class Delivery(Resource[M]):
    """Transactional sends over several clients; made by `failover` and `route`.

    Each method raises what the last provider that was tried said, if none took the message, and `OutcomeUnknown`
    as soon as one may have taken it.
    """

    row = "messages"

    def __init__(
        self,
        choose: Callable[[Message], Sequence[Resource[M]]],
        clients: Sequence[Resource[M]],
        *,
        name: str | None,
        breaker: Breaker | None,
        breakers: Breakers | None,
    ) -> None:
        if not clients:
            raise ConfigurationError("a delivery needs at least one client")
        runners = [client._runner for client in clients]  # noqa: SLF001 - a resource among resources
        if len({runner.blocking for runner in runners}) > 1:
            raise ConfigurationError("the clients of a delivery have one face: all block, or none")
        super().__init__(_Several(runners[0]))
        self.choose, self.clients = choose, clients
        self._name = name or "+".join(sorted({_name_of(runner) for runner in runners}))
        self._breaker = breaker or Breaker()
        first: Any = runners[0]
        self._breakers: Breakers = breakers or first.line.options.breakers or MemoryBreakers()

    @operation
    async def send_email(
        self, message: EmailMessage, *, key: str | None = None, extra: ExtraFor | None = None
    ) -> Receipt:
        """Send an e-mail through the first provider that takes it."""
        return await self._delivered(message, key, extra, "send_email")

    @operation
    async def send_template(
        self, message: TemplateMessage, *, key: str | None = None, extra: ExtraFor | None = None
    ) -> Receipt:
        """Send content kept at the vendors, under the same template id at each."""
        return await self._delivered(message, key, extra, "send_template")

    @operation
    async def send_sms(
        self, message: SmsMessage, *, key: str | None = None, extra: ExtraFor | None = None
    ) -> Receipt:
        """Send a text message through the first provider that takes it."""
        return await self._delivered(message, key, extra, "send_sms")

    async def _delivered(self, message: Message, key: str | None, extra: ExtraFor | None, verb: str) -> Receipt:
        if message.purpose is Purpose.MARKETING:
            raise ConsentRefused(
                "a delivery carries transactional messages only: an opt-out is known to the vendor that was told, "
                "and to no other",
                hint="send marketing messages through the client that keeps the opt-outs",
            )
        ways = [client._runner for client in self.choose(message)]  # noqa: SLF001 - a resource among resources
        key = await key_for(key)
        whole = _Whole(self._guard(), self._name, key, f"messages.{verb}", message)
        try:
            await whole.begin()
        except AlreadySent as before:
            if isinstance(before.result, Receipt):
                return before.result
            raise
        except BaseException as error:
            await whole.stopped(error)
            raise
        try:
            receipt = await self._first(ways, message, key, extra, verb, whole)
        except BaseException as error:
            await whole.stopped(error)
            raise
        await whole.accepted(receipt)
        return receipt

    async def _first(
        self,
        ways: Sequence[Runner],
        message: Message,
        key: str,
        extra: ExtraFor | None,
        verb: str,
        whole: _Whole,
    ) -> Receipt:
        last: MartechError | None = None
        for way in ways:
            name = _name_of(way)
            if not await self._admitted(name):
                continue
            sending = _Sending(way, message, key, extra, verb)
            try:
                receipt = await Through(way, sending.run, f"messages.{verb}")
            except UnsupportedOperation:
                if last is None:
                    raise
                continue
            except MartechError as error:
                await self._noted(name, ok=not _is_outage(error))
                whole.in_doubt = sending.may_have_gone_out
                if sending.may_have_gone_out or not isinstance(error, _MOVING_ON):
                    raise
                last = error
                continue
            await self._noted(name, ok=True)
            return cast("Receipt", receipt)
        raise last or ProviderUnavailable(
            "every provider of this delivery is being left alone after failures; nothing was sent",
            hint=f"each is tried again within {self._breaker.open_seconds:g} s of its last failure",
        )

    async def _admitted(self, name: str) -> bool:
        admits = partial(self._breakers.admits, name, self._breaker, now=await Now())
        try:
            return await self._consult(admits)
        except StateError:  # a breaker spares time; it keeps nobody safe, so nothing stops for the want of one
            return True

    async def _noted(self, name: str, *, ok: bool) -> None:
        with suppress(StateError):
            await self._consult(partial(self._breakers.note, name, self._breaker, ok=ok, now=await Now()))

    async def _consult(self, function: Callable[[], T]) -> T:
        return await Consult(function) if self._breakers.blocks else function()

    def _guard(self) -> SendGuard:
        first: Any = self.clients[0]._runner  # noqa: SLF001 - a resource among resources
        guard: SendGuard = first.line.guard
        return guard

    def __repr__(self) -> str:
        return f"<Delivery over {self._name}>"


_MOVING_ON = (RateLimited, ProviderUnavailable, TransportError)
"""Errors after which another provider is tried. Of a send in doubt the pipeline makes `OutcomeUnknown` instead."""


def _is_outage(error: MartechError) -> bool:
    """Return whether an error says that the provider, and not the message or the account, is in trouble."""
    in_doubt = isinstance(error, OutcomeUnknown) and error.cause is not None
    return in_doubt or isinstance(error, (ProviderUnavailable, TransportError))


def _name_of(runner: Runner) -> str:
    return f"{runner.provider.name}:{runner.provider.account_key}"


class _Sending:
    """One try through one provider, watched for whether its send was answered."""

    def __init__(self, way: Runner, message: Message, key: str, extra: ExtraFor | None, verb: str) -> None:
        self._way, self._message, self._key, self._extra, self._verb = way, message, key, extra, verb
        self.may_have_gone_out = False

    async def run(self) -> Receipt:
        """Send; an error after the send was answered is none of a provider that did not accept."""
        provider = self._way.provider
        verb = getattr(provider.messages, self._verb)
        work = verb(self._message, key=self._key, extra=narrowed(provider, self._extra))
        return cast("Receipt", await _Watched(work, self))

    def answered(self, effect: Effect[Any]) -> None:
        """Note an effect that was answered without an error."""
        if isinstance(effect, Together) or (type(effect) is Request and effect.kind is Kind.SEND):
            self.may_have_gone_out = True


class _Watched:
    """An awaitable that tells of every effect of a coroutine that was answered well."""

    def __init__(self, work: Coroutine[Any, Any, Any], sending: _Sending) -> None:
        self._work, self._sending = work, sending

    def __await__(self) -> Any:
        resume: Callable[[Any], Any] = self._work.send
        value: Any = None
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    return done.value
                try:
                    value = yield effect
                    self._sending.answered(effect)
                    resume = self._work.send
                except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine that waits, whatever it is
                    resume, value = self._work.throw, error
        finally:
            self._work.close()


class _Whole:
    """The record of a send over all the providers that may carry it."""

    def __init__(self, guard: SendGuard, name: str, key: str, operation: str, message: Message) -> None:
        self._guard, self._name, self._key, self._operation = guard, name, key, operation
        self._digest = blake2b(
            f"{operation}\x00{message.model_dump()!r}".encode(errors="surrogatepass"), digest_size=20
        ).digest()
        self._send: PlannedSend | None = None
        self._begun = False
        self.in_doubt = False
        """Whether a provider answered the send before something else went wrong."""

    async def begin(self) -> None:
        """Note that it goes out; raises `AlreadySent` or `OutcomeUnknown` if it did before."""
        self._send = PlannedSend(
            self._key,
            DELIVERY,
            self._name,
            self._operation,
            f"delivery over {self._name}",
            await Now(),
            attempt=await NewId(),
            digest=self._digest,
            may_last_seconds=_MAY_LAST_SECONDS,
        )
        await self._told(partial(self._guard.begin, self._send))
        self._begun = True

    async def accepted(self, receipt: Receipt) -> None:
        """Note that a provider took it.

        Raises:
            OutcomeUnknown: It could not be noted: the key will not send again.
        """
        try:
            await self._settled(Fate.ACCEPTED, vendor_id=receipt.message_id, result=kept_result(receipt))
        except Exception as broken:
            named = f" as {receipt.message_id}" if receipt.message_id else ""
            raise OutcomeUnknown(
                f"a provider accepted this message{named}, and that could not be written down; "
                "it will not be repeated by itself",
                send_key=self._key,
                cause=broken,
                account=self._name,
                operation=self._operation,
                hint=self._guard.advice(self._key),
            ) from broken

    async def stopped(self, error: BaseException) -> None:
        """Note that none took it, or that nobody can tell. Whatever happens here, the error stays the news."""
        if self._send is None or (not self._begun and isinstance(error, OutcomeUnknown)):
            return  # the record is of another call, which is in doubt itself
        detail = error.message if isinstance(error, MartechError) else type(error).__name__
        fate = self._fate_after(error)
        with suppress(Exception):
            if isinstance(error, GeneratorExit):
                # Nothing may be awaited any more; the record matters more than a wait.
                self._guard.settle(self._send, fate, detail=detail)
            else:
                await self._settled(fate, detail=detail)

    def _fate_after(self, error: BaseException) -> Fate:
        if not self._begun:  # nothing was handed to anybody, and the note that it would may have been written
            return Fate.REFUSED
        if isinstance(error, AlreadySent):  # by that client alone, before this delivery
            return Fate.ACCEPTED
        unsure = self.in_doubt or isinstance(error, OutcomeUnknown) or not isinstance(error, MartechError)
        return Fate.UNKNOWN if unsure else Fate.REFUSED

    async def _settled(self, fate: Fate, **more: Any) -> None:
        await self._told(partial(self._guard.settle, cast("PlannedSend", self._send), fate, **more))

    async def _told(self, telling: Callable[[], Any]) -> None:
        await Consult(telling) if self._guard.blocks else telling()


_MAY_LAST_SECONDS = 600.0
"""After how long a delivery without an ending is certainly over: several providers, each with its own waits."""


# ── one body, two faces, several clients ─────────────────────────────────────────────────────────────────────


class Through(Effect[Any]):
    """Run an operation through one client, with its limits, credentials, transport and record of sends."""

    __slots__ = ("name", "runner", "work")

    def __init__(self, runner: Runner, work: Callable[[], Coroutine[Any, Any, Any]], name: str) -> None:
        self.runner, self.work, self.name = runner, work, name


class _Several:
    """Runs what goes through several clients: `Through` by its own runner, the rest by the first one."""

    def __init__(self, first: Runner) -> None:
        self._first = first
        self.blocking = first.blocking

    @property
    def provider(self) -> Provider:
        return self._first.provider

    def limits(self) -> Sequence[LimitReport]:
        return self._first.limits()

    def run(self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False) -> T:
        del may_wait, patient
        resume: Callable[[Any], Any] = work.send
        value: Any = None
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    result: T = done.value
                    return result
                try:
                    if isinstance(effect, Consult):
                        value = effect.function()
                    elif isinstance(effect, Through):
                        value = effect.runner.run(effect.work(), effect.name)
                    else:
                        value = self._first.run(_only(effect), name)
                    resume = work.send
                except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine that waits, whatever it is
                    resume, value = work.throw, error
        finally:
            work.close()

    async def arun(
        self, work: Coroutine[Any, Any, T], name: str, *, may_wait: bool = False, patient: bool = False
    ) -> T:
        del may_wait, patient
        resume: Callable[[Any], Any] = work.send
        value: Any = None
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    result: T = done.value
                    return result
                try:
                    if isinstance(effect, Consult):
                        value = await _in_a_thread(effect.function)
                    elif isinstance(effect, Through):
                        value = await effect.runner.arun(effect.work(), effect.name)
                    else:
                        value = await self._first.arun(_only(effect), name)
                    resume = work.send
                except BaseException as error:  # noqa: BLE001 - cancellation included: a send must be recorded
                    resume, value = work.throw, error
        finally:
            work.close()

    def stream(self, work: Coroutine[Any, Any, None], inputs: Any, name: str) -> Iterator[Any]:
        return self._first.stream(work, inputs, name)

    def astream(self, work: Coroutine[Any, Any, None], inputs: Any, name: str) -> AsyncIterator[Any]:
        return self._first.astream(work, inputs, name)


async def _only(effect: Effect[T]) -> T:
    return await effect


async def _in_a_thread(function: Callable[[], T]) -> T:
    import asyncio

    return await asyncio.to_thread(function)
