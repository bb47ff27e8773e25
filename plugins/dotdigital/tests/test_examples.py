"""The published examples arrive: every leaf of an answer is in what the client gives, or a reason says why not."""

from __future__ import annotations

import pytest
from plugins.dotdigital.tests.specification.dropped import UNREADABLE, idle, undropped
from plugins.dotdigital.tests.specification.examples import OF_FIELDS, Example, changed, leaves, path, read, told
from plugins.dotdigital.tests.specification.files import FOLDER

from martech.models import Contact

needs_files = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the vendor's specification files are not on this machine"
)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read()


@needs_files
def test_every_published_leaf_arrives_or_a_reason_says_why_not(examples: list[Example]) -> None:
    whole = sum(one.name != OF_FIELDS for one in examples)
    arrived = sum(len(one.arrived) for one in examples)
    print(f"{whole} whole examples, {len(examples) - whole} made of fields; {arrived} leaves arrived")
    assert (whole, len(examples)) >= (100, 170)
    assert undropped(examples) == []
    assert [one.leaf for one in idle(examples)] == []


@needs_files
def test_every_published_answer_is_read_but_those_that_cannot_be(examples: list[Example]) -> None:
    unread = {one.operation for one in examples if len(one.unread) == len(one.verbs)}
    assert unread == set(UNREADABLE)


def test_a_leaf_is_told_by_its_place_and_changed_alone() -> None:
    value = {"a": [{"b": 1, "c": None}, {"b": "2020-01-01T00:00:00Z"}], "d": True}
    assert [path(place) for place, _ in leaves(value)] == ["a.[].b", "a.[].b", "d"]
    (first, *_, last) = [place for place, _ in leaves(value)]
    assert changed(value, first)["a"][0]["b"] == 2
    assert changed(value, last)["d"] is False
    assert value["d"] is True


def test_what_is_only_kept_of_an_answer_is_not_what_is_told() -> None:
    assert "raw" not in told(Contact(email="ada@example.org"))
