"""Contacts as files for the vendor's SFTP import and its uploaders: text, and no transport.

Stated (doc:obj): comma separated, a header of field and objective keys, one contact a row. Not stated, and so
taken carefully: what an empty cell means. No column that says something of consent ever has one, since it might
be read as “has not opted out”: contacts with different opt-outs go into different files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from martech.models import Contact, Identifier
from martech.provider import InvalidRequest
from martech_digital_onboarding import names
from martech_digital_onboarding.assumed import meta_public_column
from martech_digital_onboarding.mapping import CHANNELS, contact_to_wire
from martech_digital_onboarding.objectives import Completion, Objective, check_key, completion_value, keys_of
from martech_digital_onboarding.public import FIELDS, OBJECTIVE_KEYS
from martech_digital_onboarding.settings import DigitalOnboardingSettings

OPT_OUTS = tuple(flag for flag, _ in CHANNELS.values())
COLUMNS = ("unique_id", "email", "phone_mobile", "name_first", "name_last", *FIELDS, *OPT_OUTS)
"""The order of the documented fields; `meta_public` and objectives follow as they come."""

Cells = dict[str, str]


def csv_files(
    contacts: Iterable[Contact],
    settings: DigitalOnboardingSettings,
    *,
    now: datetime,
    completions: Iterable[Completion] = (),
    known: Collection[Objective] | None = None,
) -> tuple[str, ...]:
    """Return files of contacts and of what they completed: up to four, one for each set of opt-outs.

    Contacts of one key are put together first. Encode as UTF-8. Cells are written as they are, formulas included:
    the reader is a machine. A file starts no journeys.

    Args:
        contacts: What is to be written.
        settings: By which key.
        now: When a completion without a time happened.
        completions: Objectives that were completed, also by people who are not among the contacts.
        known: The team's objectives; without them the platform's, and those that the settings name.

    Raises:
        InvalidRequest: A contact cannot be said to the vendor, or empties something, which no cell can say; or an
            objective is none of the known ones, which an import would ignore in silence.
    """
    keys = {*OBJECTIVE_KEYS, *settings.objective_keys} if known is None else keys_of(known)
    rows = _contact_cells(contacts, settings)
    for one in completions:
        check_key(one.objective, keys)
        ref = Identifier(one.contact.kind, names.key(one.contact, settings))
        cells = rows.setdefault(ref.value, {"unique_id": ref.value})
        cells[one.objective] = completion_value(one.at, now)
    files: dict[tuple[str, ...], list[Cells]] = {}
    for cells in rows.values():
        files.setdefault(tuple(flag for flag in OPT_OUTS if flag in cells), []).append(cells)
    return tuple(_file(some) for some in files.values())


def _contact_cells(contacts: Iterable[Contact], settings: DigitalOnboardingSettings) -> dict[str, Cells]:
    people: dict[str, tuple[int, Contact]] = {}
    for position, contact in enumerate(contacts):
        with _saying(position):
            ref, _ = contact_to_wire(contact, settings)
        earlier = people.get(ref.value)
        people[ref.value] = position, contact if earlier is None else contact.over(earlier[1])
    cells: dict[str, Cells] = {}
    for key, (position, contact) in people.items():
        with _saying(position):
            cells[key] = _cells(contact_to_wire(contact, settings)[1])
    return cells


@contextmanager
def _saying(position: int) -> Generator[None]:
    """Say in an error which input it is about, since the whole call ends with it."""
    try:
        yield
    except InvalidRequest as refused:
        raise InvalidRequest(f"input {position}: {refused.message}", hint=refused.hint) from refused


def _cells(members: Mapping[str, Any]) -> Cells:
    flat = {name: value for name, value in members.items() if name != "meta_public"}
    flat |= {meta_public_column(name): value for name, value in members.get("meta_public", {}).items()}
    emptied = [name for name, value in flat.items() if value is None or value == ""]
    if emptied:
        raise InvalidRequest(
            f"a file cannot empty {', '.join(emptied)}: what an empty cell means is not stated",
            hint="leave it out here and clear it with contacts.upsert",
        )
    return {name: _cell(value) for name, value in flat.items()}


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file(rows: list[Cells]) -> str:
    used = dict.fromkeys(name for cells in rows for name in cells)
    header = [name for name in COLUMNS if name in used] + [name for name in used if name not in COLUMNS]
    lines = [header, *([cells.get(name, "") for name in header] for cells in rows)]
    return "".join(f"{','.join(map(_quoted, line))}\n" for line in lines)


def _quoted(cell: str) -> str:
    """Return a cell as RFC 4180 section 2 has it; `csv` would leave a carriage return bare, which ends a row."""
    return f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _NEEDS_QUOTES.search(cell) else cell


_QUOTE = '"'
_NEEDS_QUOTES = re.compile(r'[",\r\n]')
