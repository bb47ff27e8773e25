"""Journeys, against the pretended vendor: one per person, sent once, whatever the day is like."""

from __future__ import annotations

from typing import Any

import pytest

from martech.errors import AuthenticationFailed, InvalidRequest, MartechError, UnsupportedOperation
from martech.models import Contact, IfNew, ItemOutcome, email, own
from martech_digital_onboarding.limits import ENROL_SIZE, ENROL_WAVE

JOURNEYS = "POST /v1/templates/.*/journeys"
LINK = "https://hub.example-bank.test/ada-4f2"


def with_people(talk: Any, count: int = 3, **switches: Any) -> Any:
    talked = talk(**switches)
    contacts = [Contact(own_id=f"m-{n}", email=f"p{n}@example.org") for n in range(count)]
    talked(lambda client: client.contacts.upsert_many(contacts, if_new=IfNew.VENDOR_DEFAULT))
    talked.said.clear()
    return talked


def enrol(people: Any, key: str | None = None, template: str = "tpl-welcome", **extra: Any) -> Any:
    more = {"digital_onboarding": extra} if extra else None
    return lambda client: client.automations.enrol(template, people, key=key, extra=more)


@pytest.mark.parametrize("bare", [False, True])
def test_templates_are_automations_wrapped_or_bare(either: Any, bare: bool) -> None:
    talked = either(bare_arrays=bare)
    found = talked.all(lambda client: client.automations.list())
    assert [(one.id, one.name) for one in found] == [("tpl-welcome", "Welcome"), ("tpl-card", "Card activation")]
    assert found[0].raw == {"id": "tpl-welcome", "name": "Welcome"}


def test_each_person_gets_a_journey_of_their_own_with_a_secret_link(either: Any) -> None:
    talked = with_people(either)
    enrolment = talked(enrol([own("m-0"), own("m-1")], name="Hello", owner_id="u-1"))
    assert enrolment.automation_id == "tpl-welcome"
    assert [one.identifier for one in enrolment.items] == [own("m-0"), own("m-1")]
    for one in enrolment.items:
        journey = talked.emulator.journeys[one.enrolment_id]
        assert (one.outcome, one.link.get_secret_value()) == (ItemOutcome.ACCEPTED, journey.web_client_url)
        assert journey.web_client_url not in repr(one) + str(one.model_dump())
        assert (journey.name, journey.owner_id) == ("Hello", "u-1")
    assert enrolment.ids == tuple(one.enrolment_id for one in enrolment.items)
    # Two at a time: nobody says which comes first.
    assert {sent.recipient for sent in talked.emulator.outbox} == {"p0@example.org", "p1@example.org"}
    for key in ("m-0", "m-1"):
        said = {"name": "Hello", "owner_id": "u-1", "contact": {"unique_id": key}}
        assert talked.bodies("journeys").count(said) == 1
    assert talked.emulator.ignored_members == []


def test_nothing_of_a_contact_changes_but_that_it_has_a_journey(talk: Any) -> None:
    talked = with_people(talk)
    talked.emulator.opt_out("m-0")
    before = dict(talked.person("m-0").members)
    talked(enrol(own("m-0")))
    assert talked.person("m-0").members == before
    assert talked.emulator.outbox == []


def test_a_key_that_nobody_has_reaches_nobody(talk: Any) -> None:
    talked = with_people(talk)
    talked(enrol(own("m-typo")))
    assert talked.emulator.outbox == []
    assert talked.person("m-typo").email is None


def test_under_the_email_policy_people_are_enrolled_by_address_and_strangers_are_not_messaged(either: Any) -> None:
    talked = either(options={"identity": "email"})
    talked(lambda client: client.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.VENDOR_DEFAULT))
    talked(enrol(["ADA@example.org", "stranger@example.org"]))
    assert [sent.recipient for sent in talked.emulator.outbox] == ["ada@example.org"]
    with pytest.raises(UnsupportedOperation):
        talked(enrol(own("m-1")))


def test_many_people_are_as_many_sends_as_people(either: Any) -> None:
    talked = with_people(either, 60)
    enrolment = talked(enrol([own(f"m-{n}") for n in range(60)], key="spring"))
    assert [one.position for one in enrolment.items] == list(range(60))
    assert all(one.ok for one in enrolment.items)
    assert len(enrolment.ids) == len(set(enrolment.ids)) == 60
    assert len(talked.emulator.outbox) == 60
    twice = [own(f"m-{n % 50}") for n in range(100)]
    assert len(talked(enrol(twice)).ids) == 50
    assert len(talked.emulator.outbox) == 110


