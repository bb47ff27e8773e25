"""Consent, against the pretended vendor: a no that reaches the right person, a yes that nothing repeats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from martech.errors import (
    ConsentRefused,
    InvalidInput,
    ProviderUnavailable,
    TransportError,
    UnsupportedOperation,
)
from martech.models import (
    Channel,
    Consent,
    Contact,
    Identifier,
    IfNew,
    ItemOutcome,
    email,
    mobile,
    own,
    vendor_id,
)

ADA = Contact(own_id="m-1", email="ada@example.org", mobile="+447700900123")
EVIDENCE = Consent(
    channel=Channel.EMAIL, given_at=datetime(2026, 1, 4, tzinfo=UTC), text="Yes, write to me", source="form"
)
BEFORE = datetime(2026, 1, 3, tzinfo=UTC)
AFTER = datetime(2026, 1, 5, tzinfo=UTC)
CONTACTS = "POST /v1/contacts"


def with_ada(talk: Any, **switches: Any) -> Any:
    talked = talk(**switches)
    talked(lambda client: client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT))
    talked.said.clear()
    return talked


def unsubscribe(ref: Identifier | str, channel: Channel = Channel.EMAIL) -> Any:
    return lambda client: client.consent.unsubscribe(ref, channel=channel, reason="asked us to")


def subscribe(ref: Identifier | str, **more: Any) -> Any:
    return lambda client: client.consent.subscribe(ref, channel=Channel.EMAIL, evidence=EVIDENCE, **more)


# ── no ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("channel", "other"), [(Channel.EMAIL, "sms"), (Channel.SMS, "email")])
def test_an_opt_out_closes_its_channel_and_touches_nothing_else(either: Any, channel: Channel, other: str) -> None:
    talked = with_ada(either)
    before = dict(talked.person("m-1").members)
    result = talked(unsubscribe(own("m-1"), channel))
    assert result.outcome is ItemOutcome.UPDATED
    assert talked.emulator.contactable("m-1", channel.value) is False
    assert talked.emulator.contactable("m-1", other) is True
    assert talked.person("m-1").members == {**before, f"unsubscribe_{channel.value}": True}
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-1", f"unsubscribe_{channel.value}": True}]}]


def test_a_suppression_closes_every_channel_there_is(either: Any) -> None:
    talked = with_ada(either)
    assert talked(lambda client: client.consent.suppress(own("m-1"))).outcome is ItemOutcome.UPDATED
    assert talked.emulator.contactable("m-1", "email") is False
    assert talked.emulator.contactable("m-1", "sms") is False


def test_an_opt_out_for_a_key_that_nobody_has_is_no_success(either: Any) -> None:
    talked = with_ada(either)
    result = talked(unsubscribe(own("m-typo")))
    assert (result.outcome, result.ok) == (ItemOutcome.NOT_FOUND, False)
    assert "empty contact" in result.reason
    # The vendor has made somebody of it, whom nothing can reach.
    made = talked.person("m-typo")
    assert (made.email, made.phone_mobile) == (None, None)
    assert talked.emulator.contactable("m-typo") is False
    assert talked.emulator.contactable("m-1") is True


def test_many_opt_outs_are_one_result_each_in_their_order(either: Any) -> None:
    talked = with_ada(either)
    refs = [own("m-typo"), own("m-1"), own("m-1"), own("m-typo-2")]
    results = talked(lambda client: client.consent.unsubscribe_many(refs, channel=Channel.EMAIL))
    outcomes = [one.outcome for one in results.items]
    assert outcomes == [ItemOutcome.NOT_FOUND, ItemOutcome.UPDATED, ItemOutcome.UPDATED, ItemOutcome.NOT_FOUND]
    assert [one.identifier for one in results.items] == refs
    assert [one.position for one in results.problems] == [0, 3]
    assert all("nobody had this key" in one.reason for one in results.problems)
    assert len(talked.bodies()) == 1


def test_many_people_are_suppressed_in_batches_on_one_channel_or_all(either: Any) -> None:
    talked = either(options={"batch_contacts": 10})
    refs = [own(f"m-{n}") for n in range(25)]
    everybody = [Contact(own_id=f"m-{n}", email=f"p{n}@example.org") for n in range(25)]
    talked(lambda client: client.contacts.upsert_many(everybody, if_new=IfNew.VENDOR_DEFAULT))
    results = talked(lambda client: client.consent.suppress_many(refs, channel=Channel.EMAIL))
    assert not results.problems
    assert talked.count(CONTACTS) == 6
    assert not any(talked.emulator.contactable(f"m-{n}") for n in range(25))
    assert not talked.person("m-3").members["unsubscribe_sms"]


@pytest.mark.parametrize(
    "ref",
    [email("ada@example.org"), mobile("+447700900123"), vendor_id("0b0c"), "ada@example.org"],
)
def test_an_opt_out_by_anything_but_the_accounts_key_is_declined_and_makes_nobody(
    either: Any, ref: Identifier | str
) -> None:
    talked = with_ada(either)
    for call in (
        unsubscribe(ref),
        subscribe(ref),
    ):
        with pytest.raises(UnsupportedOperation):
            talked(call)
    assert talked.said == []
    assert talked.emulator.contactable("m-1") is True


def test_an_address_among_keys_stops_nobody_elses_opt_out(either: Any) -> None:
    talked = with_ada(either)
    refs = [own("m-1"), email("b@example.org")]
    for call in (
        lambda client: client.consent.unsubscribe_many(refs, channel=Channel.EMAIL),
        lambda client: client.consent.suppress_many(refs),
    ):
        results = talked(call).items
        assert [one.outcome for one in results] == [ItemOutcome.UPDATED, ItemOutcome.REFUSED]
        assert "second person" in results[1].reason
    assert talked.emulator.contactable("m-1") is False
    assert talked.emulator.contactable("b@example.org") is None


@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.WHATSAPP])
def test_channels_without_a_flag_are_declined(either: Any, channel: Channel) -> None:
    talked = either()
    with pytest.raises(UnsupportedOperation, match="e-mail and SMS"):
        talked(unsubscribe(own("m-1"), channel))
    with pytest.raises(UnsupportedOperation, match="e-mail and SMS"):
        talked(lambda client: client.consent.suppress(own("m-1"), channel=channel))
    assert talked.said == []


def test_under_the_email_policy_an_opt_out_goes_by_address_and_changes_no_address(either: Any) -> None:
    talked = either(options={"identity": "email"})
    talked(lambda client: client.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.VENDOR_DEFAULT))
    assert talked(unsubscribe("ADA@example.org")).outcome is ItemOutcome.UPDATED
    assert talked.emulator.contactable("ada@example.org") is False
    assert talked(unsubscribe("typo@example.org")).outcome is ItemOutcome.NOT_FOUND
    # Without an address: it cannot be written to, whatever becomes of its flag.
    (made,) = (one for one in talked.emulator.people.by_unique_id.values() if one.unique_id == "typo@example.org")
    assert made.email is None
    with pytest.raises(UnsupportedOperation):
        talked(unsubscribe(own("m-1")))


def test_an_opt_out_reaches_each_spelling_of_an_address_that_is_written_as_given(either: Any) -> None:
    talked = either(options={"identity": "email", "email_key_case": "as_given"})
    spellings = ["Ada@example.org", "ada@example.org"]
    for ada in (Contact(email=spelt) for spelt in spellings):
        talked(lambda client, ada=ada: client.contacts.upsert(ada, if_new=IfNew.VENDOR_DEFAULT))
    assert len(talked.emulator.people) == 2
    results = talked(lambda client: client.consent.suppress_many([email(spelt) for spelt in spellings]))
    assert not results.problems
    assert talked.emulator.contactable("ada@example.org") is False
    # One that the answer leaves out is not taken for the other.
    talked.emulator.absent_keys = ["Ada@example.org"]
    results = talked(lambda client: client.consent.suppress_many([email(spelt) for spelt in spellings]))
    assert [one.outcome for one in results.items] == [ItemOutcome.UNKNOWN, ItemOutcome.UPDATED]


def test_an_address_that_comes_back_in_another_case_is_still_the_same_persons(talk: Any) -> None:
    talked = talk(options={"identity": "email"})
    body = '{"existing_contacts": [{"unique_id": "Ada@Example.org", "email": "Ada@Example.org"}]}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=body)
    assert talked(unsubscribe("ada@example.org")).outcome is ItemOutcome.UPDATED


def test_a_key_that_comes_back_in_another_case_is_somebody_else(talk: Any) -> None:
    talked = talk()
    body = '{"existing_contacts": [{"unique_id": "M-1", "email": "ada@example.org"}]}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=body)
    assert talked(unsubscribe(own("m-1"))).outcome is ItemOutcome.UNKNOWN


def test_an_opt_out_that_was_cut_off_is_written_again(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.faults.add("cut_after", route="/v1/contacts")
    result = talked(unsubscribe(own("m-1")))
    assert result.outcome is ItemOutcome.SAVED
    assert talked.emulator.contactable("m-1") is False


def test_an_opt_out_that_cannot_be_delivered_is_never_silent(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.faults.add("status", route="/v1/contacts", status=500, times=50)
    with pytest.raises(ProviderUnavailable):
        talked(unsubscribe(own("m-1")))
    results = talked(lambda client: client.consent.suppress_many([own("m-1"), own("m-2")]))
    assert [one.outcome for one in results.items] == [ItemOutcome.FAILED, ItemOutcome.FAILED]
    talked.emulator.faults.clear()
    talked.emulator.absent_keys = ["m-1"]
    assert talked(unsubscribe(own("m-1"))).outcome is ItemOutcome.UNKNOWN


def test_an_opt_out_that_went_to_a_wrong_address_is_not_taken_for_nobodys(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.faults.add("status", route="/v1/contacts", status=404, times=9, body='{"error": "not_found"}')
    with pytest.raises(InvalidInput, match="no endpoint for contacts"):
        talked(unsubscribe(own("m-1")))
    results = talked(lambda client: client.consent.suppress_many([own("m-1"), own("m-2")])).items
    assert [one.outcome for one in results] == [ItemOutcome.REFUSED] * 2


def test_an_answer_that_denies_the_opt_out_is_no_success(talk: Any) -> None:
    talked = with_ada(talk)
    body = '{"existing_contacts": [{"id": "x", "unique_id": "m-1", "unsubscribe_email": false}]}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=body)
    result = talked(unsubscribe(own("m-1")))
    assert (result.outcome, result.ok) == (ItemOutcome.UNKNOWN, False)


# ── yes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_yes_over_nobodys_no_writes_nothing_but_the_key(either: Any) -> None:
    talked = with_ada(either)
    result = talked(subscribe(own("m-1")))
    assert result.outcome is ItemOutcome.UNCHANGED
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-1"}]}]


def test_a_yes_over_an_undated_opt_out_is_refused_and_writes_no_yes(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1")
    with pytest.raises(ConsentRefused, match="nobody says when"):
        talked(subscribe(own("m-1")))
    assert talked.emulator.contactable("m-1") is False
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-1"}]}]


def test_a_yes_that_is_later_than_the_opt_out_takes_it_back_on_its_channel_only(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1", "email")
    talked.emulator.opt_out("m-1", "sms")
    with pytest.raises(ConsentRefused):
        talked(subscribe(own("m-1"), opted_out_at=AFTER))
    assert talked.bodies() == []
    result = talked(subscribe(own("m-1"), opted_out_at=BEFORE))
    assert result.outcome is ItemOutcome.UPDATED
    assert talked.emulator.contactable("m-1", "email") is True
    assert talked.emulator.contactable("m-1", "sms") is False
    assert talked.bodies()[-1] == {"contacts": [{"unique_id": "m-1", "unsubscribe_email": False}]}


def test_a_yes_for_a_key_that_nobody_has_subscribes_nobody(either: Any) -> None:
    talked = with_ada(either)
    result = talked(subscribe(own("m-typo"), opted_out_at=BEFORE))
    assert (result.outcome, result.ok) == (ItemOutcome.NOT_FOUND, False)
    assert "nobody was subscribed" in result.reason
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-typo"}]}]
    assert talked.person("m-typo").email is None
    assert talked.emulator.contactable("m-typo") is False


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_a_yes_is_never_repeated_by_itself(either: Any, kind: str, after: int) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1")
    talked.emulator.faults.add(kind, route="/v1/contacts", after=after)
    with pytest.raises(TransportError):
        talked(subscribe(own("m-1"), opted_out_at=BEFORE))
    assert len(talked.bodies()) == 1 + after


def test_a_yes_is_not_repeated_after_a_breakdown_either(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1")
    talked.emulator.faults.add("status", route="/v1/contacts", status=502, after=1)
    with pytest.raises(ProviderUnavailable):
        talked(subscribe(own("m-1"), opted_out_at=BEFORE))
    assert len(talked.bodies()) == 2


def test_a_yes_without_evidence_for_it_never_reaches_the_vendor(either: Any) -> None:
    talked = with_ada(either)
    for evidence in (
        EVIDENCE.model_copy(update={"channel": Channel.SMS}),
        EVIDENCE.model_copy(update={"text": " "}),
        EVIDENCE.model_copy(update={"given_at": datetime(2027, 1, 1, tzinfo=UTC)}),
    ):
        with pytest.raises(ConsentRefused):
            talked(
                lambda client, evidence=evidence: client.consent.subscribe(
                    own("m-1"), channel=Channel.EMAIL, evidence=evidence
                )
            )
    assert talked.said == []


@pytest.mark.parametrize("flag", ["", ', "unsubscribe_email": "true"', ', "unsubscribe_email": null'])
def test_a_flag_that_cannot_be_read_may_be_a_no_and_counts_as_one(either: Any, flag: str) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1")
    seen = f'{{"existing_contacts": [{{"unique_id": "m-1"{flag}}}]}}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=seen, times=2)
    with pytest.raises(ConsentRefused, match="does not say whether unsubscribe_email is false"):
        talked(subscribe(own("m-1")))
    assert talked.bodies() == [{"contacts": [{"unique_id": "m-1"}]}]
    assert talked.emulator.contactable("m-1") is False
    # Whoever knows when that no was said may take it back, readable or not.
    assert talked(subscribe(own("m-1"), opted_out_at=BEFORE)).outcome is ItemOutcome.UPDATED
    assert talked.emulator.contactable("m-1") is True


@pytest.mark.parametrize("shown", ["when_true", "never"])
def test_an_answer_that_leaves_flags_out_lets_a_no_through_and_no_undated_yes(either: Any, shown: str) -> None:
    talked = with_ada(either, flags_shown=shown)
    with pytest.raises(ConsentRefused):
        talked(subscribe(own("m-1")))
    assert talked(unsubscribe(own("m-1"))).ok
    assert talked.emulator.contactable("m-1") is False
    with pytest.raises(ConsentRefused):
        talked(subscribe(own("m-1")))
    assert talked.emulator.contactable("m-1") is False
    assert talked(subscribe(own("m-1"), opted_out_at=BEFORE)).ok
    assert talked.emulator.contactable("m-1") is True


def test_a_yes_that_the_vendor_does_not_take_is_no_success(either: Any) -> None:
    talked = with_ada(either)
    talked.emulator.opt_out("m-1")
    body = '{"existing_contacts": [{"unique_id": "m-1", "email": "ada@example.org", "unsubscribe_email": true}]}'
    talked.emulator.faults.add("status", route="/v1/contacts", status=200, body=body, times=2)
    result = talked(subscribe(own("m-1"), opted_out_at=BEFORE))
    assert (result.outcome, result.ok) == (ItemOutcome.REFUSED, False)
    assert "still opted out" in result.reason


def test_a_refused_look_is_a_refused_yes(talk: Any) -> None:
    talked = with_ada(talk)
    talked.emulator.faults.add("status", route="/v1/contacts", status=422, body='{"error": "no"}')
    with pytest.raises(InvalidInput):
        talked(subscribe(own("m-1"), opted_out_at=BEFORE))
