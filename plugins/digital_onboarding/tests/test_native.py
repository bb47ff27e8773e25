"""The vendor's own operations: objectives, journeys with everything, bulk enrolment, the single upsert, files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from martech.errors import (
    AuthenticationFailed,
    ConsentRefused,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    UnexpectedResponse,
    UnsupportedOperation,
)
from martech.models import (
    Channel,
    Contact,
    IfNew,
    ItemOutcome,
    Subscription,
    SubscriptionStatus,
    email,
    own,
)
from martech.pipeline import MemoryGuard
from martech_digital_onboarding.objectives import Completion, Objective, completion_value

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NO_MAIL = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
CONTACTS = "POST /v1/contacts"
ADA = Contact(own_id="m-0", email="ada@example.org")


def with_people(talk: Any, count: int = 3, **switches: Any) -> Any:
    talked = talk(**switches)
    contacts = [Contact(own_id=f"m-{n}", email=f"p{n}@example.org") for n in range(count)]
    talked(lambda client: client.contacts.upsert_many(contacts, if_new=IfNew.VENDOR_DEFAULT))
    talked.said.clear()
    talked.emulator.ledger.counts.clear()
    return talked


# ── objectives ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bare", [False, True])
def test_objectives_are_listed_wrapped_or_bare_the_teams_own_with_their_team(either: Any, bare: bool) -> None:
    talked = either(bare_arrays=bare)
    found = {one.key: one for one in talked(lambda client: client.native.objectives())}
    assert len(found) == 13
    assert found["direct-deposit"].team_id is None
    assert found["first-branch-visit"].team_id == talked.emulator.team_id
    assert found["first-branch-visit"].name == "First Branch Visit"


def test_completing_an_objective_is_a_dated_member_of_the_contact(either: Any) -> None:
    talked = with_people(either)
    result = talked(lambda client: client.native.complete_objective(own("m-0"), "direct-deposit"))
    assert result.outcome is ItemOutcome.UPDATED
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-0", "direct-deposit": "2026-01-05T09:00:00+00:00"}]}]
    assert talked.person("m-0").completed == {"direct-deposit": NOW}
    assert talked.person("m-0").email == "p0@example.org"
    at = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    talked(lambda client: client.native.complete_objective(own("m-0"), "first-branch-visit", at=at))
    assert talked.person("m-0").completed["first-branch-visit"] == at


def test_a_completion_that_was_cut_off_is_written_again_with_the_same_time(talk: Any) -> None:
    talked = with_people(talk)
    talked.emulator.faults.add("cut_after", route="/v1/contacts")
    assert talked(lambda client: client.native.complete_objective(own("m-0"), "estatements")).ok
    first, second = talked.bodies()
    assert first == second


@pytest.mark.parametrize("key", ["direct-deposti", "email", "unsubscribe_email", "journey.template_id", ""])
def test_a_key_that_is_no_objective_is_refused_before_it_is_ignored_in_silence(either: Any, key: str) -> None:
    talked = with_people(either)
    with pytest.raises(InvalidRequest):
        talked(lambda client: client.native.complete_objective(own("m-0"), key))
    assert talked.count(CONTACTS) == 0
    assert talked.emulator.ignored_members == []


def test_an_objective_that_bears_a_fields_name_is_refused_though_the_team_has_it(either: Any) -> None:
    talked = with_people(either)
    talked.emulator.add_objective("city", "City")
    with pytest.raises(InvalidRequest, match="field of contacts"):
        talked(lambda client: client.native.complete_objective(own("m-0"), "city"))


def test_known_objectives_are_not_asked_for_again(either: Any) -> None:
    talked = with_people(either)
    known = [Objective(key="direct-deposit", name="Direct Deposit")]
    talked(lambda client: client.native.complete_objective(own("m-0"), "direct-deposit", known=known))
    assert talked.count("objectives") == 0
    with pytest.raises(InvalidRequest, match="no objective"):
        talked(lambda client: client.native.complete_objective(own("m-0"), "estatements", known=known))


def test_many_completions_are_one_result_each_and_one_row_per_contact(either: Any) -> None:
    talked = with_people(either)
    completions = [
        Completion(own("m-0"), "direct-deposit", "done"),
        Completion(own("m-0"), "estatements", datetime(2024, 5, 1, tzinfo=UTC)),
        Completion(own("m-1"), "nonsense"),
        Completion(own("m-typo"), "estatements"),
        Completion(own("m-1"), "estatements", "yesterday"),
        Completion(email("p1@example.org"), "estatements"),
        Completion(own("m-2"), "estatements"),
    ]
    results = talked(lambda client: client.native.complete_objectives(completions))
    assert [one.outcome for one in results.items] == [
        ItemOutcome.UPDATED,
        ItemOutcome.UPDATED,
        ItemOutcome.REFUSED,
        ItemOutcome.NOT_FOUND,
        ItemOutcome.REFUSED,
        ItemOutcome.REFUSED,
        ItemOutcome.UPDATED,
    ]
    assert [one.position for one in results.items] == list(range(7))
    assert [row["unique_id"] for row in talked.bodies()[0]["contacts"]] == ["m-0", "m-typo", "m-2"]
    assert set(talked.person("m-0").completed) == {"direct-deposit", "estatements"}
    assert len(talked(lambda client: client.native.complete_objectives([]))) == 0


def test_one_objective_of_one_person_twice_is_written_once_and_the_earlier_says_so(either: Any) -> None:
    talked = with_people(either)
    completions = [
        Completion(own("m-0"), "estatements", datetime(2024, 5, 1, tzinfo=UTC)),
        Completion(own("m-0"), "direct-deposit", "done"),
        Completion(own("m-1"), "estatements", "done"),
        Completion(own("m-0"), "estatements", datetime(2025, 5, 1, tzinfo=UTC)),
        Completion(own("m-0"), "estatements", "never"),
    ]
    results = talked(lambda client: client.native.complete_objectives(completions)).items
    assert [one.outcome for one in results] == [
        ItemOutcome.SUPERSEDED,
        ItemOutcome.UPDATED,
        ItemOutcome.UPDATED,
        ItemOutcome.UPDATED,
        ItemOutcome.REFUSED,
    ]
    assert "input 3" in results[0].reason
    assert talked.person("m-0").completed["estatements"].year == 2025


def test_a_completion_for_a_key_that_nobody_has_is_no_success(either: Any) -> None:
    talked = with_people(either)
    result = talked(lambda client: client.native.complete_objective(own("m-typo"), "estatements"))
    assert (result.outcome, result.ok) == (ItemOutcome.NOT_FOUND, False)
    assert "empty contact" in result.reason
    assert talked.emulator.contactable("m-typo") is False


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (None, "2026-01-05T09:00:00+00:00"),
        (datetime(2024, 5, 1, 9, 30, tzinfo=UTC), "2024-05-01T09:30:00+00:00"),
        ("2024-05-01T09:30:00+0200", "2024-05-01T09:30:00+02:00"),
        ("2024-05-01T09:30:00Z", "2024-05-01T09:30:00+00:00"),
        # An offset that ISO 8601 cannot write.
        (datetime(1880, 5, 1, 9, tzinfo=timezone(timedelta(minutes=9, seconds=21))), "1880-05-01T08:50:39+00:00"),
        *((word, word) for word in ("true", "t", "1", "y", "yes", "complete", "completed", "done")),
        (" Done ", "done"),
    ],
)
def test_a_completion_is_always_text_that_the_vendor_takes(at: Any, value: str) -> None:
    assert completion_value(at, NOW) == value


@pytest.mark.parametrize("at", ["", "no", "false", "yesterday", "2024-05-01T09:30:00", datetime(2024, 5, 1)])
def test_a_completion_without_offset_or_meaning_is_refused(at: Any) -> None:
    with pytest.raises(InvalidRequest):
        completion_value(at, NOW)


# ── one contact, seen ────────────────────────────────────────────────────────────────────────────────────────


def test_a_saved_contact_comes_back_as_the_vendor_has_it(either: Any) -> None:
    talked = either(undocumented_members=True)
    kept = talked(lambda client: client.native.save(ADA, if_new=IfNew.VENDOR_DEFAULT))
    assert (kept.own_id, kept.email, kept.vendor_id) == ("m-0", "ada@example.org", talked.person("m-0").id)
    assert kept.status(Channel.EMAIL) is SubscriptionStatus.UNKNOWN
    assert kept.created_at == NOW
    assert "birthdate" in kept.raw
    assert talked.bodies() == [{"unique_id": "m-0", "email": "ada@example.org"}]
    talked.emulator.opt_out("m-0")
    again = talked(
        lambda client: client.native.save(Contact(own_id="m-0", first_name="Ada"), if_new=IfNew.VENDOR_DEFAULT)
    )
    assert again.status(Channel.EMAIL) is SubscriptionStatus.UNSUBSCRIBED
    assert talked.emulator.contactable("m-0") is False


def test_saving_obeys_the_law_of_consent_like_every_write(either: Any) -> None:
    talked = either()
    yes = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
    opted_in = Contact(own_id="m-0", subscriptions=(yes,))
    with pytest.raises(ConsentRefused):
        talked(lambda client: client.native.save(opted_in, if_new=IfNew.VENDOR_DEFAULT))
    with pytest.raises(UnsupportedOperation):
        talked(lambda client: client.native.save(ADA, if_new=IfNew.NOT_CONTACTABLE))
    with pytest.raises(InvalidRequest):
        talked(lambda client: client.native.save(Contact(email="x@example.org"), if_new=IfNew.VENDOR_DEFAULT))
    assert talked.said == []


def test_an_unreadable_answer_to_a_save_quotes_nobody(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("truncate", route="/v1/contacts")
    with pytest.raises(UnexpectedResponse) as unread:
        talked(lambda client: client.native.save(ADA, if_new=IfNew.VENDOR_DEFAULT))
    assert "ada" not in str(unread.value)


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"error": "no"}',
        '{"new_contacts": [], "existing_contacts": []}',
        '{"unique_id": "m-9", "email": "bo@example.org"}',
        '{"unique_id": "M-0", "email": "ada@example.org"}',
    ],
)
def test_an_answer_that_does_not_name_who_was_saved_is_no_success(either: Any, answer: str) -> None:
    talked = either()
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=answer)
    with pytest.raises(UnexpectedResponse, match="does not name the contact"):
        talked(lambda client: client.native.save(ADA, if_new=IfNew.VENDOR_DEFAULT))


def test_a_saved_opt_out_that_the_answer_denies_is_no_success(either: Any) -> None:
    talked = either()
    body = '{"unique_id": "m-0", "unsubscribe_email": false}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=body)
    says_no = Contact(own_id="m-0", subscriptions=(NO_MAIL,))
    with pytest.raises(UnexpectedResponse, match="not opted out"):
        talked(lambda client: client.native.save(says_no, if_new=IfNew.VENDOR_DEFAULT))


def test_what_would_be_public_can_be_looked_at_without_a_request(either: Any) -> None:
    talked = either()
    contact = Contact(own_id="m-0", attributes={"iban": "x", "branch": "North"})
    assert [one.attribute for one in talked.client.native.exposures(contact)] == ["iban"]
    assert talked.said == []


def test_what_is_pointed_out_is_on_the_page_for_anybody_and_what_is_a_field_is_not(either: Any) -> None:
    talked = either()
    contact = Contact(own_id="m-0", attributes={"iban": "x", "branch": "North", "address": "1 High Street"})
    talked(lambda client: client.native.start_journey("tpl-card", contact))
    (page,) = talked.emulator.pages()
    assert page["meta_public"] == {"iban": "x", "branch": "North"}
    assert {one.attribute for one in talked.client.native.exposures(contact)} == {"iban"}
    assert talked.person("m-0").members["address"] == "1 High Street"


# ── journeys ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_journey_may_bring_its_whole_contact_along(either: Any) -> None:
    talked = either()
    contact = Contact(own_id="m-9", email="nine@example.org", first_name="Nine")
    started = talked(
        lambda client: client.native.start_journey("tpl-card", contact, name="Hi", owner_id="u-1", key="k")
    )
    assert started.link.get_secret_value() == talked.emulator.journeys[started.enrolment_id].web_client_url
    assert talked.person("m-9").members["name_first"] == "Nine"
    assert [sent.recipient for sent in talked.emulator.outbox] == ["nine@example.org"]
    with pytest.raises(NotFound, match="no such template"):
        talked(lambda client: client.native.start_journey("tpl-none", contact))


def test_somebody_who_says_no_is_made_with_it_and_not_messaged(either: Any) -> None:
    talked = either()
    contact = Contact(own_id="m-9", email="nine@example.org", subscriptions=(NO_MAIL,))
    talked(lambda client: client.native.start_journey("tpl-card", contact))
    talked(lambda client: client.native.enrol_in_bulk("tpl-card", [contact]))
    assert talked.emulator.outbox == []
    yes = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
    for call in (
        lambda client: client.native.start_journey("tpl-card", Contact(own_id="m-9", subscriptions=(yes,))),
        lambda client: client.native.start_journey("tpl-card", email("nine@example.org")),
    ):
        with pytest.raises((ConsentRefused, UnsupportedOperation)):
            talked(call)


@pytest.mark.parametrize("flat", [False, True])
def test_bulk_enrolment_writes_the_template_into_contacts_in_either_spelling(either: Any, flat: bool) -> None:
    talked = with_people(
        either, journey_spellings="flat" if flat else "nested", options={"flat_journey_key": flat}
    )
    new = Contact(own_id="m-new", email="new@example.org")
    people = [own("m-0"), new, own("m-typo"), own("m-1"), email("p2@example.org"), own("m-0")]
    enrolment = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people))
    assert [(one.outcome, one.contactable) for one in enrolment.items] == [
        (ItemOutcome.SUPERSEDED, None),
        (ItemOutcome.ACCEPTED, True),
        (ItemOutcome.NOT_FOUND, None),
        (ItemOutcome.ACCEPTED, None),
        (ItemOutcome.REFUSED, None),
        (ItemOutcome.ACCEPTED, None),
    ]
    assert [one.position for one in enrolment.items] == list(range(6))
    sent = sorted(one.recipient for one in talked.emulator.outbox)
    assert sent == ["new@example.org", "p0@example.org", "p1@example.org"]
    member = {"journey.template_id": "tpl-card"} if flat else {"journey": {"template_id": "tpl-card"}}
    assert {"unique_id": "m-0", **member} in talked.bodies()[0]["contacts"]
    assert {start.route for start in talked.emulator.journey_starts} == {"contacts"}


def test_bulk_enrolment_goes_in_batches_each_a_send_of_its_own(either: Any) -> None:
    talked = with_people(either, 25, options={"batch_contacts": 10})
    people = [own(f"m-{n}") for n in range(25)]
    call = lambda client: client.native.enrol_in_bulk("tpl-card", people, key="spring")  # noqa: E731 - asked twice
    assert all(one.ok for one in talked(call).items)
    assert (talked.count(CONTACTS), len(talked.emulator.outbox)) == (3, 25)
    again = talked(call)
    # Of the first batch the vendor's answer is known; which others of its hundred had one, nobody can tell.
    assert [one.outcome for one in again.items] == [ItemOutcome.ACCEPTED] * 10 + [ItemOutcome.UNKNOWN] * 15
    assert (talked.count(CONTACTS), len(talked.emulator.outbox)) == (3, 25)


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "truncate", "nonsense", "status"])
def test_a_batch_of_journeys_is_never_repeated_blindly(either: Any, kind: str) -> None:
    talked = with_people(either, 20, options={"batch_contacts": 10})
    talked.emulator.faults.add(kind, route="/v1/contacts", status=503)
    people = [own(f"m-{n}") for n in range(20)]
    items = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people)).items
    assert [one.outcome for one in items] == [ItemOutcome.UNKNOWN] * 10 + [ItemOutcome.ACCEPTED] * 10
    assert talked.count(CONTACTS) == 2
    assert len(talked.emulator.outbox) <= 20


def test_one_bad_contact_leaves_its_batch_of_journeys_unknown_and_untouched(either: Any) -> None:
    talked = with_people(either, 5, bad_records="stop")
    bad = Contact.model_construct({"own_id", "email"}, own_id="m-bad", email="no address")
    people = [own("m-0"), own("m-1"), bad, own("m-2")]
    items = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people)).items
    # Two of them were started before the vendor stopped, which nobody can see from outside.
    assert len(talked.emulator.outbox) == 2
    assert [one.outcome for one in items] == [ItemOutcome.UNKNOWN] * 4
    assert "email is invalid" in items[0].reason
    assert talked.count(CONTACTS) == 1
    alone = talked(lambda client: client.native.enrol_in_bulk("tpl-card", [bad])).items
    assert alone[0].outcome is ItemOutcome.REFUSED


def test_one_bad_contact_leaves_its_batch_unknown_under_its_key_for_good(either: Any) -> None:
    talked = with_people(either, 5, bad_records="stop")
    bad = Contact.model_construct({"own_id", "email"}, own_id="m-bad", email="no address")
    people = [own("m-0"), own("m-1"), bad]
    call = lambda client: client.native.enrol_in_bulk("tpl-card", people, key="spring")  # noqa: E731 - asked twice
    for _ in range(2):
        assert {one.outcome for one in talked(call).items} == {ItemOutcome.UNKNOWN}
    assert len(talked.emulator.outbox) == 2
    assert talked.count(CONTACTS) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
def test_any_refusal_of_a_batch_of_journeys_leaves_it_unknown(either: Any, status: int) -> None:
    talked = with_people(either, 3)
    body = '{"message": "not like this"}'
    talked.emulator.faults.add("status", route="POST /v1/contacts", status=status, body=body)
    items = talked(lambda client: client.native.enrol_in_bulk("tpl-card", [own("m-0"), own("m-1")])).items
    assert [one.outcome for one in items] == [ItemOutcome.UNKNOWN] * 2
    assert status == 500 or all("“not like this”" in one.reason and "one of 2" in one.reason for one in items)
    assert talked.count(CONTACTS) == 1


@pytest.mark.parametrize(("before", "after"), [(100, 30), (30, 100), (7, 30), (1, 100)])
@pytest.mark.parametrize("accident", [None, "cut_after", "cut_before", "status", "limited", "refused"])
def test_under_one_key_nobody_is_enrolled_twice_though_batches_have_other_sizes_meanwhile(
    talk: Any, before: int, after: int, accident: str | None
) -> None:
    talked = with_people(talk, 230, options={"batch_contacts": before, "guard": (guard := MemoryGuard())})
    people = [own(f"m-{n}") for n in range(230)]
    faults = talked.emulator.faults
    if accident == "limited":
        faults.add("status", route="POST /v1/contacts", status=429, times=9, headers={"Retry-After": "7200"})
    elif accident == "refused":
        faults.add("status", route="POST /v1/contacts", status=422, body='{"error": "no"}')
    elif accident is not None:
        faults.add(accident, route="POST /v1/contacts", status=503)
    first = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people, key="spring")).items
    faults.clear()
    other = talked.bench.client(batch_contacts=after, guard=guard)
    second = other.native.enrol_in_bulk("tpl-card", people, key="spring").items
    recipients = [one.recipient for one in talked.emulator.outbox]
    assert len(recipients) == len(set(recipients))
    # Whoever is said to be enrolled has been, by one of the two calls.
    accepted = {one.identifier.value for items in (first, second) for one in items if one.ok}
    started = {f"m-{recipient.removeprefix('p').partition('@')[0]}" for recipient in recipients}
    assert accepted <= started
    assert len(first) == len(second) == 230


def test_a_stretch_that_never_left_is_sent_when_the_whole_is_tried_again(either: Any) -> None:
    talked = with_people(either, 150)
    talked.emulator.faults.add(
        "status", route="POST /v1/contacts", status=429, times=9, headers={"Retry-After": "7200"}
    )
    people = [own(f"m-{n}") for n in range(150)]
    call = lambda client: client.native.enrol_in_bulk("tpl-card", people, key="spring")  # noqa: E731 - asked twice
    first = talked(call).items
    assert [one.ok for one in first] == [False] * len(first)
    talked.emulator.faults.clear()
    talked.bench.clock.advance(7200)
    assert all(one.ok for one in talked(call).items)
    assert len(talked.emulator.outbox) == 150


def test_an_opt_out_that_the_answer_denies_is_no_success_of_an_enrolment(either: Any) -> None:
    talked = either()
    body = '{"existing_contacts": [{"unique_id": "m-9", "unsubscribe_email": false}]}'
    talked.emulator.faults.add("status", route="POST /v1/contacts", status=200, body=body)
    says_no = Contact(own_id="m-9", subscriptions=(NO_MAIL,))
    (item,) = talked(lambda client: client.native.enrol_in_bulk("tpl-card", [says_no])).items
    assert (item.outcome, item.ok) == (ItemOutcome.UNKNOWN, False)
    assert "not opted out" in item.reason


def test_a_batch_of_journeys_that_is_too_large_is_halved_and_starts_each_once(either: Any) -> None:
    talked = with_people(either, 20, max_batch_contacts=None)
    talked.emulator.max_batch_contacts = 6
    people = [own(f"m-{n}") for n in range(20)]
    call = lambda client: client.native.enrol_in_bulk("tpl-card", people, key="spring")  # noqa: E731 - asked twice
    assert all(one.ok for one in talked(call).items)
    assert len(talked.emulator.outbox) == 20
    assert not any(one.ok for one in talked(call).items)
    assert len(talked.emulator.outbox) == 20


@pytest.mark.parametrize("stored", [False, True])
def test_who_is_in_neither_list_of_the_answer_may_or_may_not_have_been_enrolled(either: Any, stored: bool) -> None:
    talked = with_people(either)
    talked.emulator.absent_keys, talked.emulator.absent_are_stored = ["m-1"], stored
    people = [own("m-0"), own("m-1")]
    items = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people)).items
    assert [one.outcome for one in items] == [ItemOutcome.ACCEPTED, ItemOutcome.UNKNOWN]
    assert len(talked.emulator.outbox) == 1 + stored


def test_bulk_enrolment_into_a_template_that_is_not_there_sends_nothing(either: Any) -> None:
    talked = with_people(either)
    with pytest.raises(NotFound, match="no such template"):
        talked(lambda client: client.native.enrol_in_bulk("tpl-none", [own("m-0")]))
    assert talked.count(CONTACTS) == 0


def test_credentials_that_fail_concern_everybody_in_bulk(talk: Any) -> None:
    talked = with_people(talk)
    refused = '{"error": "invalid_client"}'
    talked.emulator.faults.add("status", route="POST /v1/contacts", status=401, body=refused)
    with pytest.raises(AuthenticationFailed):
        talked(lambda client: client.native.enrol_in_bulk("tpl-card", [own("m-0")]))


def test_a_client_revoked_halfway_through_a_bulk_stops_the_rest(either: Any) -> None:
    talked = with_people(either, 30, options={"batch_contacts": 10})
    refused = '{"error": "invalid_client"}'
    talked.emulator.faults.add("status", route="POST /v1/contacts", after=1, times=9, status=401, body=refused)
    people = [own(f"m-{n}") for n in range(30)]
    items = talked(lambda client: client.native.enrol_in_bulk("tpl-card", people)).items
    assert [one.outcome for one in items] == [ItemOutcome.ACCEPTED] * 10 + [ItemOutcome.FAILED] * 20
    assert talked.count(CONTACTS) == 2


def test_whatever_writes_attributes_points_out_what_will_be_public(talk: Any, caplog: Any) -> None:
    contact = Contact(own_id="m-0", attributes={"iban": "x"})
    for call in (
        lambda client: client.native.save(contact, if_new=IfNew.VENDOR_DEFAULT),
        lambda client: client.native.start_journey("tpl-card", contact),
        lambda client: client.native.enrol_in_bulk("tpl-card", [contact]),
        lambda client: client.native.csv_files(iter([contact]), now=NOW),
    ):
        caplog.clear()
        talk()(call)
        assert "'iban'" in caplog.text


def test_an_opt_out_of_either_mention_of_a_person_is_kept_and_nobody_is_messaged(either: Any) -> None:
    says_no = Contact(own_id="m-9", email="nine@example.org", subscriptions=(NO_MAIL,))
    for later in (own("m-9"), Contact(own_id="m-9", email="nine@example.org", first_name="Nine")):
        talked = either()
        items = talked(lambda client, later=later: client.native.enrol_in_bulk("tpl-card", [says_no, later])).items
        assert [(one.outcome, one.contactable) for one in items] == [
            (ItemOutcome.SUPERSEDED, None),
            (ItemOutcome.ACCEPTED, False),
        ]
        assert talked.emulator.outbox == []


def test_a_single_journey_is_not_repeated_and_says_so(either: Any) -> None:
    talked = with_people(either)
    talked.emulator.faults.add("cut_after", route="journeys")
    with pytest.raises(OutcomeUnknown) as unknown:
        talked(lambda client: client.native.start_journey("tpl-card", own("m-0"), key="k-1"))
    assert unknown.value.send_key == "k-1"
    with pytest.raises(OutcomeUnknown):
        talked(lambda client: client.native.start_journey("tpl-card", own("m-0"), key="k-1"))
    assert len(talked.emulator.outbox) == 1
