"""Whether to try again, as pure decisions: nothing here waits, asks a clock or draws a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martech.errors import (
    AlreadySent,
    AuthenticationFailed,
    MartechError,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    TransportError,
    UnexpectedResponse,
)

if TYPE_CHECKING:
    from datetime import datetime

    from martech.wire import Request

__all__ = ["RetryPolicy", "provably_not_processed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to try again.

    A request is tried again only if it may be repeated, or if the vendor provably did not process it. What the
    vendor asks for (`Retry-After`) is followed; otherwise the wait doubles, with jitter.
    """

    attempts: int = 4
    """How often in all a request is tried."""
    total_seconds: float = 120.0
    """How long all waiting between attempts may take together."""
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0

    def next_wait(
        self,
        request: Request,
        error: MartechError,
        *,
        attempt: int,
        waited_seconds: float,
        now: datetime,
        jitter: float,
    ) -> float | None:
        """Return how many seconds to wait before the next attempt, or None to give up.

        Args:
            request: What was tried.
            error: What came of it.
            attempt: Which attempt that was, counted from 1.
            waited_seconds: How long was waited between attempts so far.
            now: The present time.
            jitter: A number from 0 to 1.
        """
        if attempt >= self.attempts or not worth_repeating(request, error):
            return None
        backoff = min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (attempt - 1))
        wait = backoff * (0.5 + jitter / 2)
        if isinstance(error, RateLimited) and error.retry_at is not None:
            # A little after the moment the vendor names, and not all callers at once.
            wait = max(0.0, (error.retry_at - now).total_seconds()) + min(1.0, backoff) * jitter
        return wait if waited_seconds + wait <= self.total_seconds else None


def worth_repeating(request: Request, error: MartechError) -> bool:
    """Return whether trying this request again is safe and may help."""
    if isinstance(error, (TransportError, ProviderUnavailable)):
        # A vendor that knows a send again by its key carries it out once, however often it is told.
        return request.repeatable or request.known_again_seconds > 0 or provably_not_processed(error)
    return isinstance(error, RateLimited)


def provably_not_processed(error: BaseException) -> bool:
    """Return whether the vendor cannot have acted: no connection, or turned away at the door."""
    if isinstance(error, TransportError):
        return not error.maybe_processed
    if isinstance(error, (UnexpectedResponse, OutcomeUnknown, ProviderUnavailable, AlreadySent)):
        return False
    return isinstance(error, MartechError)


def response_came_late(refused: MartechError) -> bool:
    """Return whether a vendor that works through a batch may have refused only after a part of it."""
    if not isinstance(refused, ProviderError) or isinstance(refused, (AuthenticationFailed, RateLimited)):
        return False
    # RFC 9110 section 15.5.14: too large a content is one that is not even taken in.
    return refused.status != _TOO_LARGE


_TOO_LARGE = 413