def test_more_people_than_a_call_takes_are_enrolled_once_each_and_not_again_under_the_key(talk: Any) -> None:
    count = ENROL_SIZE + 2
    talked = with_people(talk, count)
    people = [own(f"m-{n}") for n in (*range(count), 0)]
    items = talked(enrol(people, key="spring")).items
    assert [one.position for one in items] == list(range(count + 1))
    assert items[0].outcome is ItemOutcome.SUPERSEDED
    assert all(one.ok for one in items)
    assert len({sent.recipient for sent in talked.emulator.outbox}) == len(talked.emulator.outbox) == count
    assert all(one.outcome is ItemOutcome.ACCEPTED for one in talked(enrol(people, key="spring")).items[1:])
    assert len(talked.emulator.outbox) == count


def test_the_same_person_into_the_same_template_counts_as_one_send_for_as_long_as_the_caller_says(
    either: Any,
) -> None:
    talked = with_people(either)

    def again(client: Any, template: str = "tpl-welcome") -> Any:
        return client.automations.enrol(template, [own("m-0"), own("m-1")], dedupe_within_seconds=60)

    assert all(one.ok for one in talked(again).items)
    assert [one.outcome for one in talked(again).items] == [ItemOutcome.ACCEPTED] * 2
    assert len(talked.emulator.outbox) == 2
    assert all(one.ok for one in talked(lambda client: again(client, "tpl-card")).items)
    talked.bench.clock.advance(61)
    assert all(one.ok for one in talked(again).items)
    assert len(talked.emulator.outbox) == 6


def test_somebody_named_twice_gets_one_journey(either: Any) -> None:
    talked = with_people(either)
    enrolment = talked(enrol([own("m-0"), own("m-1"), own("m-0")]))
    assert [one.outcome for one in enrolment.items] == [
        ItemOutcome.SUPERSEDED,
        ItemOutcome.ACCEPTED,
        ItemOutcome.ACCEPTED,
    ]
    assert len(talked.emulator.outbox) == 2


def test_the_same_key_sends_nothing_twice(either: Any) -> None:
    talked = with_people(either)
    people = [own("m-0"), own("m-1")]
    assert all(one.ok for one in talked(enrol(people, key="spring")).items)
    again = talked(enrol(people, key="spring"))
    assert [one.outcome for one in again.items] == [ItemOutcome.ACCEPTED, ItemOutcome.ACCEPTED]
    assert "used before" in again.items[0].reason
    assert len(talked.emulator.outbox) == 2


def test_who_failed_is_enrolled_when_the_whole_is_tried_again_and_nobody_else(either: Any) -> None:
    talked = with_people(either)
    refused = '{"errors": {"contact": ["is busy"]}}'
    talked.emulator.faults.add("status", route="journeys", status=422, body=refused)
    people = [own("m-0"), own("m-1"), own("m-2")]
    first = talked(enrol(people, key="spring"))
    assert sorted(one.outcome for one in first.items) == ["accepted", "accepted", "refused"]
    (failed,) = (one for one in first.items if not one.ok)
    assert "is busy" in failed.reason
    again = talked(enrol(people, key="spring"))
    assert all(one.ok for one in again.items)
    assert [one.reason is None for one in again.items] == [one.position == failed.position for one in again.items]
    assert len(talked.emulator.outbox) == 3


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "truncate", "nonsense", "status"])
def test_a_journey_whose_fate_nobody_knows_is_never_started_again(either: Any, kind: str) -> None:
    talked = with_people(either)
    talked.emulator.faults.add(kind, route="journeys", status=503)
    enrolment = talked(enrol(own("m-0"), key="spring"))
    (item,) = enrolment.items
    assert (item.outcome, item.ok) == (ItemOutcome.UNKNOWN, False)
    assert talked.count(JOURNEYS) == 1
    (again,) = talked(enrol(own("m-0"), key="spring")).items
    assert again.outcome is ItemOutcome.UNKNOWN
    assert talked.count(JOURNEYS) == 1
    assert len(talked.emulator.outbox) <= 1


