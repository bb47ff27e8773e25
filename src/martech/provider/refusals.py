"""From a vendor's answer to our errors: the part that is the same at every vendor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from martech.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)

if TYPE_CHECKING:
    from martech.wire import Response

__all__ = ["error_for_status", "retry_after"]

_BY_STATUS: dict[int, type[ProviderError]] = {
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    429: RateLimited,
}
_SENTENCES: dict[type[ProviderError], str] = {
    AuthenticationFailed: "the vendor does not accept these credentials",
    PermissionDenied: "the vendor does not let us do this",
    NotFound: "there is no such thing at the vendor",
    Conflict: "it is already there, or its present state does not allow this",
    InvalidInput: "the vendor does not accept what was sent",
    RateLimited: "the vendor asks us to slow down",
    ProviderUnavailable: "the vendor is out of order",
}


def error_for_status(
    response: Response,
    *,
    kind: type[ProviderError] | None = None,
    sentence: str | None = None,
    code: str | int | None = None,
    said: str | None = None,
    request_id: str | None = None,
    hint: str | None = None,
    retry_after_seconds: float | None = None,
) -> ProviderError:
    """Return the error for a refusal: its kind by HTTP status unless `kind` says better.

    Args:
        response: The whole answer.
        kind: The error class, where the vendor's code says more than its status.
        sentence: What happened, where there is something better to say than the usual sentence.
        code: The vendor's own code.
        said: The vendor's own words; masked before they are kept.
        request_id: The vendor's name for the exchange.
        hint: What to do about it.
        retry_after_seconds: How long the vendor asks to wait, where it says so in a way of its own.
    """
    if kind is None:
        usual = ProviderUnavailable if response.status >= 500 else InvalidInput
        kind = _BY_STATUS.get(response.status, usual)
    error = kind(
        sentence or _SENTENCES.get(kind, "the vendor refused"),
        status=response.status,
        code=code,
        vendor_message=said,
        request_id=request_id,
        asked=response.asked or None,
        hint=hint,
    )
    if isinstance(error, RateLimited):
        after = retry_after(response)
        error.retry_at = after if isinstance(after, datetime) else None
        error.retry_after_seconds = after.total_seconds() if isinstance(after, timedelta) else retry_after_seconds
    return error


def retry_after(response: Response) -> datetime | timedelta | None:
    """Return what a `Retry-After` header says, in whichever of its two forms (RFC 9110 section 10.2.3)."""
    value = (response.headers.get("retry-after") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return timedelta(seconds=seconds) if 0 <= seconds < 10**8 else None
