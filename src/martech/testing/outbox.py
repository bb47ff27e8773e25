"""What an application would have sent: a provider in memory, and the messages it was given.

::

    def test_a_receipt_is_sent(outbox):                  # the fixture of the pytest plugin
        shop = Shop(mail=outbox.client())                # or outbox.aclient()
        shop.sell("book", to="ada@example.org")
        letter = outbox.email(to="ada@example.org")      # exactly one, or the test fails and shows what is there
        assert letter.subject == "Your receipt"

Clients of an outbox are whole: capability, limits, hooks, sandbox and send keys work as with a vendor, so that
the same key sends once here too. It takes every message, campaign send and enrolment; contacts are kept as given.
`outbox.faults` lets a send go wrong: `outbox.faults.add("cut_after")`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from martech.client import AsyncClient, Client
from martech.emulation import Emulator, Incoming, reply, route
from martech.models import (
    Audience,
    Automation,
    Campaign,
    CampaignStatus,
    Channel,
    Contact,
    ContactQuery,
    EmailMessage,
    Enrolment,
    EnrolmentResult,
    EnrolmentStatus,
    Identifier,
    IdentifierDefinition,
    IdentifierKind,
    ItemOutcome,
    ItemResult,
    MessageReport,
    MessageState,
    Page,
    People,
    Receipt,
    Send,
    SendStatus,
    SmsMessage,
    Subscription,
    SubscriptionStatus,
    TemplateMessage,
    Verification,
)
from martech.provider import (
    AccountOperations,
    AttributeOperations,
    Auth,
    AutomationOperations,
    CampaignOperations,
    Conflict,
    ConsentOperations,
    ContactOperations,
    DatasetOperations,
    EventOperations,
    Extra,
    Host,
    JobOperations,
    ListOperations,
    MartechError,
    MessageOperations,
    NotFound,
    Now,
    Provider,
    ReportOperations,
    Response,
    Saving,
    Settings,
    TemplateOperations,
    error_for_status,
    get,
    no_row,
    not_offered,
    send,
)
from martech.testing.clock import ManualClock

__all__ = ["Outbox", "SentItem"]

Message = EmailMessage | TemplateMessage | SmsMessage
MessageT = TypeVar("MessageT", EmailMessage, TemplateMessage, SmsMessage)
NOTHING = not_offered("An outbox only keeps what was sent, and contacts.")


@dataclass(frozen=True, slots=True)
class SentItem:
    """One thing that was sent: a message, a campaign to an audience, or people put into an automation."""

    what: Message | Campaign | str
    """The message as it was given, the campaign, or the id of the automation."""
    recipients: tuple[str, ...]
    """Addresses, numbers and other identifiers; empty for an audience whose people nobody named."""
    key: str
    at: datetime
    audience: Audience | None = field(default=None, repr=False)

    def __str__(self) -> str:
        words: dict[type[Any], str] = {
            EmailMessage: "e-mail",
            SmsMessage: "text message",
            TemplateMessage: "template",
            Campaign: "campaign",
        }
        kind = words.get(type(self.what), "enrolment")
        title = getattr(self.what, "subject", None) or getattr(self.what, "template_id", None) or ""
        named = self.what.name if isinstance(self.what, Campaign) else title
        whom = ", ".join(self.recipients) or f"{self.audience.kind if self.audience else 'nobody'}"
        return f"{kind} {named!r} to {whom}" if named else f"{kind} to {whom}"


class Outbox:
    """Collects what applications send through its clients."""

    def __init__(self, *, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self._vendor = _Vendor(clock=self.clock)
        self.faults = self._vendor.faults
        """What is to go wrong, as with an emulator: `faults.add("status", status=503)`."""
        self.contacts: dict[str, Contact] = {}
        """The contacts that were written, by the key of what named them."""

    # ── clients ──────────────────────────────────────────────────────────────────────────────────────────────

    def client(self, **options: Any) -> Client:
        """Return a client whose methods block, with the options of any client."""
        return Client(_Provider(self, self._vendor), **self._options(options))

    def aclient(self, **options: Any) -> AsyncClient:
        """Return a client for asyncio."""
        return AsyncClient(_Provider(self, self._vendor), **self._options(options))

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {"app": self._vendor, "clock": self.clock, **options}

    # ── what was sent ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def sent(self) -> Sequence[SentItem]:
        """Everything that was sent, in order."""
        return tuple(self._vendor.sent)

    def clear(self) -> None:
        """Forget what was sent; the keys stay used."""
        self._vendor.sent.clear()

    def to(self, recipient: str) -> list[SentItem]:
        """Return what was sent to an address, a number or another identifier."""
        wanted = recipient.casefold()
        return [one for one in self.sent if wanted in (known.casefold() for known in one.recipients)]

    def email(self, *, to: str | None = None, subject: str | None = None) -> EmailMessage:
        """Return the one e-mail that was sent, or that fits; fails the test if there is not exactly one."""
        return self._one(EmailMessage, to, lambda one: subject is None or one.subject == subject, subject)

    def template(self, *, to: str | None = None, template_id: str | None = None) -> TemplateMessage:
        """Return the one message with content kept at the vendor; fails as `email` does."""
        return self._one(
            TemplateMessage, to, lambda one: template_id is None or one.template_id == template_id, template_id
        )

    def sms(self, *, to: str | None = None) -> SmsMessage:
        """Return the one text message; fails as `email` does."""
        return self._one(SmsMessage, to, lambda _: True, None)

    def assert_empty(self) -> None:
        """Fail the test if anything was sent, and show what."""
        if self.sent:
            raise AssertionError(f"nothing was to be sent, and this was:\n{self}")

    def _one(self, kind: type[MessageT], to: str | None, fits: Any, named: str | None) -> MessageT:
        found = [
            one.what
            for one in (self.sent if to is None else self.to(to))
            if isinstance(one.what, kind) and fits(one.what)
        ]
        if len(found) == 1:
            return found[0]
        wanted = " ".join(
            filter(None, [kind.__name__, f"to {to}" if to else "", f"named {named!r}" if named else ""])
        )
        how = "none" if not found else str(len(found))
        raise AssertionError(f"one {wanted} was to be sent; there is {how} in:\n{self}")

    def __len__(self) -> int:
        return len(self.sent)

    def __str__(self) -> str:
        return "\n".join(f"  {one}" for one in self.sent) or "  (an empty outbox)"


# ── the vendor: it keeps what its provider hands it, once it is told to send it ──────────────────────────────


class _Vendor(Emulator):
    name: ClassVar[str] = "outbox"

    def __init__(self, *, clock: ManualClock) -> None:
        super().__init__(clock=clock)
        self.waiting: dict[str, SentItem] = {}
        self.sent: list[SentItem] = []

    def settings(self) -> dict[str, Any]:
        """Return nothing: an outbox needs no settings."""
        return {}

    def secrets(self) -> tuple[str, ...]:
        """Return nothing, likewise."""
        return ()

    def contactable(self, person: str, channel: str = "email") -> bool | None:
        """Return that nobody can tell: an outbox knows no consent of its own."""
        del person, channel
        return None

    def seed_people(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Keep nobody: contacts are written by the application."""
        del rows
        return 0

    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer what it does not have."""
        del incoming
        return reply(404, {})

    @route("POST", "/sends")
    def take(self, incoming: Incoming) -> Response:
        """Send what waits under a key."""
        self.sent.append(self.waiting.pop(incoming.json()["key"]))
        return reply(200, {"id": f"outbox-{len(self.sent)}"})

    @route("GET", "/")
    def greet(self, incoming: Incoming) -> Response:
        """Say that it is there."""
        del incoming
        return reply(200, {})


class _Provider(Provider):
    name = "outbox"
    title = "the outbox"

    def __init__(self, outbox: Outbox, vendor: _Vendor) -> None:
        super().__init__(Settings(account="outbox"))
        self.hosts = {"api": Host("https://outbox.test")}
        self.messages = _Messages(vendor)
        self.campaigns = _Campaigns(vendor)
        self.automations = _Automations(vendor)
        self.contacts = _Contacts(outbox)
        self.consent = _Consent(outbox)
        self.account = _Account()
        self.attributes = no_row(AttributeOperations, NOTHING)
        self.lists = no_row(ListOperations, NOTHING)
        self.templates = no_row(TemplateOperations, NOTHING)
        self.reports = no_row(ReportOperations, NOTHING)
        self.events = no_row(EventOperations, NOTHING)
        self.datasets = no_row(DatasetOperations, NOTHING)
        self.jobs = no_row(JobOperations, NOTHING)
        self.auth = Auth()

    def refusal(self, response: Response) -> MartechError | None:
        return error_for_status(response) if response.status >= 400 else None


class _Sending:
    """Hands something over, then tells the vendor to send it."""

    def __init__(self, vendor: _Vendor) -> None:
        self._vendor = vendor

    async def _sent(
        self,
        what: Message | Campaign | str,
        recipients: Sequence[str],
        key: str,
        audience: Audience | None = None,
    ) -> str:
        self._vendor.waiting[key] = SentItem(what, tuple(recipients), key, await Now(), audience)
        content = what if isinstance(what, str) else what.model_dump()
        said = {"key": key, "to": list(recipients), "content": repr(content)}
        answer = (await send("/sends", json=said, send_key=key)).json()
        return str(answer["id"])


class _Messages(_Sending, MessageOperations):
    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        del extra
        return await self._receipt(message, Channel.EMAIL, key)

    async def send_template(self, message: TemplateMessage, *, key: str, extra: Extra) -> Receipt:
        del extra
        return await self._receipt(message, message.channel, key)

    async def send_sms(self, message: SmsMessage, *, key: str, extra: Extra) -> Receipt:
        del extra
        return await self._receipt(message, Channel.SMS, key)

    async def status(self, message_id: str, *, channel: Channel) -> MessageReport:
        await get("/")
        return MessageReport(message_id=message_id, channel=channel, state=MessageState.SENT)

    reports = NOTHING

    async def _receipt(self, message: Message, channel: Channel, key: str) -> Receipt:
        if isinstance(message, SmsMessage) or isinstance(message.to, str):
            recipients = [str(message.to)]
        else:
            recipients = [box.address for box in (*message.to, *message.cc, *message.bcc)]
        named = await self._sent(message, recipients, key)
        return Receipt(message_id=named, channel=channel, send_key=key)


class _Campaigns(_Sending, CampaignOperations):
    async def send(
        self, campaign_id: str, to: Audience, *, channel: Channel, at: datetime | None, key: str, extra: Extra
    ) -> Send:
        del extra
        recipients = [ref.value for ref in to.refs] if isinstance(to, People) else []
        campaign = Campaign(name=campaign_id, id=campaign_id, channel=channel, status=CampaignStatus.SENT)
        named = await self._sent(campaign, recipients, key, to)
        status = SendStatus.SCHEDULED if at is not None else SendStatus.SENT
        return Send(id=named, campaign_id=campaign_id, channel=channel, status=status, at=at, send_key=key)

    list = get = create = update = delete = send_status = pause = resume = cancel = NOTHING


class _Automations(_Sending, AutomationOperations):
    async def list(self, cursor: str | None) -> Page[Automation]:
        del cursor
        return Page([])

    async def enrol(
        self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
    ) -> Enrolment:
        del extra
        named = await self._sent(automation_id, [ref.value for ref in people], key)
        items = tuple(
            EnrolmentResult(position=place, outcome=ItemOutcome.ACCEPTED, identifier=ref)
            for place, ref in enumerate(people)
        )
        return Enrolment(automation_id=automation_id, ids=(named,), status=EnrolmentStatus.FINISHED, items=items)

    enrolment_status = NOTHING


class _Contacts(ContactOperations):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def get(self, ref: Identifier) -> Contact:
        return _found(self._outbox, ref)[1]

    async def list(self, query: ContactQuery, cursor: str | None) -> Page[Contact]:
        del query, cursor
        return Page([*self._outbox.contacts.values()])

    async def create(self, contact: Contact, *, how: Saving) -> ItemResult:
        if _known(self._outbox, contact) is not None:
            raise Conflict("there is such a contact already")
        return await self.upsert(contact, how=how)

    async def update(self, contact: Contact, *, how: Saving) -> ItemResult:
        if _known(self._outbox, contact) is None:
            raise NotFound("there is no such contact")
        return await self.upsert(contact, how=how)

    async def upsert(self, contact: Contact, *, how: Saving) -> ItemResult:
        del how
        known = _known(self._outbox, contact)
        named = contact.identifier(*_KINDS)
        key = known or (named.key if named is not None else f"nobody:{len(self._outbox.contacts)}")
        self._outbox.contacts[key] = contact.over(self._outbox.contacts[key]) if known else contact
        outcome = ItemOutcome.UPDATED if known else ItemOutcome.CREATED
        return ItemResult(outcome=outcome, identifier=named, contactable=None if known else False)

    async def delete(self, ref: Identifier) -> ItemResult:
        del self._outbox.contacts[_found(self._outbox, ref)[0]]
        return ItemResult(outcome=ItemOutcome.REMOVED, identifier=ref)

    async def count(self) -> int:
        return len(self._outbox.contacts)

    upsert_batch = submit_import = submit_delete = change_identifier = NOTHING


class _Consent(ConsentOperations):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        return _found(self._outbox, ref)[1].subscriptions

    async def unsubscribe(self, ref: Identifier, *, channel: Channel, reason: str | None) -> ItemResult:
        del reason
        key, contact = _found(self._outbox, ref)
        others = tuple(one for one in contact.subscriptions if one.channel is not channel)
        no = Subscription(channel=channel, status=SubscriptionStatus.UNSUBSCRIBED)
        self._outbox.contacts[key] = contact.model_copy(update={"subscriptions": (*others, no)})
        return ItemResult(outcome=ItemOutcome.UPDATED, identifier=ref)

    subscribe = unsubscribe_batch = record = suppress = release = NOTHING
    suppressions = changes = topics = create_topic = topic_out = topic_in = NOTHING


class _Account(AccountOperations):
    async def verify(self) -> Verification:
        await get("/")
        return Verification(ok=True, detail="an outbox", checked_at=await Now())

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        return tuple(IdentifierDefinition(kind=kind) for kind in _KINDS)

    get = senders = server_time = NOTHING


_KINDS = (IdentifierKind.EMAIL, IdentifierKind.OWN, IdentifierKind.MOBILE)


def _known(outbox: Outbox, contact: Contact) -> str | None:
    """Return under which key a contact is kept, if it is."""
    names = {ref.key for ref in contact.identifiers()}
    return next(
        (key for key, one in outbox.contacts.items() if names & {ref.key for ref in one.identifiers()}), None
    )


def _found(outbox: Outbox, ref: Identifier) -> tuple[str, Contact]:
    for key, contact in outbox.contacts.items():
        if ref.key in {known.key for known in contact.identifiers()}:
            return key, contact
    raise NotFound("there is no such contact")
