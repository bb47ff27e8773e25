"""Contacts as files: what a cell can say, and what none may."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from pydantic import SecretStr

from martech.errors import InvalidRequest
from martech.models import Channel, Contact, Subscription, SubscriptionStatus, own
from martech_digital_onboarding.files import csv_files
from martech_digital_onboarding.objectives import Completion, Objective
from martech_digital_onboarding.settings import DigitalOnboardingSettings

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SETTINGS = DigitalOnboardingSettings(client_id=SecretStr("ci"), client_secret=SecretStr("cs"))


def no(channel: Channel) -> Subscription:
    return Subscription(channel=channel, status=SubscriptionStatus.UNSUBSCRIBED)


def files(*contacts: Contact, **more: Any) -> tuple[str, ...]:
    return csv_files(contacts, SETTINGS, now=NOW, **more)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def test_a_file_has_the_fields_that_are_used_and_one_contact_a_row() -> None:
    (text,) = files(
        Contact(own_id="m-1", email="ada@example.org", attributes={"branch": "North, old", "city": "Bath"}),
        Contact(own_id="m-2", first_name='Grace "G"', attributes={"vip": True}),
    )
    assert text == (
        "unique_id,email,name_first,city,meta_public.branch,meta_public.vip\n"
        'm-1,ada@example.org,,Bath,"North, old",\n'
        'm-2,,"Grace ""G""",,,true\n'
    )


def test_completions_are_columns_under_their_keys() -> None:
    known = [Objective(key="direct-deposit", name="D"), Objective(key="estatements", name="E")]
    (text,) = files(
        Contact(own_id="m-1", email="ada@example.org"),
        completions=[
            Completion(own("m-1"), "direct-deposit", "true"),
            Completion(own("m-2"), "estatements", datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
        ],
        known=known,
    )
    assert text == (
        "unique_id,email,direct-deposit,estatements\nm-1,ada@example.org,true,\nm-2,,,2024-05-01T09:30:00+00:00\n"
    )
    with pytest.raises(InvalidRequest):
        files(completions=[Completion(own("m-1"), "direct")], known=known)
    with pytest.raises(InvalidRequest):
        files(completions=[Completion(own("m-1"), "unsubscribe_email")])


def test_a_misspelt_objective_is_refused_though_nobody_asked_which_there_are() -> None:
    for key in ("direct-deposits", "Direct-Deposit", "first-branch-visit", ""):
        with pytest.raises(InvalidRequest):
            files(completions=[Completion(own("m-1"), key)])
    own_ones = SETTINGS.model_copy(update={"objective_keys": ("first-branch-visit",)})
    completions = [Completion(own("m-1"), "first-branch-visit", "t"), Completion(own("m-1"), "estatements", "Y")]
    (text,) = csv_files([], own_ones, now=NOW, completions=completions)
    assert text == "unique_id,first-branch-visit,estatements\nm-1,t,y\n"


@pytest.mark.parametrize(
    "odd", ["a\rb", "a\nb", "a\r\nb", "\r", 'say "x"', "a,b", '"', "=1+1", " a ", "\u2028", "\ufeffx"]
)
def test_whatever_a_cell_holds_comes_back_to_the_letter_in_one_row(odd: str) -> None:
    contact = Contact(own_id=f"m-1{odd}x", first_name=odd, attributes={f"n{odd}n": odd, "city": odd})
    (text,) = files(contact, Contact(own_id="m-2"))
    first, second = csv.DictReader(StringIO(text, newline=""), strict=True)
    assert (first["unique_id"], first["name_first"], first["city"]) == (f"m-1{odd}x", odd, odd)
    assert first[f"meta_public.n{odd}n"] == odd
    assert second["unique_id"] == "m-2"


def test_no_cell_about_consent_is_ever_empty_or_false() -> None:
    made = files(
        Contact(own_id="m-1"),
        Contact(own_id="m-2", subscriptions=(no(Channel.EMAIL),)),
        Contact(own_id="m-3", subscriptions=(no(Channel.SMS),)),
        Contact(own_id="m-4", subscriptions=(no(Channel.EMAIL), no(Channel.SMS))),
        Contact(own_id="m-5", subscriptions=(no(Channel.EMAIL),)),
    )
    assert len(made) == 4
    for text in made:
        for row in rows(text):
            assert {row[name] for name in row if name.startswith("unsubscribe")} <= {"true"}
    assert [row["unique_id"] for row in rows(made[1])] == ["m-2", "m-5"]


def test_one_person_twice_is_one_row_with_their_no() -> None:
    (text,) = files(
        Contact(own_id="m-1", subscriptions=(no(Channel.EMAIL),)), Contact(own_id="m-1", first_name="Ada")
    )
    assert rows(text) == [{"unique_id": "m-1", "name_first": "Ada", "unsubscribe_email": "true"}]


@pytest.mark.parametrize(
    "contact",
    [
        Contact(own_id="m-1", email=None),
        Contact(own_id="m-1", attributes={"city": None}),
        Contact(own_id="m-1", first_name=""),
        Contact(own_id="m-1", attributes={"branch": ""}),
        Contact(email="a@b.test"),
    ],
)
def test_what_a_file_cannot_say_is_refused_and_the_input_named(contact: Contact) -> None:
    with pytest.raises(InvalidRequest, match=r"^input 1: "):
        files(Contact(own_id="m-0"), contact)


def test_nobody_is_no_file() -> None:
    assert files() == ()


def test_the_vendors_import_reads_what_is_written(talk: Any) -> None:
    talked = talk()
    contacts = [
        Contact(own_id="m-1", email="ada@example.org", attributes={"branch": "=1+1", "city": "Bath"}),
        Contact(own_id="m-2", email="grace@example.org", subscriptions=(no(Channel.EMAIL),)),
    ]
    completed = [Completion(own("m-1"), "estatements")]
    made = talked.client.native.csv_files(contacts, now=NOW, completions=completed)
    assert talked.said == []
    for text in made:
        assert talked.emulator.import_csv(text).refused == {}
    assert talked.emulator.contactable("m-1") is True
    assert talked.emulator.contactable("m-2") is False
    ada = talked.person("m-1")
    assert ada.members["meta_public"] == {"branch": "=1+1"}
    assert ada.members["city"] == "Bath"
    assert ada.completed == {"estatements": NOW}
    assert talked.emulator.journey_starts == []
