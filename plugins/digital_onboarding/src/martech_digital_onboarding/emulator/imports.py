"""The CSV that the SFTP import and the uploaders of the app take (doc:obj), without the way in which it comes.

Stated: comma separated, a header row of field and objective keys, one contact a row. ASSUMPTION: UTF-8, an empty
cell is no value, `meta_public.<name>` is one value of `meta_public`, a bad row is passed over and reported.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from martech_digital_onboarding.emulator.answers import Refused
from martech_digital_onboarding.emulator.assumptions import INVALID
from martech_digital_onboarding.emulator.upserting import Upserting
from martech_digital_onboarding.emulator.vocabulary import BOOLEAN_FIELDS

__all__ = ["CsvImport", "Imported"]

_META = "meta_public."


@dataclass(slots=True)
class Imported:
    """What an import did: how many contacts it created and updated, and which rows it passed over, with why."""

    created: int = 0
    updated: int = 0
    refused: dict[int, dict[str, list[str]]] = field(default_factory=dict[int, dict[str, list[str]]])
    """Errors by the number of the row, the first below the header being 1."""


class CsvImport(Upserting):
    """Importing a file of contacts."""

    def import_csv(self, content: str) -> Imported:
        """Create and update a contact for every row, as a file that came by SFTP would."""
        csv.field_size_limit(max(csv.field_size_limit(), len(content)))  # no bound of a field is known
        imported, rows = Imported(), csv.DictReader(StringIO(content, newline=""), strict=True)
        with self._lock:
            reader = self.contact_reader(journey_spellings="both")
            for number, row in enumerate(rows, start=1):
                try:
                    post = reader.read(_record(row))
                except Refused as refused:
                    imported.refused[number] = refused.errors
                    continue
                post.spelling = "column" if post.template_id is not None else None
                _, created = self.upsert(post, route="csv")
                imported.created += created
                imported.updated += not created
        return imported


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    if None in row:  # where `csv` puts the cells that have no column
        raise Refused({"row": [INVALID]})
    record: dict[str, Any] = {}
    for column, cell in row.items():
        if not cell:
            continue
        if column in BOOLEAN_FIELDS:
            record[column] = {"true": True, "false": False}.get(cell.lower(), cell)
        elif column.startswith(_META):
            record.setdefault("meta_public", {})[column.removeprefix(_META)] = cell
        else:
            record[column] = cell
    return record
