"""Contacts as files for the vendor's SFTP import and its uploaders: text, and no transport.

Stated (doc:obj): comma separated, a header of field and objective keys, one contact a row. Not stated, and so
taken carefully: what an empty cell means. No column that says something of consent ever has one, since it might
be read as “has not opted out”: contacts with different opt-outs go into different files.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from io import StringIO
from typing import Any

from martech.models import Contact, Identifier
from martech.provider import InvalidRequest
from martech_digital_onboarding import names
from martech_digital_onboarding.assumed import meta_public_column
from martech_digital_onboarding.mapping import CHANNELS, contact_to_wire
from martech_digital_onboarding.objectives import Completion, Objective, check_key, completion_value
from martech_digital_onboarding.public import FIELDS
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
        known: The team's objectives; without them only the names of fields are refused.

    Raises:
        InvalidRequest: A contact cannot be said to the vendor, or clears something, which no cell can say.
    """
    rows = _contact_cells(contacts, settings)
    for one in completions:
        check_key(one.objective, known)
        ref = Identifier(one.contact.kind, names.key(one.contact, settings))
        cells = rows.setdefault(ref.value, {"unique_id": ref.value})
        cells[one.objective] = completion_value(one.at, now)
    files: dict[tuple[str, ...], list[Cells]] = {}
    for cells in rows.values():
        files.setdefault(tuple(flag for flag in OPT_OUTS if flag in cells), []).append(cells)
    return tuple(_file(some) for some in files.values())


def _contact_cells(contacts: Iterable[Contact], settings: DigitalOnboardingSettings) -> dict[str, Cells]:
    people: dict[str, Contact] = {}
    for contact in contacts:
        ref, _ = contact_to_wire(contact, settings)
        earlier = people.get(ref.value)
        people[ref.value] = contact if earlier is None else contact.over(earlier)
    return {key: _cells(contact_to_wire(contact, settings)[1]) for key, contact in people.items()}


def _cells(members: Mapping[str, Any]) -> Cells:
    flat = {name: value for name, value in members.items() if name != "meta_public"}
    flat |= {meta_public_column(name): value for name, value in members.get("meta_public", {}).items()}
    cleared = [name for name, value in flat.items() if value is None]
    if cleared:
        raise InvalidRequest(
            f"a file cannot clear {', '.join(cleared)}: what an empty cell means is not stated",
            hint="leave it out here and clear it with contacts.upsert",
        )
    return {name: _cell(value) for name, value in flat.items()}


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file(rows: list[Cells]) -> str:
    used = dict.fromkeys(name for cells in rows for name in cells)
    header = [name for name in COLUMNS if name in used] + [name for name in used if name not in COLUMNS]
    text = StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
