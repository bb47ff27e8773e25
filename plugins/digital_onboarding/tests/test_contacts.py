"""Contacts through a client, against the pretended vendor: one, many, and on bad days."""

from __future__ import annotations

from typing import Any

import pytest

from martech.errors import (
    ConsentRefused,
    InvalidInput,
    InvalidRequest,
    ProviderUnavailable,
    RateLimited,
    TransportError,
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
from martech.provider import Provider

NO_MAIL = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)
NO_SMS = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
VENDOR_DEFAULT = IfNew.VENDOR_DEFAULT
BY_EMAIL = {"identity": "email"}
UPSERT = "POST /v1/contacts"


def ada(**more: Any) -> Contact:
    return Contact(own_id="m-1", email="ada@example.org", **more)


def people(count: int) -> list[Contact]:
    return [Contact(own_id=f"m-{n}", email=f"p{n}@example.org", first_name=f"P{n}") for n in range(count)]


def upsert(contact: Contact, **how: Any) -> Any:
    return lambda client: client.contacts.upsert(contact, if_new=VENDOR_DEFAULT, **how)


def upsert_many(contacts: Any, **how: Any) -> Any:
    return lambda client: client.contacts.upsert_many(contacts, if_new=VENDOR_DEFAULT, **how)


# ── one contact ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upsert_tells_who_is_new_and_may_be_contacted(either: Any) -> None:
    talked = either()
    made = talked(upsert(ada(first_name="Ada", attributes={"city": "Bath", "branch": "North"})))
    assert (made.outcome, made.contactable) == (ItemOutcome.CREATED, True)
    assert made.identifier == own("m-1")
    assert made.vendor_id == talked.person("m-1").id
    changed = talked(upsert(ada(last_name="Byron")))
    assert (changed.outcome, changed.contactable) == (ItemOutcome.UPDATED, None)
    assert talked.bodies()[-1] == {
        "contacts": [{"unique_id": "m-1", "email": "ada@example.org", "name_last": "Byron"}]
    }
    members = talked.person("m-1").members
    assert (members["name_first"], members["name_last"], members["city"]) == ("Ada", "Byron", "Bath")
    assert members["meta_public"] == {"branch": "North"}
    assert talked.emulator.ignored_members == []


def test_somebody_is_made_with_their_no_in_the_same_request(either: Any) -> None:
    talked = either()
    made = talked(upsert(ada(subscriptions=(NO_MAIL,))))
    assert (made.outcome, made.contactable) == (ItemOutcome.CREATED, False)
    assert talked.emulator.contactable("m-1") is False
    assert talked.count(UPSERT) == 1


def test_an_upsert_never_takes_back_an_opt_out(talk: Any) -> None:
    talked = talk()
    talked(upsert(ada(mobile="+447700900123")))
    talked.emulator.opt_out("m-1", "email")
    talked.emulator.opt_out("m-1", "sms")
    talked(upsert(ada(mobile="+447700900124", first_name="Ada")))
    talked(upsert_many([ada(last_name="Byron")]))
    yes = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
    with pytest.raises(ConsentRefused):
        talked(upsert(ada(subscriptions=(yes,))))
    with pytest.raises(InvalidRequest):
        talked(upsert(ada(attributes={"unsubscribe_email": False})))
    assert talked.emulator.contactable("m-1", "email") is False
    assert talked.emulator.contactable("m-1", "sms") is False


def test_a_contact_without_a_key_is_refused_unless_a_key_may_be_made_up(either: Any) -> None:
    talked = either()
    nameless = Contact(first_name="Ada", email="ada@example.org")
    with pytest.raises(InvalidRequest):
        talked(upsert(nameless))
    assert talked.said == []
    made = talked(upsert(nameless, mint_keys=True))
    assert made.minted is not None
    assert made.identifier == own(made.minted)
    assert talked.person(made.minted).email == "ada@example.org"
    assert talked(upsert(ada(), mint_keys=True)).minted is None


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "truncate", "status"])
def test_a_key_that_was_made_up_is_never_lost_so_that_the_next_attempt_makes_nobody_else(
    talk: Any, kind: str
) -> None:
    talked = talk()
    talked.emulator.faults.add(kind, route="/v1/contacts", times=20, status=503)
    nameless = Contact(email="ada@example.org")
    result = talked(upsert(nameless, mint_keys=True))
    assert result.outcome in (ItemOutcome.UNKNOWN, ItemOutcome.FAILED)
    assert result.minted is not None
    talked.emulator.faults.clear()
    assert talked(upsert(Contact(own_id=result.minted, email="ada@example.org"))).ok
    talked.person("ada@example.org")


