"""Attempts to make somebody contactable who is not, by whatever can be said to dEngage; on both faces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from martech import (
    AttributeType,
    Channel,
    Column,
    Contact,
    CustomEvent,
    Dataset,
    DatasetScope,
    IfNew,
    ItemOutcome,
    Lists,
    MartechError,
    Record,
    Subscription,
    SubscriptionStatus,
    own,
)
from martech.models import Consent
from martech_dengage.emulator.vendor import ACCOUNT_ID

Start = Callable[..., Any]
Do = Callable[[Any, Callable[[Any], Any]], Any]
NO, DEFAULT = IfNew.NOT_CONTACTABLE, IfNew.VENDOR_DEFAULT
NO_SMS = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
KEY_ONLY = [{"name": "contact_key", "type": "TEXT", "isPrimary": True, "isNullable": False}]


@pytest.fixture(params=["blocking", "asyncio"])
def do(request: pytest.FixtureRequest) -> Do:
    """Do something with a client of a conversation, of either face; gives what came of it, or the error."""

    def with_a_client(conversation: Any, work: Callable[[Any], Any]) -> Any:
        async def on_asyncio() -> Any:
            async with conversation.aclient() as client:
                return await work(client)

        try:
            if request.param == "asyncio":
                return asyncio.run(on_asyncio())
            return work(conversation.client())
        except MartechError as error:
            return error

    return with_a_client


def bounced(talk: Start, **switches: Any) -> Any:
    """Start a conversation with Ada, whose address bounced and who takes text messages."""
    conversation = talk(**switches)
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "phone": "447700900123"}])
    conversation.emulator.engage("c-1", "hard_bounce")
    return conversation


def silent(talk: Start, **switches: Any) -> Any:
    """Start a conversation with Ada, who said no to everything."""
    conversation = talk(**switches)
    conversation.emulator.seed_people([
        {"key": "c-1", "email": "ada@example.org", "phone": "447700900123", "unsubscribed_email": "true",
         "unsubscribed_sms": "true"},
    ])  # fmt: skip
    return conversation


# ── a permission by another door ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "attributes",
    [
        {"email_permission": True},
        {"Email_Permission": "true"},
        {" email_permission ": 1},
        {"gsm_permission": None},
        {"contact_status": "A"},
        {"CONTACT_STATUS": "A"},
        {"email_status": "A"},
        {"email_status_reason": None},
        {"gsm_status": "A"},
        {"contact_key": "c-1"},
        {"Contact_Key": "c-1"},
        {"email": "new@example.org"},
        {"EMAIL": "new@example.org"},
        {"gsm": "447700900999"},
    ],
)
@pytest.mark.parametrize("if_new", [NO, DEFAULT])
def test_no_attribute_opens_a_channel_or_writes_another_person(
    talk: Start, do: Do, attributes: dict[str, Any], if_new: IfNew
) -> None:
    conversation = silent(talk)
    before = conversation.row("c-1")
    for own_id in ("c-1", "c-2"):
        contact = Contact(own_id=own_id, attributes=attributes)
        for work in (
            lambda client, contact=contact: client.contacts.upsert(contact, if_new=if_new),
            lambda client, contact=contact: client.contacts.upsert_many([contact], if_new=if_new),
            lambda client, contact=contact: client.contacts.create(contact, if_new=if_new),
        ):
            told = do(conversation, work)
            assert isinstance(told, MartechError) or not any(one.ok for one in getattr(told, "items", [told]))
    assert conversation.row("c-1") == before
    assert conversation.row("c-2") is None


@pytest.mark.parametrize("if_new", [NO, DEFAULT])
@pytest.mark.parametrize("size", [1, 2, 30])
def test_nothing_an_upsert_says_opens_a_channel_of_somebody_who_said_no(
    talk: Start, do: Do, if_new: IfNew, size: int
) -> None:
    conversation = silent(talk)
    ada = Contact(own_id="c-1", email="new@example.org", mobile="+447700900999", first_name="Ada")
    others = [Contact(own_id=f"d-{n}", email=f"d{n}@example.org") for n in range(size - 1)]
    done = do(conversation, lambda client: client.contacts.upsert_many([*others, ada], if_new=if_new))
    assert done.items[-1].outcome is ItemOutcome.UPDATED
    assert conversation.emulator.contactable("c-1") is False
    assert conversation.emulator.contactable("c-1", "sms") is False
    if if_new is NO:
        assert not any(conversation.emulator.contactable(other.own_id) for other in others)


@pytest.mark.parametrize("fault", [None, "cut_before", "cut_after", "jobs_fail", "refuse_half_of_rows"])
def test_nothing_a_stream_says_opens_a_channel_of_somebody_who_said_no(
    talk: Start, do: Do, fault: str | None
) -> None:
    switches = {fault: True} if fault in ("jobs_fail", "refuse_half_of_rows") else {}
    conversation = talk({"look_first": False}, **switches)
    conversation.emulator.seed_people([
        {"key": f"c-{n}", "email": f"c{n}@example.org", "unsubscribed_email": "true"} for n in range(0, 2_200, 7)
    ])  # fmt: skip
    no = (Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED),)
    people = [
        Contact(own_id=f"c-{n}", email=f"c{n}@example.org", **({"subscriptions": no} if n % 5 == 0 else {}))
        for n in range(2_200)
    ]
    if fault in ("cut_before", "cut_after"):
        conversation.emulator.faults.add(fault, route="POST /rest/bulk", times=2, after=1)

    def stream(client: Any) -> Any:
        results = client.contacts.upsert_stream(iter(people), if_new=DEFAULT)
        return collected(results) if hasattr(results, "__aiter__") else list(results)

    told = do(conversation, stream)
    assert len(told) == 2_200
    conversation.clock.advance(120)
    conversation.emulator.catch_up()
    for n in {*range(0, 2_200, 7), *range(0, 2_200, 5)}:
        assert not conversation.emulator.contactable(f"c-{n}")
    assert all(one.contactable is False for one in told[::5] if one.outcome is ItemOutcome.CREATED)


async def collected(results: Any) -> list[Any]:
    return [one async for one in results]


def test_a_bulk_call_that_cannot_tell_insert_from_update_takes_nobodys_yes_and_gives_nobody_one(
    talk: Start, do: Do
) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": f"c-{n}", "email": f"c{n}@example.org"} for n in range(0, 20, 2)])
    everybody = [Contact(own_id=f"c-{n}", email=f"c{n}@example.org", first_name="X") for n in range(20)]
    for if_new in (NO, NO):  # and again, when all are there
        assert all(
            one.ok
            for one in do(conversation, lambda client: client.contacts.upsert_many(everybody, if_new=NO)).items
        )
        reachable = [n for n in range(20) if conversation.emulator.contactable(f"c-{n}")]
        assert reachable == list(range(0, 20, 2)), if_new
    written = conversation.bodies("POST /bulk/contacts")
    assert not any("email_permission" in body["columns"] for body in written)


def test_a_no_for_one_channel_of_somebody_new_leaves_none_open_under_not_contactable(talk: Start, do: Do) -> None:
    conversation = talk(missing_column="default")
    contacts = [
        Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", subscriptions=(NO_SMS,)),
        Contact(own_id="c-2", email="bo@example.org", mobile="+447700900124"),
    ]
    do(conversation, lambda client: client.contacts.upsert_many(contacts, if_new=NO))
    for key in ("c-1", "c-2"):
        assert conversation.emulator.contactable(key) is False
        assert conversation.emulator.contactable(key, "sms") is False


# ── a row that makes somebody ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["nobody", " c-1", "c-1 ", "C-1", "c-1/../c-2", "%63-1", "c\u2011" + "1", "="])
def test_a_list_row_for_an_unknown_key_makes_nobody_however_like_a_known_one_it_looks(
    talk: Start, do: Do, key: str
) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}, {"key": "c-2"}])
    made = do(conversation, lambda client: client.lists.create("weekly"))
    added = do(conversation, lambda client: client.lists.add(made.id, [own(key), own("c-1")]))
    assert {contact.key for contact in conversation.emulator.contacts} == {"c-1", "c-2"}
    assert added.items[1].ok
    assert not added.items[0].ok or own(key) == own("c-1")


@pytest.mark.parametrize(
    "record",
    [
        Record(key="v-1", values={"contact_key": "nobody"}),
        Record(key="v-1", contact=own("nobody"), values={}),
        Record(key="v-1", contact=own("c-1"), values={"contact_key": "nobody"}),
        Record(key="v-1", contact=own("c-1"), values={"Contact_Key": "nobody"}),
    ],
)
def test_no_record_of_a_dataset_makes_somebody(talk: Start, do: Do, record: Record) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    columns = (
        Column(name="id", type=AttributeType.TEXT, is_key=True, nullable=False),
        Column(name="contact_key", type=AttributeType.TEXT, nullable=False),
    )
    visits = Dataset(id="", name="visits", columns=columns, scope=DatasetScope.CONTACT)
    made = do(conversation, lambda client: client.datasets.create(visits))
    do(conversation, lambda client: client.datasets.upsert_many(made.id, [record]))
    do(conversation, lambda client: client.datasets.start_import(made.id, [record]))
    conversation.clock.advance(60)
    assert conversation.row("nobody") is None


@pytest.mark.parametrize(
    ("person", "data"),
    [
        ("nobody", {}),
        ("c-1", {"contact_key": "nobody"}),
        ("c-1", {"Contact_Key": "nobody"}),
        ("c-1", {"contact_key": "c-1 "}),
    ],
)
def test_no_event_makes_somebody(talk: Start, do: Do, person: str, data: dict[str, Any]) -> None:
    conversation = talk({"event_account_id": ACCOUNT_ID})
    conversation.emulator.seed_people([{"key": "c-1"}])
    columns = (Column(name="id", is_key=True, nullable=False), Column(name="contact_key", nullable=False))
    visits = Dataset(id="", name="visits", columns=columns, scope=DatasetScope.CONTACT)
    do(conversation, lambda client: client.datasets.create(visits))
    for name in ("visits", "Visits"):
        event = CustomEvent(type=name, contact=own(person), data={"id": "v-1", **data})
        told = do(conversation, lambda client, event=event: client.events.track([event]))
        assert not told.items[0].ok
    assert {contact.key for contact in conversation.emulator.contacts} == {"c-1"}
    known = CustomEvent(type="visits", contact=own("c-1"), data={"id": "v-2"})
    assert do(conversation, lambda client: client.events.track([known])).items[0].ok
    assert len(conversation.emulator.tables.by_name("visits").rows) == 1


@pytest.mark.parametrize("column", ["contact_key", "Contact_Key", " CONTACT_KEY "])
def test_no_native_row_makes_somebody_unsaid_however_its_column_is_spelt(talk: Start, do: Do, column: str) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    table = do(
        conversation,
        lambda client: client.native.dataspace.create_table("weekly", KEY_ONLY, contact_key_column="contact_key"),
    )
    rows = [{column: "nobody"}]
    for work in (
        lambda client: client.native.dataspace.upsert_rows(table, rows),
        lambda client: client.native.dataspace.upsert_rows_async(table, rows),
    ):
        assert isinstance(do(conversation, work), MartechError)
    assert conversation.count("POST /dataspace/sync/upsert") == 0
    assert conversation.count("POST /dataspace/async/upsert_v2") == 0


def test_no_native_row_makes_a_second_person_of_a_key_in_other_letters(talk: Start, do: Do) -> None:
    conversation = talk(lower_email_keys=True)
    conversation.emulator.seed_people([{"key": "ada@example.org"}])
    table = do(
        conversation,
        lambda client: client.native.dataspace.create_table("weekly", KEY_ONLY, contact_key_column="contact_key"),
    )
    rows = [{"contact_key": "Ada@Example.org"}]
    refused = do(conversation, lambda client: client.native.dataspace.upsert_rows(table, rows))
    assert isinstance(refused, MartechError)
    assert conversation.count("POST /dataspace/sync/upsert") == 0


def test_a_table_that_asks_for_more_than_a_key_is_no_list_and_system_tables_are_none_at_all(
    talk: Start, do: Do
) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    wide = [*KEY_ONLY, {"name": "topic", "type": "TEXT", "isNullable": False}]
    table = do(
        conversation,
        lambda client: client.native.dataspace.create_table("wide", wide, contact_key_column="contact_key"),
    )
    master = conversation.emulator.tables.by_name("master_contact").table_id
    for target in (table, master):
        for work in (
            lambda client, target=target: client.lists.add(target, [own("c-1")]),
            lambda client, target=target: client.lists.clear(target),
            lambda client, target=target: client.lists.delete(target),
        ):
            told = do(conversation, work)
            assert isinstance(told, MartechError) or told.items[0].outcome is ItemOutcome.NOT_FOUND
    for work in (
        lambda client: client.native.dataspace.truncate_table(master),
        lambda client: client.native.dataspace.drop_table(master),
        lambda client: client.campaigns.send("x", to=Lists([master])),
    ):
        assert isinstance(do(conversation, work), MartechError)
    assert conversation.row("c-1") is not None


# ── a block that a new address lifts ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "steps",
    [
        [Contact(own_id="c-1", email="new@example.org")],
        [Contact(own_id="c-1", email=None), Contact(own_id="c-1", email="ada@example.org")],
        [Contact(own_id="c-1", email=None), Contact(own_id="c-1", email="new@example.org")],
        [Contact(own_id="c-1", email="new@example.org"), Contact(own_id="c-1", email="ada@example.org")],
        [Contact(own_id="c-1", email="ADA@EXAMPLE.ORG")],
    ],
    ids=["new", "cleared and back", "cleared and new", "there and back", "case"],
)
@pytest.mark.parametrize("verb", ["update", "upsert", "upsert_many", "start_import"])
def test_no_detour_of_addresses_lifts_a_bounce(talk: Start, do: Do, steps: list[Contact], verb: str) -> None:
    conversation = bounced(talk)
    assert conversation.emulator.contactable("c-1") is False
    calls: dict[str, Callable[[Any, Contact], Any]] = {
        "update": lambda client, contact: client.contacts.update(contact),
        "upsert": lambda client, contact: client.contacts.upsert(contact, if_new=NO),
        "upsert_many": lambda client, contact: client.contacts.upsert_many([contact], if_new=DEFAULT),
        "start_import": lambda client, contact: client.contacts.start_import([contact], if_new=DEFAULT),
    }
    for step in steps:
        do(conversation, lambda client, step=step: calls[verb](client, step))
        conversation.clock.advance(120)
        conversation.emulator.catch_up()
        assert conversation.emulator.contactable("c-1") is False


@pytest.mark.parametrize("column", ["email", "Email", " EMAIL "])
def test_no_native_update_lifts_a_bounce_however_its_column_is_spelt(talk: Start, do: Do, column: str) -> None:
    conversation = bounced(talk)
    do(conversation, lambda client: client.native.contacts.update("c-1", {column: "new@example.org"}))
    (said,) = conversation.bodies("PUT /contacts/c-1")
    assert said["email_status"] == "P"
    assert conversation.emulator.contactable("c-1") is False


@pytest.mark.parametrize("column", ["email", "Email", " GSM "])
def test_no_native_bulk_write_lifts_a_bounce_unsaid_however_its_column_is_spelt(
    talk: Start, do: Do, column: str
) -> None:
    conversation = bounced(talk)
    rows = [{"contact_key": "c-1", column: "new@example.org"}]
    for work in (
        lambda client: client.native.contacts.bulk_upsert(rows, insert_if_not_exists=False),
        lambda client: client.native.contacts.bulk_upsert_async(rows, makes_contacts=True),
    ):
        assert isinstance(do(conversation, work), MartechError)
    assert conversation.count("POST /bulk/contacts") + conversation.count("POST /bulk/async/contacts") == 0


@pytest.mark.parametrize("nos", [{}, {"email_permission": False}])
def test_no_native_bulk_write_makes_somebody_contactable_unsaid(talk: Start, do: Do, nos: dict[str, bool]) -> None:
    conversation = silent(talk)
    rows = [{"contact_key": key, "name": "x", **nos} for key in ("c-1", "nobody")]
    told = do(conversation, lambda client: client.native.contacts.bulk_upsert_async(rows))
    assert isinstance(told, MartechError)
    assert conversation.count("POST /bulk/async/contacts") == 0
    job = do(conversation, lambda client: client.native.contacts.bulk_upsert_async(rows, makes_contacts=True))
    assert not isinstance(job, MartechError)


def test_a_yes_for_somebody_who_bounced_or_is_passive_reaches_nobody(talk: Start, do: Do) -> None:
    conversation = bounced(talk)
    given = Consent(channel=Channel.EMAIL, given_at=conversation.clock.now() - timedelta(days=1), text="Yes")
    for opted_out_at in (None, conversation.clock.now() - timedelta(days=2)):
        do(
            conversation,
            lambda client, at=opted_out_at: client.consent.subscribe(
                own("c-1"), channel=Channel.EMAIL, evidence=given, opted_out_at=at
            ),
        )
        assert conversation.emulator.contactable("c-1") is False
    do(conversation, lambda client: client.consent.release(own("c-1"), channel=Channel.EMAIL, evidence=given))
    assert conversation.emulator.contactable("c-1") is False


# ── a no that makes somebody, or reaches the wrong one ───────────────────────────────────────────────────────


@pytest.mark.parametrize("ref", ["nobody", "C-1", " c-1 ", "c-1\u200b", "ada@example.org"])
def test_a_no_makes_no_second_person_and_reaches_nobody_else(talk: Start, do: Do, ref: str) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1", "email": "ada@example.org"}, {"key": "c-2"}])
    for work in (
        lambda client: client.consent.unsubscribe(own(ref), channel=Channel.EMAIL),
        lambda client: client.consent.unsubscribe_many([own(ref)], channel=Channel.EMAIL),
        lambda client: client.consent.suppress(own(ref)),
        lambda client: client.native.contacts.make_passive([ref]),
    ):
        do(conversation, work)
        conversation.clock.advance(61)
    assert {contact.key for contact in conversation.emulator.contacts} == {"c-1", "c-2"}
    assert conversation.row("c-2")["contact_status"] == "A"
    if own(ref) != own("c-1"):
        assert conversation.emulator.contactable("c-1") is True


# ── everybody, by accident ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "more",
    [{"sendToAll": True}, {"sendToAll": True, "token": ""}, {"sendToAll": True, "contactKey": None}, {}],
)
def test_a_push_that_names_nobody_goes_to_nobody(talk: Start, do: Do, more: dict[str, Any]) -> None:
    conversation = talk()
    conversation.emulator.seed_people([{"key": "c-1"}])
    told = do(conversation, lambda client: client.native.transactional.send_push("content", more=more))
    assert isinstance(told, MartechError)
    assert conversation.count("POST /transactional/push") == 0


@pytest.mark.parametrize(
    "body",
    [
        {"applicationIds": ["a-1"]},
        {"applicationIds": ["a-1"], "tagList": []},
        {"applicationIds": [], "tagList": [{"tagName": "x"}]},
        {"tagList": [{"tagName": "x"}]},
    ],
)
def test_a_push_by_no_tag_or_to_no_application_goes_to_nobody(talk: Start, do: Do, body: dict[str, Any]) -> None:
    conversation = talk()
    said = body | {"content": {"title": "x", "message": "y"}}
    told = do(conversation, lambda client: client.native.transactional.send_push_by_tag(said))
    assert isinstance(told, MartechError)
    assert conversation.count("POST /transactional/pushByTag") == 0


@pytest.mark.parametrize("step", ["start", "update", "end"])
def test_a_live_activity_of_nobody_goes_to_nobody(talk: Start, do: Do, step: str) -> None:
    conversation = talk()
    body = {"activityType": "x", "appGuids": ["a-1"], "activityId": "y", "androidPayload": {}, "contactKeys": []}
    told = do(conversation, lambda client: getattr(client.native.push, f"{step}_activity")(body))
    assert isinstance(told, MartechError)
    assert conversation.count(f"POST /liveActivity/{step}") == 0


def test_no_row_without_a_column_removes_what_nobody_named(talk: Start, do: Do) -> None:
    conversation = talk()
    table = do(conversation, lambda client: client.native.dataspace.create_table("t", KEY_ONLY))
    for rows in ([], [{}], [{}, {}]):
        told = do(conversation, lambda client, rows=rows: client.native.dataspace.delete_rows(table, rows))
        assert isinstance(told, MartechError)
    assert conversation.count("DELETE /dataspace/sync/delete") == 0


@pytest.mark.parametrize(
    "audience",
    [None, {}, [], {"segmentId": ""}, {"tableId": None}, {"segmentid": "s"}, "everybody"],
)
def test_a_send_that_names_no_audience_goes_to_nobody(talk: Start, do: Do, audience: Any) -> None:
    conversation = talk()
    body = {"name": "x", "contentId": "y", "audience": audience}
    for work in (
        lambda client: client.native.email_sends.create(body),
        lambda client: client.native.sms_sends.create(body),
    ):
        assert isinstance(do(conversation, work), MartechError)
    assert not [one for one in conversation.said if one.path.startswith("/sends")]
