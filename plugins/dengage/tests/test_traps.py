"""Every trap of the vendor's, by its number on the fact sheet, set by a switch or a call and walked past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from martech import (
    AuthenticationFailed,
    Channel,
    Conflict,
    Contact,
    EmailMessage,
    IfNew,
    InvalidInput,
    ItemOutcome,
    Job,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    Segments,
    SmsMessage,
    TemplateMessage,
    own,
)

Start = Callable[..., Any]
NO, DEFAULT = IfNew.NOT_CONTACTABLE, IfNew.VENDOR_DEFAULT
ADA = Contact(own_id="c-1", email="Ada@Example.org", mobile="+44 7700 900123")
LETTER = EmailMessage(to="ada@example.org", subject="s", html="<p></p>")


def test_1_the_verdict_is_not_the_status(talk: Start) -> None:
    conversation = talk(refuse_half_of_rows=True)
    conversation.emulator.seed_people([{"key": "c-1"}])
    client = conversation.client()
    push = conversation.emulator.add_content(
        "push", "Ping", [{"language": "EN", "title": "x", "message": "y"}], transactional=True
    )
    with pytest.raises(NotFound, match="no device"):  # code 11 in a 200
        client.native.transactional.send_push(push, contact_key="c-1")
    many = client.contacts.upsert_many([Contact(own_id=f"d-{n}") for n in range(4)], if_new=DEFAULT)
    assert many.counts == {ItemOutcome.CREATED: 2, ItemOutcome.REFUSED: 2}  # data.errors in a 200
    table = client.native.dataspace.create_table("log", [{"name": "line", "type": "TEXT", "isPrimary": True}])
    told = client.native.dataspace.upsert_rows(table, [{"line": "a"}, {"line": "b"}])
    assert told["errorCount"] == 1  # data.errorCount in a 200
    with pytest.raises(InvalidInput):  # data.HasError in a 200
        client.native.dataspace.trigger_flow("11111111-2222-4333-8444-555555555555")


@pytest.mark.parametrize("hidden", [False, True])
def test_1_a_refusal_is_one_whatever_status_it_comes_with(talk: Start, *, hidden: bool) -> None:
    conversation = talk(refusals_inside_200=hidden)
    client = conversation.client()
    client.lists.create("weekly")
    with pytest.raises(Conflict):
        client.lists.create("weekly")
    assert client.contacts.create(ADA, if_new=NO).contactable is False
    with pytest.raises(Conflict):
        client.contacts.create(ADA, if_new=NO)
    bad = Contact(own_id="c-2", attributes={"shoe": 42})
    assert client.contacts.upsert_many([bad], if_new=DEFAULT).items[0].outcome is ItemOutcome.REFUSED
    with pytest.raises(InvalidInput):
        client.messages.send_email(LETTER, key="k-1", extra={"dengage": {"fromNameId": "nobody"}})
    assert conversation.emulator.outbox == []
    content = conversation.emulator.add_content(
        "email", "News", [{"language": "EN", "subject": "", "content": ""}]
    )
    send = client.campaigns.send(content, to=Segments([conversation.emulator.add_segment("all")]))
    conversation.clock.advance(60)
    with pytest.raises(Conflict):
        client.campaigns.pause(send)
    statuses = {one.status for one in conversation.emulator.ledger.recent}
    assert (400 in statuses) is not hidden


def test_2_permissions_default_to_opted_in(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    assert client.contacts.upsert(ADA, if_new=NO).contactable is False
    assert client.contacts.upsert(Contact(own_id="c-2", email="b@example.org"), if_new=DEFAULT).contactable is True
    assert [conversation.emulator.contactable(key) for key in ("c-1", "c-2")] == [False, True]


def test_3_changing_an_address_clears_its_bounce(talk: Start) -> None:
    conversation = talk({"look_first": False})
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    conversation.emulator.engage("c-1", "hard_bounce")
    new = Contact(own_id="c-1", email="new@example.org")
    conversation.client(look_first=True).contacts.upsert_many([new], if_new=DEFAULT)
    assert conversation.emulator.contactable("c-1") is False
    newer = Contact(own_id="c-1", email="newer@example.org")
    conversation.client().contacts.upsert_many([newer], if_new=DEFAULT)  # as dEngage does it, if that is set
    assert conversation.emulator.contactable("c-1") is True


@pytest.mark.parametrize(
    ("switches", "says"),
    [
        ({"allowed_ips": ["198.51.100.1"]}, "allow-list"),
        ({"denied_permissions": ["DataSpace.Manage"]}, "dataSpace.manage"),
        ({"allowed_ips": ["198.51.100.1"], "empty_ip_refusal": True}, "an address it may not call from"),
    ],
)
def test_4_a_403_has_several_meanings_and_is_not_repeated(
    talk: Start, switches: dict[str, Any], says: str
) -> None:
    conversation = talk(**switches)
    with pytest.raises((PermissionDenied, AuthenticationFailed), match=says):
        conversation.client().native.dataspace.create_table("log", [{"name": "line", "type": "TEXT"}])
    assert len([one for one in conversation.said if one.path != "/login"]) <= 1


@pytest.mark.parametrize("seconds", [0, 86_400])
def test_5_no_send_is_repeated_blindly(talk: Start, seconds: int) -> None:
    conversation = talk(idempotency_seconds=seconds)
    client = conversation.client()
    conversation.emulator.faults.add("cut_after", route="POST .*/transactional/sms")
    with pytest.raises(OutcomeUnknown):
        client.messages.send_sms(SmsMessage(to="+447700900123", text="Hi"), key="k-1")
    assert len(conversation.emulator.outbox) == 1


def test_6_bulk_calls_keep_to_their_gate_and_go_one_after_the_other(talk: Start) -> None:
    conversation = talk(bulk_call_seconds=5)
    people = [Contact(own_id="d-1", first_name="x"), Contact(own_id="d-2", last_name="y")]
    assert not conversation.client().contacts.upsert_many(people, if_new=DEFAULT).problems
    assert conversation.clock.monotonic() >= 60


@pytest.mark.parametrize("key", ["trackingId", "transactionId"])
def test_7_the_id_of_a_message_is_not_that_of_the_call_or_the_job(talk: Start, key: str) -> None:
    conversation = talk(message_id_key=key)
    client = conversation.client()
    receipt = client.messages.send_email(LETTER, key="k-1")
    conversation.clock.advance(60)
    assert client.messages.status(receipt.message_id).engagements
    job = client.contacts.start_import([ADA], if_new=DEFAULT)
    assert isinstance(job, Job)
    assert job.parts[0].id != receipt.message_id


def test_8_deletions_carry_bodies(talk: Start) -> None:
    conversation = talk()
    dataspace = conversation.client().native.dataspace
    table = dataspace.create_table("log", [{"name": "line", "type": "TEXT", "isPrimary": True}])
    dataspace.upsert_rows(table, [{"line": "a"}])
    dataspace.delete_rows(table, [{"line": "a"}])
    assert conversation.bodies("DELETE /dataspace/sync/delete")[0]["rows"] == [{"line": "a"}]


def test_9_a_list_row_makes_a_contact_so_nobody_unknown_gets_one(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    made = client.lists.create("weekly")
    assert client.lists.add(made.id, own("nobody")).items[0].outcome is ItemOutcome.NOT_FOUND
    assert conversation.row("nobody") is None


@pytest.mark.parametrize("missing", ["refuse", "default", "ignore"])
def test_10_records_go_by_their_columns_and_each_key_once(talk: Start, missing: str) -> None:
    conversation = talk(missing_column=missing)
    people = [ADA, Contact(own_id="c-2", first_name="Bo"), Contact(own_id="c-2", last_name="Day")]
    done = conversation.client().contacts.upsert_many(people, if_new=DEFAULT)
    assert [one.outcome for one in done.items][1:] == [ItemOutcome.SUPERSEDED, ItemOutcome.CREATED]
    for body in conversation.bodies("POST /bulk/contacts"):
        assert all(sorted(record) == sorted(body["columns"]) for record in body["contactDatas"])
        keys = [record["contact_key"] for record in body["contactDatas"]]
        assert len(keys) == len(set(keys))


def test_11_addresses_come_back_in_lower_case(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    client.contacts.upsert(ADA, if_new=NO)
    assert client.contacts.get(own("c-1")).email.casefold() == "ada@example.org"
    conversation.emulator.engage("c-1", "hard_bounce")
    conversation.clock.advance(61)
    client.contacts.update(ADA)  # the same address, which is no change
    assert conversation.emulator.contactable("c-1") is False


@pytest.mark.parametrize("if_new", [NO, DEFAULT])
def test_11_keys_that_are_addresses_come_back_in_lower_case_too(talk: Start, if_new: IfNew) -> None:
    conversation = talk(lower_email_keys=True)
    client, key = conversation.client(), own("Ada@Example.org")
    people = [Contact(own_id="Ada@Example.org", first_name="Ada"), Contact(own_id="B@Example.org", last_name="Bo")]
    assert client.contacts.upsert_many(people, if_new=if_new).counts == {ItemOutcome.CREATED: 2}
    assert client.contacts.upsert_many(people, if_new=if_new).counts == {ItemOutcome.UPDATED: 2}
    assert client.consent.unsubscribe(key, channel=Channel.EMAIL).outcome is ItemOutcome.UPDATED
    job = client.jobs.wait(client.contacts.start_import(people, if_new=DEFAULT))
    assert [one.outcome for one in client.jobs.results(job)] == [ItemOutcome.UPDATED] * 2
    made = client.lists.create("weekly")
    added = client.lists.add(made.id, [key, own("ada@example.org"), own("nobody@example.org")])
    assert [one.ok for one in added.items] == [True, True, False]
    assert conversation.bodies("POST /dataspace/sync/upsert")[0]["rows"] == [{"contact_key": "ada@example.org"}]
    assert {contact.key for contact in conversation.emulator.contacts} == {"ada@example.org", "b@example.org"}


def test_12_numbers_are_digits(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    client.contacts.upsert(ADA, if_new=NO)
    assert conversation.row("c-1")["gsm"] == "447700900123"
    assert client.contacts.get(own("c-1")).mobile == "+447700900123"


def test_13_what_was_written_is_seen_late_and_nobody_is_made_twice_or_opened(talk: Start) -> None:
    conversation = talk(visibility_lag_seconds=120)
    client = conversation.client()
    assert client.contacts.upsert(ADA, if_new=NO).outcome is ItemOutcome.CREATED
    again = client.contacts.upsert_many([ADA], if_new=NO).items[0]
    assert (again.ok, again.outcome is ItemOutcome.CREATED) == (True, False)
    assert client.contacts.find(own("c-1")) is None
    conversation.clock.advance(121)
    assert client.contacts.find(own("c-1")) is not None
    assert conversation.emulator.contactable("c-1") is False


def test_14_ids_have_several_names(talk: Start) -> None:
    conversation = talk()
    one = {"language": "EN", "title": "x", "message": "y"}
    push = conversation.emulator.add_content("push", "Ping", [one])
    client = conversation.client()
    assert [found.id for found in client.templates.list(channel=Channel.PUSH)] == [push]
    made = client.lists.create("weekly")
    assert [found.id for found in client.lists.list()] == [made.id]


@pytest.mark.parametrize(("form", "as_text"), [("object", False), ("string", True)])
def test_15_values_for_templates_go_in_either_form(talk: Start, form: str, as_text: bool) -> None:
    conversation = talk({"current_as_text": as_text}, current_as=form)
    english = {"language": "EN", "subject": "{%= $Current.name %}", "content": "<p></p>", "fromName": "n",
               "fromAddress": "news@mail.acme.test"}  # fmt: skip
    template = conversation.emulator.add_content("email", "Reset", [english], transactional=True)
    message = TemplateMessage(template_id=template, to="ada@example.org", values={"name": "Ada"})
    conversation.client().messages.send_template(message, key="k-1")
    assert len(conversation.emulator.outbox) == 1
