"""Transactional messages as dEngage has them: groups, pushes, and reports by any of its filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from martech.provider import InvalidRequest, Kind, M, observed, operation, send
from martech_dengage import assumed, seen
from martech_dengage.native.base import Data, Group, data_of, key_for
from martech_dengage.reading import get

__all__ = ["Transactional"]

Query = Mapping[str, str | int | Sequence[str]]


class Transactional(Group[M]):
    """The Transactional API. Bodies are dEngage's own; nobody's permission is looked at.

    Every send takes a `key`: the same key is the same send, and does not go out twice. It is the `traceId` where
    dEngage takes one (e-mail and push: D14, D16).
    """

    row = "native.transactional"

    @operation
    @observed(seen.MESSAGES)
    async def send_email(self, body: Data, *, key: str | None = None) -> Data:
        """SendTransactionalEmail with a body of dEngage's, `multiLangContent` included. One request."""
        key = await key_for(key)
        return data_of(await send("/transactional/email", json={"traceId": key, **body}, send_key=key))

    @operation
    @observed(seen.EMAIL_GROUP)
    async def send_emails(self, emails: Sequence[Data], *, key: str | None = None) -> Data:
        """SendTransactionalEmail to a group (`bulkV2`, C1): many messages in one call. One request.

        Each has `content` and `props`, each of which has `send` and may have `attachments` and `current`. The
        answer has a `groupId` and the ids of the messages for each. dEngage does not know a repeated group.

        Raises:
            OutcomeUnknown: It was refused, or nobody answered: that a refusal comes before the first message has
                gone out is said nowhere.
        """
        body = {"emailList": list(emails)}
        request = send("/transactional/email/bulkV2", json=body, send_key=await key_for(key), may_stop_midway=True)
        return data_of(await request)

    @operation
    @observed(seen.MESSAGES)
    async def send_sms(self, body: Data, *, key: str | None = None) -> Data:
        """SendTransactionalSms with a body of dEngage's, `multiLangContent` included. One request."""
        return data_of(await send("/transactional/sms", json=dict(body), send_key=await key_for(key)))

    @operation
    async def send_push(
        self,
        content_id: str,
        *,
        contact_key: str | None = None,
        token: str | None = None,
        app_id: str | None = None,
        more: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Data:
        """SendTransactionalPush (D16): to a contact, or to one device by its token and application. One request.

        `more` is what else it takes: `sendToAll`, `current`, `customParameters`, `language`, `inboxParams`,
        `fallbackChannel`, `tags`.

        Raises:
            InvalidRequest: It names nobody, which could be everybody.
            NotFound: The contact has no device; or there is no such content that is flagged as transactional.
        """
        key = await key_for(key)
        to = {"contactKey": contact_key, "token": token, "appId": app_id}
        body = {"contentId": content_id, **{name: value for name, value in to.items() if value is not None}}
        body |= {"traceId": key, **(more or {})}
        if not (body.get("contactKey") or (body.get("token") and body.get("appId"))):
            raise InvalidRequest("a push names whom it is for: contact_key, or token and app_id")
        return data_of(await send("/transactional/push", json=body, send_key=key))

    @operation
    @assumed.rests_on(assumed.PUSH_BY_TAG)
    async def send_push_by_tag(self, body: Data, *, key: str | None = None) -> Data:
        """SendTransactionalPushByTag (D17; its path is assumed): to the devices with some tags. One request.

        Raises:
            InvalidRequest: It names no application or no tag, which could be everybody.
        """
        if not (body.get("applicationIds") and body.get("tagList")):
            raise InvalidRequest("a push by tag names its applications and its tags: applicationIds and tagList")
        key = await key_for(key)
        request = assumed.ask(
            self._settings, "push_by_tag", "POST", Kind.SEND, json={"traceId": key, **body}, send_key=key
        )
        return data_of(assumed.heard(self._settings, await request))

    @operation
    @observed(seen.REPORTS)
    async def email_report(self, query: Query) -> Data:
        """GetTransactionalEmailReport (D18). One request.

        By `groupId`; else by `trackingId`; else by up to five `email` or `tag`, with `beginTime` and `endTime` at
        most seven days apart. Also `limit` and `offset`.
        """
        return data_of(await get("/transactional/email", query=query))

    @operation
    @observed(seen.REPORTS)
    async def sms_report(self, query: Query) -> Data:
        """GetTransactionalSmsReport (D19), with `gsm` for `email`, and `queryTime` for a span. One request."""
        return data_of(await get("/transactional/sms", query=query))
