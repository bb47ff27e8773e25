"""One structured log record and one span per request. No value of a request is in either."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from martech.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from martech.wire import Request, Response

__all__ = ["Observer", "Watched"]

_LOG = logging.getLogger("martech.requests")
# A library says nothing on its own; whoever wants to hear it configures logging.
logging.getLogger("martech").addHandler(logging.NullHandler())

_ANSWERS = (NotFound, Conflict, InvalidInput)
"""Refusals that are answers like any other; everything else that goes wrong is a warning."""


class Watched:
    """One attempt under observation."""

    __slots__ = ("_fields", "_span")

    def __init__(self, fields: dict[str, Any], span: Any) -> None:
        self._fields, self._span = fields, span

    def answered(self, response: Response, refused: BaseException | None) -> None:
        """Note that an answer came, and whether it was a refusal."""
        self._fields |= {"status": response.status, "seconds": round(response.seconds, 4)}
        self._finish(refused)

    def failed(self, error: BaseException) -> None:
        """Note that no answer came."""
        self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        if error is not None:
            self._fields["error"] = type(error).__name__
        level = _level(error)
        if _LOG.isEnabledFor(level):
            what = f"{self._fields['provider']} {self._fields['operation']}: {self._fields['route']}"
            _LOG.log(
                level,
                "%s -> %s",
                what,
                self._fields.get("status", self._fields.get("error")),
                extra={"martech": self._fields},
            )
        if self._span is not None:
            for name, value in self._fields.items():
                self._span.set_attribute(f"martech.{name}", value)
            self._span.end()


def _level(error: BaseException | None) -> int:
    return logging.INFO if error is None or isinstance(error, _ANSWERS) else logging.WARNING


class Observer:
    """Watches the requests of one client."""

    def __init__(self, *, provider: str, account: str) -> None:
        self._common = {"provider": provider, "account": account}
        self._tracer: Any = None

    def watch(self, request: Request, *, operation: str, attempt: int, waited_seconds: float) -> Watched | None:
        """Return an observation of one attempt, or None where nobody looks at what goes well."""
        span = self._span(operation)
        if span is None and not _LOG.isEnabledFor(logging.INFO):
            return None
        return self._watched(request, operation, attempt, waited_seconds, span)

    def unwatched(self, request: Request, error: BaseException, *, operation: str, attempt: int) -> None:
        """Note an attempt that went badly while nobody looked."""
        if _LOG.isEnabledFor(_level(error)):
            self._watched(request, operation, attempt, 0.0, None).failed(error)

    def _watched(self, request: Request, operation: str, attempt: int, waited: float, span: Any) -> Watched:
        fields: dict[str, Any] = self._common | {
            "operation": operation,
            "route": request.asked,
            "kind": request.kind.value,
            "attempt": attempt,
        }
        if waited:
            fields["waited_seconds"] = round(waited, 3)
        return Watched(fields, span)

    def _span(self, operation: str) -> Any:
        # Spans are emitted where the application uses OpenTelemetry; importing it here would cost every other one.
        if self._tracer is None:
            trace = sys.modules.get("opentelemetry.trace")
            if trace is None:
                return None
            self._tracer = trace.get_tracer("martech")
        # `start_span`, not its context manager: the latter costs ten times as much.
        return self._tracer.start_span(f"martech {operation}")
