"""Between the vendor's words and ours: golden pairs, and what cannot be said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from martech.errors import ConsentRefused, InvalidRequest, UnsupportedOperation
from martech.models import (
    Basis,
    Channel,
    Consent,
    Contact,
    Identifier,
    IdentifierKind,
    ItemOutcome,
    Subscription,
    SubscriptionStatus,
    custom,
    email,
    mobile,
    own,
    vendor_id,
)
from martech_digital_onboarding import mapping, names, public
from martech_digital_onboarding.settings import DigitalOnboardingSettings


def settings(**given: Any) -> DigitalOnboardingSettings:
    return DigitalOnboardingSettings(client_id=SecretStr("ci"), client_secret=SecretStr("cs"), **given)


BY_ID, BY_EMAIL = settings(), settings(identity="email")


def no(channel: Channel, status: SubscriptionStatus = SubscriptionStatus.UNSUBSCRIBED) -> Subscription:
    return Subscription(channel=channel, status=status)


GOLDEN: list[tuple[Contact, dict[str, Any]]] = [
    (Contact(own_id="m-1"), {"unique_id": "m-1"}),
    (Contact(own_id=" m-1 "), {"unique_id": "m-1"}),
    (
        Contact(
            own_id="m-1", email="Ada@Example.org", mobile="+44 7700 900123", first_name="Ada", last_name="Byron"
        ),
        {
            "unique_id": "m-1",
            "email": "Ada@example.org",
            "phone_mobile": "+447700900123",
            "name_first": "Ada",
            "name_last": "Byron",
        },
    ),
    (
        Contact(own_id="m-1", email=None, mobile=None, first_name=None),
        {"unique_id": "m-1", "email": None, "phone_mobile": None, "name_first": None},
    ),
    (
        Contact(own_id="m-1", attributes={"city": "Bath", "county": None, "branch": "North", "visits": 3}),
        {"unique_id": "m-1", "city": "Bath", "county": None, "meta_public": {"branch": "North", "visits": 3}},
    ),
    (
        Contact(
            own_id="m-1",
            attributes={"since": date(2026, 1, 5), "at": datetime(2026, 1, 5, 9, tzinfo=UTC), "vip": True},
        ),
        {
            "unique_id": "m-1",
            "meta_public": {"since": "2026-01-05", "at": "2026-01-05T09:00:00+00:00", "vip": True},
        },
    ),
    (Contact(own_id="m-1", attributes={}), {"unique_id": "m-1"}),
    (
        Contact(own_id="m-1", subscriptions=(no(Channel.EMAIL),)),
        {"unique_id": "m-1", "unsubscribe_email": True},
    ),
    (
        Contact(
            own_id="m-1",
            subscriptions=(
                no(Channel.EMAIL, SubscriptionStatus.SUPPRESSED),
                no(Channel.SMS, SubscriptionStatus.NOT_SUBSCRIBED),
            ),
        ),
        {"unique_id": "m-1", "unsubscribe_email": True, "unsubscribe_sms": True},
    ),
    # What only the vendor sets is never sent.
    (Contact(own_id="m-1", vendor_id="0b0c", created_at=None, deleted=False), {"unique_id": "m-1"}),
]


@pytest.mark.parametrize(("contact", "members"), GOLDEN)
def test_a_contact_becomes_its_key_and_what_was_given(contact: Contact, members: dict[str, Any]) -> None:
    ref, written = mapping.contact_to_wire(contact, BY_ID)
    assert written == members
    assert ref == own("m-1")


@pytest.mark.parametrize(("contact", "members"), GOLDEN)
def test_no_upsert_ever_writes_a_false(contact: Contact, members: dict[str, Any]) -> None:
    _, written = mapping.contact_to_wire(contact, BY_ID)
    assert not any(written.get(flag) is False for flag in ("unsubscribe_email", "unsubscribe_sms"))


def test_an_address_that_stands_for_the_key_is_both_in_one_form() -> None:
    ref, written = mapping.contact_to_wire(Contact(email=" Ada@Example.ORG ", first_name="Ada"), BY_EMAIL)
    assert written == {"unique_id": "ada@example.org", "email": "ada@example.org", "name_first": "Ada"}
    assert ref == Identifier(IdentifierKind.EMAIL, "ada@example.org")


def test_the_case_of_an_address_can_be_left_as_it_is() -> None:
    as_given = settings(identity="email", email_key_case="as_given")
    _, written = mapping.contact_to_wire(Contact(email="Ada@Example.org"), as_given)
    assert written == {"unique_id": "Ada@example.org", "email": "Ada@example.org"}


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (Contact(email="ada@example.org"), "nothing names"),
        (Contact(own_id=""), "nothing names"),
        (Contact(own_id="  "), "empty key"),
        (Contact(own_id="m-1", custom_ids={"crm": "7"}), "one key"),
        (
            Contact(
                own_id="m-1",
                consents=(
                    Consent(channel=Channel.EMAIL, given_at=datetime(2026, 1, 1, tzinfo=UTC), text="I agree"),
                ),
            ),
            "evidence",
        ),
        (Contact(own_id="m-1", subscriptions=(no(Channel.PUSH),)), "push"),
        (
            Contact(
                own_id="m-1",
                subscriptions=(
                    Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED, topic="news"),
                ),
            ),
            "topics",
        ),
        (Contact(own_id="m-1", created_at=datetime(2026, 1, 5, tzinfo=UTC)), "only the vendor sets created_at"),
        (Contact(own_id="m-1", updated_at=datetime(2026, 1, 5, tzinfo=UTC)), "only the vendor sets updated_at"),
        (Contact(own_id="m-1", deleted=True, list_ids=("7",)), "only the vendor sets list_ids, deleted"),
        (Contact(own_id="m-1", attributes={"post_code": 1234}), "text"),
        (Contact(own_id="m-1", attributes={"branch": None}), "cleared"),
    ],
)
def test_what_cannot_be_said_is_refused_without_repeating_it(contact: Contact, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why) as refused:
        mapping.contact_to_wire(contact, BY_ID)
    assert "ada@" not in str(refused.value)
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize(
    "status", [SubscriptionStatus.SUBSCRIBED, SubscriptionStatus.PENDING, SubscriptionStatus.UNKNOWN]
)
def test_a_contact_that_says_anything_but_no_is_refused_by_the_mapping_too(status: SubscriptionStatus) -> None:
    with pytest.raises(ConsentRefused):
        mapping.contact_to_wire(Contact(own_id="m-1", subscriptions=(no(Channel.EMAIL, status),)), BY_ID)


def test_the_two_ways_of_naming_people_are_never_mixed() -> None:
    with pytest.raises(InvalidRequest, match="two people"):
        mapping.contact_to_wire(Contact(own_id="m-1", email="ada@example.org"), BY_EMAIL)


@pytest.mark.parametrize(
    "name",
    [
        "unsubscribe_email",
        " Unsubscribe_SMS",
        "unique_id",
        "email",
        "phone_mobile",
        "name_first",
        "name_last",
        "id",
        "inserted_at",
        "updated_at",
        "meta_public",
        "journey",
        "journey.template_id",
        "Journey.Anything",
        "contacts",
        "direct-deposit",
        "Direct-Deposit",
        "first-branch-visit",
        "City",
        "",
    ],
)
@pytest.mark.parametrize("value", [False, "x", None])
def test_an_attribute_cannot_bear_a_name_that_means_something_else(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequest):
        public.placed({name: value}, objective_keys=("first-branch-visit",))


@pytest.mark.parametrize(
    ("name", "value", "looks_like"),
    [
        ("accountNumber", "7", "an account or card number"),
        ("Card No", "7", "an account or card number"),
        ("birth_date", "1815", "a birth date"),
        ("pin", "0000", "a secret"),
        ("customer-number", "7", "an account or card number"),
        ("memberId", "7", "an account or card number"),
        ("mothersMaidenName", "Byron", "a personal trait"),
        ("Marital Status", "single", "a personal trait"),
        ("monthlyIncome", 7, "somebody's finances"),
        ("reach", "ada@example.org", "a way to reach somebody"),
        ("reference", "4111 1111 1111 1111", "a long number"),
        ("reference", 123456789, "a long number"),
        ("reference", "GB82WEST12345698765432", "a long number"),
        ("spinning", "bike", None),
        ("memberNotes", "kind", None),
        ("branch", "North", None),
        ("vip", True, None),
    ],
)
def test_what_looks_private_is_recognised_by_name_or_value(name: str, value: Any, looks_like: str | None) -> None:
    assert public.looks_private(name, value) == looks_like


def test_only_what_will_be_public_is_pointed_out() -> None:
    contact = Contact(own_id="m-1", attributes={"address": "1 High Street", "card": "7"})
    assert public.exposures(contact) == (public.Exposure("card", "an account or card number"),)


def test_an_answer_becomes_a_contact_whose_false_is_no_yes() -> None:
    answer: Any = {
        "id": "0b0c",
        "unique_id": "m-1",
        "name_first": "Ada",
        "email": "ada@example.org",
        "phone_mobile": "07700 900123",
        "unsubscribe_email": False,
        "unsubscribe_sms": True,
        "birthdate": "1815-12-10",
        "email_opted_in": True,
        "city": "Bath",
        "county": None,
        "state": "",
        "meta_public": {"branch": "North", "visits": 3, "vip": False, "tags": ["a"], "gone": None},
        "inserted_at": "2024-05-01T10:00:00Z",
        "updated_at": "yesterday",
    }
    contact = mapping.contact_from_wire(answer, BY_ID)
    assert contact == Contact(
        own_id="m-1",
        vendor_id="0b0c",
        first_name="Ada",
        email="ada@example.org",
        created_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
        attributes={"city": "Bath", "branch": "North", "visits": 3, "vip": False},
        subscriptions=(
            Subscription(
                channel=Channel.EMAIL,
                status=SubscriptionStatus.UNKNOWN,
                basis=Basis.UNKNOWN,
                vendor_word="unsubscribe_email=false",
            ),
            Subscription(
                channel=Channel.SMS,
                status=SubscriptionStatus.UNSUBSCRIBED,
                basis=Basis.UNKNOWN,
                vendor_word="unsubscribe_sms=true",
            ),
        ),
    )
    # A number in national form is none of ours, and members nobody documents are read by nobody.
    assert contact.raw["phone_mobile"] == "07700 900123"
    assert contact.raw["birthdate"] == "1815-12-10"
    assert contact.raw["meta_public"]["tags"] == ["a"]
    # What came back may be written as it is, but for what only the vendor sets.
    _, written = mapping.contact_to_wire(contact.carried(), BY_ID)
    assert written["meta_public"] == {"branch": "North", "visits": 3, "vip": False}
    assert (written["city"], written["unsubscribe_sms"]) == ("Bath", True)
    assert "unsubscribe_email" not in written


@pytest.mark.parametrize("odd", [None, "text", ["a"], {}])
def test_a_meta_public_that_is_no_object_has_no_attributes(odd: Any) -> None:
    assert mapping.contact_from_wire({"unique_id": "m-1", "meta_public": odd}, BY_ID).attributes == {}


@pytest.mark.parametrize("odd", [None, "yes", 1, "true", []])
def test_a_flag_that_is_no_boolean_is_unknown_and_kept(odd: Any) -> None:
    found = mapping.subscription(Channel.EMAIL, {"unsubscribe_email": odd})
    assert found.status is SubscriptionStatus.UNKNOWN
    assert found.vendor_word == f"unsubscribe_email={odd!r}"


@pytest.mark.parametrize(
    ("members", "answer", "contactable"),
    [
        ({"unique_id": "m-1"}, {}, True),
        ({"email": "a@example.org"}, {}, True),
        ({"email": "a@example.org", "unsubscribe_email": True}, {}, False),
        ({"email": "a@example.org", "unsubscribe_sms": True}, {}, True),
        ({"email": "a@example.org", "phone_mobile": "+447700900123", "unsubscribe_email": True}, {}, True),
        ({"phone_mobile": "+447700900123", "unsubscribe_email": True}, {}, True),
        ({"unsubscribe_email": True}, {}, True),
        ({"unsubscribe_email": True, "unsubscribe_sms": True}, {}, False),
        ({"email": "a@example.org"}, {"unsubscribe_email": True}, False),
        ({"email": "a@example.org"}, {"unsubscribe_email": None}, True),
        ({"email": "a@example.org", "unsubscribe_email": True}, {"unsubscribe_email": False}, True),
    ],
)
def test_who_was_made_may_be_contacted_unless_a_no_closes_every_channel(
    members: dict[str, Any], answer: Any, contactable: bool
) -> None:
    assert mapping.contactable(members, answer) is contactable


@pytest.mark.parametrize(("outcome", "contactable"), [(ItemOutcome.UPDATED, None), (ItemOutcome.CREATED, True)])
def test_an_answer_that_contradicts_an_opt_out_is_no_success(
    outcome: ItemOutcome, contactable: bool | None
) -> None:
    members = {"unique_id": "m-1", "unsubscribe_email": True}
    result = mapping.saved_from_wire(own("m-1"), outcome, members, {"unsubscribe_email": False})
    assert (result.outcome, result.contactable) == (ItemOutcome.UNKNOWN, contactable)
    assert "not opted out" in (result.reason or "")


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"unique_id": "m-1", "email": "a@example.org"}, "m-1"),
        ({"unique_id": 7}, "7"),
        ({"unique_id": "", "email": "a@example.org"}, "a@example.org"),
        ({"email": "a@example.org"}, "a@example.org"),
        ({"unique_id": None}, None),
        ({}, None),
    ],
)
def test_the_key_of_an_answer_is_its_unique_id_or_the_address_in_its_place(answer: Any, key: str | None) -> None:
    assert mapping.key_of(answer) == key


@pytest.mark.parametrize(
    ("ref", "by"),
    [
        (email("ada@example.org"), BY_ID),
        (own("m-1"), BY_EMAIL),
        (mobile("+447700900123"), BY_ID),
        (vendor_id("0b0c"), BY_EMAIL),
        (custom("crm", "7"), BY_ID),
    ],
)
def test_people_are_named_by_the_accounts_own_kind_of_key_only(
    ref: Identifier, by: DigitalOnboardingSettings
) -> None:
    with pytest.raises(UnsupportedOperation):
        names.key(ref, by)


def test_every_kind_of_identifier_is_either_taken_or_declined() -> None:
    for identity, kind in names.KINDS.items():
        assert {kind, *names.declined(identity)} == set(IdentifierKind)
        assert kind not in names.declined(identity)


def test_a_template_is_an_automation_of_which_nobody_says_whether_it_takes_people() -> None:
    found = mapping.automation_from_wire({"id": 9, "name": None})
    assert (found.id, found.name, found.status.value) == ("9", "9", "unknown")


def test_a_journeys_link_is_a_secret_and_its_answer_is_not_kept() -> None:
    link = "https://hub.example-bank.test/ada-4f2"
    result = mapping.enrolled_from_wire(own("m-1"), {"id": "jr-1", "slug": "ada-4f2", "web_client_url": link})
    assert result.link is not None
    assert result.link.get_secret_value() == link
    assert result.raw is None
    assert "ada-4f2" not in repr(result) + str(result) + result.model_dump_json()
