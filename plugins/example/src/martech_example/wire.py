"""Pigeonpost's shapes, in Pigeonpost's words, checked when they arrive."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class Person(TypedDict):
    """A person. Everything but the address may be missing."""

    address: str
    given: NotRequired[str | None]
    family: NotRequired[str | None]
    phone: NotRequired[str | None]
    ref: NotRequired[str | None]
    fields: NotRequired[dict[str, Any]]
    mail: NotRequired[str]


class PersonAnswer(TypedDict):
    """Answer to a read or a write of one person."""

    person: Person
    was: NotRequired[Literal["new", "known"]]


class PeopleAnswer(TypedDict):
    """A page of people."""

    people: list[Person]
    total: int


class DoneRow(TypedDict):
    """A person a batch dealt with."""

    address: str
    was: NotRequired[Literal["new", "known"]]


class BadRow(TypedDict):
    """A row a batch refused."""

    address: str
    why: str


class BatchAnswer(TypedDict):
    """Answer to a batch; each list in any order."""

    done: list[DoneRow]
    bad: list[BadRow]


class LoadAnswer(TypedDict):
    """A load that was taken."""

    load: str


class LoadState(TypedDict):
    """How far a load is."""

    state: str


class OutcomeRow(TypedDict):
    """What became of one row of a load."""

    address: str
    result: str
    why: NotRequired[str | None]


class OutcomeAnswer(TypedDict):
    """A page of outcomes."""

    rows: list[OutcomeRow]
    total: int


class Circle(TypedDict):
    """A list."""

    id: str
    title: str
    size: NotRequired[int]


class CirclesAnswer(TypedDict):
    """All lists."""

    circles: list[Circle]


class CircleAnswer(TypedDict):
    """One list."""

    circle: Circle


class MemberAnswer(TypedDict):
    """Who joined or left a list, and who did not."""

    done: list[str]
    nobody: list[str]


class LetterAnswer(TypedDict):
    """A letter that was taken."""

    letter: str


class LetterState(TypedDict):
    """How far a letter is (assumed, see `assumed.py`)."""

    state: str


class StampsAnswer(TypedDict):
    """How many letters are left."""

    left: int
