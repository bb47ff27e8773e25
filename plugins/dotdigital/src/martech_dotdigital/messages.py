"""Messages at Dotdigital: two sorts of e-mail, and text messages by two routes."""

from __future__ import annotations

from typing import Any

from martech.models import (
    Channel,
    EmailMessage,
    Identifier,
    IdentifierKind,
    Mailbox,
    MessageReport,
    Purpose,
    Receipt,
    SmsMessage,
    SubscriptionStatus,
    TemplateMessage,
)
from martech.provider import (
    ConsentRefused,
    Extra,
    InvalidRequest,
    MessageOperations,
    NotFound,
    Response,
    declines,
    get,
    not_offered,
    send,
)
from martech_dotdigital import people
from martech_dotdigital.account import from_addresses
from martech_dotdigital.mapping import messages as mapping
from martech_dotdigital.mapping.consent import channels_of, state_of
from martech_dotdigital.mapping.identifiers import Naming, digits
from martech_dotdigital.reading import read_v3
from martech_dotdigital.settings import DotdigitalSettings
from martech_dotdigital.wire.campaigns import Message

__all__ = ["Messages"]

ONLY_BY_EVENTS = not_offered(
    "Dotdigital tells what became of a single e-mail only through webhooks and events, with our metadata in it.",
    instead="events.stream",
)
ONE_LANGUAGE = {"language": not_offered("A triggered campaign at Dotdigital has one language.")}


class Messages(MessageOperations):
    """Messages. The vendor knows no repetition of a send by any key of ours."""

    def __init__(self, naming: Naming, settings: DotdigitalSettings) -> None:
        self._naming = naming
        self._settings = settings
        self._senders: frozenset[str] = frozenset()

    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        """One request for a transactional e-mail, two for a marketing one, whose recipient is looked up.

        The first message from a named sender costs one or two more: the vendor would replace an unregistered
        sender without a word, so that is found out first. The receipt's id is ours, and comes back in events.

        Raises:
            Conflict: A marketing e-mail, and the person may not be contacted.
        """
        if message.purpose is Purpose.MARKETING:
            return await self._market(message, key)
        body = mapping.transactional(message, key, **self._metadata())
        await self._known_sender(message.sender, extra)
        _empty(await send("/v2/email", json=body, send_key=key))
        return Receipt(message_id=key, channel=Channel.EMAIL, send_key=key)

    @declines(message=ONE_LANGUAGE)
    async def send_template(self, message: TemplateMessage, *, key: str, extra: Extra) -> Receipt:
        """The content of a triggered campaign, named by its id. Requests as for `send_email`."""
        if message.channel is not Channel.EMAIL:
            raise InvalidRequest(
                "Dotdigital sends stored content by e-mail only",
                hint="messages.send_sms takes a text; native.messages takes templates of the omnichannel route",
            )
        if message.purpose is Purpose.MARKETING:
            return await self._market(message, key)
        body = mapping.triggered(message, key, **self._metadata())
        await self._known_sender(message.sender, extra)
        _empty(await send("/v2/email/triggered-campaign", json=body, send_key=key))
        return Receipt(message_id=key, channel=Channel.EMAIL, send_key=key)

    async def send_sms(self, message: SmsMessage, *, key: str, extra: Extra) -> Receipt:
        """One request; two for a marketing message, since the vendor does not look at opt-outs here (S21.2).

        Raises:
            ConsentRefused: A marketing message, and the person is not subscribed to text messages.
        """
        route = str(extra.get("route", self._settings.sms_route))
        if route not in ("omnichannel", "v2"):
            raise InvalidRequest("a text message goes by the route “omnichannel” or “v2”")
        if route == "v2":
            body: dict[str, Any] = mapping.plain_sms(message)
        else:
            body = mapping.omnichannel_sms(message, key, field=self._settings.send_key_field)
        if message.purpose is Purpose.MARKETING:
            await self._must_want_sms(message)
        if route == "v2":
            to = digits(message.to)
            await send("/v2/sms-messages/send-to/{number}", number=to, json=body, send_key=key)
            # This route gives no id and echoes none.
            return Receipt(channel=Channel.SMS, send_key=key)
        answer = read_v3(Message, await send("/cpaas/messages", json=body, send_key=key))
        report = mapping.report_from_wire(answer, Channel.SMS)
        return Receipt(message_id=report.message_id, channel=Channel.SMS, state=report.state, send_key=key)

    @declines(channel={Channel.EMAIL: ONLY_BY_EVENTS})
    async def status(self, message_id: str, *, channel: Channel) -> MessageReport:
        """One request. Messages of the omnichannel route only."""
        answer = read_v3(Message, await get("/cpaas/messages/{message}", message=message_id))
        return mapping.report_from_wire(answer, channel)

    reports = ONLY_BY_EVENTS

    async def _market(self, message: EmailMessage | TemplateMessage, key: str) -> Receipt:
        body = mapping.marketing(message, key, field=self._settings.send_key_field)
        # The route would make a contact, subscribed, of an address it does not know (S20).
        address = Identifier(IdentifierKind.EMAIL, body["to"])
        try:
            await people.present(address, self._naming)
        except NotFound as missing:
            raise NotFound(
                "this address is no contact at Dotdigital, and this route would make one of it, subscribed",
                status=missing.status,
                hint="contacts.create makes the contact; consent.subscribe, with evidence, lets it be written to",
            ) from missing
        _empty(await send("/marketing-email/v3/send", json=body, send_key=key))
        return Receipt(message_id=key, channel=Channel.EMAIL, send_key=key)

    async def _must_want_sms(self, message: SmsMessage) -> None:
        person = await people.present(Identifier(IdentifierKind.MOBILE, message.to), self._naming)
        words = {channel: state["status"] for channel, state in channels_of(person)}
        status = state_of(words.get(Channel.SMS))[0]
        if status is not SubscriptionStatus.SUBSCRIBED:
            raise ConsentRefused(
                f"this person is {status} on sms, and Dotdigital would send all the same",
                hint="consent.subscribe, with evidence; or purpose=TRANSACTIONAL, if that is what it is",
            )

    async def _known_sender(self, sender: Mailbox | None, extra: Extra) -> None:
        """Refuse a sender that the vendor would silently replace by the account's own (S20)."""
        if sender is None or extra.get("check_sender") is False:
            return
        address = sender.address.casefold()
        if address in self._senders:
            return
        self._senders = await _registered()
        if address not in self._senders:
            raise InvalidRequest(
                "this sender is not registered at Dotdigital, which would send from the account's own address "
                "without a word",
                hint='account.senders lists the registered ones; extra={"dotdigital": {"check_sender": False}} '
                "lets the vendor decide",
            )

    def _metadata(self) -> dict[str, Any]:
        return {"field": self._settings.send_key_field, "as_text": self._settings.metadata_as_text}


def _empty(reply: Response) -> None:
    """Hold the answer to a send to being the vendor's, which is empty or JSON (S20), and not a page for people."""
    if reply.body.lstrip()[:1] == b"<":
        raise reply.unexpected("expected an empty answer")


async def _registered() -> frozenset[str]:
    known: set[str] = set()
    cursor: str | None = None
    while True:
        page = await from_addresses(cursor)
        known.update(one.address.casefold() for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return frozenset(known)
