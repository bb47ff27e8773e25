"""From outcomes and errors to one result per input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.errors import (
    AlreadySent,
    AuthenticationFailed,
    ClientClosed,
    ConfigurationError,
    MartechError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    TransportError,
    UnexpectedResponse,
)
from martech.models import Channel, Contact, Identifier, ItemOutcome, ItemResult, JobPart

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["concerns_all", "contactable_when_new", "import_part", "one_each", "result_of"]


def concerns_all(error: MartechError) -> bool:
    """Return whether an error says that every further call of this client would fail too."""
    return isinstance(error, (AuthenticationFailed, PermissionDenied, ConfigurationError, ClientClosed))


def result_of(error: MartechError, identifier: Identifier | None = None, position: int = 0) -> ItemResult:
    """Return what an error means for one input."""
    if isinstance(error, NotFound):
        outcome = ItemOutcome.NOT_FOUND
    elif isinstance(error, AlreadySent) and error.same_content:
        outcome = ItemOutcome.ACCEPTED
    elif isinstance(error, (OutcomeUnknown, UnexpectedResponse)) or (
        isinstance(error, TransportError) and error.maybe_processed
    ):
        outcome = ItemOutcome.UNKNOWN
    elif isinstance(error, (TransportError, RateLimited, ProviderUnavailable)) or concerns_all(error):
        outcome = ItemOutcome.FAILED
    else:
        outcome = ItemOutcome.REFUSED
    said = f": “{error.vendor_message}”" if isinstance(error, ProviderError) and error.vendor_message else ""
    code = error.code if isinstance(error, ProviderError) else None
    return ItemResult(
        position=position, outcome=outcome, identifier=identifier, reason=f"{error.message}{said}", code=code
    )


def one_each(results: Sequence[ItemResult], expected: Sequence[Identifier | None]) -> Sequence[ItemResult]:
    """Return exactly one result per input; what a plugin did not answer for is unknown, never lost."""
    if len(results) == len(expected):
        return results
    missing = "the plugin gave no result for this input"
    filled = [
        ItemResult(outcome=ItemOutcome.UNKNOWN, identifier=identifier, reason=missing)
        for identifier in expected[len(results) :]
    ]
    return [*results[: len(expected)], *filled]


def contactable_when_new(contact: Contact, channels: Collection[Channel] = (Channel.EMAIL,)) -> bool:
    """Return whether somebody new may be contacted once written so.

    That is on at least one of the `channels` to which the vendor subscribes new people: with an address for it,
    and without a no.
    """
    nos = {one.channel for one in contact.subscriptions if one.is_no and one.topic is None}
    return any(channel not in nos and _address(contact, channel) for channel in channels)


def _address(contact: Contact, channel: Channel) -> str | None:
    if channel is Channel.EMAIL:
        return contact.email
    return contact.mobile if channel in (Channel.SMS, Channel.WHATSAPP) else None


def import_part(
    job_id: str,
    contacts: Sequence[Contact],
    names: Sequence[Identifier],
    *,
    channels: Collection[Channel] = (Channel.EMAIL,),
) -> JobPart:
    """Return a part of an import: the vendor's id of it, and whom it is about.

    Args:
        job_id: The vendor's id.
        contacts: What was handed over.
        names: By what each of them is found again in the vendor's report.
        channels: To which channels the vendor subscribes new people.
    """
    nos = tuple(place for place, one in enumerate(contacts) if not contactable_when_new(one, channels))
    return JobPart(id=job_id, inputs=tuple(name.key for name in names), nos=nos)
