"""Email Sends and SMS Sends as dEngage names them; all of it assumed."""

from __future__ import annotations

from typing import Any

from martech.provider import Kind, M, NewId, Response, operation
from martech_dengage import assumed
from martech_dengage.errors import fields_of
from martech_dengage.limits import REPORT_PAGE
from martech_dengage.native.base import Data, Group, data_of, key_for, refuse_everybody

__all__ = ["EmailSends", "SmsSends"]


class _Sends(Group[M]):
    """What both kinds of sends share."""

    _channel = ""

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def create(self, body: Data, *, key: str | None = None) -> str:
        """CreateEmailSend, CreateSMSSend: make a send of a body in dEngage's words; return its id. One request.

        An audience that is not named, or is a table of the platform's own, would be everybody, and is refused. One
        more request for a table.

        Raises:
            OutcomeUnknown: Nobody can tell whether it was made; dEngage would not know a repetition.
        """
        await refuse_everybody(self._settings, fields_of(body.get("audience")))
        reply = await self._asked("create_send", "POST", Kind.SEND, json=body, send_key=await key_for(key))
        made = data_of(reply).get("sendId")
        if not isinstance(made, str):
            raise reply.unexpected("the send was made, and the answer does not say its id")
        return made

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def pause(self, send_id: str) -> None:
        """PauseEmailSend, PauseSMSSend. One request."""
        await self._asked("pause_send", "POST", Kind.WRITE, send=send_id, repeatable=True)

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def resume(self, send_id: str) -> None:
        """ResumeEmailSend, ResumeSMSSend. One request, a send."""
        key = f"resume/{send_id}/{await NewId()}"
        await self._asked("resume_send", "POST", Kind.SEND, send=send_id, send_key=key)

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def cancel(self, send_id: str) -> None:
        """CancelEmailSend, CancelSMSSend. One request."""
        await self._asked("cancel_send", "POST", Kind.WRITE, send=send_id, repeatable=True)

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def overview(self, send_id: str) -> Data:
        """GetEmailSendOverview, GetSMSSendOverview: return the counts of a send. One request."""
        return data_of(await self._asked("send_overview", "GET", Kind.READ, send=send_id))

    async def _asked(self, name: str, method: str, kind: Kind, **how: Any) -> Response:
        request = assumed.ask(self._settings, name, method, kind, channel=self._channel, **how)
        return assumed.heard(self._settings, await request)

    async def _page(self, name: str, send_id: str, limit: int, offset: int) -> Data:
        query = {"limit": limit, "offset": offset}
        return data_of(await self._asked(name, "GET", Kind.READ, query=query, send=send_id))


class EmailSends(_Sends[M]):
    """Sends of e-mails."""

    row = "native.email_sends"
    _channel = "email"

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def get(self, send_id: str) -> Data:
        """GetEmailSend: return a send. One request."""
        return data_of(await self._asked("send", "GET", Kind.READ, send=send_id))

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def bounces(self, send_id: str, *, limit: int = REPORT_PAGE, offset: int = 0) -> Data:
        """GetEmailSendBounces: return a page of bounces. One request."""
        return await self._page("send_bounces", send_id, limit, offset)

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def clicks(self, send_id: str, *, limit: int = REPORT_PAGE, offset: int = 0) -> Data:
        """GetEmailSendClicks: return a page of clicks. One request."""
        return await self._page("send_clicks", send_id, limit, offset)

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def opens(self, send_id: str, *, limit: int = REPORT_PAGE, offset: int = 0) -> Data:
        """GetEmailSendOpens: return a page of opens. One request."""
        return await self._page("send_opens", send_id, limit, offset)


class SmsSends(_Sends[M]):
    """Sends of text messages."""

    row = "native.sms_sends"
    _channel = "sms"

    @operation
    @assumed.rests_on(assumed.CAMPAIGN_SENDS)
    async def report(self, send_id: str, *, limit: int = REPORT_PAGE, offset: int = 0) -> Data:
        """GetSMSSendReport: return a page of what became of the messages. One request."""
        return await self._page("send_report", send_id, limit, offset)
