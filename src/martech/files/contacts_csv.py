"""Contacts from CSV files as they come in life."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from martech.errors import BrokenInput
from martech.models import Basis, Channel, Contact, RejectedInput, Subscription, SubscriptionStatus

__all__ = ["read_contacts", "read_rows"]

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "emailaddress", "mail"),
    "mobile": ("mobile", "phone", "phonemobile", "mobilenumber", "gsm"),
    "own_id": ("ownid", "key", "id", "customerid", "contactkey", "uniqueid"),
    "first_name": ("firstname", "givenname", "forename", "namefirst"),
    "last_name": ("lastname", "surname", "familyname", "namelast"),
    "unsubscribed": ("unsubscribed", "unsubscribe", "optedout", "optout"),
    "unsubscribed_email": ("unsubscribedemail", "unsubscribeemail", "optedoutemail"),
    "unsubscribed_sms": ("unsubscribedsms", "unsubscribesms", "optedoutsms"),
}
"""Our fields, and how a header may spell them, without case, spaces and punctuation."""

_OPT_OUTS = {
    "unsubscribed": (
        Channel.EMAIL,
        Channel.SMS,
    ),  # a no that names no channel is a no on each that a file can mean
    "unsubscribed_email": (Channel.EMAIL,),
    "unsubscribed_sms": (Channel.SMS,),
}
_YES = frozenset({"yes", "y", "true", "t", "1", "x"})
_NO = frozenset({"", "no", "n", "false", "f", "0"})
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y")

Value = Callable[[str], Any]


def read_contacts(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    date_formats: Sequence[str] = _DATE_FORMATS,
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
) -> Iterator[Contact | RejectedInput]:
    """Read contacts from a CSV file with a header, one item per row, in bounded memory.

    Headers such as `E-mail`, `phone`, `First name` and `opted out` are recognised. What else there is has to be
    said: `columns={"City": "attributes.city", "Joined": "attributes.joined:date", "Notes": "ignore"}`. The types
    of attributes are `text` (as without a type), `number`, `boolean` and `date`. Empty cells are not given.

    A row that cannot be read becomes a `RejectedInput` with its line and the reason, so that whoever writes the
    rows has one result for each. Somebody whose opt-out cannot be read is rejected, never taken as opted in.

    Raises:
        BrokenInput: The file is not there or has no usable header, or a column is not known.
    """
    path = Path(path)
    try:
        file = path.open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise BrokenInput(f"{path.name} cannot be opened: {error.strerror}") from error
    with file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(reader)
        except StopIteration:
            raise BrokenInput(f"{path.name} is empty") from None
        except csv.Error as error:
            raise BrokenInput(f"{path.name} has no header that can be read: {error}") from error
        readers = _readers(path.name, header, columns or {}, date_formats)
        while True:
            # The line of a row is where it ends, as editors count; a quoted cell may span several.
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RejectedInput(f"this row is not CSV: {error}", reader.line_num)
                continue
            if any(cells):
                yield _contact(cells, readers, reader.line_num)


def read_rows(
    name: str,
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    columns: Mapping[str, str] | None = None,
    date_formats: Sequence[str] = _DATE_FORMATS,
) -> Iterator[Contact | RejectedInput]:
    """Read contacts from rows that came otherwise, each with its line, as `read_contacts` does.

    Raises:
        BrokenInput: A column is not known.
    """
    readers = _readers(name, header, columns or {}, date_formats)
    for line, cells in rows:
        yield _contact(cells, readers, line)


class _Column:
    """Where a column's values go and how they are read."""

    def __init__(self, header: str, field: str, read: Value) -> None:
        self.header, self.field, self.read = header, field, read


def _readers(
    name: str, header: Sequence[str], columns: Mapping[str, str], date_formats: Sequence[str]
) -> list[_Column | None]:
    known = {spelling: field for field, spellings in _FIELDS.items() for spelling in spellings}
    found: list[_Column | None] = []
    unknown: list[str] = []
    for title in header:
        target = columns.get(title.strip()) or known.get(_bare(title))
        if target is None:
            unknown.append(title)
        elif target == "ignore":
            found.append(None)
        else:
            found.append(_column(name, title, target, date_formats))
    if unknown:
        said = ", ".join(repr(title) for title in unknown)
        raise BrokenInput(
            f"{name} has columns that are not known: {said}",
            hint='say columns={"Name": "attributes.name"}, or "ignore"',
        )
    fields = [column.field for column in found if column is not None]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise BrokenInput(f"{name} has several columns for {', '.join(twice)}")
    return found


def _column(name: str, title: str, target: str, date_formats: Sequence[str]) -> _Column:
    field, _, kind = target.partition(":")
    if field not in _FIELDS and not (field.startswith("attributes.") and field != "attributes."):
        raise BrokenInput(f"{name}: a column cannot be read into {field!r}")
    readers: dict[str, Value] = {
        "": str,
        "text": str,
        "number": _number,
        "boolean": _boolean,
        "date": lambda text: _date(text, date_formats),
    }
    if kind not in readers:
        raise BrokenInput(f"{name}: no attribute is of type {kind!r}; there are text, number, boolean and date")
    return _Column(title.strip(), field, _boolean if field in _OPT_OUTS else readers[kind])


def _contact(cells: Sequence[str], columns: Sequence[_Column | None], line: int) -> Contact | RejectedInput:
    if len(cells) != len(columns):
        return RejectedInput(f"has {len(cells)} cells, the header has {len(columns)}", line)
    given: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    opted_out: list[Channel] = []
    for column, cell in zip(columns, cells, strict=True):
        text = cell.strip()
        if column is None or not text:
            continue
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            return RejectedInput(f"{column.header}: is not in the file's encoding", line)
        try:
            value = column.read(text)
        except ValueError as error:
            return RejectedInput(f"{column.header}: {error}", line)
        if column.field in _OPT_OUTS:
            opted_out += _OPT_OUTS[column.field] if value else ()
        elif column.field.startswith("attributes."):
            attributes[column.field.removeprefix("attributes.")] = value
        else:
            given[column.field] = value
    if attributes:
        given["attributes"] = attributes
    if opted_out:
        given["subscriptions"] = tuple(
            Subscription(channel=channel, status=SubscriptionStatus.UNSUBSCRIBED, basis=Basis.PERSON)
            for channel in dict.fromkeys(opted_out)
        )
    try:
        return Contact(**given)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "row"
        return RejectedInput(f"{field}: {first['msg'].removeprefix('Value error, ')}", line)


def _bare(title: str) -> str:
    return "".join(letter for letter in title.casefold() if letter.isalnum())


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("can be read neither as yes nor as no")


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("is no number")
    return value


def _date(text: str, formats: Sequence[str]) -> date:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError("is no date in a form that was named")
