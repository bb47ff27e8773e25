"""Files of people as sources: CSV, NDJSON, and Parquet where pyarrow is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from martech.errors import BrokenInput, ConfigurationError
from martech.files import read_contacts, read_rows
from martech.migration.sources.contract import Input, Part, Past, Stamp
from martech.models import (
    AttributeDefinition,
    Basis,
    Channel,
    Contact,
    ContactList,
    Dataset,
    Identifier,
    Page,
    Record,
    RejectedInput,
    Segment,
    Subscription,
    SubscriptionStatus,
    Suppression,
    Template,
    Topic,
)

__all__ = ["FileSource", "Layout", "read_keys"]

ROWS_A_PAGE = 500
_STATE, _BLOCK, _ALL = "state", "block", "all"
_MARK = "\N{RECORD SEPARATOR}"
"""Begins the names under which columns of states travel; no column of a customer's does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is to be read: what its columns mean, and its words for the state of a channel."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """As for `martech.files.read_contacts`; besides, `state.email` and the like for a column of states, and
    `block` or `block.email` for one that blocks every channel, or one, whatever else is said."""
    states: Mapping[str, SubscriptionStatus] = field(default_factory=dict)
    """What each word in a column of states means, in lower case; another word is `UNKNOWN`."""
    open_words: Sequence[str] = ("", "a", "active", "false", "no", "0")
    """What in a column of blocks blocks nothing, in lower case; any other word does."""
    subscribed: Sequence[Channel] = ()
    """On which channels everybody is subscribed of whom the file says nothing else: its maker's word."""
    date_formats: Sequence[str] = ("%Y-%m-%d", "%d.%m.%Y")
    encoding: str = "utf-8-sig"
    delimiter: str = ","


class FileSource:
    """A file of people. It has nothing else: no lists, no evidence, no history.

    A person of whom the file does not say that they are subscribed is not carried as subscribed.

    Args:
        path: The file.
        kind: `csv`, `ndjson` or `parquet`.
        layout: What its columns mean, where their names do not say it.
    """

    def __init__(self, path: Path, kind: str, *, layout: Layout | None = None) -> None:
        if kind not in _READERS:
            raise ConfigurationError(f"there are no files of kind {kind!r}; there are {', '.join(_READERS)}")
        if not path.is_file():
            raise BrokenInput(f"there is no file {path.name}")
        self.path, self.kind, self._layout = path, kind, layout or Layout()
        self.name = f"{kind}:{path.name}"
        self.title = path.name
        only_people = "A file of people holds people and nothing else."
        self.cannot: Mapping[Part, str] = {
            part: only_people for part in Part if part not in (Part.CONTACTS, Part.SUBSCRIPTIONS)
        }

    def stamp(self) -> Stamp:
        """Return a digest of the file; how many people it holds is known when it has been read."""
        digest = sha256()
        with self.path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return Stamp(digest=digest.hexdigest())

    def people(self, after: str | None = None) -> Iterator[Page[Input]]:
        """Iterate over everybody; a cursor counts the rows before it, which are read again and left out."""
        start = int(after or 0)
        rows = islice(_READERS[self.kind](self.path, self._layout), start, None)
        while some := list(islice(rows, ROWS_A_PAGE)):
            start += len(some)
            yield Page(some, str(start) if len(some) == ROWS_A_PAGE else None)

    def attributes(self) -> Sequence[AttributeDefinition]:
        """Return nothing: types are seen in the values."""
        return ()

    def lists(self) -> Sequence[ContactList]:
        """Return nothing."""
        return ()

    def segments(self) -> Sequence[Segment]:
        """Return nothing."""
        return ()

    def topics(self) -> Sequence[Topic]:
        """Return nothing."""
        return ()

    def suppressions(self, after: str | None = None) -> Iterator[Page[Suppression]]:
        """Give nothing."""
        del after
        return iter(())

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        """Give nothing."""
        del list_id, after
        return iter(())

    def templates(self, after: str | None = None) -> Iterator[Page[Template]]:
        """Give nothing."""
        del after
        return iter(())

    def history(self, after: str | None = None) -> Iterator[Page[Past]]:
        """Give nothing."""
        del after
        return iter(())

    def datasets(self) -> Sequence[Dataset]:
        """Return nothing."""
        return ()

    def records(self, dataset: Dataset, after: str | None = None) -> Iterator[Page[Record]]:
        """Give nothing."""
        del dataset, after
        return iter(())

    def close(self) -> None:
        """Let go of nothing: the file is opened while it is read."""


