"""Files for the calls of the data space that take any number of rows (D10, D13)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["fits_a_file", "headers_for", "in_a_file", "in_files"]

_PLAIN = re.compile(r"[\w -]+")


def fits_a_file(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a file can hold these rows: it has no other word for empty text than for nothing."""
    return all(
        value is None or (isinstance(value, (str, int, float)) and value != "")
        for row in rows
        for value in row.values()
    )


def headers_for(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the headers of a file, one for each column: their names, unless one could be taken for several.

    Headers are apart by commas or semicolons (D10); how one that holds either is quoted is not said.
    """
    if all(_PLAIN.fullmatch(name) for name in columns):
        return tuple(columns)
    return tuple(f"column {number}" for number in range(1, len(columns) + 1))


def in_files(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, at_most: int
) -> Iterator[tuple[int, int, bytes]]:
    """Yield rows as files of at most so many bytes: the first row, the row after the last, and the file.

    A row that is larger by itself goes as it is.
    """
    start, several = 0, len(rows)
    while start < len(rows):
        end = min(start + several, len(rows))
        content = in_a_file(columns, rows[start:end])
        if len(content) > at_most and end - start > 1:
            several = (end - start) // 2
            continue
        yield start, end, content
        start = end


def in_a_file(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as a file: headers first, fields apart by commas (D10)."""
    import csv
    from io import StringIO

    text = StringIO()
    sheet = csv.writer(text, lineterminator="\r\n")
    sheet.writerow(headers_for(columns))
    sheet.writerows([_as_text(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode()


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
