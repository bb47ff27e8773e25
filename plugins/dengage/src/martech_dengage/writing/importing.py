"""BulkUpsert-Async: contacts handed over as jobs of up to a thousand (D5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from martech.models import Contact, Job, JobPart, JobStatus, Merge, own
from martech.provider import InvalidRequest, MartechError, Now, Saving, post
from martech_dengage.limits import BULK_ASYNC, BULK_TIMEOUT_SECONDS, CONTACTS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, contact_to_wire, contactable_if_new, kept_blocks
from martech_dengage.mapping.jobs import BECAUSE, CONTACTS, NOT_TAKEN, SEPARATOR, job_id
from martech_dengage.settings import DengageSettings
from martech_dengage.writing.bulk import same_columns
from martech_dengage.writing.looking import look_up
from martech_dengage.writing.upserting import refuse_extra

__all__ = ["submit_import"]


async def submit_import(settings: DengageSettings, contacts: Sequence[Contact], *, how: Saving) -> Job:
    """Hand contacts over. One request for each set of columns in each thousand of them.

    One more for each contact unless `look_first` is off. If dEngage stops taking them midway, what it took stays a
    part of the job, and the rest is a part that failed.

    Raises:
        InvalidRequest: One of them cannot be said to dEngage; says which, and nothing was sent.
        MartechError: Nothing was taken.
    """
    refuse_extra(how)
    merged, keys = _merged(contacts, skip_empty=how.merge is Merge.KEEP_WHERE_EMPTY)
    parts: list[JobPart] = []
    stopped: MartechError | None = None
    for start in range(0, len(keys), CONTACTS_AT_ONCE):
        some = keys[start : start + CONTACTS_AT_ONCE]
        records = {key: merged[key] for key in some}
        ids: list[str] = []
        if stopped is None:
            try:
                await _hand_over(settings, records, ids)
            except MartechError as error:
                if not ids and not parts:
                    raise
                stopped = error
        parts.append(_part(some, records, ids, stopped))
    return Job(provider="dengage", kind=CONTACTS, parts=tuple(parts), submitted_at=await Now())


def _merged(contacts: Sequence[Contact], *, skip_empty: bool) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the records by key, and the key of each input: somebody named twice is written once, as both say."""
    people: dict[str, Contact] = {}
    keys: list[str] = []
    for place, contact in enumerate(contacts):
        if not contact.own_id:
            raise InvalidRequest(f"contact {place} of the import has no own id; nothing was sent")
        earlier = people.get(contact.own_id)
        people[contact.own_id] = contact if earlier is None else contact.over(earlier)
        keys.append(contact.own_id)
    records: dict[str, dict[str, Any]] = {}
    for key, contact in people.items():
        try:
            records[key] = contact_to_wire(contact, skip_empty=skip_empty)
        except InvalidRequest as refused:
            place = keys.index(key)
            raise InvalidRequest(
                f"contact {place} of the import: {refused.message}; nothing was sent"
            ) from refused
    return records, keys


async def _hand_over(settings: DengageSettings, records: Mapping[str, dict[str, Any]], ids: list[str]) -> None:
    if settings.look_first:
        people = await look_up(records)
        for error in people.failed.values():
            raise error
        for key, row in people.known.items():
            records[key].update(kept_blocks(records[key], row))
    for group in same_columns(records.values()):
        said = {"columns": [KEY, *sorted(name for name in group[0] if name != KEY)], "contactDatas": group}
        # Not repeated: the second job would call those known whom the first had made contactable.
        reply = await post(
            "/bulk/async/contacts",
            json=said,
            limit=BULK_ASYNC,
            repeatable=False,
            timeout_seconds=BULK_TIMEOUT_SECONDS,
        )
        ids.append(job_id(reply))


def _part(
    keys: Sequence[str], records: Mapping[str, Mapping[str, Any]], ids: Sequence[str], stopped: MartechError | None
) -> JobPart:
    nos = tuple(place for place, key in enumerate(keys) if not contactable_if_new(records[key]))
    inputs = tuple(own(key).key for key in keys)
    if stopped is None:
        return JobPart(id=SEPARATOR.join(ids), inputs=inputs, nos=nos)
    status = JobStatus.WAITING if ids else JobStatus.FAILED
    detail = f"{BECAUSE}{stopped.message}"
    return JobPart(id=SEPARATOR.join([*ids, NOT_TAKEN]), status=status, inputs=inputs, nos=nos, detail=detail)
