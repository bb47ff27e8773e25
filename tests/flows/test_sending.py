"""Sends to more people than one call takes."""

from collections.abc import Sequence

import pytest
from tests.fakes import Fake, client

from martech.errors import AuthenticationFailed, MartechError, OutcomeUnknown
from martech.models import Enrolment, EnrolmentResult, EnrolmentStatus, Identifier, ItemOutcome, email, mobile
from martech.provider import AutomationOperations, Extra, declines, not_offered

NOTHING = not_offered("This fake only enrols.")


class Journeys(AutomationOperations):
    """Enrols two at a time and remembers whom, under which key; raises what it is told to, at the n-th call."""

    batch_size = 2
    list = enrolment_status = NOTHING

    def __init__(self, *errors: MartechError | None) -> None:
        self.calls: list[tuple[str, list[str]]] = []
        self.errors = [*errors]

    @declines()
    async def enrol(
        self, automation_id: str, people: Sequence[Identifier], *, key: str, extra: Extra
    ) -> Enrolment:
        del extra
        self.calls.append((key, [one.value for one in people]))
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        items = [EnrolmentResult(outcome=ItemOutcome.ACCEPTED, identifier=one) for one in people]
        return Enrolment(
            automation_id=automation_id, ids=(f"e-{len(self.calls)}",), status=EnrolmentStatus.FINISHED,
            items=tuple(items),
        )  # fmt: skip


def enrolled(journeys: Journeys, people: Sequence[Identifier], key: str | None = "k") -> Enrolment:
    provider = Fake()
    provider.automations = journeys
    return client(provider).automations.enrol("welcome", people, key=key)


def people(*names: str) -> list[Identifier]:
    return [email(f"{name}@example.org") for name in names]


def test_each_call_has_a_key_of_its_own_that_stays_the_same() -> None:
    journeys = Journeys()
    done = enrolled(journeys, people("a", "b", "c"))
    assert [key for key, _ in journeys.calls] == ["k/0", "k/2"]
    assert done.ids == ("e-1", "e-2")
    assert [one.position for one in done.items] == [0, 1, 2]


def test_who_fits_into_one_call_goes_under_the_key_itself() -> None:
    journeys = Journeys()
    enrolled(journeys, people("a", "b"))
    assert journeys.calls[0][0] == "k"


def test_one_person_twice_is_enrolled_once_and_both_are_told() -> None:
    journeys = Journeys()
    done = enrolled(journeys, [*people("a", "b", "a"), mobile("+447700900123")])
    assert [names for _, names in journeys.calls] == [["b@example.org", "a@example.org"], ["+447700900123"]]
    outcomes = [one.outcome for one in done.items]
    assert outcomes == [ItemOutcome.SUPERSEDED, *[ItemOutcome.ACCEPTED] * 3]
    assert "input 2" in (done.items[0].reason or "")


def test_a_call_of_unknown_fate_does_not_hide_the_others() -> None:
    lost = OutcomeUnknown("who knows", send_key="k/2", cause=None)
    journeys = Journeys(None, lost)
    done = enrolled(journeys, people("a", "b", "c", "d", "e"))
    assert [one.outcome.value for one in done.items] == ["accepted", "accepted", "unknown", "unknown", "accepted"]


def test_what_concerns_everybody_is_raised_while_nobody_is_enrolled() -> None:
    with pytest.raises(AuthenticationFailed):
        enrolled(Journeys(AuthenticationFailed("no")), people("a", "b", "c"))
