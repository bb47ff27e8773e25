"""Contacts in bulk: every input has a result, and nobody becomes contactable unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from martech import (
    Channel,
    Contact,
    IfNew,
    InvalidInput,
    InvalidRequest,
    ItemOutcome,
    JobStatus,
    PermissionDenied,
    RateLimited,
    RejectedInput,
    Subscription,
    SubscriptionStatus,
    UnsupportedOperation,
    own,
)
from martech.errors import JobTimedOut, TransportError, UnexpectedResponse
from martech.provider import HttpRequest, Response

Talk = Any
Start = Callable[..., Talk]

DEFAULT, NO = IfNew.VENDOR_DEFAULT, IfNew.NOT_CONTACTABLE
BULK, INSERT, IMPORT = "POST /bulk/contacts", "POST /contacts", "POST /bulk/async/contacts"


def said_no(*channels: Channel) -> tuple[Subscription, ...]:
    return tuple(Subscription(channel=one, status=SubscriptionStatus.UNSUBSCRIBED) for one in channels)


# ── upserting ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("insert_contact", [True, False])
@pytest.mark.parametrize("many", [False, True])
def test_not_contactable_makes_new_people_with_their_no_and_leaves_known_ones_alone(
    talk: Start, *, insert_contact: bool, many: bool
) -> None:
    conversation = talk({"insert_contact": insert_contact})
    conversation.emulator.seed_people([{"key": "known", "email": "known@example.org", "phone": "447700900123"}])
    client = conversation.client()
    contacts = [Contact(own_id=key, email=f"{key}@example.org", first_name="X") for key in ("known", "new")]
    if many:
        known, new = client.contacts.upsert_many(contacts, if_new=NO).items
    else:
        known, new = (client.contacts.upsert(contact, if_new=NO) for contact in contacts)
    assert (known.outcome, known.contactable) == (ItemOutcome.UPDATED, None)
    assert (new.outcome, new.contactable) == (ItemOutcome.CREATED, False)
    reachable = {
        key: [conversation.emulator.contactable(key, on) for on in ("email", "sms")] for key in ("known", "new")
    }
    assert reachable == {"known": [True, True], "new": [False, False]}
    assert conversation.row("known")["name"] == "X"
    # The no is in the very request that makes the person.
    if insert_contact:
        (made,) = conversation.bodies(INSERT)
        assert made["updateIfExists"] is False
        assert made["contact"] | {"email_permission": False, "gsm_permission": False} == made["contact"]
    for body in conversation.bodies(BULK):
        if any(row["contact_key"] == "known" for row in body["contactDatas"]):
            assert not {"email_permission", "gsm_permission"} & set(body["columns"])


def test_somebody_who_came_in_between_keeps_their_permission(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()

    def meanwhile(request: HttpRequest) -> None:
        if request.method == "POST" and request.url.endswith("/rest/contacts"):
            conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])

    conversation.answer = meanwhile
    result = client.contacts.upsert(Contact(own_id="c-1", first_name="Ada"), if_new=NO)
    assert result.outcome is ItemOutcome.UPDATED
    assert conversation.emulator.contactable("c-1") is True


def test_somebody_the_vendor_does_not_show_yet_keeps_their_permission(talk: Start) -> None:
    conversation = talk(visibility_lag_seconds=120)
    client = conversation.client()
    client.contacts.upsert(Contact(own_id="c-1", email="ada@example.org"), if_new=DEFAULT)
    assert client.contacts.find(own("c-1")) is None
    result = client.contacts.upsert(Contact(own_id="c-1", first_name="Ada"), if_new=NO)
    assert (result.outcome, result.contactable) == (ItemOutcome.UPDATED, None)
    conversation.clock.advance(600)
    assert conversation.emulator.contactable("c-1") is True


def test_without_insert_contact_a_no_over_somebody_unseen_is_at_least_said(talk: Start) -> None:
    conversation = talk({"insert_contact": False}, visibility_lag_seconds=120)
    client = conversation.client()
    client.contacts.upsert(Contact(own_id="c-1", email="ada@example.org"), if_new=DEFAULT)
    result = client.contacts.upsert(Contact(own_id="c-1", first_name="Ada"), if_new=NO)
    assert result.outcome is ItemOutcome.UPDATED
    assert "withdrawn" in (result.reason or "")


def test_an_account_without_insert_contact_is_told_what_to_set(talk: Start) -> None:
    conversation = talk({"assumed_paths": {"insert_contact": "/people"}})
    with pytest.raises(UnsupportedOperation, match="insert_contact=False") as caught:
        conversation.client().contacts.upsert(Contact(own_id="c-1"), if_new=NO)
    assert caught.value.word == "not_enabled"
    assert conversation.row("c-1") is None


@pytest.mark.parametrize("known", [False, True])
def test_a_method_that_the_account_does_not_know_is_no_refusal_of_the_person(talk: Start, *, known: bool) -> None:
    conversation = talk()
    if known:
        conversation.emulator.seed_people([{"key": "c-1"}])
    client = conversation.client(update_contact="always")
    conversation.emulator.faults.add("status", route="(POST|PUT) /rest/contacts", status=405, times=9)
    with pytest.raises(UnsupportedOperation, match="insert_contact=False"):
        client.contacts.create(Contact(own_id="c-1"), if_new=NO)
    with pytest.raises(UnsupportedOperation, match="update_contact"):
        client.contacts.update(Contact(own_id="c-1", first_name="Ada"))


def test_vendor_default_names_no_permission_unless_there_is_a_no(talk: Start) -> None:
    conversation = talk()
    contacts = [
        Contact(own_id="plain", email="plain@example.org"),
        Contact(own_id="no", email="no@example.org", subscriptions=said_no(Channel.EMAIL)),
    ]
    results = conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT).items
    columns = [set(body["columns"]) for body in conversation.bodies(BULK)]
    assert columns == [{"contact_key", "email"}, {"contact_key", "email", "email_permission"}]
    assert [(one.outcome, one.contactable) for one in results] == [
        (ItemOutcome.CREATED, True),
        (ItemOutcome.CREATED, False),
    ]
    assert conversation.emulator.contactable("no") is False
    assert conversation.emulator.contactable("plain") is True


def test_records_of_one_call_have_the_same_columns(talk: Start) -> None:
    conversation = talk(missing_column="default")
    contacts = [
        Contact(own_id=f"c-{number}", **({"first_name": "A"} if number % 2 else {"last_name": "B"}))
        for number in range(10)
    ]
    conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT)
    for body in conversation.bodies(BULK):
        assert all(set(row) == set(body["columns"]) for row in body["contactDatas"])
    assert conversation.count(BULK) == 2


def test_a_no_for_one_channel_cannot_become_a_yes_for_another_by_a_filled_in_default(talk: Start) -> None:
    conversation = talk(missing_column="default")
    conversation.emulator.seed_people([
        {"key": "a", "email": "a@example.org", "unsubscribed_email": "true"},
        {"key": "b", "email": "b@example.org"},
    ])  # fmt: skip
    contacts = [Contact(own_id="a", first_name="A"),
                Contact(own_id="b", first_name="B", subscriptions=said_no(Channel.EMAIL))]  # fmt: skip
    conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT)
    assert [conversation.emulator.contactable(key) for key in "ab"] == [False, False]


def test_what_names_one_person_twice_is_written_once_and_no_later_line_takes_back_a_no(talk: Start) -> None:
    conversation = talk()
    contacts = [
        Contact(own_id="c-1", email="ada@example.org", subscriptions=said_no(Channel.EMAIL)),
        Contact(own_id="c-1", first_name="Ada"),
    ]
    first, second = conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT).items
    assert (first.outcome, second.outcome) == (ItemOutcome.SUPERSEDED, ItemOutcome.CREATED)
    row = conversation.row("c-1")
    assert (row["name"], row["email"], row["email_permission"]) == ("Ada", "ada@example.org", False)


def test_every_input_has_a_result_in_its_place(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "known"}])
    inputs = [
        RejectedInput("no such line", line=3),
        Contact(own_id="new", first_name="A"),
        Contact(email="nameless@example.org"),
        Contact(own_id="known", first_name="A"),
        Contact(own_id="bad", attributes={"email_permission": True}),
        Contact(own_id="push", subscriptions=said_no(Channel.PUSH)),
    ]
    results = conversation.client().contacts.upsert_many(inputs, if_new=DEFAULT).items
    assert [result.position for result in results] == list(range(6))
    assert [result.outcome for result in results] == [
        ItemOutcome.REFUSED, ItemOutcome.CREATED, ItemOutcome.REFUSED, ItemOutcome.UPDATED,
        ItemOutcome.REFUSED, ItemOutcome.REFUSED,
    ]  # fmt: skip
    assert conversation.row("push") is None


@pytest.mark.parametrize("errors_as", ["objects", "strings"])
def test_half_a_batch_that_is_refused_is_told_apart_from_the_other_half(talk: Start, errors_as: str) -> None:
    conversation = talk(refuse_half_of_rows=True, errors_as=errors_as)
    contacts = [Contact(own_id=f"c-{number}", first_name="A") for number in range(6)]
    results = conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT).items
    for contact, result in zip(contacts, results, strict=True):
        there = conversation.row(contact.own_id) is not None
        assert result.ok is there
        assert result.outcome is (ItemOutcome.CREATED if there else ItemOutcome.REFUSED)
        assert there or result.reason


def test_an_unknown_column_is_the_verdict_on_its_group_only(talk: Start) -> None:
    conversation = talk()
    contacts = [Contact(own_id="good", first_name="A"), Contact(own_id="bad", attributes={"shoe": 42})]
    good, bad = conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT).items
    assert (good.outcome, bad.outcome) == (ItemOutcome.CREATED, ItemOutcome.REFUSED)


def test_more_than_a_thousand_are_refused_by_the_batch_itself(talk: Start) -> None:
    from martech.provider import Saving
    from martech_dengage.provider import Dengage

    provider = Dengage.with_settings({"userkey": "u", "password": "p"})
    work = provider.contacts.upsert_batch([Contact(own_id=f"c-{n}") for n in range(1001)], how=Saving())
    with pytest.raises(InvalidRequest, match="up to 1000"):
        work.send(None)


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bulk_writes_keep_to_one_a_minute_and_wait_in_a_flow(talk: Start) -> None:
    conversation = talk()
    client = conversation.client(max_wait_seconds=30)
    contacts = [Contact(own_id=f"c-{n}", **{name: "X"}) for n, name in enumerate(["first_name", "last_name"])]
    began = conversation.clock.now()
    assert all(result.ok for result in client.contacts.upsert_many(contacts, if_new=DEFAULT).items)
    assert (conversation.clock.now() - began).total_seconds() >= 60
    assert conversation.emulator.ledger.count("429") == 0


def test_a_second_single_write_within_the_minute_says_when_to_try_again_and_sends_nothing(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    client = conversation.client(max_wait_seconds=30)
    client.contacts.update(Contact(own_id="c-1", first_name="A"))
    before = conversation.count(BULK)
    with pytest.raises(RateLimited) as caught:
        client.contacts.update(Contact(own_id="c-1", first_name="B"))
    assert caught.value.retry_at is not None
    assert conversation.count(BULK) == before


def taken_by_another_program(talk: Start, **switches: Any) -> Talk:
    """Start a conversation with one contact, in a minute whose bulk call somebody else has just made."""
    conversation = talk(**switches)
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    conversation.emulator.catch_up()
    conversation.emulator.last_bulk_call = conversation.emulator.agenda.now()
    return conversation


def test_a_gate_that_another_program_uses_is_waited_for_and_not_knocked_at(talk: Start) -> None:
    conversation = taken_by_another_program(talk)
    client = conversation.client()
    assert client.contacts.update(Contact(own_id="c-1", first_name="Ada")).ok
    assert conversation.count(BULK) == 2
    assert 60 <= conversation.clock.monotonic() <= 65
    conversation = taken_by_another_program(talk)
    people = [Contact(own_id="c-1", first_name="Ada"), Contact(own_id="c-2", last_name="Bo")]
    assert not conversation.client(max_wait_seconds=30).contacts.upsert_many(people, if_new=DEFAULT).problems
    assert conversation.count(BULK) == 3


def test_a_gate_that_another_program_uses_holds_up_nothing_but_bulk_writes(talk: Start) -> None:
    conversation = taken_by_another_program(talk)
    client = conversation.client(max_wait_seconds=30)
    with pytest.raises(RateLimited) as caught:
        client.consent.unsubscribe(own("c-1"), channel=Channel.EMAIL)
    assert caught.value.retry_at is not None
    assert 55 <= (caught.value.retry_at - conversation.clock.now()).total_seconds() <= 65
    assert conversation.count(BULK) == 1
    began = conversation.clock.monotonic()
    for _ in range(5):
        assert client.contacts.get(own("c-1")).email == "ada@example.org"
    assert conversation.clock.monotonic() - began < 10


def test_single_writes_by_update_contact_are_not_held_up(talk: Start) -> None:
    conversation = talk({"update_contact": "always"})
    conversation.emulator.seed_people([{"key": "c-1"}])
    client = conversation.client(max_wait_seconds=1)
    for name in "ABC":
        client.contacts.update(Contact(own_id="c-1", first_name=name))
    assert conversation.row("c-1")["name"] == "C"


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_made_contactable_by_an_attempt_whose_answer_was_lost_is_not_called_known(talk: Start) -> None:
    conversation = talk(bulk_gate=False)
    conversation.emulator.faults.add("cut_after", route="POST /rest/bulk/contacts")
    result = conversation.client().contacts.upsert(Contact(own_id="c-1", email="a@example.org"), if_new=DEFAULT)
    assert conversation.count(BULK) == 2
    assert (result.outcome, result.contactable) == (ItemOutcome.SAVED, True)
    assert conversation.emulator.contactable("c-1") is True


def test_a_batch_that_looked_nobody_up_is_not_repeated_after_a_lost_answer(talk: Start) -> None:
    conversation = talk({"look_first": False}, bulk_gate=False)
    conversation.emulator.faults.add("cut_after", route="POST /rest/bulk/contacts")
    (result,) = conversation.client().contacts.upsert_many([Contact(own_id="c-1")], if_new=DEFAULT).items
    assert conversation.count(BULK) == 1
    assert result.outcome is ItemOutcome.UNKNOWN


def test_create_is_not_repeated_after_a_lost_answer(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.faults.add("cut_after", route="POST /rest/contacts")
    with pytest.raises(TransportError):
        conversation.client().contacts.create(Contact(own_id="c-1"), if_new=NO)
    assert conversation.count(INSERT) == 1


def test_not_contactable_holds_whenever_the_connection_is_cut(talk: Start) -> None:
    for kind in ("cut_before", "cut_after"):
        for route in ("POST /rest/contacts", "POST /rest/bulk/contacts", "GET /rest/contacts/"):
            conversation = talk(bulk_gate=False)
            conversation.emulator.faults.add(kind, route=route)
            conversation.client().contacts.upsert(Contact(own_id="c-1", email="a@example.org"), if_new=NO)
            assert conversation.emulator.contactable("c-1") is False


def test_an_answer_that_does_not_name_somebody_is_no_success(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])

    def silent(request: HttpRequest) -> Response | None:
        empty = {"transactionId": "x", "code": 0, "message": "Successful", "data": {}}
        return Response(200, body=json.dumps(empty).encode()) if "/bulk/" in request.url else None

    conversation.answer = silent
    with pytest.raises(UnexpectedResponse, match="verdict"):
        conversation.client().contacts.update(Contact(own_id="c-1", first_name="A"))


def test_a_missing_permission_stops_the_whole_batch_at_once(talk: Start) -> None:
    conversation = talk(denied_permissions=["DataSpace.Manage"])
    contacts = [Contact(own_id=f"c-{n}", **{name: "X"}) for n, name in enumerate(["first_name", "last_name"])]
    with pytest.raises(PermissionDenied, match=r"(?i)dataspace\.manage"):
        conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT)
    assert conversation.count(BULK) == 1


# ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_import_gives_every_input_its_result_though_its_records_are_of_several_shapes(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-0"}])
    contacts = [
        Contact(
            own_id=f"c-{n}",
            first_name="A",
            subscriptions=said_no(Channel.EMAIL, Channel.SMS) if n % 3 == 1 else (),
        )
        for n in range(9)
    ]
    client = conversation.client()
    job = client.contacts.start_import([*contacts, contacts[0]], if_new=DEFAULT)
    assert len(job.parts) == 1
    assert conversation.count(IMPORT) == 2
    job = client.jobs.wait(type(job).model_validate_json(job.model_dump_json()))
    results = client.jobs.results(job)
    assert [result.identifier for result in results] == [own(one.own_id) for one in [*contacts, contacts[0]]]
    assert results[0].outcome is results[9].outcome is ItemOutcome.UPDATED
    for n in range(1, 9):
        truth = conversation.emulator.contactable(f"c-{n}")
        assert (results[n].outcome, results[n].contactable) == (ItemOutcome.CREATED, n % 3 != 1)
        assert truth is False or n % 3 != 1


def test_an_import_declines_not_contactable_and_made_up_keys(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    with pytest.raises(UnsupportedOperation) as caught:
        client.contacts.start_import([Contact(own_id="c-1")], if_new=NO)
    assert caught.value.instead == "contacts.upsert_many"
    with pytest.raises(UnsupportedOperation):
        client.contacts.start_import([Contact(own_id="c-1")], if_new=DEFAULT, mint_keys=True)
    assert conversation.said == []


def test_more_than_a_batch_goes_by_an_import_unless_nobody_new_may_be_contactable(talk: Start) -> None:
    conversation = talk({"look_first": False})
    contacts = [Contact(own_id=f"c-{n}") for n in range(1001)]
    assert conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT).counts == {
        ItemOutcome.CREATED: 1001
    }
    assert (conversation.count(IMPORT), conversation.count(BULK)) == (2, 0)


def test_a_stream_goes_by_imports_that_overlap_and_its_end_by_a_batch(talk: Start) -> None:
    conversation = talk({"look_first": False}, job_seconds=120)
    contacts = (Contact(own_id=f"c-{n}", **{("first_name", "last_name")[n % 2]: "x"}) for n in range(7_010))
    began = conversation.clock.now()
    results = list(conversation.client().contacts.upsert_stream(contacts, if_new=DEFAULT))
    assert [one.position for one in results] == list(range(7_010))
    assert {(one.outcome, one.contactable) for one in results} == {(ItemOutcome.CREATED, True)}
    assert (conversation.count(IMPORT), conversation.count(BULK)) == (14, 2)
    # By BulkUpsert it would be sixteen minutes, by one job after the other fourteen.
    assert (conversation.clock.now() - began).total_seconds() < 7 * 60


def test_a_stream_of_which_nobody_new_may_be_contactable_goes_by_batches(talk: Start) -> None:
    conversation = talk()
    contacts = [Contact(own_id=f"c-{n}", email=f"c{n}@example.org") for n in range(1_001)]
    results = list(conversation.client().contacts.upsert_stream(contacts, if_new=NO))
    assert {(one.outcome, one.contactable) for one in results} == {(ItemOutcome.CREATED, False)}
    assert conversation.count(IMPORT) == 0


def test_a_stream_gets_through_where_only_one_job_may_be_unfinished(talk: Start) -> None:
    conversation = talk({"look_first": False}, async_bulk_at_most=1, job_seconds=20)
    contacts = (Contact(own_id=f"c-{n}") for n in range(3_000))
    results = list(conversation.client(max_wait_seconds=30).contacts.upsert_stream(contacts, if_new=DEFAULT))
    assert {one.outcome for one in results} == {ItemOutcome.CREATED}


def test_whoever_cannot_be_said_or_looked_up_is_refused_and_spoils_no_import(talk: Start) -> None:
    conversation = talk()
    contacts = [
        Contact(own_id="c-1"),
        Contact(own_id="c-2", attributes={"gsm_permission": True}),
        Contact(own_id=".."),
        Contact(email="ada@example.org"),
        Contact(own_id="bad", attributes={"shoe": 42}),
        Contact(own_id="c-1", first_name="Ada"),
    ]
    client = conversation.client()
    job = client.jobs.wait(client.contacts.start_import(contacts, if_new=DEFAULT))
    assert job.status is JobStatus.DONE
    results = client.jobs.results(type(job).model_validate_json(job.model_dump_json()))
    assert [one.outcome for one in results] == [
        ItemOutcome.CREATED, ItemOutcome.REFUSED, ItemOutcome.REFUSED, ItemOutcome.REFUSED, ItemOutcome.REFUSED,
        ItemOutcome.CREATED,
    ]  # fmt: skip
    assert "no attribute" in (results[1].reason or "")
    assert "not a column" in (results[4].reason or "")
    assert {contact.key for contact in conversation.emulator.contacts} == {"c-1"}


def test_an_import_of_nobody_who_can_be_said_asks_for_nothing(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    job = client.contacts.start_import([Contact(email="ada@example.org")], if_new=DEFAULT)
    assert (job.status, client.jobs.wait(job)) == (JobStatus.DONE, job)
    assert [one.outcome for one in client.jobs.results(job)] == [ItemOutcome.REFUSED]
    assert conversation.said == []


def test_an_import_that_is_refused_as_a_whole_is_an_error(talk: Start) -> None:
    conversation = talk()
    with pytest.raises(InvalidInput, match="does not accept"):
        conversation.client().contacts.start_import([Contact(own_id="c-1", attributes={"x": 1})], if_new=DEFAULT)
    denied = talk(denied_permissions=["DataSpace.Manage"])
    with pytest.raises(PermissionDenied):
        denied.client().contacts.start_import([Contact(own_id="c-1")], if_new=DEFAULT)


@pytest.mark.parametrize("key", [" c-1", "c-1 ", "\tc-1", " "])
def test_a_key_with_spaces_around_it_makes_nobody_since_no_opt_out_could_reach_them(talk: Start, key: str) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    client, contact = conversation.client(), Contact(own_id=key, first_name="Eve")
    for verb in (client.contacts.upsert, client.contacts.create):
        with pytest.raises(InvalidRequest):
            verb(contact, if_new=NO)
    assert client.contacts.upsert_many([contact], if_new=DEFAULT).items[0].outcome is ItemOutcome.REFUSED
    job = client.contacts.start_import([contact], if_new=DEFAULT)
    assert client.jobs.results(job)[0].outcome is ItemOutcome.REFUSED
    assert [(one.key, one["name"]) for one in conversation.emulator.contacts] == [("c-1", "")]


def test_what_was_taken_before_an_import_broke_off_stays_a_job_and_the_rest_has_failed(talk: Start) -> None:
    conversation = talk({"look_first": False})
    conversation.emulator.faults.add("status", route="POST /rest/bulk/async", after=1, times=9, status=503)
    client = conversation.client()
    contacts = [Contact(own_id=f"c-{n}") for n in range(2500)]
    job = client.contacts.start_import(contacts, if_new=DEFAULT)
    assert [len(part.inputs) for part in job.parts] == [1000, 1000, 500]
    conversation.clock.advance(60)
    job = client.jobs.status(job)
    assert [part.status for part in job.parts] == [JobStatus.DONE, JobStatus.FAILED, JobStatus.FAILED]
    results = client.jobs.results(job)
    assert len(results) == 2500
    assert [results[place].outcome for place in (0, 999, 1000, 2499)] == [
        ItemOutcome.CREATED, ItemOutcome.CREATED, ItemOutcome.FAILED, ItemOutcome.FAILED,
    ]  # fmt: skip


def test_a_job_in_a_state_nobody_knows_runs_on_and_keeps_what_was_said_of_it(talk: Start) -> None:
    conversation = talk()

    def odd(request: HttpRequest) -> Response | None:
        if "/bulk/async/contacts/" not in request.url:
            return None
        told = {"code": 0, "data": {"status": "PONDERING", "progress": 7}}
        return Response(200, body=json.dumps(told).encode())

    conversation.answer = odd
    client = conversation.client()
    job = client.contacts.start_import([Contact(own_id="c-1")], if_new=DEFAULT)
    with pytest.raises(JobTimedOut) as late:
        client.jobs.wait(job, timeout_seconds=600)
    assert conversation.clock.monotonic() >= 500
    (part,) = late.value.job.parts
    assert (part.status, part.detail) == (JobStatus.UNKNOWN, "PONDERING")
    assert late.value.job.raw[part.id]["data"]["progress"] == 7


def test_a_job_that_fails_says_so_and_calls_nobody_written(talk: Start) -> None:
    conversation = talk(jobs_fail=True)
    client = conversation.client()
    job = client.contacts.start_import([Contact(own_id="c-1")], if_new=DEFAULT)
    conversation.clock.advance(60)
    job = client.jobs.status(job)
    assert job.status is JobStatus.FAILED
    assert client.jobs.results(job)[0].outcome is ItemOutcome.FAILED