def read_keys(path: Path, kind: str = "own") -> list[Identifier]:
    """Return the identifiers in a file of keys, one on a line; empty lines are left out, and so are repetitions.

    Raises:
        BrokenInput: The file is not there, or a line holds no such identifier.
    """
    from martech.models import email, mobile, own

    makers = {"own": own, "email": email, "mobile": mobile}
    if kind not in makers:
        raise ConfigurationError(f"keys are of the kind {', '.join(makers)}, not {kind!r}")
    found: dict[str, Identifier] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if text := line.strip():
                    try:
                        ref = makers[kind](text)
                    except ValueError as wrong:
                        raise BrokenInput(f"{path.name}, line {number}: {wrong}") from None
                    found.setdefault(ref.key, ref)
    except OSError as error:
        raise BrokenInput(f"{path.name} cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError:
        raise BrokenInput(f"{path.name} is not in UTF-8") from None
    return list(found.values())


# ── rows into people ─────────────────────────────────────────────────────────────────────────────────────────


def _csv(path: Path, layout: Layout) -> Iterator[Input]:
    columns = _targets(layout)
    rows = read_contacts(
        path,
        columns=columns,
        date_formats=layout.date_formats,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
    )
    return (_with_states(one, layout) for one in rows)


def _ndjson(path: Path, layout: Layout) -> Iterator[Input]:
    """Read lines that are each a contact in our own words, or flat rows of columns."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                yield RejectedInput("this line is not JSON", number)
                continue
            if not isinstance(row, dict):
                yield RejectedInput("this line is no object", number)
            elif not layout.columns and set(row) <= set(Contact.model_fields):
                yield _ours(line, number)
            else:
                yield from _flat(path.name, [(number, row)], layout)


def _parquet(path: Path, layout: Layout) -> Iterator[Input]:
    try:
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise ConfigurationError(
            "reading Parquet takes pyarrow", hint="install martech[parquet], or say it as CSV or NDJSON"
        ) from None
    try:
        file: Any = parquet.ParquetFile(path)
    except Exception as broken:
        raise BrokenInput(f"{path.name} is no Parquet file: {type(broken).__name__}") from broken
    with file:
        number = 0
        for batch in file.iter_batches(batch_size=ROWS_A_PAGE):
            rows = [(number + place, row) for place, row in enumerate(batch.to_pylist(), 1)]
            number += len(rows)
            yield from _flat(path.name, rows, layout)


_READERS = {"csv": _csv, "ndjson": _ndjson, "parquet": _parquet}


def _ours(line: bytes, number: int) -> Input:
    from pydantic import ValidationError

    try:
        return Contact.model_validate_json(line)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(one) for one in first["loc"]) or "line"
        return RejectedInput(f"{where}: {first['msg']}", number)


def _flat(name: str, rows: Sequence[tuple[int, Mapping[str, Any]]], layout: Layout) -> Iterator[Input]:
    """Read flat rows as a CSV file would be read; what is no text is written as one would write it there."""
    columns = _targets(layout)
    for number, row in rows:
        header = list(row)
        cells = [_text(value) for value in row.values()]
        one = next(read_rows(name, header, [(number, cells)], columns=columns, date_formats=layout.date_formats))
        if isinstance(one, Contact) and one.attributes:
            # A value that came typed keeps its type.
            titles = {target.partition(":")[0]: title for title, target in columns.items()}
            typed = {
                attribute: _kept(row.get(titles.get(f"attributes.{attribute}", "")), value)
                for attribute, value in one.attributes.items()
            }
            one = one.model_copy(update={"attributes": typed})
        yield _with_states(one, layout)


def _kept(given: Any, read: Any) -> Any:
    return given if isinstance(given, (bool, int, float)) and isinstance(read, str) else read


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _targets(layout: Layout) -> dict[str, str]:
    """Return where columns are read into; those of states go along as attributes until they are understood."""
    found: dict[str, str] = {}
    for place, (title, target) in enumerate(layout.columns.items()):
        kind, _, channel = target.partition(".")
        if kind not in (_STATE, _BLOCK):
            found[title] = target
            continue
        if channel not in {one.value for one in Channel} and (channel or kind == _STATE):
            raise ConfigurationError(f"{target!r}: there is no channel {channel!r}")
        found[title] = f"attributes.{_MARK}{kind} {channel or _ALL} {place}"
    return found


def _with_states(one: Input, layout: Layout) -> Input:
    """Turn words in columns of states and blocks into subscriptions. A no that any column says stays."""
    if isinstance(one, RejectedInput):
        return one
    said = {known.channel: known for known in one.subscriptions}
    marked = {name: str(value) for name, value in one.attributes.items() if name.startswith(_MARK)}
    for name, word in marked.items():
        kind, about, _ = name.removeprefix(_MARK).split(" ")
        for channel in Channel if about == _ALL else (Channel(about),):
            low = word.strip().casefold()
            if kind == _BLOCK and low in layout.open_words:
                continue
            status = (
                SubscriptionStatus.SUPPRESSED
                if kind == _BLOCK
                else layout.states.get(low, SubscriptionStatus.UNKNOWN)
            )
            read = Subscription(channel=channel, status=status, vendor_word=word)
            known = said.get(channel)
            if known is None or (not known.is_no and not read.is_yes):
                said[channel] = read
    for channel in layout.subscribed:
        status = SubscriptionStatus.SUBSCRIBED
        said.setdefault(channel, Subscription(channel=channel, status=status, basis=Basis.US))
    if not marked and len(said) == len(one.subscriptions):
        return one
    rest = {name: value for name, value in one.attributes.items() if name not in marked}
    return one.model_copy(update={"subscriptions": tuple(said.values()), "attributes": rest})
