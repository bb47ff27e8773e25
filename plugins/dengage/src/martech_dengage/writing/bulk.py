"""BulkUpsert: the documented way to write contacts, one call a minute for the whole account (D4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from martech.models import ItemOutcome
from martech.provider import MartechError, RateLimited, concerns_all, post, read
from martech_dengage.limits import BULK, BULK_TIMEOUT_SECONDS
from martech_dengage.mapping.answers import Written, written
from martech_dengage.mapping.contacts import KEY
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import BulkAnswer
from martech_dengage.writing.looking import look_up

__all__ = ["Record", "Verdict", "bulk_upsert", "in_groups", "same_columns", "update_only"]

Record = Mapping[str, Any]
Verdict = Written | MartechError
"""What became of one record, or the error that met it."""


def same_columns(records: Iterable[Record]) -> list[list[Record]]:
    """Return the records grouped by their columns.

    A column that is listed and missing from a record is undefined behaviour (D4), and a permission that is filled
    in with its default would be a yes.
    """
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(sorted(record)), []).append(record)
    return list(groups.values())


async def bulk_upsert(
    settings: DengageSettings, records: Sequence[Record], *, insert: bool, repeatable: bool
) -> dict[str, Written]:
    """Write records of one shape and return what became of each, by key. One request; waits for its turn.

    Args:
        settings: From which number errors count records.
        records: Up to 1000, all with the same columns.
        insert: Whether somebody unknown is made.
        repeatable: Whether doing it twice leaves everything as once, what we then say about it included.
    """
    said = {
        "columns": [KEY, *sorted(name for name in records[0] if name != KEY)],
        "contactDatas": list(records),
        "insertIfNotExists": insert,
        # One bad record must not sink the others.
        "throwExceptionIfInvalidRecord": False,
    }
    reply = await post(
        "/bulk/contacts", json=said, limit=BULK, repeatable=repeatable, timeout_seconds=BULK_TIMEOUT_SECONDS
    )
    keys = [str(record[KEY]) for record in records]
    return written(read(BulkAnswer, reply).get("data"), keys, first=settings.errors_number_from)


async def update_only(
    settings: DengageSettings, records: Sequence[Record], *, repeatable: bool = True
) -> dict[str, Verdict]:
    """Change people who are there and make nobody; return what became of each, by key.

    One request for each set of columns, a minute apart, and one for each person who was not changed: whether they
    are missing or were refused is told in no shape that could be relied on, so they are looked up.
    """
    done = await in_groups(settings, records, insert=False, repeatable=repeatable)
    silent = [key for key, one in done.items() if isinstance(one, Written) and one.outcome in _NOT_CHANGED]
    people = await look_up(silent)
    return done | {key: Written(ItemOutcome.NOT_FOUND, "there is no such contact") for key in people.absent}


async def in_groups(
    settings: DengageSettings, records: Sequence[Record], *, insert: bool, repeatable: bool
) -> dict[str, Verdict]:
    """Write records of any shapes, one request for each shape; return what became of each, by key.

    A refusal of one request is the verdict on its records. One that would meet the others too is theirs as well,
    and they are not sent.
    """
    done: dict[str, Verdict] = {}
    hopeless: MartechError | None = None
    for group in same_columns(records):
        keys = [str(record[KEY]) for record in group]
        if hopeless is not None:
            done |= dict.fromkeys(keys, hopeless)
            continue
        try:
            done |= await bulk_upsert(settings, group, insert=insert, repeatable=repeatable)
        except MartechError as error:
            done |= dict.fromkeys(keys, error)
            hopeless = error if concerns_all(error) or isinstance(error, RateLimited) else None
    return done


_NOT_CHANGED = (ItemOutcome.UNKNOWN, ItemOutcome.REFUSED)
