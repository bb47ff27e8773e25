"""Writing a bundle: beside its place, then into it in one step."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from martech.errors import BrokenInput
from martech.migration.bundle.layout import MANIFEST, FileEntry, Manifest, file_for
from martech.migration.bundle.sorting import SortedLines
from martech.migration.sources.contract import Part, Past, Source
from martech.models import Contact, Page, RejectedInput
from martech.models.base import Model

__all__ = ["export", "line_of"]

Watch = Callable[[Part, int], object]
"""Is told of how many items of a part have been written."""

_CONSENT = frozenset({"subscriptions", "consents"})


def export(source: Source, folder: Path, *, overwrite: bool = False, watch: Watch | None = None) -> Manifest:
    """Write everything that a source has into a folder, and return what the bundle says about itself.

    The folder is there whole or not at all. Two exports of the same contents are the same, byte by byte.

    Raises:
        BrokenInput: The folder is there and is no bundle, or is one and `overwrite` was not said.
        MartechError: The source could not be read; nothing is left behind.
    """
    folder = folder.absolute()
    if folder.exists() and not (overwrite and (folder / MANIFEST).is_file()):
        what = "a bundle already" if (folder / MANIFEST).is_file() else "no bundle"
        raise BrokenInput(f"{folder.name} is there and is {what}", hint="name another folder, or say overwrite")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner may look in: it holds personal data.
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest = _Writing(source, making, watch or _unwatched).all()
        _put_in_place(making, folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return manifest


def _unwatched(part: Part, count: int) -> None:
    del part, count


def _put_in_place(making: Path, folder: Path) -> None:
    """Give the new folder its name; what was there goes once that is done."""
    if not folder.exists():
        making.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / folder.name)
    try:
        making.rename(folder)
    except BaseException:
        (old / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def line_of(told: Mapping[str, Any]) -> bytes:
    """Return one line: JSON in the order of its names."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def given(model: Model, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return what was given of a value, as JSON has it."""
    return model.model_dump(mode="json", exclude_unset=True, exclude=set(without))


class _Writing:
    """One export under way."""

    def __init__(self, source: Source, folder: Path, watch: Watch) -> None:
        self._source, self._folder, self._watch = source, folder, watch
        self._files: dict[str, FileEntry] = {}

    def all(self) -> Manifest:
        """Write every file, the manifest last."""
        source = self._source
        self._sorted("attributes.ndjson", Part.ATTRIBUTES, map(given, source.attributes()), by="name")
        lists = list(source.lists())
        self._sorted("lists.ndjson", Part.LISTS, map(given, lists), by="id")
        self._sorted("segments.ndjson", Part.SEGMENTS, map(given, source.segments()), by="id")
        self._sorted("topics.ndjson", Part.TOPICS, map(given, source.topics()), by="name")
        self._people()
        suppressed = map(given, _each(source.suppressions()))
        self._sorted("suppressions.ndjson", Part.SUPPRESSIONS, suppressed)
        if Part.MEMBERSHIPS not in source.cannot:
            for one in lists:
                rows = map(_named, _each(source.members(one.id)))
                self._sorted(file_for("memberships", one.id), Part.MEMBERSHIPS, rows)
        self._sorted("templates.ndjson", Part.TEMPLATES, map(given, _each(source.templates())), by="name")
        self._sorted("history.ndjson", Part.HISTORY, map(_past, _each(source.history())))
        datasets = list(source.datasets())
        self._sorted("datasets.ndjson", Part.DATASETS, map(given, datasets), by="id")
        if Part.DATASETS not in source.cannot:
            for dataset in datasets:
                rows = map(given, _each(source.records(dataset)))
                self._sorted(file_for("records", dataset.id), Part.DATASETS, rows, by="key")
        manifest = Manifest(
            source=source.name,
            title=source.title,
            cannot=dict(source.cannot),
            files=dict(sorted(self._files.items())),
        )
        told = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True)
        (self._folder / MANIFEST).write_text(told + "\n", encoding="utf-8")
        return manifest

    def _people(self) -> None:
        """Write contacts and consent in one order; whoever shares a key with others has a number behind it."""
        rejected: list[Mapping[str, Any]] = []
        with SortedLines(self._folder) as people:
            count = 0
            for page in self._source.people():
                for one in page.items:
                    if isinstance(one, RejectedInput):
                        rejected.append({"line": one.line, "reason": one.reason})
                    else:
                        people.add(_key_of(one).encode() + b"\x00" + line_of(given(one)))
                count += len(page.items)
                self._watch(Part.CONTACTS, count)
            with (
                _File(self._folder / "contacts.ndjson") as contacts,
                _File(self._folder / "consent.ndjson") as said,
            ):
                last, times = b"", 0
                for line in people:
                    key, _, told = line.partition(b"\x00")
                    times = times + 1 if key == last else 1
                    last = key
                    name = key.decode() + (f" #{times}" if times > 1 else "")
                    fields = json.loads(told)
                    consent = {field: fields.pop(field) for field in _CONSENT if field in fields}
                    contacts.write(line_of({"key": name, **fields}))
                    if consent:
                        said.write(line_of({"key": name, **consent}))
        for name, file in (("contacts.ndjson", contacts), ("consent.ndjson", said)):
            self._files[name] = file.entry()
        if rejected:
            self._sorted("rejected.ndjson", Part.CONTACTS, rejected)

    def _sorted(self, name: str, part: Part, rows: Iterable[Mapping[str, Any]], *, by: str | None = None) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        with SortedLines(self._folder) as lines:
            count = 0
            for row in rows:
                key = str(row.get(by) or "") if by is not None else ""
                lines.add(key.encode() + b"\x00" + line_of(row))
                count += 1
                if count % 500 == 0:
                    self._watch(part, count)
            with _File(path) as file:
                for line in lines:
                    file.write(line.partition(b"\x00")[2])
        self._watch(part, count)
        self._files[name] = file.entry()


class _File:
    """A file under way, with its lines counted and digested; on disk before its name is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = sha256()
        self._lines = 0

    def write(self, line: bytes) -> None:
        """Write one line."""
        line += b"\n"
        self._file.write(line)
        self._digest.update(line)
        self._lines += 1

    def entry(self) -> FileEntry:
        """Return what the manifest says of it."""
        return FileEntry(lines=self._lines, sha256=self._digest.hexdigest())

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _key_of(contact: Contact) -> str:
    """Return by what a person stands in the bundle: what stays when they move, before what one vendor gave."""
    by_kind = {ref.kind.value: ref.key for ref in reversed(contact.identifiers())}
    return next((by_kind[kind] for kind in ("email", "own", "mobile", "vendor", "custom") if kind in by_kind), "-")


def _named(contact: Contact) -> Mapping[str, Any]:
    names = ("email", "mobile", "own_id", "vendor_id", "custom_ids")
    return {name: value for name in names if (value := getattr(contact, name))}


def _past(past: Past) -> Mapping[str, Any]:
    report = {"report": given(past.report)} if past.report is not None else {}
    return {"campaign": given(past.campaign), **report}


def _each(pages: Iterator[Page[Any]]) -> Iterator[Any]:
    for page in pages:
        yield from page.items