@pytest.mark.parametrize("kind", [None, "cut_after", "cut_before", "truncate", "status"])
def test_keys_that_were_made_up_for_many_come_back_whatever_became_of_them(either: Any, kind: str | None) -> None:
    talked = either()
    if kind is not None:
        talked.emulator.faults.add(kind, route="/v1/contacts", times=20, status=503)
    nameless = [Contact(email=f"p{n}@example.org") for n in range(3)]
    items = talked(upsert_many([*nameless, ada()], mint_keys=True)).items
    keys = [one.minted for one in items]
    assert len(set(keys[:3])) == 3
    assert None not in keys[:3]
    assert keys[3] is None
    assert [one.identifier for one in items] == [*(own(key) for key in keys[:3]), own("m-1")]
    # Each attempt bore the same keys, so that trying again under them makes nobody else.
    posted = {row["unique_id"] for body in talked.bodies() for row in body["contacts"]}
    assert posted == {*keys[:3], "m-1"}
    talked.emulator.faults.clear()
    again = [Contact(own_id=key, email=one.email) for key, one in zip(keys, nameless, strict=False)]
    assert not talked(upsert_many(again)).problems
    assert len(talked.emulator.people) == 3 + (kind in (None, "cut_after", "truncate"))


def test_under_the_email_policy_an_address_in_any_case_is_one_person(either: Any) -> None:
    talked = either(options=BY_EMAIL)
    for address in ("Ada@Example.org", "ADA@example.org", " ada@example.org "):
        result = talked(upsert(Contact(email=address)))
        assert result.identifier == email("ada@example.org")
    talked.person("ada@example.org")
    with pytest.raises(InvalidRequest, match="two people"):
        talked(upsert(ada()))
    with pytest.raises(UnsupportedOperation):
        talked(upsert(Contact(first_name="Ada"), mint_keys=True))


def test_a_refused_contact_says_which_members_are_wrong(either: Any) -> None:
    for form in ("fields", "list", "text", "objects", "message"):
        talked = either(validation_errors=form)
        with pytest.raises(InvalidInput) as refused:
            talked(upsert(Contact.model_construct({"own_id", "email"}, own_id="m-1", email="no address")))
        assert "email" in (refused.value.vendor_message or "")
        assert refused.value.status == 422


@pytest.mark.parametrize("stored", [False, True])
def test_who_is_in_neither_list_of_the_answer_is_unknown(either: Any, stored: bool) -> None:
    result = either(absent_keys=["m-1"], absent_are_stored=stored)(upsert(ada()))
    assert (result.outcome, result.ok) == (ItemOutcome.UNKNOWN, False)
    assert "neither" in result.reason


def test_attributes_that_will_be_public_and_look_private_are_pointed_out_once(talk: Any, caplog: Any) -> None:
    talked = talk()
    for _ in range(2):
        talked(upsert(ada(attributes={"accountNumber": "DE-77-secret", "branch": "North", "address": "here"})))
    (record,) = [one for one in caplog.records if one.name == "martech.digital_onboarding"]
    assert "accountNumber" in record.getMessage()
    assert "secret" not in caplog.text


# ── many ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_many_contacts_go_in_batches_and_are_matched_by_key(either: Any) -> None:
    talked = either(shuffle_batch_answers=True)
    talked(upsert(Contact(own_id="m-7", first_name="Old")))
    results = talked(upsert_many(people(250))).items
    assert talked.count(UPSERT) == 1 + 3
    assert [one.position for one in results] == list(range(250))
    assert [one.identifier for one in results] == [own(f"m-{n}") for n in range(250)]
    assert results[7].outcome is ItemOutcome.UPDATED
    assert all(one.outcome is ItemOutcome.CREATED and one.contactable for n, one in enumerate(results) if n != 7)
    assert talked.person("m-123").email == "p123@example.org"


