"""What a bundle looks like: a folder of NDJSON files with a manifest, the same for the same contents.

::

    manifest.json           format, version, where it came from, and each file's lines and digest
    attributes.ndjson       definitions of custom fields
    lists.ndjson  segments.ndjson  topics.ndjson
    contacts.ndjson         who they are: identifiers, names, attributes; each with its `key`
    consent.ndjson          the state of each channel and the evidence, under the same keys, in the same order
    suppressions.ndjson     blocks on sending
    memberships/<list>.ndjson       who is on a list, by identifiers
    templates.ndjson
    history.ndjson          campaigns of the past with their counts
    datasets.ndjson         definitions
    records/<dataset>.ndjson
    rejected.ndjson         what could not be read as a person
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from martech.errors import BrokenInput
from martech.migration.sources.contract import Part

__all__ = ["FORMAT", "MANIFEST", "VERSION", "FileEntry", "Manifest", "file_for", "named_by", "read_manifest"]

FORMAT: Final = "martech-bundle"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"


class FileEntry(BaseModel):
    """One file: how many lines it has, and a digest of its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: int = Field(ge=0)
    sha256: str


class Manifest(BaseModel):
    """What a bundle says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = FORMAT
    version: int = VERSION
    source: str
    title: str
    cannot: Mapping[Part, str] = Field(default_factory=dict)
    """What could not be read where it came from, and why."""
    files: Mapping[str, FileEntry] = Field(default_factory=dict)

    def lines(self, prefix: str) -> int:
        """Return how many lines the files of a name, or of a folder, have."""
        return sum(entry.lines for name, entry in self.files.items() if name.startswith(prefix))


def file_for(folder: str, name: str) -> str:
    """Return the file of one list or dataset inside a bundle; any name makes one file and no other."""
    return f"{folder}/{quote(name, safe=' ').replace('.', '%2E')}.ndjson"


def named_by(file: str) -> str:
    """Return which list or dataset a file is about."""
    return unquote(file.rpartition("/")[2].removesuffix(".ndjson"))


def read_manifest(folder: Path) -> Manifest:
    """Return what a bundle says about itself.

    Raises:
        BrokenInput: It is no bundle, was written by a newer version, or its manifest cannot be read.
    """
    path = folder / MANIFEST
    try:
        told: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BrokenInput(f"{folder.name} is no bundle: it has no {MANIFEST}") from None
    except OSError as error:
        raise BrokenInput(f"{folder.name}/{MANIFEST} cannot be opened: {error.strerror}") from error
    except ValueError as wrong:
        line = getattr(wrong, "lineno", 1)
        raise BrokenInput(f"{folder.name}/{MANIFEST}, line {line}: this is not JSON") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BrokenInput(f"{folder.name}/{MANIFEST}: this is no manifest of a bundle")
    version = told.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BrokenInput(
            f"{folder.name}/{MANIFEST}: the bundle has version {version}, and this program reads up to {VERSION}",
            hint="read it with a newer martech",
        )
    try:
        return Manifest.model_validate(told)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        raise BrokenInput(f"{folder.name}/{MANIFEST}: {where}: {first['msg']}") from None
