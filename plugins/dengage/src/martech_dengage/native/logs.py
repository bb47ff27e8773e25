"""The Logs API: events about one e-mail send; all of it assumed."""

from __future__ import annotations

from datetime import datetime

from martech.provider import Kind, M, operation
from martech_dengage import assumed
from martech_dengage.dates import said_on_the_wall, zone_of
from martech_dengage.limits import REPORT_PAGE
from martech_dengage.native.base import Data, Group, data_of

__all__ = ["Logs"]


class Logs(Group[M]):
    """GetEmailLogs and its three siblings. One request a page, with `result` and `totalRowCount`."""

    row = "native.logs"

    @operation
    @assumed.rests_on(assumed.LOGS)
    async def emails(
        self,
        send_id: str,
        *,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int = REPORT_PAGE,
        offset: int = 0,
    ) -> Data:
        """GetEmailLogs: everything that happened."""
        return await self._page("email_logs", send_id, begin, end, limit, offset)

    @operation
    @assumed.rests_on(assumed.LOGS)
    async def bounces(
        self,
        send_id: str,
        *,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int = REPORT_PAGE,
        offset: int = 0,
    ) -> Data:
        """GetEmailBounceLogs: what bounced."""
        return await self._page("email_bounce_logs", send_id, begin, end, limit, offset)

    @operation
    @assumed.rests_on(assumed.LOGS)
    async def spam(
        self,
        send_id: str,
        *,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int = REPORT_PAGE,
        offset: int = 0,
    ) -> Data:
        """GetEmailSpamLogs: who complained."""
        return await self._page("email_spam_logs", send_id, begin, end, limit, offset)

    @operation
    @assumed.rests_on(assumed.LOGS)
    async def unsubscribes(
        self,
        send_id: str,
        *,
        begin: datetime | None = None,
        end: datetime | None = None,
        limit: int = REPORT_PAGE,
        offset: int = 0,
    ) -> Data:
        """GetEmailUnsubscribeLogs: who unsubscribed."""
        return await self._page("email_unsubscribe_logs", send_id, begin, end, limit, offset)

    async def _page(
        self, name: str, send_id: str, begin: datetime | None, end: datetime | None, limit: int, offset: int
    ) -> Data:
        zone = zone_of(self._settings.timezone)
        query = {
            "sendId": send_id,
            "beginTime": said_on_the_wall(begin, zone=zone) if begin else None,
            "endTime": said_on_the_wall(end, zone=zone) if end else None,
            "limit": limit,
            "offset": offset,
        }
        request = assumed.ask(self._settings, name, "GET", Kind.READ, query=query)
        return data_of(assumed.heard(self._settings, await request))