def test_sizes_of_batches_follow_the_settings(talk: Any) -> None:
    talked = talk(options={"batch_contacts": 10})
    assert len(talked(upsert_many(people(25)))) == 25
    assert [len(body["contacts"]) for body in talked.bodies()] == [10, 10, 5]
    talked = talk(options={"batch_bytes": 1024})
    assert not talked(upsert_many(people(40))).problems
    assert len(talked.bodies()) > 1
    assert all(len(one.body) <= 1024 for one in talked.said if one.url.endswith("/v1/contacts"))


def test_a_contact_larger_than_a_batch_goes_alone_and_is_the_vendors_to_refuse(talk: Any) -> None:
    talked = talk(max_body_bytes=2000, options={"batch_bytes": 1024})
    big = Contact(own_id="m-x", attributes={"text": "x" * 3000})
    results = talked(upsert_many([*people(3), big, Contact(own_id="m-y")])).items
    assert [one.ok for one in results] == [True, True, True, False, True]
    assert results[3].outcome is ItemOutcome.REFUSED
    assert "more than the vendor takes" in results[3].reason


def test_a_batch_that_is_too_large_is_halved_until_it_fits(either: Any) -> None:
    talked = either(max_batch_contacts=30)
    results = talked(upsert_many(people(100))).items
    assert all(one.outcome is ItemOutcome.CREATED for one in results)
    assert [len(body["contacts"]) for body in talked.bodies()] == [100, 50, 25, 25, 50, 25, 25]


@pytest.mark.parametrize("how", ["refuse_all", "stop", "skip"])
def test_one_bad_contact_sinks_nobody_else(either: Any, how: str) -> None:
    talked = either(bad_records=how)
    bad = Contact.model_construct({"own_id", "email"}, own_id="m-bad", email="no address")
    contacts = [*people(9), bad, Contact(own_id="m-last", email="last@example.org")]
    results = talked(upsert_many(contacts)).items
    assert [one.ok for one in results] == [True] * 9 + [False, True]
    if how == "skip":
        assert results[9].outcome is ItemOutcome.UNKNOWN
    else:
        assert results[9].outcome is ItemOutcome.REFUSED
        assert "email is invalid" in results[9].reason
    # Whoever may have been made on the way there is never said to have been there all along.
    assert all(one.contactable for one in results if one.ok)
    assert talked.emulator.contactable("m-last")


def test_whoever_was_there_long_before_is_known_to_be_even_after_a_repetition(talk: Any) -> None:
    talked = talk()
    talked(upsert(ada()))
    talked.bench.clock.advance(3600)
    talked.emulator.faults.add("cut_after", route="/v1/contacts")
    results = talked(upsert_many([ada(), Contact(own_id="m-2", email="b@example.org")])).items
    assert [one.outcome for one in results] == [ItemOutcome.UPDATED, ItemOutcome.SAVED]
    assert [one.contactable for one in results] == [None, True]


def test_what_cannot_be_said_is_refused_in_its_place(either: Any) -> None:
    talked = either()
    odd = Contact(own_id="m-2", attributes={"direct-deposit": "true"})
    results = talked(upsert_many([ada(), odd, Contact(email="b@example.org")])).items
    assert [one.outcome for one in results] == [ItemOutcome.CREATED, ItemOutcome.REFUSED, ItemOutcome.REFUSED]
    assert "objective" in results[1].reason
    assert results[1].identifier == own("m-2")


def test_one_person_twice_is_written_once_and_their_no_is_kept() -> None:
    from martech.testing.connecting import bench

    table = bench("digital_onboarding")
    client = table.client()
    provider: Provider = client._provider  # the operation itself, past the flow that would put them together
    first = ada(subscriptions=(NO_MAIL,), first_name="Ada")

    async def both() -> Any:
        from martech.provider import Saving

        return await provider.contacts.upsert_batch([first, ada(last_name="Byron")], how=Saving())

    results = client._runner.run(both(), "contacts.upsert_batch")
    assert [one.outcome for one in results] == [ItemOutcome.SUPERSEDED, ItemOutcome.CREATED]
    assert table.emulator.contactable("m-1") is False


