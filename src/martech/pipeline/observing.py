"""One structured log record and one span per request and per operation. No value of a request is in any.

Loggers `martech.requests` and `martech.operations`; the fields are in `record.martech`. Spans are emitted where
the application uses OpenTelemetry: one per operation, with one below it for each attempt of each request.
"""

from __future__ import annotations

import logging
import re
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from martech.errors import Conflict, InvalidInput, NotFound, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from martech.pipeline.conducting import Call
    from martech.pipeline.hooking import Hooked
    from martech.wire import Request, Response

    Secrets = Callable[[], tuple[str, ...]]

__all__ = ["NO_WAIT", "Observer", "Waited", "Watched", "WatchedOperation"]

T = TypeVar("T")

_REQUESTS = logging.getLogger("martech.requests")
_OPERATIONS = logging.getLogger("martech.operations")
# A library says nothing on its own; whoever wants to hear it configures logging.
logging.getLogger("martech").addHandler(logging.NullHandler())

_ANSWERS = (NotFound, Conflict, InvalidInput)
"""Refusals that are answers like any other; everything else that goes wrong is a warning."""
_REQUEST_IDS = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "x-trace-id")
"""Where vendors name an exchange. A plugin that knows a better place says it in the error's `request_id`."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=/+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a request waited before it went out, and what for."""

    seconds: float = 0.0
    reasons: tuple[str, ...] = ()

    def plus(self, reason: str, seconds: float) -> Waited:
        """Return this and one more wait."""
        reasons = self.reasons if reason in self.reasons else (*self.reasons, reason)
        return Waited(self.seconds + seconds, reasons)


NO_WAIT = Waited()


class Watched:
    """One attempt under observation."""

    __slots__ = ("_fields", "_finished", "_operation", "_secrets", "_span")

    def __init__(
        self,
        fields: dict[str, Any],
        span: Any,
        operation: WatchedOperation | None,
        finished: Hooked | None,
        secrets: Secrets,
    ) -> None:
        self._fields, self._span, self._operation, self._finished = fields, span, operation, finished
        self._secrets = secrets

    def answered(self, response: Response, refused: BaseException | None) -> None:
        """Note that an answer came, and whether it was a refusal."""
        self._fields |= {"status": response.status, "seconds": round(response.seconds, 4)}
        named = _request_id(response, refused)
        if named is not None and not any(secret in named for secret in self._secrets() if secret):
            self._fields["request_id"] = named
        self._finish(refused)

    def failed(self, error: BaseException) -> None:
        """Note that no answer came."""
        self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        if error is not None:
            self._fields["error"] = type(error).__name__
        fields = self._fields
        level = _level(error)
        if _REQUESTS.isEnabledFor(level):
            what = f"{fields['provider']} {fields['operation']}: {fields['route']}"
            said = fields.get("status", fields.get("error"))
            _REQUESTS.log(level, "%s -> %s", what, said, extra={"martech": fields})
        _end(self._span, fields)
        if self._operation is not None:
            self._operation.note(fields)
        if self._finished is not None:
            self._finished.request_finished(fields)


