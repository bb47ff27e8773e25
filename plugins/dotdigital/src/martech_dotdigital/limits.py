"""What Dotdigital allows: tiers of calls a minute, learned from answers, and the sizes of single calls.

The vendor counts by tier and account and publishes no numbers for an account but in its own screens (S7), so what
is declared here only serves until the first answer says better.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from martech.provider import Limit, LimitReading, LimitScope, Response

__all__ = ["FLAT_LIMITS", "TIERED_LIMITS", "learned", "resets"]

ENROLMENTS = "enrolments"

_ENROLMENT_LIMIT = Limit(
    name=ENROLMENTS, calls=20, per_seconds=3600, source="spec: 20 enrolments an hour, all programs together"
)
TIERED_LIMITS = (
    Limit(name="low", calls=75, per_seconds=60, source="a partner's starting value, until X-RateLimit-* says"),
    Limit(name="medium", per_seconds=60, source="X-RateLimit-* of scope mediumCallRate"),
    Limit(name="high", per_seconds=60, source="X-RateLimit-* of scope highCallRate"),
    _ENROLMENT_LIMIT,
)
FLAT_LIMITS = (
    # 2,000 calls in any hour of an API user: at an even 1,800 an hour, 200 more may go at once and still fit.
    # The vendor does not count sends; they are counted here, which only errs on the safe side.
    Limit(
        name="hour", calls=1800, per_seconds=3600, burst=200, every=True, scope=LimitScope.USER,
        source="guide: the deprecated flat scheme, 2,000 calls in a rolling hour",
    ),
    _ENROLMENT_LIMIT,
)  # fmt: skip

SCOPES: Mapping[str, str] = {"lowcallrate": "low", "mediumcallrate": "medium", "highcallrate": "high"}
"""The vendor's words for its tiers. One that is not here teaches nothing."""
_EPOCH_FROM = 10**9
"""`X-RateLimit-Reset` is seconds since the epoch (guide) or from now (the official client): told by size."""

PAGE_SIZE = 1000
"""Rows a page, both frameworks (swagger: v2 takes 1 to 1000; spec: v3 up to 5000)."""
LARGEST_V3_PAGE = 5000
LARGEST_V2_PAGE = 1000
TEMPLATES_PAGE = 500
"""The largest page of templates and of forms (swagger)."""
REPLIES_PAGE = 5
EVENTS_PAGE = 1000
"""Half of what one call may bring, since it must be answered within 30 seconds (guide)."""
EVENTS_SECONDS = 30.0

DELETE_SIZE = 5000
"""Contacts in one bulk deletion, and keys in one deletion of records (spec)."""
IMPORT_SIZE = 20_000
"""Contacts in one import, so that what is in memory stays small; the vendor's bound is the size of the body."""
LARGEST_IMPORT = 100_000
"""Contacts in one import that are read while they are encoded; of usual ones that many fill about one body."""
MOST_IMPORT_PARTS = 5
"""How many imports run side by side without slowing each other down; the vendor turns away the 26th (guide)."""
REMOVE_SIZE = 5000
SUPPRESS_SIZE = 1000
"""People in one suppression; no bound is documented."""
ENROL_LISTS = 10
"""Lists in one enrolment (spec)."""
ENROL_SIZE = 25
"""People in one enrolment (spec)."""
SEND_PEOPLE = 10
"""Contact ids in one campaign send (guide)."""
TRACK_SIZE = 1000
"""Events in one call; the vendor takes 5,000 and 50 MB (spec, guide)."""
CONSENTS_AT_ONCE = 5
"""Consent records in one write of a contact (spec)."""
SEND_BATCH = 1000
"""E-mails in one batch; no bound is documented."""
CALLS_AT_ONCE = 4


def learned(response: Response) -> LimitReading | None:
    """Return what an answer says about the tier it was counted under."""
    name = SCOPES.get((response.headers.get("x-ratelimit-scope") or "").strip().casefold())
    if name is None:
        return None
    resets_at, resets_in = resets(response)
    return LimitReading(
        name=name,
        calls=_number(response, "x-ratelimit-limit"),
        per_seconds=60,
        remaining=_number(response, "x-ratelimit-remaining"),
        resets_at=resets_at,
        resets_in_seconds=resets_in,
    )


def resets(response: Response) -> tuple[datetime | None, float | None]:
    """Return when the tier's minute is over, as a time or as seconds from now, as the vendor said it."""
    seconds = _number(response, "x-ratelimit-reset")
    if seconds is None:
        return None, None
    return (datetime.fromtimestamp(seconds, UTC), None) if seconds >= _EPOCH_FROM else (None, float(seconds))


def _number(response: Response, header: str) -> int | None:
    text = (response.headers.get(header) or "").strip()
    # A number of more digits than any time has is none.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 11 else None
