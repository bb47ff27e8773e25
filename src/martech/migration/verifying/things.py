"""What a run never read, and what it made besides people, held against both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from martech.errors import NotFound
from martech.migration.sources.contract import Part
from martech.migration.verifying.check import MOVED, Check, names, source_names
from martech.models import Channel, Contact

__all__ = ["look_at_lists", "look_at_templates", "never_read"]


def never_read(check: Check) -> None:
    """Count who is at the source and not in the journal."""
    if check.journal.run(check.run)["kind"] != "full":
        return
    for page in check.source.people():
        people = [one for one in page.items if isinstance(one, Contact)]
        named = [source_names(check, one) for one in people]
        asked = [name for names in named for name in names]
        rows = check.journal.classes_by_names(check.run, asked, read_only=True)
        for one, known in zip(people, named, strict=True):
            if not known or any(name in rows for name in known):
                continue
            if one.created_at is not None and one.created_at > check.began:
                check.told.new_since += 1
            else:
                check.told.never_read += 1


def look_at_templates(check: Check) -> None:
    """Look whether the templates that were made are there, where the target shows them."""
    for thing in check.journal.things(check.run, "template"):
        if thing["class"] not in MOVED or not thing["made"]:
            continue
        channel = next((one for one in Channel if check.client.supports("templates.get", channel=one)), None)
        if channel is None:
            check.told.templates["not shown"] += 1
        else:
            check.told.templates["arrived" if _is_there(check, thing["target_id"]) else "missing"] += 1


def _is_there(check: Check, template_id: str) -> bool:
    for channel in Channel:
        if check.client.supports("templates.get", channel=channel):
            try:
                check.client.templates.get(template_id, channel=channel)
            except NotFound:
                continue
            return True
    return False


def look_at_lists(check: Check) -> None:
    """Look who is on the lists at both sides."""
    readable = check.client.why_not("lists.members") is None
    for thing in check.journal.things(check.run):
        check.told.things[f"{thing['part']} {thing['class']}"] += 1
        if thing["part"] != "list" or not thing["target_id"]:
            continue
        _copy(check, check.at_source, thing["name"], _wanted(check, thing["name"]))
        if readable:
            _copy(check, check.at_target, thing["name"], _there(check, thing["target_id"]))
        told = check.journal.memberships(
            check.run, thing["name"], wanted=check.at_source, there=check.at_target if readable else None
        )
        check.told.memberships.update(told)
    if not readable and check.told.memberships:
        check.told.unproven.append("the target does not show who is on a list; that rests on its answers")


def _copy(check: Check, into: str, list_id: str, pages: Iterable[Iterable[str]]) -> None:
    """Note who is on a list, for as long as this looks at it."""
    for names_there in pages:
        with check.journal.database.writing() as connection:
            check.journal.keep_members(connection, into, ({"list": list_id, "name": one} for one in names_there))


def _wanted(check: Check, list_id: str) -> Iterator[list[str]]:
    """Yield the names of those on a list at the source whom the run moved."""
    if Part.MEMBERSHIPS in check.source.cannot:
        return
    try:
        for page in check.source.members(list_id):
            named = [source_names(check, one) for one in page.items]
            rows = check.journal.classes_by_names(check.run, [name for names in named for name in names])
            found = [next((rows[name] for name in names if name in rows), ("", None)) for names in named]
            yield [name for name, settled in found if settled in MOVED]
    except NotFound:
        return


def _there(check: Check, list_id: str) -> Iterator[list[str]]:
    """Yield the names of those on a list at the target."""
    for page in check.client.lists.members(list_id).pages():
        yield [name for one in page.items for name in names(check, one)]
