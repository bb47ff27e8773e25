"""Where a migration reads from: accounts, bundles and files."""

from __future__ import annotations

from martech.migration.sources.accounts import ProviderSource, provider_of
from martech.migration.sources.contract import Input, Part, Past, Source, Stamp
from martech.migration.sources.files import FileSource, Layout, read_keys
from martech.migration.sources.opening import open_account, open_source

__all__ = [
    "FileSource",
    "Input",
    "Layout",
    "Part",
    "Past",
    "ProviderSource",
    "Source",
    "Stamp",
    "open_account",
    "open_source",
    "provider_of",
    "read_keys",
]
