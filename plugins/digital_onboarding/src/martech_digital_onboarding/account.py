"""The account at Digital Onboarding, of which its API says nothing but that it lets us in."""

from __future__ import annotations

from martech.models import IdentifierDefinition, Verification
from martech.provider import AccountOperations, Now, get, not_offered
from martech_digital_onboarding import assumed
from martech_digital_onboarding.names import KINDS
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import TemplatesAnswer, answered

TELLS_NOTHING = not_offered("Digital Onboarding's API says nothing about the account.", instead="account.verify")


class Account(AccountOperations):
    """The account."""

    def __init__(self, settings: DigitalOnboardingSettings) -> None:
        self._kind = KINDS[settings.identity]

    get = TELLS_NOTHING

    @assumed.rests_on(assumed.LOGIN)
    async def verify(self) -> Verification:
        """One request, and a login where there is no token yet: whoever gets a token may read templates."""
        templates = (await answered(TemplatesAnswer, get("/v1/templates"))).templates
        detail = f"logged in; {len(templates)} templates to start journeys from"
        return Verification(ok=True, detail=detail, checked_at=await Now())

    senders = not_offered("Digital Onboarding does not tell from which addresses it sends.")
    server_time = not_offered("Digital Onboarding does not tell its time.")

    async def identifiers(self) -> tuple[IdentifierDefinition, ...]:
        """No request: one key per contact, by the policy that the account was given in its settings."""
        return (IdentifierDefinition(kind=self._kind),)
