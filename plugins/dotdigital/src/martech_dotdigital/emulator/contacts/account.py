"""The account itself: where it lives, what time it is, its custom identifiers and its recycle bin (section 10)."""

from __future__ import annotations

import re
from typing import Any

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.people import BUILT_IN
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.conventions.answers import answer, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import v3_json
from martech_dotdigital.emulator.conventions.times import stamp

__all__ = ["AccountOperations"]

IDENTIFIER = re.compile(r"[-A-Za-z0-9_]{1,50}")


class AccountOperations(Population):
    """Account information, server time, recycle bin and custom identifiers."""

    identifiers_in_use: frozenset[str] = frozenset()
    """Custom identifiers that a segment or a program refers to, so that they cannot be deleted."""

    @operation("GET", "/v2/account-info", tier=Tier.HIGH)
    def account_info(self, incoming: Incoming) -> Response:
        """Say who the account is and where its own region answers; this works on every region (section 1)."""
        used = self.flat.used(self.now())
        properties: list[tuple[str, str, Any]] = [
            ("Name", "String", "Emulated account"),
            ("MainEmail", "String", "owner@example.org"),
            ("MainMobilePhoneNumber", "String", "447700900000"),
            ("ApiEndpoint", "String", self.endpoint_seen_from(incoming)),
            ("APILocale", "String", "en-GB"),
            ("CurrencyCode", "String", "GBP"),
            ("TimeZoneIana", "String", "Europe/London"),
            ("AvailableEmailSendsCredits", "Int", 100_000),
            ("AvailableSmsSendsCredits", "Int", self.sms_credits),
            ("PremiumWalletBalance", "Decimal", "100.00"),
            ("ListManagedUsers", "String", ""),
            ("ApiCallsInLastHour", "Int", used),
            ("ApiCallsRemaining", "Int", max(0, self.flat_calls_per_hour - used)),
            ("CampaignEmailMtaPool", "String", "Shared"),
            ("ShowClock", "Boolean", "true"),
        ]
        shapes = [{"name": name, "type": kind, "value": str(value)} for name, kind, value in properties]
        return answer(200, {"id": self.account_id, "properties": shapes})

    @operation("GET", "/v2/server-time", tier=Tier.HIGH)
    def server_time(self, _: Incoming) -> Response:
        """Return the vendor's clock as a bare JSON string."""
        return answer(200, stamp(self.now()))

    @operation("POST", "/v2/accounts/empty-recycle-bin")
    def empty_recycle_bin(self, _: Incoming) -> Response:
        """Forget for good everybody in the recycle bin (200 by the rule that swagger beats spec)."""
        self.people.purge()
        return answer(200)

    @operation("GET", "/configuration/v3/customIdentifiers")
    def list_custom_identifiers(self, _: Incoming) -> Response:
        """List the custom identifiers."""
        return answer(200, [self._identifier(name) for name in self.custom_identifiers])

    @operation("POST", "/configuration/v3/customIdentifiers")
    def create_custom_identifier(self, incoming: Incoming) -> Response:
        """Create a custom identifier; 409 if there is one of that name, 412 if there are too many."""
        name = v3_json(incoming).get("name")
        if isinstance(name, str) and len(name) > 50:
            text = "The custom identifier is too long. It must be less than 50 characters."
            raise v3_refusal(400, "customIdentifiers:nameTooLong", text)
        if not isinstance(name, str) or not IDENTIFIER.fullmatch(name):
            raise v3_refusal(400, "customIdentifiers:invalidName", "The custom identifier is invalid.")
        if name in BUILT_IN or name in self.custom_identifiers:
            text = "The custom identifier already exists."
            raise v3_refusal(409, "customIdentifiers:nameAlreadyExists", text)
        if len(self.custom_identifiers) >= self.most_custom_identifiers:
            text = "No more custom identifiers can be created."
            raise v3_refusal(412, "customIdentifiers:limitReached", text)
        self.add_custom_identifier(name)
        return answer(201, self._identifier(name))

    @operation("DELETE", "/configuration/v3/customIdentifiers/{name}")
    def delete_custom_identifier(self, incoming: Incoming) -> Response:
        """Delete a custom identifier, unless something uses it."""
        name = incoming.parts["name"]
        if name not in self.custom_identifiers:
            raise v3_refusal(404, "customIdentifiers:notExist", "The custom identifier does not exist.")
        if name in self.identifiers_in_use or self.people.in_use(name):
            text = "The custom identifier is in use by another entity."
            raise v3_refusal(400, "customIdentifiers:inUse", text)
        del self.custom_identifiers[name]
        self.people.drop_identifier(name)
        return answer(204)

    def add_custom_identifier(self, name: str) -> None:
        """Let a custom identifier exist."""
        self.custom_identifiers[name] = (self.now(), self.now())
        self.people.add_identifier(name)

    def _identifier(self, name: str) -> dict[str, str]:
        created, updated = self.custom_identifiers[name]
        return {"name": name, "created": stamp(created), "updated": stamp(updated)}
