"""Golden pairs: contacts and consent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from martech import (
    Channel,
    Contact,
    InvalidRequest,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    UnsupportedOperation,
    email,
    own,
)
from martech.models import Basis
from martech_dengage.mapping.contacts import (
    contact_from_wire,
    contact_to_wire,
    contactable_if_new,
    kept_blocks,
    key_of,
    no_for_new,
)
from martech_dengage.mapping.subscriptions import change_from_wire, opening

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ROW: dict[str, Any] = {
    "contact_key": "c-1",
    "contact_status": "A",
    "email": "ada@example.org",
    "email_permission": True,
    "email_status": "A",
    "email_status_reason": None,
    "gsm": "447700900123",
    "gsm_permission": False,
    "gsm_status": "A",
    "gsm_status_reason": None,
    "name": "Ada",
    "surname": "",
    "city": "London",
    "visits": 3,
    "vip": True,
    "note": None,
}


def no(channel: Channel, status: SubscriptionStatus = SubscriptionStatus.UNSUBSCRIBED) -> Subscription:
    return Subscription(channel=channel, status=status)


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_becomes_a_contact_and_its_own_columns_become_attributes() -> None:
    contact = contact_from_wire(ROW)
    assert (contact.own_id, contact.email, contact.mobile) == ("c-1", "ada@example.org", "+447700900123")
    assert contact.first_name == "Ada"
    assert dict(contact.attributes) == {"city": "London", "visits": 3, "vip": True}
    assert contact.raw is ROW


def test_what_is_empty_at_the_vendor_is_not_given_so_that_carrying_it_clears_nothing() -> None:
    empty = contact_from_wire({"contact_key": "c-1", "email": "", "gsm": "", "name": "", "surname": ""})
    assert not any(empty.given(name) for name in ("email", "mobile", "first_name", "last_name"))


@pytest.mark.parametrize("row", [{"email": "no address"}, {"gsm": "0532"}, {"gsm": "abc"}])
def test_addresses_and_numbers_that_are_none_of_ours_stay_in_raw(row: dict[str, Any]) -> None:
    contact = contact_from_wire({"contact_key": "c-1", **row})
    assert contact.email is None
    assert contact.mobile is None
    assert contact.raw.items() >= row.items()


def test_only_what_was_given_is_written() -> None:
    assert contact_to_wire(Contact(own_id="c-1", first_name="Ada")) == {"contact_key": "c-1", "name": "Ada"}


def test_numbers_go_as_digits_and_times_as_the_vendor_takes_them() -> None:
    contact = Contact(
        own_id="c-1",
        mobile="+44 7700 900-123",
        attributes={"birth_date": date(1990, 5, 17), "seen": datetime(2026, 1, 5, 9, 0, 30, 500, tzinfo=UTC)},
    )
    assert contact_to_wire(contact) == {
        "contact_key": "c-1",
        "gsm": "447700900123",
        "birth_date": "1990-05-17",
        "seen": "2026-01-05T09:00:30Z",
    }


def test_none_clears_with_what_the_columns_hold_when_there_is_nothing() -> None:
    contact = Contact(own_id="c-1", email=None, last_name=None, attributes={"city": None})
    assert contact_to_wire(contact) == {"contact_key": "c-1", "email": "", "surname": "", "city": None}
    assert contact_to_wire(contact, skip_empty=True) == {"contact_key": "c-1"}


@pytest.mark.parametrize("status", [SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED,
                                    SubscriptionStatus.NOT_SUBSCRIBED])  # fmt: skip
def test_a_no_travels_in_the_same_record(status: SubscriptionStatus) -> None:
    contact = Contact(own_id="c-1", subscriptions=(no(Channel.EMAIL, status), no(Channel.SMS, status)))
    assert contact_to_wire(contact) == {
        "contact_key": "c-1",
        "email_permission": False,
        "gsm_permission": False,
    }


@pytest.mark.parametrize(
    "name",
    ["email_permission", "EMAIL_PERMISSION", " gsm_permission ", "contact_status", "email_status", "gsm",
     "whatsapp_permission", "contact_key", "name"],
)  # fmt: skip
def test_no_attribute_can_smuggle_in_a_permission_or_a_column_of_the_vendors(name: str) -> None:
    with pytest.raises(InvalidRequest, match="no attribute"):
        contact_to_wire(Contact(own_id="c-1", attributes={name: True}))


@pytest.mark.parametrize(
    "contact",
    [
        Contact(email="ada@example.org"),
        Contact(own_id="c-1", custom_ids={"crm": "7"}),
        Contact(own_id="c-1", subscriptions=(no(Channel.PUSH),)),
        Contact(own_id="c-1", subscriptions=(no(Channel.WHATSAPP),)),
        Contact(
            own_id="c-1",
            subscriptions=(
                Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED, topic="news"),
            ),
        ),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_dropped(contact: Contact) -> None:
    with pytest.raises(InvalidRequest):
        contact_to_wire(contact)


def test_an_identifier_that_is_no_key_is_refused() -> None:
    assert key_of(own("c-1")) == "c-1"
    with pytest.raises(UnsupportedOperation):
        key_of(email("ada@example.org"))


@pytest.mark.parametrize(
    ("record", "contactable"),
    [
        ({}, True),
        ({"email_permission": False}, True),
        ({"gsm_permission": False}, True),
        ({"email_permission": False, "gsm_permission": False}, False),
        ({"email": "a@example.org", "email_permission": False}, False),
        ({"email": "a@example.org", "gsm": "447700900123", "email_permission": False}, True),
        ({"email": "a@example.org", "gsm": "447700900123", "gsm_permission": False}, True),
        ({"contact_status": "P"}, False),
    ],
)
def test_somebody_new_is_contactable_unless_every_channel_they_have_says_no(
    record: dict[str, Any], *, contactable: bool
) -> None:
    assert contactable_if_new({"contact_key": "c-1", **record}) is contactable


def test_a_no_for_somebody_new_is_a_no_on_every_channel() -> None:
    assert not contactable_if_new(no_for_new({"contact_key": "c-1"}))


def test_a_changed_address_takes_its_block_along() -> None:
    known = {**ROW, "email_status": "P", "email_status_reason": "HB", "gsm_status": "P"}
    assert kept_blocks({"email": "new@example.org"}, known) == {"email_status": "P", "email_status_reason": "HB"}
    assert kept_blocks({"gsm": "447700900999"}, known) == {"gsm_status": "P"}
    assert kept_blocks({"email": ""}, known) == {"email_status": "P", "email_status_reason": "HB"}


def test_an_address_that_stays_the_same_needs_nothing() -> None:
    known = {**ROW, "email_status": "P"}
    assert kept_blocks({"email": "ADA@example.org"}, known) == {}
    assert kept_blocks({"name": "Ada"}, known) == {}
    assert kept_blocks({"email": "new@example.org"}, ROW) == {}


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────────


def statuses(**columns: Any) -> tuple[Subscription, Subscription]:
    first, second = contact_from_wire({**ROW, "gsm_permission": True, **columns}).subscriptions
    return first, second


def test_a_permission_that_may_be_a_default_has_no_known_basis() -> None:
    for one in statuses():
        assert (one.status, one.basis) == (SubscriptionStatus.SUBSCRIBED, Basis.UNKNOWN)
        assert one.changed_at is None


@pytest.mark.parametrize(
    ("columns", "status", "reason"),
    [
        ({"email_permission": False}, SubscriptionStatus.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
        ({"email_status": "P", "email_status_reason": "HB"}, SubscriptionStatus.SUPPRESSED,
         SuppressionReason.BOUNCED),
        ({"email_status": "P", "email_status_reason": "SB"}, SubscriptionStatus.SUPPRESSED,
         SuppressionReason.BOUNCED),
        ({"email_status": "P", "email_status_reason": "US"}, SubscriptionStatus.SUPPRESSED,
         SuppressionReason.UNSUBSCRIBED),
        ({"email_status": "P"}, SubscriptionStatus.SUPPRESSED, SuppressionReason.OTHER),
        ({"email_status": "P", "email_permission": False}, SubscriptionStatus.SUPPRESSED, SuppressionReason.OTHER),
        ({"email_status": "X"}, SubscriptionStatus.SUPPRESSED, SuppressionReason.OTHER),
        ({"email_permission": None}, SubscriptionStatus.UNKNOWN, None),
        ({"email_permission": "maybe"}, SubscriptionStatus.UNKNOWN, None),
    ],
)  # fmt: skip
def test_the_strongest_block_on_a_channel_wins(
    columns: dict[str, Any], status: SubscriptionStatus, reason: SuppressionReason | None
) -> None:
    mail, text = statuses(**columns)
    assert (mail.status, mail.reason) == (status, reason)
    assert text.status is SubscriptionStatus.SUBSCRIBED


def test_a_passive_contact_is_blocked_on_every_channel() -> None:
    for one in statuses(contact_status="P"):
        assert one.status is SubscriptionStatus.SUPPRESSED
        assert one.vendor_word == "contact_status=P"


def test_a_release_opens_one_channel_and_no_other() -> None:
    passive = {**ROW, "contact_status": "P", "gsm_permission": True}
    assert opening(Channel.EMAIL, ROW) == {"email_permission": True}
    assert opening(Channel.EMAIL, passive) == {
        "email_permission": True,
        "contact_status": "A",
        "gsm_permission": False,
    }


def test_a_release_lifts_an_unsubscribe_and_no_bounce() -> None:
    blocked = {**ROW, "email_status": "P"}
    assert opening(Channel.EMAIL, {**blocked, "email_status_reason": "US"}) == {
        "email_permission": True,
        "email_status": "A",
    }
    assert opening(Channel.EMAIL, {**blocked, "email_status_reason": "HB"}) is None
    assert opening(Channel.EMAIL, blocked) is None


@pytest.mark.parametrize(
    ("field", "old", "new", "channel", "before", "after"),
    [
        ("EmailPermission", "true", "false", Channel.EMAIL, "subscribed", "unsubscribed"),
        ("GsmPermission", False, True, Channel.SMS, "unsubscribed", "subscribed"),
        ("EmailStatus", "A", "P", Channel.EMAIL, "unknown", "suppressed"),
        ("GsmStatus", "P", "A", Channel.SMS, "suppressed", "unknown"),
        ("ContactStatus", "A", "P", None, "unknown", "suppressed"),
        ("ContactStatus", None, "Q", None, "unknown", "unknown"),
        ("PushPermission", "true", "false", None, "unknown", "unknown"),
    ],
)
def test_a_line_of_the_log_is_a_change(
    field: str, old: Any, new: Any, channel: Channel | None, before: str, after: str
) -> None:
    row: Any = {
        "contactKey": "c-1",
        "field": field,
        "oldValue": old,
        "newValue": new,
        "updatedAt": "2026-01-05 09:00:00",
    }
    change = change_from_wire(row, zone=UTC)
    assert (change.identifier, change.channel, change.changed_at) == (own("c-1"), channel, AT)
    assert (change.before, change.after) == (before, after)
    assert field in (change.vendor_word or "")
