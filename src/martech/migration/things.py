"""What is not a person, made at the target: attributes, lists, topics, templates, datasets.

Whatever the target has under the same name is used and left as it is. What concerns everybody, such as refused
credentials, is raised; what concerns one thing is its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from martech.errors import (
    Conflict,
    InvalidRequest,
    MartechError,
    NotFound,
    PermissionDenied,
    TransportError,
    UnsupportedOperation,
)
from martech.migration.journal.words import Class
from martech.migration.mapping.tables import forms_of
from martech.models import Channel
from martech.provider.outcomes import concerns_all

if TYPE_CHECKING:
    from martech.client import Client
    from martech.models import AttributeDefinition, Dataset, Template, Topic

__all__ = [
    "LEFT_OUT",
    "PARTS",
    "There",
    "Thing",
    "make_attribute",
    "make_dataset",
    "make_list",
    "make_template",
    "make_topic",
    "names_at",
    "unless_it_concerns_one",
]

LEFT_OUT = "left out by the mapping"
WAS_THERE = "was there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What became of one thing."""

    part: str
    name: str
    """The source's id of it, or its name where it has none."""
    settled: Class
    target_id: str | None = None
    reason: str | None = None
    made: bool = False
    """Whether it was made here, so that undoing takes it away."""

    def row(self) -> dict[str, Any]:
        """Return it as the journal keeps it."""
        return {
            "part": self.part, "name": self.name, "class": self.settled, "target_id": self.target_id,
            "reason": self.reason, "made": self.made,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class There:
    """The things of one part that the target has, by name."""

    now: Mapping[str, str]
    """Their ids, read just before anything is made, so that nothing is made twice."""
    before: Mapping[str, str]
    """As they were before the run made any: whatever has come since is the run's own."""

    def found(self, part: str, thing_id: str, name: str) -> Thing | None:
        """Return the thing of a name, if there is one."""
        if name not in self.now:
            return None
        own = name not in self.before
        return Thing(
            part=part, name=thing_id, settled=Class.MOVED, target_id=self.now[name],
            reason=None if own else WAS_THERE, made=own,
        )  # fmt: skip


def names_at(client: Client, part: str) -> Mapping[str, str]:
    """Return the things of a part that an account has: their ids by their names. One request or some pages.

    Names of templates stand behind their channel, as `email Welcome`.
    """
    return {name: thing_id for name, thing_id in _READERS[part](client) if thing_id is not None}


def _attributes(client: Client) -> Iterator[tuple[str, str | None]]:
    if client.supports("attributes.list"):
        yield from ((one.name.casefold(), one.name) for one in client.attributes.list())


def _lists(client: Client) -> Iterator[tuple[str, str | None]]:
    if client.supports("lists.list"):
        yield from ((one.name, one.id) for one in client.lists.list())


def _topics(client: Client) -> Iterator[tuple[str, str | None]]:
    if client.supports("consent.topics"):
        yield from ((one.name, one.id) for one in client.consent.topics())


def _templates(client: Client) -> Iterator[tuple[str, str | None]]:
    for channel in Channel:
        if client.supports("templates.list", channel=channel):
            yield from ((shelved(channel, one.name), one.id) for one in client.templates.list(channel=channel))


def _datasets(client: Client) -> Iterator[tuple[str, str | None]]:
    if client.supports("datasets.list"):
        yield from ((one.name, one.id) for one in client.datasets.list())


_READERS: Mapping[str, Callable[[Client], Iterator[tuple[str, str | None]]]] = {
    "attribute": _attributes,
    "list": _lists,
    "topic": _topics,
    "template": _templates,
    "dataset": _datasets,
}
PARTS = tuple(_READERS)
"""The parts that are made, by the words that the journal has for them."""


def shelved(channel: Channel, name: str) -> str:
    """Return under what a template stands among the names of an account."""
    return f"{channel} {name}"


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────

_FOR_PEOPLE = ("attribute", "list")
"""The parts without which people cannot be written as planned: that none may be made stops everything."""


def make_attribute(client: Client, one: AttributeDefinition, there: There) -> Thing:
    """Make an attribute, unless it is there."""
    found = there.found("attribute", one.name, one.name.casefold())
    return found or _made(
        client, "attribute", one.name, lambda: client.attributes.create(one).name, "attributes.create"
    )


def make_list(client: Client, list_id: str, name: str | None, there: There) -> Thing:
    """Make a list under a name, unless it is there; None leaves it out."""
    return _thing(client, "list", list_id, name, there, lambda name: client.lists.create(name).id, "lists.create")


def make_topic(client: Client, topic: Topic, name: str | None, there: There) -> Thing:
    """Make a topic under a name, unless it is there; None leaves it out."""

    def make(name: str) -> str | None:
        fields: dict[str, Any] = {
            field: getattr(topic, field) for field in ("description", "is_public", "category")
        }
        said = type(topic)(name=name, **{field: value for field, value in fields.items() if value is not None})
        try:
            return client.consent.create_topic(said).id
        except NotFound:
            # There is no such category at the target; it is not worth losing the topic for.
            return client.consent.create_topic(said.model_copy(update={"category": None})).id

    return _thing(client, "topic", topic.id or topic.name, name, there, make, "consent.create_topic")


def make_template(client: Client, template_id: str, template: Template | None, there: There) -> Thing:
    """Make a template, unless there is one of its name and channel; None leaves it out."""
    if template is None:
        return _left_out("template", template_id)
    found = there.found("template", template_id, shelved(template.channel, template.name))
    return found or _made(
        client, "template", template_id, lambda: client.templates.create(template).id, "templates.create"
    )


def make_dataset(client: Client, dataset: Dataset, name: str | None, there: There) -> Thing:
    """Make a dataset under a name, unless it is there, in the nearest form that the target takes."""

    def make(name: str) -> str:
        refusals: list[MartechError] = []
        for form in forms_of(dataset, name):
            try:
                return client.datasets.create(form).id
            except (InvalidRequest, UnsupportedOperation) as refused:
                refusals.append(refused)
        raise refusals[0]

    told = _thing(client, "dataset", dataset.id, name, there, make, "datasets.create")
    if not told.made or dataset.kind is None:
        return told
    # Looked at rather than remembered: whoever goes on after a crash has not made it.
    kinds = [one.kind for one in client.datasets.list() if one.id == told.target_id]
    without = kinds != [dataset.kind]
    return replace(told, settled=Class.MOVED_WITH_LOSS, reason="made without its kind") if without else told


def _thing(
    client: Client, part: str, thing_id: str, name: str | None, there: There,
    make: Callable[[str], str | None], verb: str,
) -> Thing:  # fmt: skip
    if name is None:
        return _left_out(part, thing_id)
    return there.found(part, thing_id, name) or _made(client, part, thing_id, lambda: make(name), verb)


def _made(client: Client, part: str, thing_id: str, make: Callable[[], str | None], verb: str) -> Thing:
    no = client.why_not(verb)
    if no is not None:
        return Thing(part=part, name=thing_id, settled=Class.SKIPPED, reason=no)
    try:
        target_id = make()
    except MartechError as refused:
        if part == "attribute" and isinstance(refused, Conflict):
            # One that is built in and not listed, or of another case.
            return Thing(part=part, name=thing_id, settled=Class.MOVED, target_id=thing_id, reason=WAS_THERE)
        if part in _FOR_PEOPLE or not isinstance(refused, PermissionDenied):
            unless_it_concerns_one(refused)
        return Thing(part=part, name=thing_id, settled=Class.REFUSED, reason=refused.message)
    return Thing(part=part, name=thing_id, settled=Class.MOVED, target_id=target_id, made=True)


def _left_out(part: str, name: str) -> Thing:
    return Thing(part=part, name=name, settled=Class.SKIPPED, reason=LEFT_OUT)


def unless_it_concerns_one(error: MartechError) -> None:
    """Raise what is not about this one thing: everything else would fail as well, or it may go well later."""
    if concerns_all(error) or isinstance(error, TransportError) or error.retryable:
        raise error
