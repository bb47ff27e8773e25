"""Everything that can go wrong, as one tree.

::

    MartechError
    ├── ConfigurationError          the program or its settings are wrong
    │   ├── UnknownProvider             no installed plugin has that name
    │   ├── BrokenProvider              the plugin is there and could not be loaded
    │   ├── MissingSetting              a provider needs a setting that was not given
    │   ├── ForeignAwait                an operation awaited something that is not an effect it may use
    │   └── ClientClosed                the client was used after it had been closed
    ├── UnsupportedOperation        one of the four words for no, and what to do instead
    ├── InvalidRequest              what cannot be said accurately to this vendor
    │   └── BrokenInput                 a file or a row that cannot be read
    ├── ConsentRefused              what the consent law forbids, and what evidence would allow
    ├── SendRefused                 a send that the sandbox or the application's own policy stopped
    ├── StateError                  our own shared state (limits, tokens, sends) cannot be used
    │   ├── StateUnavailable            it does not answer, is locked or is full
    │   └── StateBroken                 it is damaged, or was written by a newer version
    ├── ProviderError               the vendor answered and refused
    │   ├── AuthenticationFailed        it does not know us
    │   ├── PermissionDenied            it knows us and we may not
    │   ├── NotFound                    there is no such thing
    │   ├── Conflict                    there is already such a thing, or its state forbids this
    │   │   └── AlreadySent                 a send went out before under the same key, and was accepted
    │   ├── InvalidInput                it does not accept what we said
    │   ├── RateLimited                 not now; carries `retry_at`
    │   └── ProviderUnavailable         it is broken or down
    ├── TransportError              nobody answered
    │   ├── ConnectionFailed
    │   └── TimedOut
    ├── OutcomeUnknown              a send whose fate cannot be known
    ├── UnexpectedResponse          an answer we cannot read
    ├── ListingChanged              a listing moved under its reader further than the overlap can mend
    ├── JobFailed                   carries the job
    ├── JobTimedOut                 carries the job
    └── MigrationStopped            carries the checkpoint

Nothing was sent when one of ConfigurationError, UnsupportedOperation, InvalidRequest, ConsentRefused or
SendRefused is raised. Partial failure of a batch is not an error: it is one result per input.

`str(error)` is written for a person at three in the morning: who refused what, in whose words, and what to do.
Vendor words are masked before they are kept, so no error holds an address, a phone number or a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, quote_plus

from martech.masking import mask

if TYPE_CHECKING:
    from martech.models.jobs import Job

__all__ = [
    "AlreadySent",
    "AuthenticationFailed",
    "BrokenInput",
    "BrokenProvider",
    "ClientClosed",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "ConsentRefused",
    "ForeignAwait",
    "InvalidInput",
    "InvalidRequest",
    "JobFailed",
    "JobTimedOut",
    "ListingChanged",
    "MartechError",
    "MigrationStopped",
    "MissingSetting",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "ProviderError",
    "ProviderUnavailable",
    "RateLimited",
    "SendRefused",
    "StateBroken",
    "StateError",
    "StateUnavailable",
    "TimedOut",
    "TransportError",
    "UnexpectedResponse",
    "UnknownProvider",
    "UnsupportedOperation",
]


class MartechError(Exception):
    """Anything that this library raises on purpose.

    Attributes:
        message: One sentence that says what happened. Masked.
        provider: The provider's name, once it is known.
        operation: What was called, as `row.verb`, once it is known.
        asked: Method and route of the request, without its values.
        hint: What to do about it, where there is something to do.
        retryable: Whether the same call may succeed later without a change on our side.
    """

    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        /,
        *,
        provider: str | None = None,
        operation: str | None = None,
        asked: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = mask(message)
        super().__init__(self.message)
        self.provider = provider
        self.operation = operation
        self.asked = asked
        self.hint = hint

    def placed(
        self, *, provider: str | None = None, operation: str | None = None, asked: str | None = None
    ) -> None:
        """Fill in where it happened; what is already known is kept."""
        self.provider = self.provider or provider
        self.operation = self.operation or operation
        self.asked = self.asked or asked

    def without(self, secrets: Iterable[str]) -> None:
        """Make known secrets unreadable in whatever the error says, as they are or encoded for an address."""
        ways = (str, quote, quote_plus, escape, mask)  # what was masked already may still show its beginning
        written = {way(secret) for secret in secrets if len(secret) > 3 for way in ways}
        for secret in sorted(written, key=len, reverse=True):
            for name, value in self.__dict__.items():
                if isinstance(value, str):
                    self.__dict__[name] = value.replace(secret, "***")
            self.args = tuple(one.replace(secret, "***") if isinstance(one, str) else one for one in self.args)

    def details(self) -> dict[str, Any]:
        """Return everything the error knows as plain values, for `--json` and structured logs."""
        known = {"error": type(self).__name__, "message": self.message, "retryable": self.retryable}
        known |= {"provider": self.provider, "operation": self.operation, "asked": self.asked}
        return {name: value for name, value in (known | {"hint": self.hint}).items() if value is not None}

    def _lines(self) -> list[str]:
        return [f"asked: {self.asked}"] if self.asked else []

    def __str__(self) -> str:
        where = " ".join(part for part in (self.provider, self.operation) if part)
        lines = [f"{where}: {self.message}" if where else self.message, *self._lines()]
        if self.hint:
            lines.append(f"what to do: {self.hint}")
        return "\n  ".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


_EXCERPT = 120
"""How many characters of an unreadable answer are shown."""


def _rebuild(kind: type[MartechError], args: tuple[Any, ...], state: dict[str, Any]) -> MartechError:
    """Make an error again after it travelled between processes, whatever its constructor asks for."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# ── nothing was sent ─────────────────────────────────────────────────────────────────────────────────────────


