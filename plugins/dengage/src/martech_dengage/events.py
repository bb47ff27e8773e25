"""Events at dEngage: rows for event tables, told to a host of their own."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import CustomEvent, ItemOutcome, ItemResult
from martech.provider import (
    ConfigurationError,
    EventOperations,
    InvalidRequest,
    Kind,
    Together,
    not_offered,
    result_of,
)
from martech_dengage import assumed
from martech_dengage.limits import READS_AT_ONCE
from martech_dengage.mapping.contacts import key_of, value_to_wire
from martech_dengage.settings import DengageSettings

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

        Raises:
            ConfigurationError: The settings do not say where the event host is, and how it knows the account.
        """
        if self._settings.event_base_url is None or self._settings.event_account_id is None:
            raise ConfigurationError(
                "events go to a host of their own and under an account id of their own",
                hint="set event_base_url, such as https://eu-event.dengage.com, and event_account_id",
            )
        outcomes = await Together([self._told(event) for event in events], at_most=READS_AT_ONCE)
        return [
            ItemResult(position=place, outcome=ItemOutcome.ACCEPTED, identifier=event.contact)
            if (error := outcome.error) is None
            else result_of(error, event.contact, place)
            for place, (event, outcome) in enumerate(zip(events, outcomes, strict=True))
        ]

    open = NO_STREAM
    stream = NO_STREAM
    close = NO_STREAM

    async def _told(self, event: CustomEvent) -> None:
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
