"""Whom a send reaches: counted for the application's policy, and bounded by a sandbox before any request is made.

Both are put around the rows of a provider that send, so that whatever uses the contract passes them: resources,
flows and failover alike. What goes past the contract (`client.native`, `client.request`) carries no mark, and a
client in a sandbox lets no send without one through.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from martech.models import (
    Channel,
    EmailMessage,
    Enrolment,
    EnrolmentResult,
    ItemOutcome,
    MessageState,
    People,
    Receipt,
    Send,
    SendStatus,
    SmsMessage,
    TemplateMessage,
)
from martech.provider.words import No
from martech.wire import Effect, Kind, Request, Together

if TYPE_CHECKING:
    from datetime import datetime

    from martech.models import Audience, Identifier, Yes
    from martech.provider.contract import Provider
    from martech.provider.operations import Extra, Operations

__all__ = ["KEPT_BACK", "Bounds", "Message", "with_reach"]

T = TypeVar("T")
RowT = TypeVar("RowT", bound="Operations")
Message = EmailMessage | TemplateMessage | SmsMessage
Verb = Callable[..., Coroutine[Any, Any, Any]]

KEPT_BACK = "dry-run"
"""The id of a send that a dry run kept back."""


class Bounds(Protocol):
    """What decides whom a client may reach. Each method raises `SendRefused` for what it does not let through."""

    @property
    def dry_run(self) -> bool:
        """Whether everything is done but the send itself."""
        ...

    def message(self, message: Message) -> Message:
        """Return the message as it may go out."""
        ...

    def audience(self, to: Audience) -> Audience:
        """Return the audience as it may be sent to."""
        ...

    def people(self, people: Sequence[Identifier]) -> None:
        """Let exactly these people be reached."""
        ...

    def unbounded(self, what: str) -> None:
        """Refuse what reaches people whom nobody named."""
        ...


def with_reach(provider: Provider, bounds: Sequence[Bounds]) -> Provider:
    """Return the provider with its sends counted, and within all of these bounds."""
    reach = _Reach(bounds)
    made = copy(provider)
    made.messages = _around(
        provider.messages,
        {"send_email": reach.message, "send_template": reach.message, "send_sms": reach.message},
    )
    made.campaigns = _around(provider.campaigns, {"send": reach.campaign, "resume": reach.resume})
    made.automations = _around(provider.automations, {"enrol": reach.enrolment})
    if bounds:
        made.consent = _around(
            provider.consent, {"subscribe": reach.yes, "release": reach.yes, "topic_in": reach.yes}
        )
    return made


class _Reach:
    """Wraps the contract's verbs that may reach people."""

    def __init__(self, bounds: Sequence[Bounds]) -> None:
        self._bounds = bounds
        self._dry = any(one.dry_run for one in bounds)

    def message(self, verb: Verb) -> Verb:
        @wraps(verb)
        async def sends(row: Any, message: Message, *, key: str, extra: Extra) -> Any:
            for one in self._bounds:
                message = one.message(message)
            channel = message.channel if isinstance(message, TemplateMessage) else _CHANNELS[type(message)]
            work = verb(row, message, key=key, extra=extra)
            kept = Receipt(channel=channel, state=MessageState.DRY_RUN, send_key=key)
            return await self._marked(work, _reached(message), lambda: kept)

        return sends

    def campaign(self, verb: Verb) -> Verb:
        @wraps(verb)
        async def sends(
            row: Any,
            campaign_id: str,
            to: Audience,
            *,
            channel: Channel,
            at: datetime | None,
            key: str,
            extra: Extra,
        ) -> Any:
            for one in self._bounds:
                to = one.audience(to)
            reached = len(to.refs) if isinstance(to, People) else None
            work = verb(row, campaign_id, to, channel=channel, at=at, key=key, extra=extra)
            kept = Send(
                id=KEPT_BACK, campaign_id=campaign_id, channel=channel, status=SendStatus.DRY_RUN, send_key=key
            )
            return await self._marked(work, reached, lambda: kept)

        return sends

    def resume(self, verb: Verb) -> Verb:
        @wraps(verb)
        async def resumes(row: Any, send_id: str, *, channel: Channel, key: str) -> Any:
            for one in self._bounds:
                if not one.dry_run:
                    one.unbounded("a send that goes on")
            kept = Send(id=send_id, channel=channel, status=SendStatus.DRY_RUN, send_key=key)
            return await self._marked(verb(row, send_id, channel=channel, key=key), None, lambda: kept)

        return resumes

    def enrolment(self, verb: Verb) -> Verb:
        @wraps(verb)
        async def enrols(
            row: Any, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
        ) -> Any:
            for one in self._bounds:
                one.people(people)
            work = verb(row, automation_id, people, key=key, extra=extra)
            return await self._marked(work, len(people), lambda: _nobody_enrolled(automation_id, people))

        return enrols

    def yes(self, verb: Verb) -> Verb:
        @wraps(verb)
        async def says_yes(row: Any, ref: Identifier, *args: Any, yes: Yes) -> Any:
            for one in self._bounds:
                one.people([ref])
                if one.dry_run:
                    one.unbounded("a yes, whose confirmation may go to the person,")
            return await self._marked(verb(row, ref, *args, yes=yes), 1, None)

        return says_yes

    async def _marked(
        self, work: Coroutine[Any, Any, Any], recipients: int | None, kept: Callable[[], Any] | None
    ) -> Any:
        dry = self._dry and kept is not None
        try:
            return await _Marked(work, recipients=recipients, bounded=bool(self._bounds), keep_back=dry)
        except _KeptBackError:
            if kept is None:
                raise
            return kept()