@pytest.mark.parametrize("status", [200, 302, 409, 500])
@pytest.mark.parametrize(
    "body",
    [
        f'{{"id": "jr-1", "web_client_url": "{LINK}',
        f'\n {{"id": "jr-1", "slug": "ada-4f2", "web_client_url": "{LINK}',
        f'{{"message": "there already: {LINK}"}}',
        f'{{"id": ["jr-1"], "web_client_url": "{LINK}"}}',
        f'"{LINK}"',
        f"<html><a href='{LINK}'>{LINK}</a></html>",
        f"see {LINK}",
    ],
)
def test_no_error_shows_a_link_or_half_of_one_wherever_it_came_from(
    either: Any, caplog: Any, status: int, body: str
) -> None:
    caplog.set_level("DEBUG")
    talked = with_people(either)
    talked.emulator.faults.add("status", route="journeys", status=status, body=body, headers={"Location": LINK})
    with pytest.raises(MartechError) as raised:
        talked(lambda client: client.native.start_journey("tpl-welcome", own("m-0")))
    error: BaseException | None = raised.value
    while error is not None:
        assert "ada-4f2" not in str(error) + repr(error) + repr(error.__dict__)
        error = error.__cause__
    assert "ada-4f2" not in repr(raised.value.details()) + caplog.text


def test_a_wait_that_the_vendor_asks_for_is_kept_to_and_sends_once(either: Any) -> None:
    talked = with_people(either)
    talked.emulator.faults.add("status", route="journeys", status=429, headers={"Retry-After": "7"})
    assert talked(enrol(own("m-0"))).items[0].ok
    assert sum(talked.bench.clock.slept) >= 7
    assert len(talked.emulator.outbox) == 1


def test_a_refused_token_is_replaced_and_the_journey_starts_once(either: Any) -> None:
    talked = with_people(either)
    talked.emulator.expire_tokens()
    assert talked(enrol(own("m-0"))).items[0].ok
    assert len(talked.emulator.outbox) == 1


def test_credentials_that_are_not_accepted_concern_everybody(either: Any) -> None:
    talked = either(options={"client_secret": "cs_wrong"})
    with pytest.raises(AuthenticationFailed):
        talked(enrol([own("m-0"), own("m-1")]))
    assert talked.count(JOURNEYS) == 0


def test_a_client_revoked_halfway_stops_the_rest_and_tells_who_was_enrolled(either: Any) -> None:
    talked = with_people(either, 50)
    refused = '{"error": "invalid_client"}'
    talked.emulator.faults.add("status", route="journeys", after=10, times=99, status=401, body=refused)
    items = talked(enrol([own(f"m-{n}") for n in range(50)])).items
    assert [one.position for one in items] == list(range(50))
    assert sum(one.ok for one in items) == len(talked.emulator.outbox) == 10
    assert {one.outcome for one in items if not one.ok} == {ItemOutcome.FAILED}
    assert talked.count(JOURNEYS) == 20


def test_a_template_that_is_not_there_enrols_nobody(either: Any) -> None:
    talked = with_people(either)
    enrolment = talked(enrol([own("m-0"), own("m-1")], template="tpl-none"))
    assert [one.outcome for one in enrolment.items] == [ItemOutcome.NOT_FOUND, ItemOutcome.NOT_FOUND]
    assert "no such template" in enrolment.items[0].reason
    assert talked.emulator.outbox == []
    # Nobody is asked for a thousand times when the first few say that there is no such template.
    many = talked(enrol([own(f"m-{n}") for n in range(500)], template="tpl-none")).items
    assert {one.outcome for one in many} == {ItemOutcome.NOT_FOUND}
    assert [one.position for one in many] == list(range(500))
    assert talked.count(JOURNEYS) == 2 + ENROL_WAVE


@pytest.mark.parametrize("extra", [{"template_id": "tpl-card"}, {"contact": {}}, {"name": 7}, {"owner_id": ""}])
def test_further_input_is_a_name_and_an_owner_and_nothing_else(either: Any, extra: dict[str, Any]) -> None:
    talked = with_people(either)
    enrolment = talked(enrol(own("m-0"), **extra))
    assert enrolment.items[0].outcome is ItemOutcome.REFUSED
    assert talked.said == []
    with pytest.raises(InvalidRequest):
        talked(lambda client: client.native.start_journey("tpl-welcome", own("m-0"), owner_id=""))


def test_a_template_id_cannot_name_another_path(either: Any) -> None:
    talked = with_people(either)
    for odd in ("", "..", "a/../../b"):
        assert not talked(enrol(own("m-0"), template=odd)).items[0].ok
    assert all("/../" not in one.url for one in talked.said)
    assert talked.emulator.outbox == []


def test_an_address_names_nobody_under_the_other_policy(either: Any) -> None:
    talked = with_people(either)
    with pytest.raises(UnsupportedOperation):
        talked(enrol([own("m-0"), email("p1@example.org")]))
    assert talked.said == []
