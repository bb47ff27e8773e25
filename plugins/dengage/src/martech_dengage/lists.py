"""Lists at dEngage: sendable tables that need nothing of a member but the contact key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from martech.models import ContactList, Identifier, ItemOutcome, ItemResult, Job, Page, Visibility, own
from martech.provider import (
    Extra,
    InvalidRequest,
    ListOperations,
    NotFound,
    Now,
    declines,
    not_offered,
    not_written,
    observed,
    result_of,
)
from martech_dengage import assumed, seen, tables
from martech_dengage.limits import DELETED_AT_ONCE
from martech_dengage.mapping.contacts import BY_KEY_ONLY, KEY, key_of
from martech_dengage.mapping.jobs import CLEAR, REMOVE, done_at_once
from martech_dengage.mapping.tables import Table, list_columns, list_from_wire
from martech_dengage.mapping.verdicts import verdict
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import hand_over_to_remove, look_up

NO_MEMBERS = not_offered("dEngage gives no rows of a table back: members of a list cannot be read.")
NO_SEGMENTS = not_offered(
    "Segments are built in dEngage's panel, and no call lists them; a send takes one by its id.",
    instead="campaigns.send",
)
NO_JOB = not_written(
    "Rows can be handed over as a job, but everybody must be looked up first all the same.", instead="lists.add"
)


class Lists(ListOperations):
    """Sendable tables whose contact key is the only thing they ask for. Other tables are datasets."""

    batch_size: ClassVar[int] = DELETED_AT_ONCE

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def list(self, cursor: str | None) -> Page[ContactList]:
        """One request a page, and one for each table on it: what a table asks for is in its detail only."""
        page = await tables.own_tables(self._settings, cursor)
        return Page([list_from_wire(table) for table in page.items if table.is_list], page.next_cursor)

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def get(self, list_id: str) -> ContactList:
        """One request."""
        return list_from_wire(await self._list(list_id))

    @observed(seen.CREATED_TABLE)
    @declines(visibility={Visibility.PUBLIC: not_offered("Nobody but you sees a table.")})
    async def create(
        self, name: str, *, description: str | None, visibility: Visibility | None, extra: Extra
    ) -> ContactList:
        """One request. Takes `folderId` as extra."""
        del visibility
        table_id = await tables.create(
            name, list_columns(), contact_column=KEY, description=description, folder_id=_folder(extra)
        )
        return ContactList(id=table_id, name=name, description=description, size=0)

    update = not_offered("A table keeps the name it was made with.", instead="lists.create")

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def delete(self, list_id: str) -> None:
        """Three requests: it is looked at, emptied and dropped. Its members stay contacts."""
        await tables.drop(await self._list(list_id))

    @assumed.rests_on(assumed.TABLE_DETAIL)
    @declines(refs=BY_KEY_ONLY)
    async def add(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """One request a person and two for all.

        A row with an unknown key would make a contact with permission for everything (D8), so everybody is looked
        up first. Contacts cannot be deleted, so whoever was found is still there when the row is written.
        """
        table = await self._list(list_id)
        column = table.primary[0]
        if others := [name for name in table.names if name != column]:
            raise InvalidRequest(
                f"dEngage wants every column in a row, so adding to {table.name!r} would empty "
                f"{', '.join(others)} of whoever is on it already",
                hint="datasets.upsert_many writes whole rows",
            )
        keys = [key_of(ref) for ref in refs]
        people = await look_up(keys)
        present = list(dict.fromkeys(people.spelt(key) for key in keys if key in people.known))
        outcomes: dict[str, ItemResult] = {}
        if present:
            written = await tables.upserted(self._settings, table, [{column: key} for key in present], present)
            for key, one in zip(present, written, strict=True):
                outcomes[key] = ItemResult(outcome=one.outcome, reason=one.reason)
        return [
            outcomes[people.spelt(key)].model_copy(update={"identifier": ref})
            if key in people.known
            else result_of(people.failed[key], ref)
            if key in people.failed
            else ItemResult(outcome=ItemOutcome.NOT_FOUND, identifier=ref, reason="there is no such contact")
            for key, ref in zip(keys, refs, strict=True)
        ]

    submit_add = NO_JOB

    @assumed.rests_on(assumed.TABLE_DETAIL)
    @declines(refs=BY_KEY_ONLY)
    async def remove(self, list_id: str, refs: Sequence[Identifier]) -> Sequence[ItemResult]:
        """Two requests. If only some of them were on the list, dEngage does not say who: they are all `SAVED`."""
        table = await self._list(list_id)
        outcomes = await tables.deleted(self._settings, table, table.primary[0], [key_of(ref) for ref in refs])
        return [ItemResult(outcome=one, identifier=ref) for one, ref in zip(outcomes, refs, strict=True)]

    @assumed.rests_on(assumed.FILE_JOBS, assumed.TABLE_DETAIL)
    @declines(refs=BY_KEY_ONLY)
    async def submit_remove(self, list_id: str, refs: Sequence[Identifier]) -> Job:
        """Two requests: their keys go as a file, in one more for each 36 MB. Otherwise as `remove`."""
        table = await self._list(list_id)
        keys = [key_of(ref) for ref in refs]
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        inputs = [
            own(key).key if first[key] == place else verdict(ItemOutcome.SUPERSEDED, f"as input {first[key]}")
            for place, key in enumerate(keys)
        ]
        parts = await hand_over_to_remove(table, table.primary[0], list(dict.fromkeys(keys)), inputs)
        return Job(provider="dengage", kind=REMOVE, parts=parts, submitted_at=await Now())

    @assumed.rests_on(assumed.TABLE_DETAIL)
    async def clear(self, list_id: str) -> Job:
        """Two requests; it is done when this returns."""
        call = await tables.truncate(await self._list(list_id))
        return Job(provider="dengage", kind=CLEAR, parts=done_at_once(call), submitted_at=await Now())

    members = NO_MEMBERS
    unsubscribe = not_offered(
        "An opt-out at dEngage is for a channel, not for a list.", instead="consent.unsubscribe"
    )
    segments = NO_SEGMENTS
    segment_members = NO_SEGMENTS
    refresh_segment = NO_SEGMENTS

    async def _list(self, list_id: str) -> Table:
        table = await tables.one(self._settings, list_id)
        if not table.is_list:
            raise NotFound(
                f"the table {table.name!r} is no list: it asks for more than a contact key",
                hint="datasets reads and writes it",
            )
        return table


def _folder(extra: Mapping[str, Any]) -> str | None:
    unknown = sorted(extra.keys() - {"folderId"})
    if unknown:
        raise InvalidRequest(f"a list takes folderId as extra, not {', '.join(unknown)}")
    return extra.get("folderId")
