"""BulkUpsert-Async: contacts handed over as jobs of up to a thousand (D5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech.models import Contact, Job, JobPart, JobStatus, Merge, own
from martech.provider import InvalidInput, InvalidRequest, MartechError, Now, Saving, concerns_all, post
from martech_dengage.limits import BULK_ASYNC, BULK_TIMEOUT_SECONDS, CONTACTS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, contact_to_wire, contactable_if_new, kept_blocks
from martech_dengage.mapping.jobs import BECAUSE, CONTACTS, NOT_TAKEN, SEPARATOR, job_id
from martech_dengage.mapping.verdicts import verdict_on
from martech_dengage.settings import DengageSettings
from martech_dengage.writing.bulk import same_columns
from martech_dengage.writing.looking import look_up
from martech_dengage.writing.upserting import refuse_extra

__all__ = ["submit_import"]


async def submit_import(settings: DengageSettings, contacts: Sequence[Contact], *, how: Saving) -> Job:
    """Hand contacts over. One request for each set of columns in each thousand of them.

    One more for each contact unless `look_first` is off. Whoever cannot be said to dEngage or be looked up, or is
    refused at once, is so in the results. If dEngage stops taking them midway, what it took stays a part of the
    job, and the rest is a part that failed.

    Raises:
        MartechError: Nothing was taken.
    """
    refuse_extra(how)
    records, keys, verdicts = _merged(contacts, skip_empty=how.merge is Merge.KEEP_WHERE_EMPTY)
    parts: list[JobPart] = []
    stopped: MartechError | None = None
    for start in range(0, len(keys), CONTACTS_AT_ONCE):
        some = keys[start : start + CONTACTS_AT_ONCE]
        batch = _Batch(some, {key: records[key] for key in some if key in records}, verdicts)
        if stopped is None:
            try:
                await _hand_over(settings, batch)
            except MartechError as error:
                if not batch.ids and not parts:
                    raise
                stopped = error
        parts.append(_part(batch, stopped))
    return Job(provider="dengage", kind=CONTACTS, parts=tuple(parts), submitted_at=await Now())


@dataclass(slots=True)
class _Batch:
    """Up to a thousand inputs: their keys in order, a record for each that can be said, and dEngage's jobs."""

    keys: Sequence[str]
    records: dict[str, dict[str, Any]]
    verdicts: dict[str, str]
    """Of those who are not handed over, by key."""
    ids: list[str] = field(default_factory=list[str])

    def refuse(self, key: str, error: MartechError) -> None:
        """Leave somebody out, with the reason in the results."""
        self.verdicts[key] = verdict_on(error)
        self.records.pop(key, None)


def _merged(
    contacts: Sequence[Contact], *, skip_empty: bool
) -> tuple[dict[str, dict[str, Any]], list[str], dict[str, str]]:
    """Return the records by key, the key of each input, and the verdict on each key that has no record.

    Somebody named twice is written once, as both say.
    """
    people: dict[str, Contact] = {}
    keys: list[str] = []
    for place, contact in enumerate(contacts):
        # Whoever has no key gets one that no key is, under which the refusal is kept.
        key = contact.own_id if contact.own_id and not contact.own_id.isspace() else f"{NAMELESS}{place}"
        earlier = people.get(key)
        people[key] = contact if earlier is None else contact.over(earlier)
        keys.append(key)
    records: dict[str, dict[str, Any]] = {}
    verdicts: dict[str, str] = {}
    for key, contact in people.items():
        try:
            records[key] = contact_to_wire(contact, skip_empty=skip_empty)
        except InvalidRequest as refused:
            verdicts[key] = verdict_on(refused)
    return records, keys, verdicts


async def _hand_over(settings: DengageSettings, batch: _Batch) -> None:
    """Hand a batch over, one request for each set of columns; what is refused of it leaves the others alone.

    Raises:
        MartechError: It concerns every record; what was taken before is in `batch.ids`.
    """
    if settings.look_first:
        people = await look_up(batch.records)
        for key, error in people.failed.items():
            if concerns_all(error):
                raise error
            batch.refuse(key, error)
        for key, row in people.known.items():
            batch.records[key].update(kept_blocks(batch.records[key], row))
    refused: MartechError | None = None
    for group in same_columns(batch.records.values()):
        try:
            batch.ids.append(await _taken(group))
        except (InvalidInput, InvalidRequest) as error:
            refused = error
            for record in group:
                batch.refuse(str(record[KEY]), error)
    if refused is not None and not batch.ids:
        raise refused


async def _taken(group: Sequence[Mapping[str, Any]]) -> str:
    """Hand over records of the same columns; return the id of their job. One request.

    Not repeated: the second job would call those known whom the first had made contactable.
    """
    said = {"columns": [KEY, *sorted(name for name in group[0] if name != KEY)], "contactDatas": list(group)}
    reply = await post(
        "/bulk/async/contacts",
        json=said,
        limit=BULK_ASYNC,
        repeatable=False,
        timeout_seconds=BULK_TIMEOUT_SECONDS,
    )
    return job_id(reply)


def _part(batch: _Batch, stopped: MartechError | None) -> JobPart:
    inputs = tuple(batch.verdicts[key] if key in batch.verdicts else own(key).key for key in batch.keys)
    nos = tuple(
        place
        for place, key in enumerate(batch.keys)
        if key in batch.records and not contactable_if_new(batch.records[key])
    )
    if stopped is None:
        if not batch.ids:
            return JobPart(id=NOT_TAKEN, status=JobStatus.DONE, inputs=inputs)
        return JobPart(id=SEPARATOR.join(batch.ids), inputs=inputs, nos=nos)
    status = JobStatus.WAITING if batch.ids else JobStatus.FAILED
    detail = f"{BECAUSE}{stopped.message}"
    return JobPart(
        id=SEPARATOR.join([*batch.ids, NOT_TAKEN]), status=status, inputs=inputs, nos=nos, detail=detail
    )


NAMELESS = "\n"
"""Before the place of somebody without a key: no key begins with it."""