class WatchedOperation:
    """One operation under observation, from its call to its result, with all its requests."""

    __slots__ = ("_attempts", "_began", "_fields", "_waited", "_waited_for", "context", "span")

    def __init__(self, fields: dict[str, Any], span: Any) -> None:
        self._fields, self.span = fields, span
        self.context: Any = None
        self._began = perf_counter()
        self._attempts, self._waited = 0, 0.0
        self._waited_for: list[str] = []

    def note(self, request: dict[str, Any]) -> None:
        """Take one attempt into account."""
        self._attempts += 1
        self._waited = max(self._waited, request.get("waited_seconds", 0.0))
        self._waited_for += [one for one in request.get("waited_for", ()) if one not in self._waited_for]
        if "request_id" in request:
            self._fields["request_id"] = request["request_id"]

    async def around(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the operation and note what became of it."""
        try:
            result = await work
        except BaseException as error:
            self._finish(error)
            raise
        self._finish(None)
        return result

    def _finish(self, error: BaseException | None) -> None:
        fields = self._fields | {"requests": self._attempts, "seconds": round(perf_counter() - self._began, 4)}
        if self._waited:
            fields |= {"waited_seconds": self._waited, "waited_for": tuple(self._waited_for)}
        if error is not None:
            fields["error"] = type(error).__name__
        level = _level(error)
        if _OPERATIONS.isEnabledFor(level):
            what = f"{fields['provider']} {fields['operation']}"
            said = f"{fields.get('error', 'done')} after {self._attempts} requests"
            _OPERATIONS.log(level, "%s: %s", what, said, extra={"martech": fields})
        _end(self.span, fields)


def _level(error: BaseException | None) -> int:
    good = error is None or isinstance(error, (*_ANSWERS, GeneratorExit))
    return logging.INFO if good else logging.WARNING


def _request_id(response: Response, refused: BaseException | None) -> str | None:
    """Return the vendor's name for an exchange: what the plugin read, else the usual headers."""
    if isinstance(refused, ProviderError) and refused.request_id:
        found: str | None = refused.request_id
    else:
        found = next((value for name, value in response.headers if name in _REQUEST_IDS), None)
    # What is not of the form of an id may be anything, what we told the vendor included.
    return found if found is not None and _ID.fullmatch(found) else None


def _end(span: Any, fields: dict[str, Any]) -> None:
    if span is None:
        return
    for name, value in fields.items():
        span.set_attribute(f"martech.{name}", value)
    span.end()


class Observer:
    """Watches the requests and operations of one client."""

    def __init__(
        self, *, provider: str, account: str, hooks: Hooked | None = None, secrets: Secrets = tuple
    ) -> None:
        self.provider, self.account = provider, account
        self._secrets = secrets
        self._common = {"provider": provider, "account": account}
        self._finished = hooks if hooks is not None and hooks.wants_requests else None
        self._tracer: Any = None

    def operation(self, call: Call) -> WatchedOperation | None:
        """Return an observation of one operation, or None where nobody looks at what goes well."""
        span = self._span(call.operation)
        if span is None and not _OPERATIONS.isEnabledFor(logging.INFO):
            return None
        watched = WatchedOperation(self._common | {"operation": call.operation}, span)
        if span is not None:
            watched.context = sys.modules["opentelemetry.trace"].set_span_in_context(span)
        return watched

    def watch(self, request: Request, call: Call, *, attempt: int, waited: Waited) -> Watched | None:
        """Return an observation of one attempt, or None where nobody looks at what goes well."""
        operation = call.watched
        span = self._span(request.asked, None if operation is None else operation.context)
        if (
            span is None
            and operation is None
            and self._finished is None
            and not _REQUESTS.isEnabledFor(logging.INFO)
        ):
            return None
        return self._watched(request, call, attempt, waited, span)

    def unwatched(self, request: Request, error: BaseException, call: Call, *, attempt: int) -> None:
        """Note an attempt that went badly while nobody looked."""
        if _REQUESTS.isEnabledFor(_level(error)):
            self._watched(request, call, attempt, NO_WAIT, None).failed(error)

    def _watched(self, request: Request, call: Call, attempt: int, waited: Waited, span: Any) -> Watched:
        fields: dict[str, Any] = self._common | {
            "operation": call.operation,
            "route": request.asked,
            "kind": request.kind.value,
            "attempt": attempt,
        }
        if waited.seconds:
            fields |= {"waited_seconds": round(waited.seconds, 3), "waited_for": waited.reasons}
        return Watched(fields, span, call.watched, self._finished, self._secrets)

    def _span(self, name: str, context: Any = None) -> Any:
        # Spans are emitted where the application uses OpenTelemetry; importing it here would cost every other one.
        if self._tracer is None:
            trace = sys.modules.get("opentelemetry.trace")
            if trace is None:
                return None
            self._tracer = trace.get_tracer("martech")
        # `start_span`, not its context manager: the latter costs ten times as much.
        span = self._tracer.start_span(f"martech {name}", context)
        return span if span.is_recording() else None
