"""Contacts: every identifier, reading by criteria, the ways of writing, imports, deletions, the recycle bin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import Conflict, ConsentRefused, InvalidInput, InvalidRequest, NotFound, RateLimited
from martech.models import (
    Channel,
    Consent,
    Contact,
    Identifier,
    IdentifierKind,
    IfNew,
    Include,
    ItemOutcome,
    Job,
    JobStatus,
    Merge,
    Subscription,
    SubscriptionStatus,
    custom,
    email,
    mobile,
    own,
    vendor_id,
)

Talk = Any
Talker = Callable[..., Any]
DEFAULT, QUIET = IfNew.VENDOR_DEFAULT, IfNew.NOT_CONTACTABLE
IMPORTING: Any = {"if_new": IfNew.VENDOR_DEFAULT, "restore": True}
NO_EMAIL = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
NO_SMS = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
EVIDENCE = Consent(
    channel=Channel.EMAIL, given_at=datetime(2026, 1, 4, tzinfo=UTC), text="Yes", source="https://example.org/form",
    ip_address="203.0.113.9", user_agent="Mozilla/5.0",
)  # fmt: skip


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "ref", ["PERSON-0@example.org", mobile("+447700900000"), own("c-0"), vendor_id(1), custom("loyalty", "L-1")]
)
def test_a_contact_is_found_by_any_of_its_names(both: Talk, ref: Identifier | str) -> None:
    both.seed()
    both.call(lambda c: c.native.account.create_custom_identifier("loyalty"))
    both.call(lambda c: c.contacts.update(Contact(email="person-0@example.org", custom_ids={"loyalty": "L-1"})))
    found = both.call(lambda c: c.contacts.get(ref))
    assert (found.email, found.own_id, found.vendor_id) == ("person-0@example.org", "c-0", "1")


def test_an_address_that_is_none_is_an_invalid_input_and_not_a_nobody(one: Talk) -> None:
    with pytest.raises(InvalidInput):
        one.call(lambda c: c.contacts.get(Identifier(IdentifierKind.EMAIL, "no address")))


def test_an_own_id_without_the_setting_says_which_setting(talk: Talker) -> None:
    talked = talk(own_identifier=None)
    with pytest.raises(InvalidRequest, match="own_identifier") as wrong:
        talked.call(lambda c: c.contacts.get(own("c-1")))
    assert "account.identifiers" in str(wrong.value)
    assert talked.emulator.ledger.total == 0


def test_a_listing_asks_only_for_what_it_is_to_bring(one: Talk) -> None:
    one.seed()
    one.all(lambda c: c.contacts.list(include=frozenset()))
    one.all(lambda c: c.contacts.list(include=frozenset(Include), page_size=7))
    bare, full = one.requests_to("GET /contacts/v3")
    assert "data-fields=FIRSTNAME%7CLASTNAME" in bare.url
    assert "include" not in bare.url
    assert "data-fields=%5B%5BALL%5D%5D" in full.url
    assert "include=channelProperties%7Clists%7Cpreferences%7CconsentRecords" in full.url
    assert "limit=7" in full.url


def test_names_come_with_a_listing_whatever_else_does(both: Talk) -> None:
    both.seed()
    (person,) = both.all(lambda c: c.contacts.list(include=frozenset()))
    assert person.first_name == "Ada"
    assert not person.given("subscriptions")


def test_contacts_made_or_changed_since_a_time_are_listed(both: Talk) -> None:
    both.seed(3)
    both.bench.clock.advance(3600)
    since = both.bench.clock.now()
    both.call(lambda c: c.contacts.update(Contact(email="person-1@example.org", last_name="Changed")))
    both.call(lambda c: c.contacts.create(Contact(email="new@example.org"), if_new=QUIET))
    changed = both.all(lambda c: c.contacts.list(changed_since=since))
    assert [one.email for one in changed] == ["person-1@example.org", "new@example.org"]
    made = both.all(lambda c: c.contacts.list(created_since=since))
    assert [one.email for one in made] == ["new@example.org"]


def test_both_times_at_once_cannot_be_said(one: Talk) -> None:
    now = one.bench.clock.now()
    with pytest.raises(InvalidRequest, match="not by both"):
        one.all(lambda c: c.contacts.list(changed_since=now, created_since=now))
    assert one.emulator.ledger.total == 0


def test_a_listing_goes_on_from_a_stored_cursor(both: Talk) -> None:
    addresses = both.seed(25)
    pages = both.all(lambda c: c.contacts.list(page_size=10).pages())
    assert [len(page.items) for page in pages] == [10, 10, 5]
    rest = both.all(lambda c: c.contacts.list(page_size=10).pages(after=pages[0].next_cursor))
    assert [one.email for page in rest for one in page.items] == addresses[10:]


def test_the_count_misses_people_without_an_address(one: Talk) -> None:
    one.seed(3)
    one.call(lambda c: c.contacts.create(Contact(mobile="+447700900999"), if_new=QUIET))
    assert one.call(lambda c: c.contacts.count()) == 3
    assert len(one.all(lambda c: c.contacts.list())) == 4


# ── writing one ──────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_a_contact_says_is_written_in_one_request(both: Talk) -> None:
    both.vendor.seed_people([])
    for name, kind in (("LTV", "number"), ("VIP", "boolean"), ("BORN", "datetime")):
        from martech.models import AttributeDefinition, AttributeType

        definition = AttributeDefinition(name=name, type=AttributeType(kind))
        both.call(lambda c, definition=definition: c.attributes.create(definition))
    contact = Contact(
        email="ana@example.org", mobile="+447700900123", own_id="C-17", first_name="Ana", last_name="Silva",
        attributes={"LTV": 12.5, "VIP": True, "BORN": date(1990, 4, 1)},
        subscriptions=(NO_SMS,), consents=(EVIDENCE,),
    )  # fmt: skip
    result = both.call(lambda c: c.contacts.upsert(contact, if_new=DEFAULT))
    assert (result.outcome, result.contactable) == (ItemOutcome.CREATED, True)
    known = both.call(lambda c: c.contacts.get(own("C-17")))
    assert (known.email, known.mobile, known.first_name, known.last_name) == (
        "ana@example.org", "+447700900123", "Ana", "Silva",
    )  # fmt: skip
    assert {name: known.attributes[name] for name in ("LTV", "VIP")} == {"LTV": 12.5, "VIP": True}
    assert str(known.attributes["BORN"]).startswith("1990-04-01")
    assert known.status("email") is SubscriptionStatus.SUBSCRIBED
    assert known.status("sms") is SubscriptionStatus.UNSUBSCRIBED
    assert known.consents[0].text == "Yes"
    assert len(both.requests_to("POST /contacts/v3")) == 1


def test_none_clears_a_field_and_not_giving_it_leaves_it(both: Talk) -> None:
    both.seed()
    address = "person-0@example.org"
    both.call(lambda c: c.contacts.update(Contact(email=address, last_name="L", attributes={"POSTCODE": "N1"})))
    both.call(lambda c: c.contacts.update(Contact(email=address, first_name=None, attributes={"POSTCODE": None})))
    known = both.call(lambda c: c.contacts.get(address))
    assert (known.first_name, known.last_name) == (None, "L")
    assert "POSTCODE" not in known.attributes


@pytest.mark.parametrize(
    ("merge", "first", "city"),
    [(Merge.OVERWRITE, "New", None), (Merge.KEEP_WHERE_EMPTY, "New", "N1"), (Merge.FILL_EMPTY, "Ada", "N1")],
)
@pytest.mark.parametrize("verb", ["upsert", "upsert_many"])
def test_the_three_ways_to_merge_hold_for_one_and_for_many(
    one: Talk, verb: str, merge: Merge, first: str, city: str | None
) -> None:
    one.seed()
    address = "person-0@example.org"
    one.call(lambda c: c.contacts.update(Contact(email=address, attributes={"POSTCODE": "N1"})))
    contact = Contact(email=address, first_name="New", last_name="L", attributes={"POSTCODE": None})
    writing: Any = [contact] if verb == "upsert_many" else contact
    one.call(lambda c: getattr(c.contacts, verb)(writing, if_new=DEFAULT, merge=merge))
    known = one.call(lambda c: c.contacts.get(address))
    assert (known.first_name, known.last_name, known.attributes.get("POSTCODE")) == (first, "L", city)


def test_create_of_somebody_who_is_there_is_a_conflict_and_changes_nothing(both: Talk) -> None:
    both.seed()
    with pytest.raises(Conflict):
        both.call(lambda c: c.contacts.create(Contact(email="person-0@example.org", first_name="X"), if_new=QUIET))
    assert both.call(lambda c: c.contacts.get("person-0@example.org")).first_name == "Ada"


def test_update_of_nobody_makes_nobody(both: Talk) -> None:
    with pytest.raises(NotFound):
        both.call(lambda c: c.contacts.update(Contact(email="nobody@example.org", first_name="X")))
    assert both.emulator.contactable("nobody@example.org") is None
    assert not both.requests_to("PATCH /")


def test_a_write_to_somebody_who_is_there_names_nobody_by_address(one: Talk) -> None:
    """Whoever vanishes between the look and the write is not made again by it."""
    one.seed()
    one.call(lambda c: c.contacts.upsert(Contact(email="person-0@example.org", first_name="X"), if_new=DEFAULT))
    (patch,) = one.requests_to("PATCH /")
    assert patch.url.endswith("/contacts/v3/contactId/1")
    assert b"identifiers" not in patch.body


def test_nothing_to_change_costs_no_write(one: Talk) -> None:
    one.seed()
    result = one.call(lambda c: c.contacts.upsert(Contact(email="person-0@example.org"), if_new=QUIET))
    assert (result.outcome, result.vendor_id) == (ItemOutcome.UNCHANGED, "1")
    assert not one.requests_to("PATCH /")


@pytest.mark.parametrize("match", [IdentifierKind.OWN, IdentifierKind.MOBILE, IdentifierKind.VENDOR])
def test_match_says_which_identifier_decides(both: Talk, match: IdentifierKind) -> None:
    both.seed(2)
    contact = Contact(
        email="moved@example.org", own_id="c-1", mobile="+447700900001", vendor_id="2", last_name="Moved"
    )
    result = both.call(lambda c: c.contacts.upsert(contact, if_new=QUIET, match=match))
    assert (result.outcome, result.vendor_id) == (ItemOutcome.UPDATED, "2")
    assert both.call(lambda c: c.contacts.get(own("c-1"))).email == "moved@example.org"
    assert both.call(lambda c: c.contacts.find("person-1@example.org")) is None


def test_a_vendor_id_of_another_vendor_finds_nobody_here(one: Talk) -> None:
    one.seed()
    with pytest.raises(InvalidRequest, match="nothing names"):
        one.call(lambda c: c.contacts.upsert(Contact(vendor_id="1", last_name="X"), if_new=QUIET))


def test_an_identifier_of_somebody_else_is_a_conflict_that_says_so(both: Talk) -> None:
    both.seed(2)
    contact = Contact(email="new@example.org", own_id="c-1")
    with pytest.raises(Conflict) as conflict:
        both.call(lambda c: c.contacts.upsert(contact, if_new=QUIET))
    assert "somebody who is there" in str(conflict.value)
    with pytest.raises(Conflict):
        both.call(lambda c: c.contacts.change_identifier("person-0@example.org", own("c-1")))


def test_somebody_quicker_is_changed_and_keeps_their_yes(talk: Talker) -> None:
    """Between the look and the creation somebody else makes the contact: the no for new people is not theirs."""
    talked = talk()
    contact = Contact(email="quick@example.org", first_name="Q")

    def app(request: Any) -> Any:
        if request.method == "POST" and talked.emulator.contactable("quick@example.org") is None:
            talked.vendor.seed_people([{"email": "quick@example.org"}])
        return talked.emulator(request)

    with talked.bench.client(app=app) as racing:
        result = racing.contacts.upsert(contact, if_new=QUIET)
        assert result.outcome is ItemOutcome.UPDATED
        assert racing.contacts.get("quick@example.org").first_name == "Q"
    assert talked.emulator.contactable("quick@example.org") is True


def test_an_address_is_changed_and_a_number_added_quietly(both: Talk) -> None:
    both.vendor.seed_people([{"email": "old@example.org"}])
    done = both.call(lambda c: c.contacts.change_identifier("old@example.org", email("new@example.org")))
    assert done.outcome is ItemOutcome.UPDATED
    assert both.emulator.contactable("new@example.org") is True
    both.call(lambda c: c.contacts.change_identifier("new@example.org", mobile("+447700900111")))
    assert both.emulator.contactable("new@example.org", "sms") is False
    again = both.call(lambda c: c.contacts.change_identifier("new@example.org", mobile("+447700900111")))
    assert again.outcome is ItemOutcome.UNCHANGED


# ── consent of whoever is written ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("default_sms_status", ["subscribed", "noSubscription"])
def test_who_is_created_contactable_is_told_truly(talk: Talker, default_sms_status: str) -> None:
    talked = talk(switches={"default_sms_status": default_sms_status})
    contact = Contact(email="a@example.org", mobile="+447700900001", subscriptions=(NO_EMAIL,))
    result = talked.call(lambda c: c.contacts.upsert(contact, if_new=DEFAULT))
    assert result.contactable is (default_sms_status == "subscribed")
    quiet = Contact(email="b@example.org", mobile="+447700900002")
    result = talked.call(lambda c: c.contacts.upsert(quiet, if_new=QUIET))
    assert result.contactable is False
    assert [talked.emulator.contactable("b@example.org", one) for one in ("email", "sms", "whatsapp")] == [
        False
    ] * 3


@pytest.mark.parametrize("if_new", list(IfNew))
def test_a_number_added_to_somebody_who_is_there_opens_no_channel(both: Talk, if_new: IfNew) -> None:
    both.vendor.seed_people([{"email": "a@example.org"}])
    both.call(lambda c: c.contacts.upsert(Contact(email="a@example.org", mobile="+447700900001"), if_new=if_new))
    assert both.emulator.contactable("a@example.org") is True
    assert both.emulator.contactable("a@example.org", "sms") is False


def test_an_update_that_adds_an_address_opens_no_channel(both: Talk) -> None:
    both.vendor.seed_people([{"phone": "447700900001"}])
    contact = Contact(mobile="+447700900001", email="a@example.org")
    both.call(lambda c: c.contacts.update(contact, match=IdentifierKind.MOBILE))
    assert both.emulator.contactable("a@example.org") is False


def test_never_having_subscribed_takes_no_opt_out_away(both: Talk) -> None:
    both.vendor.seed_people([{"email": "a@example.org", "phone": "447700900001", "unsubscribed_sms": "true"}])
    said = Subscription(channel=Channel.SMS, status=SubscriptionStatus.NOT_SUBSCRIBED)
    contact = Contact(email="a@example.org", first_name="A", subscriptions=(said,))
    both.call(lambda c: c.contacts.upsert(contact, if_new=QUIET))
    assert both.call(lambda c: c.contacts.get("a@example.org")).status("sms") is SubscriptionStatus.UNSUBSCRIBED


def test_an_import_tells_that_it_cannot_know_who_is_new(one: Talk) -> None:
    contact = Contact(email="a@example.org")
    with pytest.raises(Exception, match="new people from known"):
        one.call(lambda c: c.contacts.start_import([contact], if_new=QUIET))
    assert one.emulator.ledger.total == 0
    done = one.call(lambda c: c.contacts.upsert_many([contact], if_new=QUIET))
    assert done.items[0].contactable is False
    assert not one.requests_to("PUT /contacts/v3/import")


def test_evidence_that_lacks_something_is_refused_before_anything_is_sent(one: Talk) -> None:
    lacking = EVIDENCE.model_copy(update={"user_agent": None})
    contact = Contact(email="a@example.org", consents=(lacking,))
    with pytest.raises(InvalidRequest, match="user_agent"):
        one.call(lambda c: c.contacts.create(contact, if_new=QUIET))
    many = Contact(email="a@example.org", consents=(EVIDENCE,) * 6)
    with pytest.raises(InvalidRequest, match="5 records"):
        one.call(lambda c: c.contacts.create(many, if_new=QUIET))
    assert one.emulator.ledger.total == 0


def test_making_up_ids_makes_no_sense_here(one: Talk) -> None:
    with pytest.raises(Exception, match="own id alone"):
        one.call(lambda c: c.contacts.upsert(Contact(email="a@example.org"), if_new=QUIET, mint_keys=True))


# ── the recycle bin ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=[False, True], ids=["bin hidden", "bin shown"])
def binned(request: pytest.FixtureRequest, talk: Talker) -> Talk:
    """Somebody who was contactable is in the recycle bin, which reads show or do not."""
    talked = talk(switches={"show_binned": request.param}, own_identifier="crm-id")
    talked.seed()
    talked.call(lambda c: c.contacts.delete("person-0@example.org"))
    talked.forget()
    return talked


def test_somebody_in_the_bin_is_not_found(binned: Talk) -> None:
    for ask in (
        lambda c: c.contacts.get("person-0@example.org"),
        lambda c: c.contacts.update(Contact(email="person-0@example.org", first_name="X")),
        lambda c: c.consent.unsubscribe("person-0@example.org", channel=Channel.EMAIL),
        lambda c: c.consent.status(own("c-0")),
    ):
        with pytest.raises(NotFound):
            binned.call(ask)
    assert not binned.requests_to("PATCH /")


@pytest.mark.parametrize("if_new", list(IfNew))
def test_an_upsert_brings_nobody_back_by_accident(binned: Talk, if_new: IfNew) -> None:
    contact = Contact(email="person-0@example.org", first_name="Back")
    with pytest.raises(ConsentRefused, match="recycle bin") as refused:
        binned.call(lambda c: c.contacts.upsert(contact, if_new=if_new))
    assert "restore=True" in str(refused.value)
    assert binned.emulator.contactable("person-0@example.org") in (None, False)
    assert not binned.requests_to("PATCH /")


def test_an_upsert_brings_somebody_back_when_told_and_quietly_when_told_that(binned: Talk) -> None:
    contact = Contact(email="person-0@example.org", first_name="Back")
    result = binned.call(lambda c: c.contacts.upsert(contact, if_new=QUIET, restore=True))
    assert result.ok
    assert result.contactable is False
    assert binned.emulator.contactable("person-0@example.org") is False
    assert binned.call(lambda c: c.contacts.get("person-0@example.org")).first_name == "Back"


def test_putting_somebody_on_a_list_brings_nobody_back(binned: Talk) -> None:
    made = binned.call(lambda c: c.lists.create("Friends"))
    for people in (["person-0@example.org"], ["person-0@example.org"] * 20, [vendor_id(1)] * 20):
        done = binned.call(lambda c, people=people: c.lists.add(made.id, people))
        assert {one.outcome for one in done.items} == {ItemOutcome.NOT_FOUND}
    assert binned.emulator.contactable("person-0@example.org") in (None, False)


def test_emptying_the_bin_is_for_good(binned: Talk) -> None:
    binned.call(lambda c: c.native.account.empty_recycle_bin())
    binned.bench.clock.advance(60)
    result = binned.call(lambda c: c.contacts.upsert(Contact(email="person-0@example.org"), if_new=QUIET))
    assert result.outcome is ItemOutcome.CREATED


# ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_import_is_followed_to_its_end_with_the_vendors_id_of_each(both: Talk) -> None:
    both.seed(2)
    people = [Contact(email=f"person-{number}@example.org", first_name="I") for number in (1, 5, 0, 6)]
    people.insert(2, Contact(email="broken@example.org", attributes={"NO_SUCH_FIELD": 1}))
    done = both.call(lambda c: c.contacts.upsert_many(people, **IMPORTING))
    made, changed = ItemOutcome.CREATED, ItemOutcome.UPDATED
    assert [one.outcome for one in done.items] == [changed, made, made, changed, made]
    known = both.call(lambda c: c.contacts.get("person-5@example.org"))
    assert [one.vendor_id for one in done.items[:2]] == ["2", known.vendor_id]
    assert "not all of it" in (done.items[2].reason or "")
    assert [one.contactable for one in done.items] == [None, True, True, None, True]
    assert both.emulator.ledger.count("PUT /contacts/v3/import") == 1


def test_a_contact_that_cannot_be_said_sinks_nobody(both: Talk) -> None:
    wrong = Contact(email="b@example.org", attributes={"LTV": float("nan")})
    people = [Contact(email="a@example.org"), wrong, Contact(email="c@example.org")]
    done = both.call(lambda c: c.contacts.upsert_many(people, **IMPORTING))
    assert [one.outcome for one in done.items] == [ItemOutcome.CREATED, ItemOutcome.REFUSED, ItemOutcome.CREATED]
    assert "finite" in (done.items[1].reason or "")
    assert [one.identifier for one in done.items] == [email(f"{letter}@example.org") for letter in "abc"]


def test_an_import_of_nobody_who_can_be_said_sends_nothing(one: Talk) -> None:
    wrong = Contact(email="b@example.org", attributes={"LTV": float("inf")})
    job = one.call(lambda c: c.contacts.start_import([wrong], **IMPORTING))
    assert job.status is JobStatus.DONE
    (result,) = one.call(lambda c: c.jobs.results(job))
    assert result.outcome is ItemOutcome.REFUSED
    assert one.emulator.ledger.total == 0


def test_half_a_batch_refused_is_told_one_by_one(talk: Talker) -> None:
    talked = talk(switches={"refuse_every_nth_row": 2})
    people = [Contact(email=f"p{number}@example.org") for number in range(10)]
    done = talked.call(lambda c: c.contacts.upsert_many(people, **IMPORTING))
    assert [one.ok for one in done.items] == [True, False] * 5
    assert all(one.reason and one.code for one in done.problems)


def test_an_import_is_cut_to_the_vendors_size_into_as_few_as_possible(talk: Talker) -> None:
    talked = talk(switches={"import_body_bytes": 2000}, import_body_bytes=2000)
    people = [Contact(email=f"person-{number:03}@example.org", first_name="Ä" * 20) for number in range(40)]
    job = talked.call(lambda c: c.contacts.start_import(people[:30], **IMPORTING))
    sizes = [len(request.body) for request in talked.requests_to("PUT /contacts/v3/import")]
    assert len(sizes) == len(job.parts) > 1
    assert max(sizes) <= 2000
    row = (sizes[0] - len('{"mergeOption":"overwrite","contacts":[]}')) // len(job.parts[0].inputs)
    assert all(size + row > 2000 for size in sizes[:-1])
    job = talked.call(lambda c: c.jobs.wait(job))
    results = talked.call(lambda c: c.jobs.results(job))
    assert [one.position for one in results] == list(range(30))
    assert {one.outcome for one in results} == {ItemOutcome.CREATED}


def test_more_imports_than_may_run_together_are_refused_before_the_first(talk: Talker) -> None:
    talked = talk(import_body_bytes=1000)
    people = [Contact(email=f"person-{number:03}@example.org") for number in range(100)]
    with pytest.raises(InvalidRequest, match="5 at a time"):
        talked.call(lambda c: c.contacts.start_import(people, **IMPORTING))
    assert talked.emulator.ledger.total == 0


def test_an_import_turned_away_in_the_middle_does_not_hide_what_was_taken(talk: Talker) -> None:
    talked = talk(import_body_bytes=1000)
    talked.emulator.faults.add(FaultKind.STATUS, route="PUT /contacts/v3/import", status=400, after=1)
    people = [Contact(email=f"person-{number:03}@example.org") for number in range(30)]
    job = talked.call(lambda c: c.contacts.start_import(people, **IMPORTING))
    assert [part.status for part in job.parts] == [JobStatus.WAITING, JobStatus.FAILED, JobStatus.WAITING]
    while not job.status.ended:
        talked.bench.clock.advance(10)
        job = talked.call(lambda c, job=job: c.jobs.status(job))
    results = talked.call(lambda c: c.jobs.results(job))
    first, second = len(job.parts[0].inputs), len(job.parts[1].inputs)
    assert {one.outcome for one in results[:first]} == {ItemOutcome.CREATED}
    assert {one.outcome for one in results[first : first + second]} == {ItemOutcome.FAILED}
    assert {one.outcome for one in results[first + second :]} == {ItemOutcome.CREATED}


@pytest.mark.parametrize("word", ["Failed", "RejectedByWatchdog", "ExceedsAllowedContactLimit"])
def test_an_import_that_ends_badly_fails_everybody_in_it(talk: Talker, word: str) -> None:
    talked = talk(switches={"job_outcomes": {"contactImport": word}})
    kinds = {kind.value for kind in _job_kinds()}
    talked.vendor.job_outcomes = dict.fromkeys(kinds, word)
    done = talked.call(lambda c: c.contacts.upsert_many([Contact(email="a@example.org")], **IMPORTING))
    assert done.items[0].outcome is ItemOutcome.FAILED
    assert word in (done.items[0].reason or "")


def _job_kinds() -> Any:
    from martech_dotdigital.emulator.conventions.timeline import JobKind

    return JobKind


def test_too_many_imports_are_waited_out_in_bulk_and_said_at_once(talk: Talker) -> None:
    talked = talk(switches={"most_active_imports": 1, "job_seconds": 20})
    running = talked.call(lambda c: c.contacts.start_import([Contact(email="a@example.org")], **IMPORTING))
    done = talked.call(lambda c: c.contacts.upsert_many([Contact(email="b@example.org")], **IMPORTING))
    assert done.items[0].ok
    talked.vendor.most_active_imports = 0
    with pytest.raises(RateLimited) as limited:
        talked.call(lambda c: c.contacts.start_import([Contact(email="c@example.org")], **IMPORTING))
    assert "too many jobs" in str(limited.value)
    assert running.size == 1


def test_a_job_is_stored_and_asked_for_by_another_process(talk: Talker) -> None:
    talked = talk(face="asyncio")
    contact = Contact(email="a@example.org", subscriptions=(NO_EMAIL,))
    job = talked.call(lambda c: c.contacts.start_import([contact], **IMPORTING))
    assert "a@example.org" not in repr(job)
    stored = Job.model_validate_json(job.model_dump_json())
    with talked.bench.client() as other:
        ended = other.jobs.wait(stored)
        (result,) = other.jobs.results(ended)
    assert (result.outcome, result.contactable) == (ItemOutcome.CREATED, False)


def test_people_matched_by_other_identifiers_are_found_in_the_report(both: Talk) -> None:
    both.seed(2)
    people = [Contact(own_id="c-1", first_name="X"), Contact(own_id="c-77", email="new@example.org")]
    done = both.call(lambda c: c.contacts.upsert_many(people, **IMPORTING, match=IdentifierKind.OWN))
    assert [one.outcome for one in done.items] == [ItemOutcome.UPDATED, ItemOutcome.CREATED]
    moved = [Contact(mobile="+447700900000", email="moved@example.org")]
    done = both.call(lambda c: c.contacts.upsert_many(moved, **IMPORTING, match=IdentifierKind.MOBILE))
    assert (done.items[0].outcome, done.items[0].vendor_id) == (ItemOutcome.UPDATED, "1")
    by_id = [Contact(vendor_id="2", last_name="Known")]
    done = both.call(lambda c: c.contacts.upsert_many(by_id, **IMPORTING, match=IdentifierKind.VENDOR))
    assert (done.items[0].outcome, done.items[0].vendor_id) == (ItemOutcome.UPDATED, "2")


def test_one_contact_may_be_put_into_an_import_of_its_own(one: Talk) -> None:
    """The vendor's import of a single contact is what `upsert` does; a job of one works as well."""
    job = one.call(lambda c: c.contacts.start_import([Contact(email="a@example.org")], **IMPORTING))
    ended = one.call(lambda c: c.jobs.wait(job))
    assert one.call(lambda c: c.jobs.results(ended))[0].outcome is ItemOutcome.CREATED


