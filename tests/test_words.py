"""The words for no, and how an operation says what it does not take."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.fakes import SAVE, Fake, FakeContacts, client

from martech.errors import UnsupportedOperation
from martech.models import (
    Channel,
    Contact,
    ContactQuery,
    IdentifierKind,
    Include,
    ItemOutcome,
    ItemResult,
    email,
    mobile,
)
from martech.provider import ANY, Saving, capability, declines, never, not_offered
from martech.provider.words import facets, matching, refusal_of

NO: Any = not_offered("no")
OTHER: Any = never("other")


@dataclass(frozen=True)
class Choice:
    flag: bool = False
    words: frozenset[Channel] = frozenset()
    name: str | None = None
    table: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, []),
        (True, []),
        (3, []),
        (email("a@example.org"), [IdentifierKind.EMAIL]),
        ([email("a@example.org"), mobile("+447700900123")], [IdentifierKind.EMAIL, IdentifierKind.MOBILE]),
        (Channel.SMS, [Channel.SMS]),
        (frozenset({Channel.SMS}), [Channel.SMS]),
        (Contact(email="a@example.org", first_name=None), ["email"]),
        ([Contact(email="a@example.org")], []),
        (Choice(), [("flag", False)]),
        (Choice(flag=True), ["flag", ("flag", True)]),
        (Choice(words=frozenset({Channel.SMS})), [("flag", False), "words", Channel.SMS]),
        (Choice(name="x", table={"a": "b"}), [("flag", False), "name", "table"]),
    ],
)
def test_a_value_is_recognised_by_what_it_says(value: Any, seen: list[Any]) -> None:
    assert list(facets(value)) == seen


def test_words_of_different_sorts_that_are_spelt_alike_are_told_apart() -> None:
    table = {Channel.EMAIL: NO, IdentifierKind.MOBILE: OTHER}
    assert matching(table, [IdentifierKind.EMAIL]) is None
    assert matching(table, [Channel.EMAIL]) is NO
    assert matching(table, ["email"]) is NO
    assert matching(table, [IdentifierKind.MOBILE]) is OTHER


def test_anything_at_all_may_be_declined_but_not_nothing() -> None:
    assert refusal_of({"reason": {ANY: NO}}, {"reason": "x"}) is NO
    assert refusal_of({"reason": {ANY: NO}}, {"reason": None}) is None
    assert refusal_of({"reason": {ANY: NO}}, {}) is None


class Cautious(FakeContacts):
    """Takes a batch only from those who say that it may bring people back, and reads only topics."""

    @declines(how={("restore", False): not_offered("Say restore=True.")})
    async def upsert_batch(self, contacts: Any, *, how: Saving) -> Any:
        return [ItemResult(outcome=ItemOutcome.SAVED) for _ in contacts]

    @declines(query={Include.LISTS: not_offered("No lists here.")})
    async def list(self, query: ContactQuery, cursor: str | None) -> Any:
        return await super().list(query, cursor)


def test_a_yes_that_has_to_be_said_is_asked_for_before_any_request() -> None:
    one = client(Fake(contacts=Cautious()))
    with pytest.raises(UnsupportedOperation, match="restore=True"):
        one.contacts.upsert_many([Contact(email="a@example.org")], if_new=SAVE)
    assert one.contacts.upsert_many([Contact(email="a@example.org")], if_new=SAVE, restore=True).items[0].ok
    assert not one.supports("contacts.upsert_many", restore=False)
    assert one.supports("contacts.upsert_many", restore=True)
    assert one.supports("contacts.upsert_many")


def test_a_word_within_a_set_of_options_can_be_declined() -> None:
    provider = Fake(contacts=Cautious())
    one = client(provider)
    with pytest.raises(UnsupportedOperation, match="No lists here"):
        next(one.contacts.list(include=[Include.LISTS]))
    assert capability(provider, "contacts.list").refusal(include=Include.LISTS) is not None
    assert capability(provider, "contacts.list").refusal(include=Include.TOPICS) is None


def test_declining_an_argument_that_is_not_there_is_a_mistake_of_the_plugin() -> None:
    with pytest.raises(TypeError, match="nowhere"):

        class Wrong(FakeContacts):
            @declines(nowhere={ANY: NO})
            async def count(self) -> int:
                return 0
