"""Keys of sends, and sends to more people than one call takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.errors import InvalidRequest, MartechError, UnsupportedOperation
from martech.masking import kept_key
from martech.models import Enrolment, EnrolmentResult, EnrolmentStatus, Identifier, ItemOutcome
from martech.provider.outcomes import concerns_all, result_of
from martech.wire import NewId, SendKey, key_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martech.provider.contract import Provider
    from martech.provider.operations import Extra

__all__ = ["enrol", "key_for"]


async def key_for(key: str | None, dedupe_within_seconds: float | None = None) -> str:
    """Return the caller's key, or a fresh one.

    Args:
        key: Names the send; one that names a person is replaced by a digest, here and at the vendor.
        dedupe_within_seconds: For how long the same content under another key counts as the same send.

    Raises:
        InvalidRequest: It is no key: an empty one would be a fresh one each time, and send each time.
    """
    given: object = await NewId() if key is None else key
    if not isinstance(given, str) or not given:
        raise InvalidRequest("a key names one send, such as an order: it is a text, and not an empty one")
    key = kept_key(given)
    if dedupe_within_seconds is None:
        return key
    if not dedupe_within_seconds > 0:
        raise InvalidRequest("dedupe_within_seconds is how far back the same content counts: more than 0")
    return SendKey(key, dedupe_within_seconds=dedupe_within_seconds)


async def enrol(
    provider: Provider, automation_id: str, people: Sequence[Identifier], key: str, extra: Extra
) -> Enrolment:
    """Put people into an automation, as many calls as it takes; one result per person.

    Raises:
        MartechError: It concerns everybody and nobody was enrolled.
    """
    size = provider.automations.batch_size
    last = {ref.key: position for position, ref in enumerate(people)}
    once = [ref for position, ref in enumerate(people) if last[ref.key] == position]
    done: dict[str, EnrolmentResult] = {}
    ids: list[str] = []
    status = EnrolmentStatus.FINISHED
    for start in range(0, len(once), size):
        some = once[start : start + size]
        try:
            # Each call is a send of its own, under a key that is the same when the whole is tried again.
            part = await provider.automations.enrol(
                automation_id, some, key=key if len(once) <= size else key_part(key, start), extra=extra
            )
        except MartechError as error:
            if not done and (concerns_all(error) or isinstance(error, UnsupportedOperation)):
                raise
            done |= {ref.key: _failed(error, ref) for ref in some}
            continue
        ids += part.ids
        done |= {ref.key: item for ref, item in zip(some, part.items, strict=True)}
        status = part.status if part.status is not EnrolmentStatus.FINISHED else status
    items = [
        done[ref.key].model_copy(update={"position": position})
        if last[ref.key] == position
        else EnrolmentResult(
            position=position,
            outcome=ItemOutcome.SUPERSEDED,
            identifier=ref,
            reason=f"the same person as input {last[ref.key]}; enrolled once",
        )
        for position, ref in enumerate(people)
    ]
    return Enrolment(automation_id=automation_id, ids=tuple(ids), status=status, items=tuple(items))


def _failed(error: MartechError, ref: Identifier) -> EnrolmentResult:
    plain = result_of(error, ref)
    return EnrolmentResult(outcome=plain.outcome, identifier=ref, reason=plain.reason, code=plain.code)