# ── deleting ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_deleting_one_says_so_and_deleting_nobody_is_not_found(both: Talk) -> None:
    both.seed()
    assert both.call(lambda c: c.contacts.delete(own("c-0"))).outcome is ItemOutcome.REMOVED
    with pytest.raises(NotFound):
        both.call(lambda c: c.contacts.delete("nobody@example.org"))


def test_deleting_many_is_a_job_with_a_result_for_each(both: Talk) -> None:
    both.seed(4)
    refs = ["person-0@example.org", mobile("+447700900001"), own("c-2"), vendor_id(4), "nobody@example.org",
            vendor_id("x-not-ours")]  # fmt: skip
    done = both.call(lambda c: c.contacts.delete_many(refs))
    assert [one.outcome for one in done.items] == [
        *[ItemOutcome.REMOVED] * 4, ItemOutcome.NOT_FOUND, ItemOutcome.REFUSED,
    ]  # fmt: skip
    assert both.emulator.ledger.count("POST /contacts/v3/delete") == 1
    assert both.call(lambda c: c.contacts.count()) == 0


def test_deletions_are_cut_into_five_thousands(one: Talk) -> None:
    refs = [email(f"p{number}@example.org") for number in range(5001)]
    done = one.call(lambda c: c.contacts.delete_many(refs))
    assert len(done.items) == 5001
    assert [len(body) for body in one.bodies("POST /contacts/v3/delete")] == [5000, 1]
