"""Attempts to reach somebody who said no, to double people, and to send by accident; on both faces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from martech.errors import MartechError
from martech.models import Channel, Consent, Contact, IfNew, Subscription, SubscriptionStatus, email, own
from martech_digital_onboarding.objectives import Completion

DEFAULT = IfNew.VENDOR_DEFAULT
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NO_MAIL = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED)


def told(talked: Any, work: Any) -> Any:
    """Return what a call gives, or its error."""
    try:
        return talked(work)
    except MartechError as error:
        return error


def silent(either: Any, **switches: Any) -> Any:
    """Start a talk with Ada, who said no to both channels."""
    talked = either(**switches)
    talked.emulator.seed_people([
        {"key": "m-1", "email": "ada@example.org", "phone": "+447700900123", "unsubscribed_email": "true",
         "unsubscribed_sms": "true"},
    ])  # fmt: skip
    return talked


def reached(talked: Any) -> list[bool]:
    return [talked.emulator.contactable("m-1", channel) for channel in ("email", "sms")]


@pytest.mark.parametrize(
    "attributes",
    [
        {"unsubscribe_email": False},
        {"Unsubscribe_Email": "false"},
        {" unsubscribe_sms ": None},
        {"unsubscribe_sms": 0},
        {"meta_public": "x"},
        {"id": "another"},
        {"unique_id": "another"},
        {"contacts": "x"},
        {"journey.template_id": "tpl-card"},
        {"journey": "tpl-card"},
        {"Journey.Template_Id": "tpl-card"},
    ],
)
def test_no_attribute_opens_a_channel_doubles_somebody_or_sends(either: Any, attributes: dict[str, Any]) -> None:
    talked = silent(either)
    contact = Contact(own_id="m-1", attributes=attributes)
    for work in (
        lambda client: client.contacts.upsert(contact, if_new=DEFAULT),
        lambda client: client.contacts.upsert_many([contact], if_new=DEFAULT),
        lambda client: client.native.save(contact, if_new=DEFAULT),
        lambda client: client.native.start_journey("tpl-card", contact),
        lambda client: client.native.enrol_in_bulk("tpl-card", [contact]),
    ):
        done = told(talked, work)
        assert isinstance(done, MartechError) or not any(one.ok for one in getattr(done, "items", [done]))
    assert reached(talked) == [False, False]
    assert len(talked.emulator.people) == 1
    assert talked.emulator.outbox == []


@pytest.mark.parametrize("moved", ["new@example.org", None])
def test_nothing_an_upsert_says_brings_somebody_back_who_said_no(either: Any, moved: str | None) -> None:
    talked = silent(either)
    contact = Contact(own_id="m-1", email=moved, mobile="+447700900999", first_name="Ada")
    assert told(talked, lambda client: client.contacts.upsert(contact, if_new=DEFAULT)).ok
    assert told(talked, lambda client: client.native.save(contact, if_new=DEFAULT))
    assert all(one.ok for one in told(talked, lambda c: c.native.enrol_in_bulk("tpl-card", [contact])).items)
    assert reached(talked) == [False, False]
    assert talked.emulator.outbox == []


@pytest.mark.parametrize("ref", ["nobody", "M-1", "m-1\u200b", "ada@example.org", "="])
def test_a_no_never_makes_a_second_person_who_could_be_reached(either: Any, ref: str) -> None:
    talked = either()
    talked.emulator.seed_people([{"key": "m-1", "email": "ada@example.org"}])
    first = told(talked, lambda client: client.consent.unsubscribe(own(ref), channel=Channel.EMAIL))
    assert isinstance(first, MartechError) or not first.ok
    # Said again, it finds the empty contact that the first one made, and says that nothing reaches it.
    (again,) = told(talked, lambda client: client.consent.suppress_many([own(ref)])).items
    assert not again.ok or "no address" in again.reason
    made = [one for one in talked.emulator.people.in_order if one.unique_id != "m-1"]
    for one in made:
        assert (one.email, one.phone_mobile) == (None, None)
        assert not one.contactable("email")
        assert not one.contactable("sms")


@pytest.mark.parametrize("identity", ["unique_id", "email"])
def test_a_no_under_one_policy_by_a_name_of_the_other_makes_nobody(either: Any, identity: str) -> None:
    talked = either(options={"identity": identity})
    wrong = email("ada@example.org") if identity == "unique_id" else own("m-1")
    for work in (
        lambda client: client.consent.unsubscribe(wrong, channel=Channel.EMAIL),
        lambda client: client.consent.suppress(wrong),
        lambda client: client.native.complete_objective(wrong, "estatements"),
        lambda client: client.native.start_journey("tpl-card", wrong),
    ):
        assert isinstance(told(talked, work), MartechError)
    assert len(talked.emulator.people) == 0
    assert talked.count("POST /v1/contacts") == 0


@pytest.mark.parametrize("spelt", ["ADA@example.org", "Ada@Example.Org", " ada@example.org ", "ada@EXAMPLE.ORG"])
def test_an_address_in_any_case_is_one_person_for_a_no_and_for_an_upsert(either: Any, spelt: str) -> None:
    talked = either(options={"identity": "email"})
    told(talked, lambda client: client.contacts.upsert(Contact(email="ada@example.org"), if_new=DEFAULT))
    told(talked, lambda client: client.consent.unsubscribe(email(spelt.strip()), channel=Channel.EMAIL))
    told(talked, lambda client: client.contacts.upsert(Contact(email=spelt.strip()), if_new=DEFAULT))
    assert len(talked.emulator.people) == 1
    assert talked.emulator.contactable("ada@example.org") is False


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "status", "truncate", "nonsense"])
@pytest.mark.parametrize("times", [1, 2, 9])
def test_no_accident_opens_a_channel_doubles_somebody_or_messages_twice(
    either: Any, kind: str, times: int
) -> None:
    talked = silent(either)
    talked.emulator.seed_people([{"key": "m-2", "email": "bo@example.org"}])
    yes = Consent(channel=Channel.EMAIL, given_at=NOW - timedelta(days=2), text="Yes")
    for work in (
        lambda client: client.contacts.upsert(Contact(own_id="m-1", first_name="A"), if_new=DEFAULT),
        lambda client: client.consent.subscribe(own("m-1"), channel=Channel.EMAIL, evidence=yes),
        lambda client: client.consent.subscribe(
            own("m-1"), channel=Channel.EMAIL, evidence=yes, opted_out_at=NOW - timedelta(days=1)
        ),
        lambda client: client.automations.enrol("tpl-card", [own("m-2"), own("m-2")], key="once"),
        lambda client: client.automations.enrol("tpl-card", [own("m-2"), own("m-2")], key="once"),
    ):
        talked.emulator.faults.add(kind, route="contacts", times=times, status=503)
        talked.emulator.faults.add(kind, route="journeys", times=times, status=503)
        told(talked, work)
        talked.emulator.faults.clear()
    assert reached(talked) == [False, False]
    assert len(talked.emulator.people) == 2
    assert len(talked.emulator.outbox) <= 1


@pytest.mark.parametrize(
    "key", ["unsubscribe_email", "journey", "journey.template_id", "meta_public", "email", "id"]
)
def test_no_completion_writes_a_field(either: Any, key: str) -> None:
    talked = silent(either)
    talked.emulator.add_objective(key, "A trap")
    for value in ("true", "2026-01-05T09:00:00Z", None):
        done = Completion(own("m-1"), key, value)
        told(talked, lambda client, done=done: client.native.complete_objectives([done]))
        told(talked, lambda c, value=value: c.native.complete_objective(own("m-1"), key, at=value))
        made = told(
            talked, lambda c, done=done: _file(talked, [Contact(own_id="m-1", subscriptions=(NO_MAIL,))], [done])
        )
        assert isinstance(made, MartechError)
    assert talked.count("POST /v1/contacts") == 0


async def _async(value: Any) -> Any:
    return value


def _file(talked: Any, people: list[Contact], done: list[Completion]) -> Any:
    files = talked.client.native.csv_files(people, now=NOW, completions=done)
    return files if talked._blocking else _async(files)