def test_no_contacts_are_no_request(either: Any) -> None:
    talked = either()
    assert len(talked(upsert_many([]))) == 0
    assert talked.said == []


def test_a_stream_gives_one_result_per_input(either: Any) -> None:
    talked = either(options={"batch_contacts": 10})
    results = talked.all(lambda client: client.contacts.upsert_stream(iter(people(35)), if_new=VENDOR_DEFAULT))
    assert [one.position for one in results] == list(range(35))
    assert talked.count(UPSERT) == 4


def test_absent_contacts_in_a_batch_are_unknown_and_the_others_are_not(talk: Any) -> None:
    talked = talk(absent_every=3)
    outcomes = [one.outcome for one in talked(upsert_many(people(6))).items]
    assert outcomes.count(ItemOutcome.UNKNOWN) == 2
    assert outcomes.count(ItemOutcome.CREATED) == 4


@pytest.mark.parametrize(
    "switches",
    [
        {"success_status": 201},
        {"omit_unset_members": True},
        {"undocumented_members": True},
        {"flags_shown": "when_true"},
        {"flags_shown": "never"},
        {"meta_public_update": "merge"},
        {"expires_in": "missing"},
        {"expires_in": "nonsense"},
        {"expires_in": "text"},
        {"token_type": "bEARER"},
        {"unauthorized_body": "unreadable", "force_401_once": True},
    ],
)
def test_what_the_vendor_does_not_state_may_be_either_way(talk: Any, switches: dict[str, Any]) -> None:
    talked = talk(**switches)
    result = talked(upsert(ada(attributes={"branch": "North"})))
    assert (result.outcome, result.contactable) == (ItemOutcome.CREATED, True)


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upsert_that_was_cut_off_after_the_work_is_repeated_and_says_what_it_cannot_know(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("cut_after", route="/v1/contacts")
    result = talked(upsert(ada()))
    # The first call made her and nobody heard of it: the second says that she was there.
    assert (result.outcome, result.contactable) == (ItemOutcome.SAVED, True)
    talked.person("ada@example.org")


def test_an_upsert_that_was_cut_off_before_the_work_is_repeated(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("cut_before", route="/v1/contacts")
    assert talked(upsert(ada())).outcome is ItemOutcome.CREATED


def test_a_vendor_that_stays_down_is_told_apart_from_one_that_refuses(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("status", route="/v1/contacts", status=503, times=50)
    with pytest.raises(ProviderUnavailable):
        talked(upsert(ada()))
    results = talked(upsert_many(people(2))).items
    assert [one.outcome for one in results] == [ItemOutcome.FAILED, ItemOutcome.FAILED]


def test_a_connection_that_stays_cut_leaves_it_unknown(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("cut_after", route="/v1/contacts", times=50)
    with pytest.raises(TransportError):
        talked(upsert(ada()))
    assert talked(upsert_many(people(1))).items[0].outcome is ItemOutcome.UNKNOWN


@pytest.mark.parametrize("kind", ["truncate", "nonsense"])
def test_an_answer_that_cannot_be_read_is_unknown_and_never_quoted(either: Any, kind: str) -> None:
    talked = either()
    talked.emulator.faults.add(kind, route="/v1/contacts", times=2)
    with pytest.raises(UnexpectedResponse) as unread:
        talked(upsert(ada(first_name="Augusta")))
    assert "Augusta" not in str(unread.value)
    assert talked(upsert_many([ada()])).items[0].outcome is ItemOutcome.UNKNOWN


def test_a_wait_that_the_vendor_asks_for_is_kept_to(either: Any) -> None:
    talked = either()
    talked.emulator.faults.add("status", route="/v1/contacts", status=429, headers={"Retry-After": "7"})
    assert talked(upsert(ada())).outcome is ItemOutcome.CREATED
    assert sum(talked.bench.clock.slept) >= 7
    talked.emulator.faults.add("status", route="/v1/contacts", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited):
        talked(upsert(ada()))
