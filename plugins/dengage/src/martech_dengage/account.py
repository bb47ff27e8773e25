"""The account at dEngage, of which its API tells who messages may come from."""

from __future__ import annotations

from martech.models import IdentifierDefinition, IdentifierKind, Page, Sender, Verification
from martech.provider import AccountOperations, Now, not_offered, observed, read
from martech_dengage import seen
from martech_dengage.mapping.contacts import KEY
from martech_dengage.mapping.senders import email_sender, sms_sender
from martech_dengage.reading import get
from martech_dengage.wire import EmailFromsAnswer, SmsFromsAnswer


class Account(AccountOperations):
    """The account."""

    get = not_offered("dEngage's API says nothing about the account itself.", instead="account.verify")

    @observed(seen.SENDERS)
    async def verify(self) -> Verification:
        """One request, and a login where no token is at hand. The list of senders is the smallest answer."""
        senders = read(EmailFromsAnswer, await get("/email/froms"))["data"]["emailFroms"]
        return Verification(ok=True, detail=f"logged in; {len(senders)} e-mail senders", checked_at=await Now())

    @observed(seen.SENDERS)
    async def senders(self, cursor: str | None) -> Page[Sender]:
        """Two requests: those of e-mails, and those of text messages."""
        del cursor
        emails = read(EmailFromsAnswer, await get("/email/froms"))["data"]["emailFroms"]
        texts = read(SmsFromsAnswer, await get("/sms/froms/bulk"))["data"]["smsFroms"]
        return Page([*map(email_sender, emails), *map(sms_sender, texts)])

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        """No request: the contact key is the only one there is (D7)."""
        return (IdentifierDefinition(kind=IdentifierKind.OWN, name=KEY),)

    server_time = not_offered("dEngage does not tell its time.")
