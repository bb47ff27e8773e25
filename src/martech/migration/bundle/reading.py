"""A bundle as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from martech.errors import BrokenInput
from martech.migration.bundle.layout import MANIFEST, Manifest, file_for, named_by, read_manifest
from martech.migration.sources.contract import Input, Part, Past, Stamp
from martech.models import (
    AttributeDefinition,
    Campaign,
    Contact,
    ContactList,
    Dataset,
    Page,
    Record,
    RejectedInput,
    Report,
    Segment,
    Suppression,
    Template,
    Topic,
)

__all__ = ["BundleSource"]

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)

LINES_A_PAGE = 1000


class BundleSource:
    """A bundle.

    Args:
        folder: Where it is.
        edited: Whether somebody changed it on purpose; otherwise a file that is not as its manifest says is
            refused.

    Raises:
        BrokenInput: It is no bundle, was written by a newer version, or is not as its manifest says.
    """

    def __init__(self, folder: Path, *, edited: bool = False) -> None:
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        self.name = f"bundle:{self.manifest.source}"
        self.title = f"{folder.name} (from {self.manifest.title})"
        self.cannot: Mapping[Part, str] = self.manifest.cannot
        for name, entry in self.manifest.files.items():
            lines, digest = _measured(folder, name)
            if not edited and (lines, digest) != (entry.lines, entry.sha256):
                raise BrokenInput(
                    f"{folder.name}/{name} is not as {MANIFEST} says: "
                    + (
                        f"{lines} lines instead of {entry.lines}"
                        if lines != entry.lines
                        else "its contents differ"
                    ),
                    hint="export it again, or say edited=true where somebody changed it on purpose",
                )

    def stamp(self) -> Stamp:
        """Return how many people there are, and a digest of everything."""
        digest = sha256()
        for name, entry in sorted(self.manifest.files.items()):
            digest.update(f"{name} {entry.sha256}\n".encode())
        people = self.manifest.lines("contacts.ndjson") + self.manifest.lines("rejected.ndjson")
        return Stamp(people, digest.hexdigest())

    def attributes(self) -> Sequence[AttributeDefinition]:
        """Return the definitions of custom fields."""
        return self._whole("attributes.ndjson", AttributeDefinition)

    def lists(self) -> Sequence[ContactList]:
        """Return the lists."""
        return self._whole("lists.ndjson", ContactList)

    def segments(self) -> Sequence[Segment]:
        """Return the segments."""
        return self._whole("segments.ndjson", Segment)

    def topics(self) -> Sequence[Topic]:
        """Return the topics."""
        return self._whole("topics.ndjson", Topic)

    def people(self, after: str | None = None) -> Iterator[Page[Input]]:
        """Iterate over everybody, what could not be read as a person last."""
        at, said_at, rejected_at = (int(one) for one in (after or "0 0 0").split())
        if rejected_at == 0:
            yield from self._persons(at, said_at)
        for page in self._pages("rejected.ndjson", _rejected, rejected_at):
            yield Page(page.items, None if page.next_cursor is None else f"0 0 {page.next_cursor}")

    def _persons(self, at: int, said_at: int) -> Iterator[Page[Input]]:
        has_more = "rejected.ndjson" in self.manifest.files
        with (
            _Lines(self.folder, "contacts.ndjson", at) as lines,
            _Lines(self.folder, "consent.ndjson", said_at) as told,
        ):
            consent = told.next()
            found: list[Input] = []
            while (line := lines.next()) is not None:
                fields = dict(line)
                key = fields.pop("key", None)
                if consent is not None and consent.get("key") == key:
                    fields |= {name: value for name, value in consent.items() if name != "key"}
                    consent = told.next()
                found.append(lines.read(Contact, fields))
                if len(found) == LINES_A_PAGE and not lines.ended:
                    yield Page(found, f"{lines.at} {told.before if consent is not None else told.at} 0")
                    found = []
            if consent is not None:
                raise told.broken("it is about nobody in contacts.ndjson, or stands in another order")
        if found:
            yield Page(found, "0 0 1" if has_more else None)

    def suppressions(self, after: str | None = None) -> Iterator[Page[Suppression]]:
        """Iterate over the blocks on sending."""
        return self._pages("suppressions.ndjson", _as(Suppression), int(after or 0))

    def members(self, list_id: str, after: str | None = None) -> Iterator[Page[Contact]]:
        """Iterate over who is on a list."""
        return self._pages(file_for("memberships", list_id), _as(Contact), int(after or 0))

    def templates(self, after: str | None = None) -> Iterator[Page[Template]]:
        """Iterate over the templates."""
        return self._pages("templates.ndjson", _as(Template), int(after or 0))

    def history(self, after: str | None = None) -> Iterator[Page[Past]]:
        """Iterate over the campaigns of the past."""
        return self._pages("history.ndjson", _past, int(after or 0))

    def datasets(self) -> Sequence[Dataset]:
        """Return the datasets."""
        return self._whole("datasets.ndjson", Dataset)

    def records(self, dataset: Dataset, after: str | None = None) -> Iterator[Page[Record]]:
        """Iterate over the records of one dataset."""
        return self._pages(file_for("records", dataset.id), _as(Record), int(after or 0))

    def member_lists(self) -> Sequence[str]:
        """Return the ids of the lists whose members are here."""
        return [named_by(name) for name in self.manifest.files if name.startswith("memberships/")]

    def close(self) -> None:
        """Let go of nothing: files are opened while they are read."""

    def _whole(self, name: str, model: type[ModelT]) -> list[ModelT]:
        return [one for page in self._pages(name, _as(model), 0) for one in page.items]

    def _pages(self, name: str, read: Callable[[_Lines, Any], T], start: int) -> Iterator[Page[T]]:
        """Iterate over a file; a cursor is where in it the next line begins, 1 for its beginning."""
        if name not in self.manifest.files:
            return
        with _Lines(self.folder, name, 0 if start == 1 else start) as lines:
            found: list[T] = []
            while (line := lines.next()) is not None:
                found.append(read(lines, line))
                if len(found) == LINES_A_PAGE and not lines.ended:
                    yield Page(found, str(lines.at))
                    found = []
        yield Page(found, None)


class _Lines:
    """One file, line by line; knows where it is, and says so when a line is broken."""

    def __init__(self, folder: Path, name: str, start: int) -> None:
        self._folder, self._name = folder, name
        try:
            self._file: BinaryIO = (folder / name).open("rb")
        except OSError as error:
            raise BrokenInput(f"{folder.name}/{name} cannot be opened: {error.strerror}") from error
        self._size = (folder / name).stat().st_size
        self._file.seek(start)
        self.at = self.before = start
        """Where the next line begins, and where the last one did."""

    @property
    def ended(self) -> bool:
        """Whether there are no more lines."""
        return self.at >= self._size

    def next(self) -> Any:
        """Return the next line, read as an object, or None at the end."""
        line = self._file.readline()
        if not line:
            return None
        self.before, self.at = self.at, self.at + len(line)
        try:
            told = from_json(line, cache_strings="keys")
        except ValueError:
            raise self.broken("this is not JSON") from None
        if not isinstance(told, dict) or not line.endswith(b"\n"):
            raise self.broken("this is no whole object")
        return told

    def read(self, model: type[ModelT], told: Any) -> ModelT:
        """Return a line as a value; raises BrokenInput with the file and the line."""
        try:
            return model.model_validate_json(to_json(told))
        except ValidationError as wrong:
            first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(str(one) for one in first["loc"])
            raise self.broken(f"{where}: {first['msg']}" if where else first["msg"]) from None

    def broken(self, why: str) -> BrokenInput:
        """Return the error for the line that was read last; its number is counted only now."""
        with (self._folder / self._name).open("rb") as file:
            number = 1 + sum(1 for _ in _until(file, self.before))
        return BrokenInput(f"{self._folder.name}/{self._name}, line {number}: {why}")

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _until(file: BinaryIO, end: int) -> Iterator[bytes]:
    while file.tell() < end and (line := file.readline()):
        yield line


def _as(model: type[ModelT]) -> Callable[[_Lines, Any], ModelT]:
    return lambda lines, told: lines.read(model, told)


def _rejected(lines: _Lines, told: Any) -> Input:
    reason, line = told.get("reason"), told.get("line")
    if not isinstance(reason, str) or not isinstance(line, int | None):
        raise lines.broken("this says of no row why it could not be read")
    return RejectedInput(reason, line)


def _past(lines: _Lines, told: Any) -> Past:
    report = told.get("report")
    return Past(
        lines.read(Campaign, told.get("campaign")), lines.read(Report, report) if report is not None else None
    )


def _measured(folder: Path, name: str) -> tuple[int, str]:
    digest, lines = sha256(), 0
    try:
        with (folder / name).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                lines += block.count(b"\n")
    except OSError as error:
        raise BrokenInput(f"{folder.name}/{name} cannot be opened: {error.strerror}") from error
    return lines, digest.hexdigest()
