"""Contacts, consent and jobs between Dotdigital's words and ours: golden answers, and tables that are total."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import to_json

from martech.errors import InvalidRequest
from martech.models import (
    Basis,
    Channel,
    Consent,
    Contact,
    IdentifierKind,
    IfNew,
    ItemOutcome,
    JobPart,
    JobStatus,
    Merge,
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    Topic,
    custom,
    email,
    mobile,
    own,
    vendor_id,
)
from martech.provider import Response
from martech_dotdigital.mapping import (
    consent,
    contacts,
    jobs,
)
from martech_dotdigital.mapping.identifiers import Naming
from martech_dotdigital.mapping.verdicts import verdict, verdict_of
from martech_dotdigital.reading import plain
from martech_dotdigital.wire import contacts as contact_shapes

Golden = Callable[[str], Any]
NAMING = Naming("crm-id")
S = SubscriptionStatus


def shaped(shape: Any, value: Any) -> Any:
    return TypeAdapter(shape).validate_python(value)


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_contact_is_read_with_everything_it_says(golden: Golden) -> None:
    person = shaped(contact_shapes.Contact, golden("contact"))
    read = contacts.contact_from_wire(person, NAMING)
    assert (read.email, read.mobile, read.own_id) == ("ana@example.org", "+447700900123", "C-17")
    assert (read.vendor_id, dict(read.custom_ids)) == ("101", {"loyalty": "L-9"})
    assert (read.first_name, read.last_name) == ("Ana", "Silva")
    assert dict(read.attributes) == {"LTV": 12.5, "VIP": True, "BIRTHDAY": "1990-04-01T00:00:00Z"}
    assert read.created_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert read.updated_at == datetime(2024, 6, 2, 11, 30, 0, 527000, tzinfo=UTC)
    assert not read.deleted
    assert read.raw["dataFields"]["POSTCODE"] is None


def test_each_channel_has_its_state_basis_and_the_vendors_word(golden: Golden) -> None:
    person = shaped(contact_shapes.Contact, golden("contact"))
    states = {one.channel: one for one in consent.subscriptions_from_wire(person) if one.topic is None}
    assert states[Channel.EMAIL].status is S.SUBSCRIBED
    assert states[Channel.EMAIL].basis is Basis.PERSON
    assert states[Channel.SMS].status is S.SUPPRESSED
    assert (states[Channel.SMS].reason, states[Channel.SMS].vendor_word) == (SuppressionReason.BOUNCED, "bounced")
    assert states[Channel.WHATSAPP].status is S.NOT_SUBSCRIBED


def test_a_preference_nobody_opted_into_is_read_as_a_no_without_a_date(golden: Golden) -> None:
    person = shaped(contact_shapes.Contact, golden("contact"))
    topics = {one.topic: one for one in consent.subscriptions_from_wire(person) if one.topic is not None}
    assert topics["26"].status is S.SUBSCRIBED
    assert topics["27"].status is S.UNSUBSCRIBED
    assert topics["27"].changed_at is None


def test_a_list_somebody_unsubscribed_from_is_not_theirs_to_be_carried(golden: Golden) -> None:
    person = shaped(contact_shapes.Contact, golden("contact"))
    assert contacts.contact_from_wire(person, NAMING).list_ids == ("4021",)


def test_a_subscribed_contact_whose_opt_in_nobody_vouches_for_has_no_basis() -> None:
    state = {
        "contactId": 1,
        "identifiers": {},
        "channelProperties": {"email": {"status": "subscribed", "optInType": "Unknown"}},
    }
    (read,) = consent.subscriptions_from_wire(shaped(contact_shapes.Contact, state))
    assert (read.status, read.basis) == (S.SUBSCRIBED, Basis.UNKNOWN)


@pytest.mark.parametrize("word", ["binned", "deleted", "Binned"])
def test_somebody_in_the_recycle_bin_is_marked_deleted(word: str) -> None:
    person = shaped(contact_shapes.Contact, {"contactId": 1, "status": word, "identifiers": {}})
    assert contacts.contact_from_wire(person, NAMING).deleted


def test_what_an_answer_does_not_say_is_not_given() -> None:
    person = shaped(contact_shapes.Contact, {"contactId": 7, "identifiers": {"email": "a@example.org"}})
    read = contacts.contact_from_wire(person, NAMING)
    assert read.model_fields_set == {"email", "vendor_id", "raw"}


def test_an_odd_address_or_number_is_taken_over_as_it_stands() -> None:
    odd = {"contactId": 7, "identifiers": {"email": "not an address", "mobileNumber": "call me"}}
    read = contacts.contact_from_wire(shaped(contact_shapes.Contact, odd), NAMING)
    assert (read.email, read.mobile) == ("not an address", "call me")


EMAIL_WORDS = [
    "noSubscription",
    "subscribed",
    "unsubscribed",
    "softBounced",
    "hardBounced",
    "ispComplained",
    "pendingOptIn",
    "directComplaint",
    "spamTrap",
    "deleted",
    "blockedlocalpart",
    "sharedsuppression",
    "sharedDomainSuppression",
    "suppressed",
    "purchased",
    "knownComplainer",
    "knownLitigator",
    "binned",
    "domainSuppressed",
]
LEGACY_WORDS = [
    "Subscribed",
    "Unsubscribed",
    "SoftBounced",
    "HardBounced",
    "IspComplained",
    "MailBlocked",
    "PendingOptIn",
    "DirectComplaint",
    "Deleted",
    "SharedSuppression",
    "Suppressed",
    "NotAllowed",
    "DomainSuppression",
    "NoMxRecord",
    "NotAvailableInThisVersion",
]
SMS_WORDS = ["noSubscription", "subscribed", "unsubscribed", "bounced", "deleted", "suppressed", "binned"]


@pytest.mark.parametrize("word", [*EMAIL_WORDS, *LEGACY_WORDS, *SMS_WORDS])
def test_every_word_for_a_state_is_known_and_only_one_allows_contact(word: str) -> None:
    assert word.casefold() in consent.STATUSES
    assert (consent.state_of(word)[0] is S.SUBSCRIBED) == (word.casefold() == "subscribed")


@pytest.mark.parametrize("word", ["", None, "brandNewState"])
def test_an_unknown_word_for_a_state_is_unknown(word: str | None) -> None:
    assert consent.state_of(word) == (S.UNKNOWN, None)


def test_a_new_contact_is_said_with_only_what_was_given() -> None:
    contact = Contact(
        email="Ana@Example.ORG", own_id="C-17", first_name="Ana", attributes={"BORN": date(1990, 4, 1)}
    )
    assert contacts.new_body(contact, NAMING, IfNew.VENDOR_DEFAULT) == {
        "identifiers": {"email": "Ana@example.org", "crm-id": "C-17"},
        "dataFields": {"BORN": "1990-04-01", "FIRSTNAME": "Ana"},
    }


def test_clearing_a_field_is_said_as_null_and_not_giving_it_is_not_said() -> None:
    body = contacts.contact_to_wire(Contact(email="a@example.org", last_name=None, attributes={"MOOD": None}))
    assert body == {"dataFields": {"MOOD": None, "LASTNAME": None}}


def test_a_number_goes_without_its_plus() -> None:
    body = contacts.new_body(Contact(mobile="+44 7700 900123"), NAMING, IfNew.VENDOR_DEFAULT)
    assert body["identifiers"] == {"mobileNumber": "447700900123"}


def test_somebody_new_who_is_not_to_be_contacted_is_made_with_a_no_for_each_channel_they_open() -> None:
    body = contacts.new_body(Contact(email="a@example.org", mobile="+447700900123"), NAMING, IfNew.NOT_CONTACTABLE)
    assert body["channelProperties"] == {
        "email": {"status": "unsubscribed"},
        "sms": {"status": "noSubscription"},
        "whatsApp": {"status": "noSubscription"},
    }
    alone = contacts.new_body(Contact(email="a@example.org"), NAMING, IfNew.NOT_CONTACTABLE)
    assert set(alone["channelProperties"]) == {"email"}


def test_a_no_of_the_caller_outlives_the_no_for_new_people() -> None:
    said = Subscription(channel=Channel.EMAIL, status=S.SUPPRESSED)
    contact = Contact(email="a@example.org", subscriptions=(said,))
    body = contacts.new_body(contact, NAMING, IfNew.NOT_CONTACTABLE)
    assert body["channelProperties"]["email"] == {"status": "suppressed"}


@pytest.mark.parametrize(
    ("status", "channel", "word"),
    [
        (S.UNSUBSCRIBED, Channel.EMAIL, "unsubscribed"),
        (S.SUPPRESSED, Channel.EMAIL, "suppressed"),
        (S.NOT_SUBSCRIBED, Channel.EMAIL, "unsubscribed"),
        (S.UNSUBSCRIBED, Channel.SMS, "unsubscribed"),
        (S.NOT_SUBSCRIBED, Channel.SMS, "noSubscription"),
        (S.NOT_SUBSCRIBED, Channel.WHATSAPP, "noSubscription"),
    ],
)
def test_each_no_has_its_word(status: SubscriptionStatus, channel: Channel, word: str) -> None:
    said = consent.no_to_wire(Subscription(channel=channel, status=status), known={})
    assert said == (consent.CHANNELS[channel], word)


def test_never_having_subscribed_does_not_weaken_an_opt_out_that_is_there() -> None:
    said = Subscription(channel=Channel.SMS, status=S.NOT_SUBSCRIBED)
    assert consent.no_to_wire(said, known={Channel.SMS: "unsubscribed"}) is None
    assert consent.no_to_wire(said, known={Channel.SMS: "suppressed"}) is None
    assert consent.no_to_wire(said, known={Channel.SMS: "subscribed"}) == ("sms", "noSubscription")
    # An import cannot look, so it says the stronger no.
    assert consent.no_to_wire(said, known=None) == ("sms", "unsubscribed")


def test_a_yes_cannot_be_mapped_at_all() -> None:
    with pytest.raises(InvalidRequest):
        consent.no_to_wire(Subscription(channel=Channel.EMAIL, status=S.SUBSCRIBED), known=None)
    with pytest.raises(InvalidRequest, match="push"):
        consent.no_to_wire(Subscription(channel=Channel.PUSH, status=S.UNSUBSCRIBED), known=None)


def test_a_no_about_a_topic_is_a_preference_opted_out_of() -> None:
    said = Subscription(channel=Channel.EMAIL, topic="26", status=S.UNSUBSCRIBED)
    body = contacts.contact_to_wire(Contact(email="a@example.org", subscriptions=(said,)))
    assert body == {"preferences": [{"id": 26, "isOptedIn": False}]}
    with pytest.raises(InvalidRequest, match="number"):
        consent.topic_id("offers")


def known(**identifiers: str) -> Any:
    return {"contactId": 5, "identifiers": identifiers}


def test_a_change_names_only_identifiers_that_differ_whatever_their_spelling() -> None:
    there = known(email="ANA@example.org", mobileNumber="+447700900123")
    contact = Contact(email="ana@example.org", mobile="+447700900123", last_name="Silva")
    assert contacts.changed_body(contact, there, NAMING) == {"dataFields": {"LASTNAME": "Silva"}}


def test_a_new_address_in_place_of_another_opens_no_channel() -> None:
    body = contacts.changed_body(Contact(email="new@example.org"), known(email="old@example.org"), NAMING)
    assert body == {"identifiers": {"email": "new@example.org"}}


def test_an_address_where_there_was_none_comes_with_a_no() -> None:
    body = contacts.changed_body(Contact(email="new@example.org"), known(mobileNumber="447700900123"), NAMING)
    assert body["channelProperties"] == {"email": {"status": "unsubscribed"}}
    body = contacts.changed_body(Contact(mobile="+447700900123"), known(email="a@example.org"), NAMING)
    assert body["channelProperties"] == {
        "sms": {"status": "noSubscription"},
        "whatsApp": {"status": "noSubscription"},
    }


def test_an_identifier_cannot_be_cleared_where_there_is_one() -> None:
    with pytest.raises(InvalidRequest, match="mobileNumber"):
        contacts.changed_body(
            Contact(email="a@example.org", mobile=None),
            known(email="a@example.org", mobileNumber="44770090"),
            NAMING,
        )
    assert (
        contacts.changed_body(Contact(email="a@example.org", mobile=None), known(email="a@example.org"), NAMING)
        == {}
    )


def test_a_change_of_nothing_is_nothing() -> None:
    assert contacts.changed_body(Contact(email="a@example.org"), known(email="a@example.org"), NAMING) == {}


def test_the_three_ways_to_merge_have_their_words_in_both_spellings() -> None:
    assert set(contacts.MERGE_OF_ONE) == set(contacts.MERGE_OF_MANY) == set(Merge)
    assert contacts.MERGE_OF_ONE[Merge.OVERWRITE] is None
    assert contacts.MERGE_OF_ONE[Merge.FILL_EMPTY] == "overwrite-if-empty"
    assert contacts.MERGE_OF_MANY[Merge.FILL_EMPTY] == "overwriteIfEmpty"
    assert contacts.MERGE_OF_MANY[Merge.KEEP_WHERE_EMPTY] == "overwriteIfNotEmpty"


def test_a_row_of_an_import_says_by_what_it_is_matched() -> None:
    contact = Contact(email="a@example.org", own_id="C-1", mobile="+447700900123")
    assert contacts.import_row(contact, NAMING, None)["matchIdentifier"] == "email"
    assert contacts.import_row(contact, NAMING, IdentifierKind.OWN)["matchIdentifier"] == "crm-id"
    assert contacts.import_row(contact, NAMING, IdentifierKind.MOBILE)["matchIdentifier"] == "mobileNumber"


def test_a_row_matched_by_contact_id_holds_it_as_a_number() -> None:
    contact = Contact(email="new@example.org", vendor_id="123456")
    row = contacts.import_row(contact, NAMING, IdentifierKind.VENDOR)
    assert row == {
        "matchIdentifier": "contactId",
        "identifiers": {"email": "new@example.org", "contactId": 123456},
    }


def test_a_vendor_id_is_not_used_to_find_anybody_unless_asked_for() -> None:
    with pytest.raises(InvalidRequest, match="nothing names this contact"):
        NAMING.of_contact(Contact(vendor_id="12"), match=None)
    assert NAMING.of_contact(Contact(vendor_id="12"), match=IdentifierKind.VENDOR) == vendor_id("12")


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (email("a@example.org"), ("email", "a@example.org")),
        (mobile("+447700900123"), ("mobileNumber", "447700900123")),
        (own("C-17"), ("crm-id", "C-17")),
        (vendor_id(101), ("contactId", "101")),
        (custom("loyalty", "L-9"), ("loyalty", "L-9")),
    ],
)
def test_every_identifier_has_its_name_and_comes_back_as_itself(ref: Any, expected: tuple[str, str]) -> None:
    assert NAMING.to_wire(ref) == expected
    assert list(NAMING.from_wire(dict([expected]))) == [ref]


def test_an_own_id_without_a_setting_that_says_what_carries_it_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="settings name none"):
        Naming().to_wire(own("C-17"))
    assert IdentifierKind.OWN not in Naming().written_by()


@pytest.mark.parametrize("name", ["email", "mobileNumber", "contactId", "EMAIL"])
def test_the_vendors_own_names_are_no_custom_identifiers(name: str) -> None:
    with pytest.raises(InvalidRequest, match="custom identifier"):
        NAMING.to_wire(custom(name, "x"))


# ── evidence, suppressions, topics ───────────────────────────────────────────────────────────────────────────

FULL = Consent(
    channel=Channel.EMAIL,
    given_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
    text="Newsletter please",
    source="https://shop.example.org/signup",
    ip_address="203.0.113.9",
    user_agent="Mozilla/5.0",
)


def test_a_record_of_consent_says_all_five_things() -> None:
    assert consent.consent_to_wire(FULL) == {
        "text": "Newsletter please",
        "dateTimeConsented": "2024-05-01T10:00:00Z",
        "url": "https://shop.example.org/signup",
        "ipAddress": "203.0.113.9",
        "userAgent": "Mozilla/5.0",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [("source", "source"), ("ip_address", "ip_address"), ("user_agent", "user_agent"), ("text", "text")],
)
def test_a_record_that_lacks_one_of_them_is_refused_by_name(name: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        consent.consent_to_wire(FULL.model_copy(update={name: "" if name == "text" else None}))


@pytest.mark.parametrize(
    ("channel", "topic"),
    [(Channel.EMAIL, None), (Channel.SMS, None), (Channel.EMAIL, "26"), (Channel.WHATSAPP, "26")],
)
@pytest.mark.parametrize("url", ["https://shop.example.org/signup", "https://shop.example.org/signup#form"])
def test_evidence_comes_back_about_what_it_was_about(channel: Channel, topic: str | None, url: str) -> None:
    given = FULL.model_copy(update={"channel": channel, "topic": topic, "source": url})
    record = shaped(contact_shapes.ConsentRecord, consent.consent_to_wire(given))
    read = consent.consent_from_wire(record)
    assert read == given


def test_a_record_with_a_time_without_a_zone_means_utc(golden: Golden) -> None:
    person = shaped(contact_shapes.Contact, golden("contact"))
    (read,) = contacts.contact_from_wire(person, NAMING).consents
    assert read.given_at == datetime(2018, 1, 26, 21, 29, tzinfo=UTC)
    assert read.channel is Channel.EMAIL


def test_suppressed_people_are_read_with_reason_and_either_form_of_the_time(golden: Golden) -> None:
    rows = shaped(list[contact_shapes.SuppressedContact], golden("suppressed_since"))
    first, second, third = (consent.suppression_from_wire(row) for row in rows)
    assert (first.identifier, first.reason) == (email("terry@example.org"), SuppressionReason.UNSUBSCRIBED)
    assert first.suppressed_at == second.suppressed_at == datetime(2020, 1, 1, 9, 40, 18, 527000, tzinfo=UTC)
    assert (second.reason, second.vendor_word) == (SuppressionReason.BOUNCED, "HardBounced")
    assert (third.reason, third.suppressed_at) == (SuppressionReason.OTHER, None)
    assert consent.change_from_wire(rows[0]).after is S.UNSUBSCRIBED
    assert consent.change_from_wire(rows[2]).after is S.UNKNOWN


def test_topics_are_the_leaves_of_the_tree_with_their_category(golden: Golden) -> None:
    topics = list(consent.topics_from_wire(shaped(list[contact_shapes.Preference], golden("preferences"))))
    assert [(one.id, one.name, one.category, one.is_public) for one in topics] == [
        ("9", "Email", "Contact method", True),
        ("10", "Push", "Contact method", False),
        ("21", "Camping", None, True),
    ]
    assert consent.topic_to_wire(Topic(name="Boots", is_public=False), 8) == {
        "publicName": "Boots", "privateName": "Boots", "isPreference": True, "isPublic": False, "categoryId": 8,
    }  # fmt: skip


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def reported(report: Any) -> Response:
    return Response(200, body=to_json(report))


def test_an_imports_report_is_told_by_position_with_the_vendors_ids(golden: Golden) -> None:
    keys = ("email:ana@example.org", "email:bo@example.org", verdict(ItemOutcome.REFUSED, "cannot be said"),
            "email:not-an-address", "own:C-3", "own:C-3", "email:unnamed@example.org")  # fmt: skip
    part = JobPart(id="x", status=JobStatus.DONE, inputs=keys)
    report = reported(golden("import_report"))
    results = {one.position: one for one in jobs.import_results(part, 10, report, NAMING)}
    assert {place: one.outcome for place, one in results.items()} == {
        10: ItemOutcome.CREATED, 11: ItemOutcome.UPDATED, 12: ItemOutcome.REFUSED, 13: ItemOutcome.REFUSED,
        14: ItemOutcome.UPDATED, 15: ItemOutcome.REFUSED,
    }  # fmt: skip
    assert (results[10].vendor_id, results[11].vendor_id, results[14].vendor_id) == ("101", "57", "58")
    assert results[13].code == "invalidEmail"
    assert results[15].code == "duplicateIdentifier"


def test_a_contact_that_was_written_but_not_wholly_says_so(golden: Golden) -> None:
    part = JobPart(id="x", status=JobStatus.DONE, inputs=("email:bo@example.org",))
    report = reported(golden("import_report"))
    (result,) = jobs.import_results(part, 0, report, NAMING)
    assert (result.outcome, result.code) == (ItemOutcome.UPDATED, "consentRecordsNotApplied")
    assert "not all of it" in (result.reason or "")


def test_reasons_of_a_report_hold_no_address(golden: Golden) -> None:
    part = JobPart(id="x", status=JobStatus.DONE, inputs=("email:not-an-address",))
    report = golden("import_report")
    report["failures"][0]["failures"][0]["description"] = "ana@example.org is taken"
    (result,) = jobs.import_results(part, 0, reported(report), NAMING)
    assert "ana@" not in (result.reason or "")


def test_a_deletions_report_is_told_by_position(golden: Golden) -> None:
    keys = ("email:ana@example.org", "vendor:57", "mobile:+447700900123")
    part = JobPart(id="x", status=JobStatus.DONE, inputs=keys)
    report = shaped(contact_shapes.DeleteState, golden("delete_report"))
    results = {one.position: one.outcome for one in jobs.deletion_results(part, 0, report, NAMING)}
    assert results == {0: ItemOutcome.REMOVED, 1: ItemOutcome.REMOVED, 2: ItemOutcome.NOT_FOUND}


def test_the_state_of_a_removal_is_read_whatever_its_case(golden: Golden) -> None:
    state = shaped(contact_shapes.JobState, plain(golden("deletion_status")))
    assert jobs.state_of(state["status"]) is JobStatus.DONE


@pytest.mark.parametrize(
    "word",
    [
        "NotStarted",
        "NotFinished",
        "Finished",
        "Failed",
        "RejectedByWatchdog",
        "ExceedsAllowedContactLimit",
        "InvalidFileFormat",
        "Unknown",
        "Started",
        "Completed",
        "Processing",
        "Complete",
        "NotAvailableInThisVersion",
        "Queued",
        "Cancelled",
    ],
)
def test_every_word_for_a_job_is_known(word: str) -> None:
    assert word.casefold() in jobs.STATES


def test_a_job_in_an_unknown_state_goes_on() -> None:
    assert jobs.state_of("Pondering") is JobStatus.UNKNOWN


def test_a_verdict_is_found_again_and_a_key_is_none() -> None:
    said = verdict_of(verdict(ItemOutcome.NOT_FOUND, "nobody: at all"), 3)
    assert said is not None
    assert (said.position, said.outcome, said.reason) == (3, ItemOutcome.NOT_FOUND, "nobody: at all")
    assert verdict_of("email:a@example.org", 3) is None
