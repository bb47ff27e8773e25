"""What an account has before anybody asks for anything: what every account has, and something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech_dotdigital.emulator.assumed import EXTERNAL_ID
from martech_dotdigital.emulator.contacts.schema import RESERVED, DataField
from martech_dotdigital.emulator.email.campaign import Content

if TYPE_CHECKING:
    from martech_dotdigital.emulator.emulator import DotdigitalEmulator

__all__ = ["furnish"]

BUILT_IN_FIELDS = ("FIRSTNAME", "LASTNAME", "FULLNAME", "GENDER", "POSTCODE")


def furnish(vendor: DotdigitalEmulator, *, samples: bool) -> None:
    """Put in the built-in fields and lists, and the seed data of section 35 if wanted."""
    for name in BUILT_IN_FIELDS:
        vendor.data_fields[name] = DataField(name, "String", "Public")
    vendor.data_fields["LASTSUBSCRIBED"] = DataField("LASTSUBSCRIBED", "Date", "Public")
    for name in RESERVED:
        vendor.add_list(name)
    vendor.add_from_address("hello@shop.example.org")
    if samples:
        vendor.add_custom_identifier(EXTERNAL_ID)
        _preferences(vendor)
        _campaigns(vendor)
        _programs_and_collections(vendor)
        _forms(vendor)


def _preferences(vendor: DotdigitalEmulator) -> None:
    category = vendor.add_preference("Newsletters", "Newsletters", is_preference=False)
    vendor.add_preference("Weekly news", "Weekly", category=category.id)
    vendor.add_preference("Offers", "Offers", category=category.id)


def _campaigns(vendor: DotdigitalEmulator) -> None:
    sender = vendor.add_from_address("news@shop.example.org")
    html = '<p>Hello @FIRSTNAME@</p><a href="http://$UNSUB$">Unsubscribe</a>'
    for name, kind in (("Spring news", "Standard"), ("Order received", "Triggered")):
        content = Content(name, "The shop", sender, html, "Hello @FIRSTNAME@\n$UNSUB$")
        vendor.add_campaign(name, kind, [content])
    parts = {"name": "Plain", "subject": "News", "fromName": "The shop"}
    vendor.add_template({**parts, "htmlContent": html, "plainTextContent": "Hello\n$UNSUB$"})


def _programs_and_collections(vendor: DotdigitalEmulator) -> None:
    vendor.add_program("Welcome", "Active")
    vendor.add_program("Win back", "Draft")
    for name, kind, scope in (
        ("Orders", "orders", "contact"),
        ("CartInsight", "cartInsight", "contact"),
        ("ConsentInsight", "consentInsight", "contact"),
        ("Shops", "custom", "account"),
    ):
        vendor.add_collection(name, kind, scope)
    vendor.collections["Shops"].put(None, "S-1", {"name": "Harbour", "city": "Bristol"}, vendor.now())


def _forms(vendor: DotdigitalEmulator) -> None:
    form = vendor.add_form("Event registration", "Which day suits you?")
    vendor.respond(form, "ana@example.org", "Monday")
    vendor.respond(form, "bo@example.org", "Friday", seconds=120)
    vendor.add_recommendation("Best sellers", "BestSellers")
