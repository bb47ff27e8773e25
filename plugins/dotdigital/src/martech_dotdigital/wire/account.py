"""Shapes of the account."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class Property(TypedDict):
    """One thing the vendor says about the account; an open set."""

    name: str
    type: NotRequired[str | None]
    value: str | None


class AccountInfo(TypedDict):
    """Answer to `GET /v2/account-info`."""

    id: int | str
    properties: list[Property]


class CustomIdentifier(TypedDict):
    """One entry of `GET /configuration/v3/customIdentifiers`."""

    name: str


class FromAddress(TypedDict):
    """One entry of `GET /v2/custom-from-addresses`."""

    id: int
    email: str


class SmsNumber(TypedDict):
    """One entry of `GET /sms/dedicatedNumbers` or `/sms/shortcodes`."""

    number: str
    keyword: NotRequired[str | None]
    countryIsoCode: NotRequired[str | None]
