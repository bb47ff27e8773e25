"""Contacts as dEngage has them: rows of `master_contact`, and extra addresses beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from martech.models import IfNew, ItemResult, Job, JobPart, own
from martech.provider import InvalidRequest, Kind, M, NotFound, Now, observed, operation, post, result_of
from martech_dengage import assumed, seen
from martech_dengage.dates import said_on_the_wall, zone_of
from martech_dengage.limits import BULK, BULK_ASYNC, BULK_TIMEOUT_SECONDS, REPORT_PAGE
from martech_dengage.mapping.answers import Written
from martech_dengage.mapping.contacts import KEY, contactable_if_new, kept_blocks, no_for_new
from martech_dengage.mapping.jobs import CONTACTS, job_id
from martech_dengage.mapping.words import CHANNELS, CONTACT_COLUMNS, CONTACT_STATUS, PASSIVE
from martech_dengage.native.base import Data, Group, data_of, refuse_yes
from martech_dengage.writing import (
    contact_row,
    insert_contact,
    look_up,
    same_columns,
    update_contact,
    update_only,
)

__all__ = ["NativeContacts"]

Record = Mapping[str, Any]
ColumnType = Literal["TEXT", "INTEGER", "DATE", "BOOLEAN", "EMAIL", "PHONE", "DECIMAL"]
"""Types of columns (C4)."""
ADDRESSES = frozenset(columns.address for columns in CHANNELS.values())
EVERY_ACCOUNT = frozenset(name.casefold() for name in CONTACT_COLUMNS)


class NativeContacts(Group[M]):
    """InsertContact, GetContact, UpdateContact, GetUpdateLog, BulkUpsert and its siblings."""

    row = "native.contacts"

    @operation
    @assumed.rests_on(assumed.INSERT_CONTACT, assumed.NEW_COLUMNS)
    async def insert(
        self, record: Record, *, if_new: IfNew, new_columns: Mapping[str, ColumnType] | None = None
    ) -> None:
        """InsertContact (assumed): make a contact of a row, and columns that the account lacks. One request.

        Args:
            record: The row, `contact_key` among it.
            if_new: Whether the contact may be contacted.
            new_columns: Columns of your own to be made with it, each with its type. No call makes one alone.

        Raises:
            Conflict: There is such a contact already; no column was made.
            InvalidRequest: A new column bears the name of one that every account has.
        """
        refuse_yes([record])
        taken = sorted(name for name in new_columns or () if name.strip().casefold() in EVERY_ACCOUNT)
        if taken:
            raise InvalidRequest(f"every account has the columns {', '.join(taken)}; nothing was sent")
        said = no_for_new(record) if IfNew(if_new) is IfNew.NOT_CONTACTABLE else record
        await insert_contact(self._settings, said, repeatable=False, new_columns=new_columns)

    @operation
    @observed(seen.GET_CONTACT)
    async def get(self, contact_key: str, *, columns: Sequence[str]) -> Data:
        """GetContact: return these columns of a contact. One request.

        Raises:
            NotFound: There is no such contact.
        """
        row = await contact_row(contact_key, columns=columns)
        if row is None:
            raise NotFound("there is no such contact")
        return row

    @operation
    @assumed.rests_on(assumed.UPDATE_CONTACT)
    async def update(self, contact_key: str, columns: Record) -> None:
        """UpdateContact (assumed): change columns of a contact. One request.

        One more where an address is among them: if it was blocked, the block is kept (D4 lifts it).

        Raises:
            NotFound: There is no such contact.
        """
        refuse_yes([columns])
        # Whether dEngage minds how a column is spelt is not known: an address is one in any letters.
        spelt = {name: name.strip().casefold() for name in columns}
        named = {plain if plain in CONTACT_COLUMNS else name: columns[name] for name, plain in spelt.items()}
        record = {**named, KEY: contact_key}
        if not record.keys().isdisjoint({"email", "gsm"}):
            record |= kept_blocks(record, await contact_row(contact_key) or {})
        await update_contact(self._settings, record, repeatable=True)

    @operation
    @assumed.rests_on(assumed.UPDATE_LOG)
    async def update_log(
        self,
        *,
        begin: datetime,
        end: datetime,
        contact_key: str | None = None,
        limit: int = REPORT_PAGE,
        offset: int = 0,
    ) -> Data:
        """GetUpdateLog (assumed): return a page of changes, of one contact or of all. One request."""
        zone = zone_of(self._settings.timezone)
        query = {
            "beginTime": said_on_the_wall(begin, zone=zone),
            "endTime": said_on_the_wall(end, zone=zone),
            "contactKey": contact_key,
            "limit": limit,
            "offset": offset,
        }
        request = assumed.ask(self._settings, "update_log", "GET", Kind.READ, query=query)
        return data_of(assumed.heard(self._settings, await request))

    @operation
    @observed(seen.BULK_ANSWER)
    async def bulk_upsert(
        self, records: Sequence[Record], *, insert_if_not_exists: bool, lifts_blocks: bool = False
    ) -> Data:
        """BulkUpsert: write up to 1000 rows of the same columns. One request, of which there is one a minute.

        With `insert_if_not_exists` somebody new may be contacted on every channel whose permission is not false in
        their row. An address that changes is active again afterwards, whatever had blocked it (D4), so rows with
        one need `lifts_blocks=True`. The answer lists `inserted`, `updated`, `errors` and `warnings`.

        Raises:
            InvalidRequest: A row has an address, and nobody said that blocks may be lifted.
        """
        refuse_yes(records)
        _refuse_addresses(records, unless=lifts_blocks)
        said = _bulk(records) | {
            "insertIfNotExists": insert_if_not_exists,
            "throwExceptionIfInvalidRecord": False,
        }
        repeatable = not insert_if_not_exists
        reply = await post(
            "/bulk/contacts", json=said, limit=BULK, repeatable=repeatable, timeout_seconds=BULK_TIMEOUT_SECONDS
        )
        return data_of(reply)

    @operation
    async def bulk_upsert_async(
        self, records: Sequence[Record], *, makes_contacts: bool = False, lifts_blocks: bool = False
    ) -> Job:
        """BulkUpsert-Async: hand over up to 1000 rows of the same columns. One request.

        It makes whoever is new (D5), and they may be contacted on every channel whose permission is not false in
        their row: `makes_contacts=True` says that this is meant, and without it all of whom that holds are looked
        up first, in one request each. Of addresses the same as for `bulk_upsert`.

        Raises:
            InvalidRequest: Somebody would be made, or a block be lifted, and nobody said that it may.
        """
        refuse_yes(records)
        _refuse_addresses(records, unless=lifts_blocks)
        if not makes_contacts:
            await _refuse_new(records)
        reply = await post(
            "/bulk/async/contacts", json=_bulk(records), limit=BULK_ASYNC, timeout_seconds=BULK_TIMEOUT_SECONDS
        )
        nos = tuple(place for place, record in enumerate(records) if not contactable_if_new(record))
        inputs = tuple(own(str(record[KEY])).key for record in records)
        part = JobPart(id=job_id(reply), inputs=inputs, nos=nos)
        return Job(provider="dengage", kind=CONTACTS, parts=(part,), submitted_at=await Now())

    @operation
    async def bulk_upsert_extensions(self, records: Sequence[Record], *, insert_if_not_exists: bool) -> Data:
        """BulkUpsertExtensions: write up to 1000 extra addresses of contacts, of the same columns. One request.

        Each needs `contact_key` and `address`; one that may be new needs `permission` too, which must be false.
        """
        refuse_yes(records)
        if insert_if_not_exists and not all("permission" in record for record in records):
            raise InvalidRequest("an address that may be new needs its permission: nobody says what it would be")
        said = _bulk(records) | {"insertIfNotExists": insert_if_not_exists}
        return data_of(await post("/bulk/contact_extensions", json=said, repeatable=True))

    @operation
    @observed(seen.BULK_ANSWER)
    async def make_passive(self, contact_keys: Sequence[str]) -> Sequence[ItemResult]:
        """Make contacts passive, which is as near to deleting them as dEngage comes: they get nothing any more.

        One BulkUpsert, and one request for each who was not changed. They stay contacts, and can be read.
        """
        keys = list(dict.fromkeys(contact_keys))
        done = await update_only(self._settings, [{KEY: key, CONTACT_STATUS: PASSIVE} for key in keys])
        return [
            ItemResult(position=place, outcome=one.outcome, identifier=own(key), reason=one.reason)
            if isinstance(one := done[key], Written)
            else result_of(one, own(key), place)
            for place, key in enumerate(contact_keys)
        ]


def _refuse_addresses(records: Sequence[Record], *, unless: bool) -> None:
    columns = {name.strip().casefold() for record in records for name in record}
    if not unless and not columns.isdisjoint(ADDRESSES):
        raise InvalidRequest(
            "an address that changes lifts what blocks it, such as a bounce",
            hint="contacts.upsert_many keeps blocks; or say lifts_blocks=True if that is meant",
        )


async def _refuse_new(records: Sequence[Record]) -> None:
    people = await look_up(str(record[KEY]) for record in records if KEY in record and contactable_if_new(record))
    for error in people.failed.values():
        raise error
    if people.absent:
        raise InvalidRequest(
            f"{len(people.absent)} of these rows are about nobody dEngage knows, and would make contacts that may "
            "be contacted; nothing was written",
            hint="make the contacts first, or say makes_contacts=True",
        )


def _bulk(records: Sequence[Record]) -> dict[str, Any]:
    if len(same_columns(records)) != 1 or KEY not in records[0]:
        raise InvalidRequest(f"the rows of one call have the same columns, {KEY} among them")
    columns = [KEY, *sorted(name for name in records[0] if name != KEY)]
    return {"columns": columns, "contactDatas": list(records)}
