"""Datasets: keyed tables at the vendor, beside contacts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from martech.models.attributes import AttributeType
from martech.models.base import PERSONAL, Answer, Model, VendorWord
from martech.models.identifiers import Identifier

__all__ = ["Column", "Dataset", "DatasetScope", "Record"]


class DatasetScope(StrEnum):
    """Whether records belong to the account or each to a contact."""

    ACCOUNT = "account"
    CONTACT = "contact"


class Column(Model):
    """One column of a dataset."""

    name: str
    type: AttributeType = AttributeType.TEXT
    is_key: bool = False
    nullable: bool = True
    repeated: bool = False
    columns: tuple[Column, ...] = ()
    """The columns of a nested record."""
    vendor_word: VendorWord | None = None


class Dataset(Answer):
    """A table at the vendor."""

    id: str
    name: str
    scope: DatasetScope = DatasetScope.ACCOUNT
    kind: str | None = None
    """The vendor's own sort of table, such as orders."""
    columns: tuple[Column, ...] = ()
    """Empty in listings and where the vendor learns the columns from the data."""
    size: int | None = None


class Record(Answer):
    """One row: a key and its values."""

    key: str
    values: Mapping[str, Any] = Field(default_factory=dict, json_schema_extra=PERSONAL)
    contact: Identifier | None = None
    """Whose it is, in a dataset that belongs to contacts."""
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