_CHANNELS: Mapping[type[Any], Channel] = {EmailMessage: Channel.EMAIL, SmsMessage: Channel.SMS}


def _reached(message: Message) -> int:
    """Return how many people a message goes to."""
    if isinstance(message, SmsMessage) or isinstance(message.to, str):
        return 1
    return len(message.to) + len(message.cc) + len(message.bcc)


def _nobody_enrolled(automation_id: str, people: Sequence[Identifier]) -> Enrolment:
    reason = "a dry run: nobody was enrolled"
    items = tuple(EnrolmentResult(outcome=ItemOutcome.REFUSED, identifier=ref, reason=reason) for ref in people)
    return Enrolment(automation_id=automation_id, items=items)


class _KeptBackError(Exception):
    """Ends an operation of a dry run where its send would have gone out."""


class _Marked(Coroutine[Any, Any, T]):
    """A coroutine whose sends are marked on their way to the pipeline, or kept back."""

    def __init__(
        self, work: Coroutine[Any, Any, T], *, recipients: int | None, bounded: bool, keep_back: bool
    ) -> None:
        self._work, self._recipients, self._bounded, self._keep_back = work, recipients, bounded, keep_back

    def send(self, value: Any, /) -> Any:
        return self._seen(self._work.send(value))

    def throw(self, *error: Any) -> Any:
        return self._seen(self._work.throw(*error))

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        resume: Callable[[Any], Any] = self.send
        value: Any = None
        try:
            while True:
                try:
                    effect = resume(value)
                except StopIteration as done:
                    result: T = done.value
                    return result
                try:
                    value = yield effect
                    resume = self.send
                except BaseException as error:  # noqa: BLE001 - whatever happens belongs to the coroutine that waits
                    resume, value = self.throw, error
        finally:
            self.close()

    def _seen(self, effect: Effect[Any]) -> Effect[Any]:
        if type(effect) is Request and effect.kind is Kind.SEND:
            if self._keep_back:
                raise _KeptBackError
            return replace(effect, recipients=self._recipients, bounded=self._bounded)
        if isinstance(effect, Together):
            inside = [
                _Marked(one, recipients=None, bounded=self._bounded, keep_back=self._keep_back)
                for one in effect.operations
            ]
            return Together(inside, effect.at_most)
        return effect


def _around(row: RowT, wraps_of: Mapping[str, Callable[[Verb], Verb]]) -> RowT:
    """Return a row with some of its verbs wrapped; what it refuses and what it says about itself stay."""
    kind = type(row)
    contract = next(base for base in reversed(kind.__mro__) if base.__dict__.get("row"))
    body: dict[str, Any] = {}
    for name, wrap in wraps_of.items():
        verb = inspect.getattr_static(kind, name)
        if not isinstance(verb, No) and verb is not contract.__dict__[name]:
            body[name] = wrap(verb)
    made: Any = object.__new__(type(kind.__name__, (kind,), body))
    made.__dict__ = row.__dict__
    return cast("RowT", made)
