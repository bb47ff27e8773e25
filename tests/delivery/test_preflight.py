"""A look ahead: who will not get it and why, counted once each, and nothing is sent."""

from typing import Any

import pytest

from martech import (
    Campaign,
    Channel,
    EmailMessage,
    Everyone,
    Identifier,
    IdentifierKind,
    Lists,
    People,
    Purpose,
    Segments,
    SmsMessage,
    TemplateMessage,
    email,
    own,
)
from martech.delivery import Reason, preflight
from martech.errors import AuthenticationFailed, InvalidRequest
from martech.testing.connecting import Bench, bench
from martech.testing.faces import FaceName

FACES = pytest.mark.parametrize("face", ["blocking", "asyncio"])
ROWS = [
    {"key": "c-1", "email": "ada@example.org", "first_name": "Ada", "unsubscribed_email": "false"},
    {"key": "c-2", "email": "bob@example.org", "first_name": "Bob", "unsubscribed_email": "true"},
    {"key": "c-3", "email": "cy@example.org", "first_name": "", "unsubscribed_email": "false"},
]
SPRING = Campaign(name="Spring", id="1")


def looked(face: FaceName, at: Bench, *what: Any, **how: Any) -> Any:
    if face == "blocking":
        with at.client() as client:
            return preflight(client, *what, **how)

    async def ahead() -> Any:
        async with at.aclient() as client:
            return await preflight(client, *what, **how)

    import asyncio

    return asyncio.run(ahead())


@pytest.fixture
def people(table: Bench) -> Bench:
    table.emulator.seed_people(ROWS)
    return table


@FACES
def test_everybody_is_counted_once_under_the_first_reason(people: Bench, face: FaceName) -> None:
    audience = People([
        email("ada@example.org"), email("bob@example.org"), email("cy@example.org"), email("nobody@example.org"),
        email("ADA@example.org"), Identifier(IdentifierKind.EMAIL, "no address"),
    ])  # fmt: skip
    ahead = looked(face, people, SPRING, audience, needs=["first_name"])
    assert (ahead.total, ahead.will_get, ahead.unknown.count) == (5, 1, 0)
    assert {reason: wont.count for reason, wont in ahead.wont_get.items()} == {
        Reason.OPTED_OUT: 1, Reason.INVALID: 1, Reason.MISSING_VALUE: 1, Reason.NOT_THERE: 1,
    }  # fmt: skip
    assert not ahead.all_fine
    assert people.emulator.outbox == []
    assert people.emulator.ledger.count("letters") == 0


def test_what_it_prints_names_nobody(people: Bench) -> None:
    shown = str(looked("blocking", people, SPRING, People([email("bob@example.org")])))
    assert "0 of 1 will get it" in shown
    assert "opted out: 1 (email('b…@example.org'))" in shown
    assert "bob@" not in shown


@FACES
def test_a_list_and_the_whole_account_are_looked_at_page_by_page(people: Bench, face: FaceName) -> None:
    with people.client() as client:
        made = client.lists.create("Friends")
        client.lists.add(made.id, ["ada@example.org", "bob@example.org"])
    ahead = looked(face, people, SPRING, Lists([made.id]))
    assert (ahead.total, ahead.will_get) == (2, 1)
    ahead = looked(face, people, SPRING, Everyone())
    assert (ahead.total, ahead.will_get) == (3, 2)
    ahead = looked(face, people, SPRING, Everyone(), look_at=2)
    assert ahead.total == 2
    assert ahead.incomplete == "only the first 2 were looked at"


@FACES
def test_what_cannot_be_listed_is_said_and_never_fine(people: Bench, face: FaceName) -> None:
    ahead = looked(face, people, SPRING, Segments(["1"]))
    assert ahead.total == 0
    assert "segments cannot be listed" in str(ahead.incomplete)
    assert not ahead.all_fine


def test_a_transactional_message_reaches_those_who_want_no_marketing(people: Bench) -> None:
    letter = EmailMessage(to=["bob@example.org", "nobody@example.org"], subject="s", html="h")
    assert looked("blocking", people, letter).all_fine
    offer = letter.model_copy(update={"purpose": Purpose.MARKETING})
    assert {*looked("blocking", people, offer).wont_get} == {Reason.OPTED_OUT, Reason.NOT_THERE}


def test_a_bounce_stops_every_message(people: Bench) -> None:
    people.emulator.people["ada@example.org"].mail = "blocked"  # type: ignore[attr-defined]  # the example's own
    letter = EmailMessage(to="ada@example.org", subject="s", html="h")
    assert {*looked("blocking", people, letter).wont_get} == {Reason.SUPPRESSED}


def test_values_that_a_template_gets_are_not_missing(people: Bench) -> None:
    message = TemplateMessage(template_id="7", to="cy@example.org", values={"first_name": "Cy"})
    assert looked("blocking", people, message, needs=["first_name"]).all_fine
    assert {*looked("blocking", people, message, needs=["plan"]).wont_get} == {Reason.MISSING_VALUE}


def test_who_has_no_number_gets_no_text_message() -> None:
    at = bench("dotdigital")
    at.emulator.seed_people(ROWS)
    ahead = looked(
        "blocking", at, Campaign(name="s", id="1", channel=Channel.SMS), People([email("ada@example.org")])
    )
    assert {*ahead.wont_get} == {Reason.NO_ADDRESS}


def test_whom_the_vendor_cannot_be_asked_about_is_unknown(people: Bench) -> None:
    at = bench("digital_onboarding")
    ahead = looked("blocking", at, SPRING, People([own("c-1")]))
    assert (ahead.total, ahead.will_get, ahead.unknown.count) == (1, 0, 1)
    assert ahead.unknown.samples == (own("c-1"),)
    text = SmsMessage(to="+447700900123", text="t")
    assert looked("blocking", people, text).unknown.count == 1
    people.emulator.faults.add("status", route="GET /people", status=500, times=9)
    assert looked("blocking", people, SPRING, People([email("ada@example.org")])).unknown.count == 1


def test_what_concerns_everybody_is_an_error(people: Bench) -> None:
    people.emulator.faults.add("status", route="session", status=401, times=9)
    with pytest.raises(AuthenticationFailed):
        looked("blocking", people, SPRING, Everyone())
    with pytest.raises(InvalidRequest, match="needs an audience"):
        looked("blocking", people, SPRING)


def test_both_faces_find_the_same(people: Bench) -> None:
    assert looked("blocking", people, SPRING, Everyone()) == looked("asyncio", people, SPRING, Everyone())
