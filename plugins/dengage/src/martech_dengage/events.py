"""Events at dEngage: rows for event tables, told to a host of their own."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import CustomEvent, IdentifierKind, ItemOutcome, ItemResult
from martech.provider import (
    ConfigurationError,
    EventOperations,
    InvalidRequest,
    Kind,
    NotFound,
    Together,
    not_offered,
    result_of,
)
from martech_dengage import assumed, tables
from martech_dengage.limits import READS_AT_ONCE
from martech_dengage.mapping.contacts import KEY, key_of, value_to_wire
from martech_dengage.mapping.tables import is_system
from martech_dengage.settings import DengageSettings
from martech_dengage.writing import People, look_up

NO_STREAM = not_offered(
    "dEngage tells nobody what happens; its reports and its log are asked for.", instead="consent.changes"
)


class Events(EventOperations):
    """Events about contacts. The table of an event is its type; one that does not exist swallows it (C6)."""

    batch_size = 100

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.EVENTS)
    async def track(self, events: Sequence[CustomEvent]) -> Sequence[ItemResult]:
        """One request an event, not repeated: nothing would recognise a second one.

        A table of your own is looked for first, in two requests or more. If it makes contacts of unknown keys
        (D8), so is everybody, in one each: whoever is unknown is `NOT_FOUND`.

        Raises:
            ConfigurationError: The settings do not say where the event host is, and how it knows the account.
        """
        if self._settings.event_base_url is None or self._settings.event_account_id is None:
            raise ConfigurationError(
                "events go to a host of their own and under an account id of their own",
                hint="set event_base_url, such as https://eu-event.dengage.com, and event_account_id",
            )
        columns = await self._contact_columns(events)
        about = [one.contact for one in events if one.type in columns]
        people = await look_up(ref.value for ref in about if ref.kind is IdentifierKind.OWN)
        calls = [self._told(event, columns.get(event.type), people) for event in events]
        outcomes = await Together(calls, at_most=READS_AT_ONCE)
        return [
            ItemResult(position=place, outcome=ItemOutcome.ACCEPTED, identifier=event.contact)
            if (error := outcome.error) is None
            else result_of(error, event.contact, place)
            for place, (event, outcome) in enumerate(zip(events, outcomes, strict=True))
        ]

    open = NO_STREAM
    stream = NO_STREAM
    close = NO_STREAM

    async def _contact_columns(self, events: Sequence[CustomEvent]) -> dict[str, str]:
        """Return by type which column of a table of the account's own makes contacts, where one does.

        A table that nobody finds makes nobody: its events are swallowed (C6).
        """
        own = list(dict.fromkeys(event.type for event in events if not is_system(event.type)))
        asked = [tables.table_named(self._settings, name.strip().casefold()) for name in own]
        found: dict[str, str] = {}
        for name, outcome in zip(own, await Together(asked, at_most=READS_AT_ONCE), strict=True):
            if isinstance(outcome.error, NotFound):
                continue
            if (column := outcome.value.contact_column) is not None:
                found[name] = column
        return found

    async def _told(self, event: CustomEvent, column: str | None, people: People) -> None:
        if column is not None:
            _refuse_to_make(event, column, people)
        if event.at is not None or event.id is not None or event.summary is not None:
            raise InvalidRequest(
                "an event at dEngage is the columns of its table: say times, ids and summaries in data, under the "
                "names those columns have"
            )
        said = {
            "accountId": self._settings.event_account_id,
            "eventTable": event.type,
            "key": key_of(event.contact),
            "eventDetails": assumed.Verbatim({name: value_to_wire(value) for name, value in event.data.items()}),
        }
        await assumed.ask(self._settings, "web_event", "POST", Kind.WRITE, json=said, host="events")


def _refuse_to_make(event: CustomEvent, column: str, people: People) -> None:
    """Refuse a row that would make a contact, with permission for everything (D8)."""
    key = key_of(event.contact)
    if key in people.failed:
        raise people.failed[key]
    if key in people.absent:
        raise NotFound("there is no such contact, and the row would make one with permission for everything")
    other = [name for name in event.data if name.strip().casefold() in (column.casefold(), KEY)]
    if any(str(event.data[name]) != people.spelt(key) for name in other) or people.spelt(key) != key:
        raise InvalidRequest("an event is about its contact alone, under the key as dEngage spells it")