class ConfigurationError(MartechError):
    """The program or its settings are wrong; nothing was sent."""


class UnknownProvider(ConfigurationError):
    """No installed plugin has that name."""


class BrokenProvider(ConfigurationError):
    """A plugin of that name is installed and could not be loaded."""


class MissingSetting(ConfigurationError):
    """A provider needs a setting that was not given, or was given a value it cannot use."""


class ForeignAwait(ConfigurationError):
    """An operation awaited something it may not: another library's awaitable, or an effect reserved for flows."""


class ClientClosed(ConfigurationError):
    """The client was used after it had been closed."""


class UnsupportedOperation(MartechError):
    """The provider has no such operation, or not with these arguments; nothing was sent.

    Attributes:
        word: Which of the four words for no: `not_offered`, `not_written`, `never` or `not_enabled`.
        instead: The operation that comes nearest, as `row.verb`; never called on the caller's behalf.
    """

    def __init__(self, message: str, /, *, word: str, instead: str | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.word = word
        self.instead = instead
        if instead and not self.hint:
            self.hint = f"use {instead}"

    def details(self) -> dict[str, Any]:
        """Add the word for no and the substitute."""
        return super().details() | {"word": self.word} | ({"instead": self.instead} if self.instead else {})


class InvalidRequest(MartechError):
    """What was asked cannot be said accurately to this vendor; nothing was sent."""


class BrokenInput(InvalidRequest):
    """A file or a row that cannot be read; says where."""


class ConsentRefused(MartechError):
    """The consent law forbids it: no automatic path moves a person towards being contacted; nothing was sent."""


class SendRefused(MartechError):
    """The sandbox, or a hook with the application's own policy, stopped a send; nothing was sent."""


class StateError(MartechError):
    """Our own shared state cannot be used. What had not been sent by then is not sent."""


class StateUnavailable(StateError):
    """The shared state does not answer, is locked by somebody else, or is full; the same may work later.

    Attributes:
        cut_off: Whether a connection broke that had been made before, so that a new one may do.
    """

    retryable = True
    cut_off = False


class StateBroken(StateError):
    """The shared state is damaged, or is of a newer version than this program; somebody has to look at it."""


# ── the vendor answered and refused ──────────────────────────────────────────────────────────────────────────


class ProviderError(MartechError):
    """The vendor answered and refused.

    Attributes:
        status: The HTTP status, which need not be the verdict.
        code: The vendor's own code.
        vendor_message: The vendor's own words, masked.
        request_id: The vendor's name for this exchange, to quote to its support.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        status: int | None = None,
        code: str | int | None = None,
        vendor_message: str | None = None,
        request_id: str | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.status = status
        self.code = None if code is None else str(code)
        self.vendor_message = mask(vendor_message)[:500] if vendor_message else None
        self.request_id = request_id

    def details(self) -> dict[str, Any]:
        """Add the vendor's status, code, words and request id."""
        own = {"status": self.status, "code": self.code, "vendor_message": self.vendor_message}
        own["request_id"] = self.request_id
        return super().details() | {name: value for name, value in own.items() if value is not None}

    def _lines(self) -> list[str]:
        lines = super()._lines()
        said = [f"HTTP {self.status}"] if self.status is not None else []
        said += [f"code {self.code}"] if self.code is not None else []
        said += [f"“{self.vendor_message}”"] if self.vendor_message else []
        if said:
            lines.append(f"the vendor said: {', '.join(said)}")
        if self.request_id:
            lines.append(f"the vendor's request id: {self.request_id}")
        return lines


class AuthenticationFailed(ProviderError):
    """The vendor does not know us: wrong, disabled or revoked credentials."""


class PermissionDenied(ProviderError):
    """The vendor knows us, and we may not: permission, plan, region or address allow-list."""


class NotFound(ProviderError):
    """There is no such contact, list, campaign, job … at the vendor."""


class Conflict(ProviderError):
    """There is already such a thing, or its present state forbids what was asked."""


class AlreadySent(Conflict):
    """A send went out before under the same key, and the vendor accepted it; nothing was sent now.

    Attributes:
        send_key: Under which key the send ledger holds it.
        vendor_id: Under which id the vendor holds it, where it gave one.
        accepted_at: When the vendor accepted it.
        same_content: Whether it said the same to the same people, so that what was asked for now is done.
        result: What the first call returned, where that was kept and the content is the same.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        send_key: str,
        vendor_id: str | None = None,
        accepted_at: datetime | None = None,
        same_content: bool = False,
        result: Any = None,
        **said: Any,
    ) -> None:
        super().__init__(message, **said)
        self.send_key = send_key
        self.vendor_id = vendor_id
        self.accepted_at = accepted_at
        self.same_content = same_content
        self.result = result

    def details(self) -> dict[str, Any]:
        """Add the key of the send, the vendor's id and when it was accepted."""
        own: dict[str, Any] = {"send_key": self.send_key, "vendor_id": self.vendor_id}
        own |= {"same_content": self.same_content}
        own["accepted_at"] = self.accepted_at.isoformat() if self.accepted_at else None
        return super().details() | {name: value for name, value in own.items() if value is not None}

    def _lines(self) -> list[str]:
        return [*super()._lines(), f"send key: {self.send_key}"]


class InvalidInput(ProviderError):
    """The vendor does not accept what we said."""


class RateLimited(ProviderError):
    """Not now: a limit of the vendor, or our own waiting in line for it, is longer than the caller waits.

    Attributes:
        retry_at: When it is worth asking again; aware. None where nobody knows.
        retry_after_seconds: The same as the vendor said it, where it said a number of seconds.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        /,
        *,
        retry_at: datetime | None = None,
        retry_after_seconds: float | None = None,
        **said: Any,
    ) -> None:
        super().__init__(message, **said)
        self.retry_at = retry_at
        self.retry_after_seconds = retry_after_seconds

    def details(self) -> dict[str, Any]:
        """Add when to try again."""
        when = {"retry_at": self.retry_at.isoformat()} if self.retry_at else {}
        return super().details() | when

    def _lines(self) -> list[str]:
        when = [f"try again at: {self.retry_at.isoformat(timespec='seconds')}"] if self.retry_at else []
        return [*super()._lines(), *when]


class ProviderUnavailable(ProviderError):
    """The vendor is broken or down."""

    retryable = True


# ── nobody answered, or nobody can tell ──────────────────────────────────────────────────────────────────────


class TransportError(MartechError):
    """Nobody answered.

    Attributes:
        maybe_processed: Whether the request may have reached the vendor, so that its work may have been done.
    """

    retryable = True

    def __init__(self, message: str, /, *, maybe_processed: bool, **where: Any) -> None:
        super().__init__(message, **where)
        self.maybe_processed = maybe_processed

    def details(self) -> dict[str, Any]:
        """Add whether the vendor may have done the work."""
        return super().details() | {"maybe_processed": self.maybe_processed}


class ConnectionFailed(TransportError):
    """No connection, or it was cut before the whole answer had come."""


class TimedOut(TransportError):
    """The answer did not come in time."""


class OutcomeUnknown(MartechError):
    """A send whose fate cannot be known: it may have gone out, and it will not be repeated blindly.

    Attributes:
        send_key: Under which key the send ledger holds it.
        cause: What happened while it was under way.
        account: Of which account it is, as the ledger calls it.
        begun_at: When it went out.
        under_way: Whether another call is at it right now, so that its fate will be known in a moment.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        send_key: str,
        cause: BaseException | None = None,
        account: str | None = None,
        begun_at: datetime | None = None,
        under_way: bool = False,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.send_key = send_key
        self.cause = mask(f"{type(cause).__name__}: {cause}") if cause is not None else None
        self.account = account
        self.begun_at = begun_at
        self.under_way = under_way

    def details(self) -> dict[str, Any]:
        """Add the key of the send, the cause, and by what the vendor can be asked."""
        own = {"send_key": self.send_key, "cause": self.cause, "under_way": self.under_way}
        own |= {"account": self.account} if self.account else {}
        return super().details() | own | ({"begun_at": self.begun_at.isoformat()} if self.begun_at else {})

    def _lines(self) -> list[str]:
        lines = [*super()._lines(), f"send key: {self.send_key}"]
        if self.begun_at is not None:
            where = f" on account {self.account}" if self.account else ""
            lines.append(f"went out at: {self.begun_at.isoformat(timespec='seconds')}{where}")
        return lines


class UnexpectedResponse(MartechError):
    """An answer we cannot read.

    Attributes:
        status: The HTTP status.
        excerpt: What of the answer can be shown, masked.
    """

    def __init__(
        self, message: str, /, *, status: int | None = None, excerpt: str | None = None, **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.status = status
        self.excerpt = mask(excerpt) if excerpt else None

    def without(self, secrets: Iterable[str]) -> None:
        """Make known secrets unreadable, then shorten the excerpt, so that no beginning of one is left."""
        super().without(secrets)
        self.excerpt = self.excerpt[:_EXCERPT] if self.excerpt else None

    def details(self) -> dict[str, Any]:
        """Add status and excerpt."""
        return super().details() | {"status": self.status, "excerpt": (self.excerpt or "")[:_EXCERPT] or None}

    def _lines(self) -> list[str]:
        begins = [f"the answer: {self.excerpt[:_EXCERPT]}"] if self.excerpt else []
        return [*super()._lines(), *([f"HTTP {self.status}"] if self.status else []), *begins]


class ListingChanged(MartechError):
    """A listing moved under its reader further than the overlap of its pages can mend; start it again."""

    retryable = True


class JobFailed(MartechError):
    """A job at the vendor ended badly.

    Attributes:
        job: The job, as far as it is known.
    """

    def __init__(self, message: str, /, *, job: Job, **where: Any) -> None:
        super().__init__(message, **where)
        self.job = job


class JobTimedOut(MartechError):
    """A job at the vendor did not end within the time the caller gave it. It may still end: ask again.

    Attributes:
        job: The job, as far as it is known.
    """

    retryable = True

    def __init__(self, message: str, /, *, job: Job, **where: Any) -> None:
        super().__init__(message, **where)
        self.job = job


class MigrationStopped(MartechError):
    """A migration stopped on purpose or for safety.

    Attributes:
        checkpoint: Where it stands; resuming needs nothing else.
    """

    def __init__(self, message: str, /, *, checkpoint: Any, **where: Any) -> None:
        super().__init__(message, **where)
        self.checkpoint = checkpoint
