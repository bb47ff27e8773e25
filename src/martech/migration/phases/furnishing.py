"""What people need to find at the target: attributes, lists, topics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from martech.migration.journal import Kind
from martech.migration.phases.steps import Step
from martech.migration.sources.contract import Part
from martech.migration.things import (
    PARTS,
    There,
    Thing,
    make_attribute,
    make_list,
    make_topic,
    names_at,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS", "there"]


_OF = {"list": Part.LISTS, "topic": Part.TOPICS, "template": Part.TEMPLATES, "dataset": Part.DATASETS}
"""What a source must have for a part to be made; attributes may come with people."""


def there(work: Work, part: str) -> There:
    """Return what the target has of a part: now, and before the run made any."""
    return There(names_at(work.order.target.client, part), work.journal.shelf(work.run, part))


def _look_round(work: Work) -> Any:
    """Read what the target has of all that may be made, so that what comes is known as the run's own."""
    parts = [part for part in PARTS if _OF.get(part) not in work.order.source.cannot]
    return {part: dict(names_at(work.order.target.client, part)) for part in parts}


def _record_look_round(work: Work, connection: Connection, value: Any) -> Any:
    for part, names in value.items():
        work.journal.keep_shelf(connection, work.run, part, names)


def _furnish(work: Work) -> Any:
    made = [*_topics(work)]
    if work.order.kind is Kind.FULL:
        made += [*_attributes(work), *_lists(work)]
    return {"things": [one.row() for one in made]}


def _attributes(work: Work) -> Iterator[Thing]:
    order, client = work.order, work.order.target.client
    if client.why_not("attributes.create") is not None:
        return
    wanted = order.translation.attributes(order.source.attributes())
    known = there(work, "attribute")
    yield from (make_attribute(client, one, known) for one in wanted)


def _lists(work: Work) -> Iterator[Thing]:
    order = work.order
    if Part.LISTS in order.source.cannot:
        return
    known = there(work, "list")
    for one in order.source.lists():
        name = order.translation.name_of("lists", one.id, one.name)
        yield make_list(order.target.client, one.id, name, known)


def _topics(work: Work) -> Iterator[Thing]:
    """Make topics, so that who is out of one can be told; the last pass only finds those that are there."""
    order = work.order
    if Part.TOPICS in order.source.cannot or not order.target.keeps_topics:
        return
    known = there(work, "topic")
    for one in order.source.topics():
        name = order.translation.name_of("topics", one.id or one.name, one.name)
        if order.kind is Kind.FULL or name in known.now:
            yield make_topic(order.target.client, one, name, known)


def _record_furnish(work: Work, connection: Connection, value: Any) -> Any:
    work.journal.keep_things(connection, work.run, value["things"])
    work.journal.wrote(connection, work.run, sum(bool(one["made"]) for one in value["things"]))
    return [one["name"] for one in value["things"] if one["part"] == "list" and one["target_id"]]


STEPS = {
    "look_round": Step(_look_round, _record_look_round),
    "furnish": Step(_furnish, _record_furnish),
}
