"""Contacts one by one: nobody becomes contactable unsaid, and no block is lifted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from martech import (
    Channel,
    Conflict,
    Contact,
    IfNew,
    InvalidInput,
    InvalidRequest,
    ItemOutcome,
    Merge,
    NotFound,
    Subscription,
    SubscriptionStatus,
    UnsupportedOperation,
    email,
    own,
)

Talk = Any
Start = Callable[..., Talk]

DEFAULT, NO = IfNew.VENDOR_DEFAULT, IfNew.NOT_CONTACTABLE
BULK, INSERT, IMPORT = "POST /bulk/contacts", "POST /contacts", "POST /bulk/async/contacts"


def said_no(*channels: Channel) -> tuple[Subscription, ...]:
    return tuple(Subscription(channel=one, status=SubscriptionStatus.UNSUBSCRIBED) for one in channels)


def bounce(talk: Talk, key: str) -> None:
    assert talk.emulator.engage(key, "hard_bounce")


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("unknown", ["404", "empty"])
def test_somebody_unknown_is_not_found_however_the_vendor_says_so(talk: Start, unknown: str) -> None:
    client = talk(unknown_contact=unknown).client()
    assert client.contacts.find(own("nobody")) is None
    with pytest.raises(NotFound):
        client.contacts.get(own("nobody"))


def test_columns_are_named_and_own_ones_are_read_if_the_settings_name_them(talk: Start) -> None:
    conversation = talk({"contact_columns": ("city",)})
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    client = conversation.client()
    client.contacts.update(Contact(own_id="c-1", attributes={"city": "London"}))
    contact = client.contacts.get(own("c-1"))
    assert contact.attributes["city"] == "London"
    asked = next(one for one in conversation.said if one.path == "/contacts/c-1")
    assert asked.query.startswith("contactFields=contact_key%2Ccontact_status%2Cemail%2C")


def test_a_key_with_odd_characters_finds_the_right_person(talk: Start) -> None:
    conversation = talk()
    keys = ["a/b", "a?b=c", "a b", "ü", "a%2Fb", "ada@example.org"]
    conversation.emulator.seed_people([{"key": key, "first_name": f"n{place}"} for place, key in enumerate(keys)])
    client = conversation.client()
    assert [client.contacts.get(own(key)).first_name for key in keys] == [
        f"n{place}" for place in range(len(keys))
    ]


def test_nobody_is_found_by_address_and_nothing_is_sent(talk: Start) -> None:
    conversation = talk()
    with pytest.raises(UnsupportedOperation, match="contact key"):
        conversation.client().contacts.get("ada@example.org")
    assert conversation.said == []


# ── creating ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_create_fails_if_there_is_one_and_changes_nothing(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    client = conversation.client()
    with pytest.raises(Conflict):
        client.contacts.create(Contact(own_id="c-1", email="new@example.org"), if_new=NO)
    assert conversation.row("c-1")["email"] == "ada@example.org"
    assert conversation.emulator.contactable("c-1")


@pytest.mark.parametrize(
    ("if_new", "nos", "contactable"),
    [
        (DEFAULT, (), True),
        (DEFAULT, (Channel.EMAIL,), True),
        (DEFAULT, (Channel.EMAIL, Channel.SMS), False),
        (NO, (), False),
        (NO, (Channel.EMAIL,), False),
    ],
)
@pytest.mark.parametrize("verb", ["create", "upsert"])
def test_somebody_new_is_said_to_be_contactable_if_they_are(
    talk: Start, verb: str, if_new: IfNew, nos: tuple[Channel, ...], *, contactable: bool
) -> None:
    conversation = talk()
    contact = Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", subscriptions=said_no(*nos))
    result = getattr(conversation.client().contacts, verb)(contact, if_new=if_new)
    assert (result.outcome, result.contactable) == (ItemOutcome.CREATED, contactable)
    truth = [conversation.emulator.contactable("c-1", channel) for channel in ("email", "sms")]
    assert any(truth) is contactable
    assert all(not conversation.emulator.contactable("c-1", channel.value) for channel in nos)


def test_a_column_the_account_does_not_have_is_invalid_and_no_conflict(talk: Start) -> None:
    with pytest.raises(InvalidInput):
        talk().client().contacts.create(Contact(own_id="c-1", attributes={"shoe": 42}), if_new=NO)


def test_a_key_is_made_up_only_when_asked_for_and_told(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    contact = Contact(email="ada@example.org")
    for verb in (client.contacts.create, client.contacts.upsert):
        with pytest.raises(InvalidRequest):
            verb(contact, if_new=DEFAULT)
    assert conversation.said == []
    results = [
        client.contacts.create(contact, if_new=DEFAULT, mint_keys=True),
        client.contacts.upsert(contact, if_new=DEFAULT, mint_keys=True),
        client.contacts.upsert_many([contact], if_new=DEFAULT, mint_keys=True).items[0],
    ]
    minted = [result.minted for result in results]
    assert len(set(minted)) == 3
    assert [result.identifier for result in results] == [own(key) for key in minted if key]
    assert all(conversation.row(key) for key in minted)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["yes_only", "always", "never"])
def test_update_changes_what_was_given_and_makes_nobody(talk: Start, how: str) -> None:
    conversation = talk({"update_contact": how})
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "first_name": "Ada"}])
    client = conversation.client()
    result = client.contacts.update(Contact(own_id="c-1", last_name="Byron"))
    assert result.outcome is ItemOutcome.UPDATED
    row = conversation.row("c-1")
    assert (row["name"], row["surname"], row["email"]) == ("Ada", "Byron", "ada@example.org")
    with pytest.raises(NotFound):
        client.contacts.update(Contact(own_id="nobody", last_name="Byron"))
    assert conversation.row("nobody") is None


def test_a_record_the_vendor_refuses_inside_a_success_is_an_error_for_one_contact(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    conversation.emulator.add_contact_column("born", "DATE")
    with pytest.raises(InvalidInput):
        conversation.client().contacts.update(Contact(own_id="c-1", attributes={"born": "soon"}))


def test_a_write_that_is_not_about_an_address_reads_nobody(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    conversation.client().contacts.update(Contact(own_id="c-1", first_name="Ada"))
    assert [one.asked for one in conversation.said] == ["POST /login", BULK]


@pytest.mark.parametrize("verb", ["update", "upsert", "upsert_many", "start_import"])
@pytest.mark.parametrize("how", ["yes_only", "always"])
def test_a_changed_address_does_not_lift_a_bounce(talk: Start, verb: str, how: str) -> None:
    conversation = talk({"update_contact": how})
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    bounce(conversation, "c-1")
    client = conversation.client()
    contact = Contact(own_id="c-1", email="new@example.org")
    if verb == "update":
        result = client.contacts.update(contact)
    elif verb == "upsert":
        result = client.contacts.upsert(contact, if_new=DEFAULT)
    elif verb == "upsert_many":
        (result,) = client.contacts.upsert_many([contact], if_new=DEFAULT).items
    else:
        (result,) = client.jobs.results(client.jobs.wait(client.contacts.start_import([contact], if_new=DEFAULT)))
    assert result.outcome is ItemOutcome.UPDATED
    row = conversation.row("c-1")
    assert (row["email"], row["email_status"], row["email_status_reason"]) == ("new@example.org", "P", "HB")
    assert conversation.emulator.contactable("c-1") is False
    if verb != "start_import":
        assert "block" in (result.reason or "")


def test_the_same_address_in_another_case_lifts_nothing_and_needs_nothing(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    bounce(conversation, "c-1")
    conversation.client().contacts.update(Contact(own_id="c-1", email="Ada@Example.org"))
    assert conversation.row("c-1")["email_status"] == "P"
    assert "email_status" not in conversation.bodies(BULK)[0]["columns"]


def test_without_looking_first_a_batch_reads_nobody_and_lifts_bounces_as_documented(talk: Start) -> None:
    conversation = talk({"look_first": False})
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}])
    bounce(conversation, "c-1")
    contacts = [Contact(own_id="c-1", email="new@example.org")]
    conversation.client().contacts.upsert_many(contacts, if_new=DEFAULT)
    assert [one.asked for one in conversation.said] == ["POST /login", BULK]
    assert conversation.emulator.contactable("c-1") is True


def test_updating_by_a_call_the_account_lacks_is_not_taken_for_a_missing_person(talk: Start) -> None:
    conversation = talk({"update_contact": "always", "assumed_paths": {"update_contact": "/people/{contact_key}"}})
    conversation.emulator.seed_people([{"key": "c-1"}])
    with pytest.raises(UnsupportedOperation, match="update_contact") as caught:
        conversation.client().contacts.update(Contact(own_id="c-1", first_name="Ada"))
    assert caught.value.word == "not_enabled"


def test_filling_only_what_is_empty_is_declined_and_leaving_out_what_is_empty_is_done(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "first_name": "Ada"}])
    client = conversation.client()
    with pytest.raises(UnsupportedOperation):
        client.contacts.update(Contact(own_id="c-1", first_name="Bo"), merge=Merge.FILL_EMPTY)
    contact = Contact(own_id="c-1", first_name=None, last_name="Byron")
    client.contacts.update(contact, merge=Merge.KEEP_WHERE_EMPTY)
    assert (conversation.row("c-1")["name"], conversation.row("c-1")["surname"]) == ("Ada", "Byron")


def test_matching_by_anything_but_the_key_is_declined(talk: Start) -> None:
    client = talk().client()
    contact = Contact(own_id="c-1", email="ada@example.org")
    with pytest.raises(UnsupportedOperation):
        client.contacts.upsert(contact, if_new=DEFAULT, match=email("a@example.org").kind)


def test_nothing_extra_is_known_about_contacts(talk: Start) -> None:
    with pytest.raises(InvalidRequest, match="nothing extra"):
        talk().client().contacts.update(Contact(own_id="c-1"), extra={"dengage": {"mode": "x"}})


# ── what is not there ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (lambda contacts: list(contacts.list()), None),
        (lambda contacts: contacts.count(), None),
        (lambda contacts: contacts.delete(own("c-1")), "consent.suppress"),
        (lambda contacts: contacts.change_identifier(own("c-1"), own("c-2")), None),
    ],
)
def test_what_dengage_has_not_is_refused_before_any_request(
    talk: Start, call: Callable[[Any], Any], instead: str | None
) -> None:
    conversation = talk()
    with pytest.raises(UnsupportedOperation) as caught:
        call(conversation.client().contacts)
    assert caught.value.instead == instead
    assert conversation.said == []
