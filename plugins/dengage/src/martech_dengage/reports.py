"""Reports at dEngage: of one send, its counts and what people did; all of it assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from martech.models import (
    Channel,
    Engagement,
    EngagementKind,
    EngagementQuery,
    Page,
    Report,
    ReportScope,
)
from martech.provider import (
    InvalidRequest,
    Kind,
    NotFound,
    ReportOperations,
    declines,
    not_offered,
    read,
)
from martech_dengage import assumed
from martech_dengage.campaigns import TWO_CHANNELS
from martech_dengage.dates import said_on_the_wall, zone_of
from martech_dengage.limits import REPORT_PAGE
from martech_dengage.mapping.engagements import detail_from_wire, report_from_wire
from martech_dengage.mapping.pages import after
from martech_dengage.settings import DengageSettings
from martech_dengage.wire import DetailsAnswer, OverviewAnswer

PER_SEND = not_offered(
    "dEngage counts by send: name one by the id that campaigns.send returned, with scope=ReportScope.SEND."
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where engagements of some kinds stand."""

    path: str
    kinds: frozenset[EngagementKind]
    kind: EngagementKind | None = None
    """What its rows are, where they are all the same."""
    is_log: bool = False


_SINGLE = (
    ("send_opens", EngagementKind.OPENED, False),
    ("send_clicks", EngagementKind.CLICKED, False),
    ("send_bounces", EngagementKind.BOUNCED, False),
    ("email_spam_logs", EngagementKind.COMPLAINED, True),
    ("email_unsubscribe_logs", EngagementKind.UNSUBSCRIBED, True),
)
_ELSEWHERE = frozenset(kind for _, kind, _ in _SINGLE)
SOURCES: Sequence[_Source] = (
    *(_Source(path, frozenset({kind}), kind, is_log) for path, kind, is_log in _SINGLE),
    # Everything that has no report of its own; what has one is taken from there and left out here.
    _Source("email_logs", frozenset(EngagementKind) - _ELSEWHERE, is_log=True),
)
"""The reports and logs of an e-mail send (D1, D2), in the order in which they are read."""
SMS = _Source("send_report", frozenset(EngagementKind))


class Reports(ReportOperations):
    """Reports of sends. Those of transactional messages are in `messages`."""

    def __init__(self, settings: DengageSettings) -> None:
        self._settings = settings

    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    @declines(scope={ReportScope.CAMPAIGN: PER_SEND, ReportScope.ACCOUNT: PER_SEND}, channel=TWO_CHANNELS)
    async def counts(self, subject_id: str, *, scope: ReportScope, channel: Channel) -> Report:
        """One request."""
        del scope
        request = assumed.ask(
            self._settings, "send_overview", "GET", Kind.READ, channel=channel.value, send=subject_id
        )
        return report_from_wire(
            subject_id, read(OverviewAnswer, assumed.heard(self._settings, await request))["data"]
        )

    @assumed.rests_on(assumed.LOGS)
    @declines(query={"campaign_id": PER_SEND})
    async def engagements(self, query: EngagementQuery, cursor: str | None) -> Page[Engagement]:
        """One request a page and kind. A send that is not known as one of e-mails is looked for as one of texts.

        Of text messages there is one report for everything; of e-mails there are six, read one after the other.
        """
        if query.send_id is None:
            raise InvalidRequest("dEngage's reports are about one send: say send_id=")
        if query.since is not None and query.since.tzinfo is None:
            raise InvalidRequest("times must be aware", hint="say datetime(…, tzinfo=UTC)")
        if cursor is None:
            cursor = f"email:{_first(query)}:0" if await self._is_email(query.send_id) else "sms:0:0"
        word, _, place = cursor.partition(":")
        number, _, row = place.partition(":")
        if word not in ("email", "sms") or not number.isdigit() or not row.isdigit():
            raise InvalidRequest("this is no cursor of reports.engagements")
        if word == "sms":
            items, following = await self._page(SMS, query, int(row), channel="sms")
            return Page(items, None if following is None else f"sms:0:{following}")
        sources = [index for index, source in enumerate(SOURCES) if _wanted(source, query)]
        index = int(number)
        if index not in sources:
            return Page(())
        items, following = await self._page(SOURCES[index], query, int(row), channel="email")
        if following is not None:
            return Page(items, f"email:{index}:{following}")
        later = next((one for one in sources if one > index), None)
        return Page(items, None if later is None else f"email:{later}:0")

    active_since = not_offered("dEngage lists no sends.", instead="campaigns.send_status")

    async def _is_email(self, send_id: str) -> bool:
        try:
            await assumed.ask(self._settings, "send", "GET", Kind.READ, channel="email", send=send_id)
        except NotFound:
            return False
        return True

    async def _page(
        self, source: _Source, query: EngagementQuery, start: int, *, channel: str
    ) -> tuple[list[Engagement], int | None]:
        send_id = query.send_id or ""
        zone = zone_of(self._settings.timezone)
        asked: dict[str, Any] = {"limit": min(query.page_size or REPORT_PAGE, REPORT_PAGE), "offset": start}
        if source.is_log:
            asked["sendId"] = send_id
            asked |= {"beginTime": said_on_the_wall(query.since, zone=zone)} if query.since else {}
            request = assumed.ask(self._settings, source.path, "GET", Kind.READ, query=asked)
        else:
            request = assumed.ask(
                self._settings, source.path, "GET", Kind.READ, query=asked, channel=channel, send=send_id
            )
        data = read(DetailsAnswer, assumed.heard(self._settings, await request)).get("data") or {}
        rows = data.get("result") or ()
        items = [detail_from_wire(row, send_id=send_id, kind=source.kind, zone=zone) for row in rows]
        kept = [one for one in items if one.kind in source.kinds and _asked_for(one, query)]
        return kept, after(start, len(rows), data, size=asked["limit"])


def _first(query: EngagementQuery) -> int:
    return next((index for index, source in enumerate(SOURCES) if _wanted(source, query)), len(SOURCES))


def _wanted(source: _Source, query: EngagementQuery) -> bool:
    return not query.kinds or bool(source.kinds & query.kinds)


def _asked_for(one: Engagement, query: EngagementQuery) -> bool:
    if query.kinds and one.kind not in query.kinds:
        return False
    return query.since is None or one.at is None or one.at >= query.since
