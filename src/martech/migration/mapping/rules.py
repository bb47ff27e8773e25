"""A mapping: what becomes of each field on the way, as data in a TOML file.

::

    version = 1

    [attributes.CITY]
    to = "TOWN"                     # another name at the target
    convert = "text"                # a type: text, integer, number, boolean, date, datetime
    [attributes.INTERNAL]
    drop = true
    [attributes.FULLNAME]
    split = { at = " ", into = ["first_name", "last_name"] }
    [attributes.CUSTOMER_NO]
    to_field = "own_id"             # a field of the contact instead of an attribute
    [fields.own_id]
    to = "CUSTOMER_NO"              # and the other way round
    [fields.mobile]
    drop = true
    [constants]
    SOURCE = "moved in May"
    [people]
    own_id_from = "email"           # for whom the source has no own id
    [lists.17]
    to = "Friends"                  # by the source's id; drop = true leaves one out
    [segments.4]
    as_list = true
    [topics.9]
    to = "Gardening"                # topics, templates and datasets likewise, by the source's id
    [templates.31]
    drop = true
    [merge_tags]
    FIRSTNAME = "first_name"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from martech.errors import BrokenInput

__all__ = [
    "FIELDS",
    "AttributeRule",
    "FieldRule",
    "Mapped",
    "MappingRules",
    "PeopleRule",
    "SegmentRule",
    "Split",
    "ThingPart",
    "ThingRule",
    "read_mapping",
]

FIELDS = ("email", "mobile", "own_id", "first_name", "last_name")
"""The fields of a contact that a rule may be about."""
FieldName = Literal["email", "mobile", "own_id", "first_name", "last_name"]
Mapped = StrictStr | StrictBool | StrictInt | StrictFloat
Name = Annotated[str, Field(min_length=1)]
ThingPart = Literal["lists", "topics", "templates", "datasets"]


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Split(_Rules):
    """One text into several: what stands before the mark, after it, and so on; the last takes the rest."""

    at: Name
    into: tuple[Name, ...] = Field(min_length=2)


class AttributeRule(_Rules):
    """What becomes of one attribute; what is not said stays as it is."""

    to: Name | None = None
    to_field: FieldName | None = None
    convert: Literal["text", "integer", "number", "boolean", "date", "datetime"] | None = None
    drop: bool = False
    split: Split | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = [name for name in ("to", "to_field", "split") if getattr(self, name) is not None]
        if len(said) + self.drop > 1:
            raise ValueError(f"only one of to, to_field, split and drop can be said, not {' and '.join(said)}")
        return self


class FieldRule(_Rules):
    """What becomes of one field of the contact."""

    to: Name | None = None
    """Under which attribute it is kept."""
    drop: bool = False


class PeopleRule(_Rules):
    """What holds for everybody."""

    own_id_from: Literal["email", "mobile", "vendor_id"] | None = None


class ThingRule(_Rules):
    """What becomes of one list, topic, template or dataset."""

    to: Name | None = None
    """How it is called at the target."""
    drop: bool = False


class SegmentRule(_Rules):
    """What becomes of one segment."""

    as_list: bool = False


class MappingRules(_Rules):
    """A whole mapping."""

    version: Literal[1] = 1
    attributes: Mapping[str, AttributeRule] = Field(default_factory=dict)
    fields: Mapping[FieldName, FieldRule] = Field(default_factory=dict)
    constants: Mapping[str, Mapped] = Field(default_factory=dict)
    people: PeopleRule = PeopleRule()
    lists: Mapping[str, ThingRule] = Field(default_factory=dict)
    segments: Mapping[str, SegmentRule] = Field(default_factory=dict)
    topics: Mapping[str, ThingRule] = Field(default_factory=dict)
    templates: Mapping[str, ThingRule] = Field(default_factory=dict)
    datasets: Mapping[str, ThingRule] = Field(default_factory=dict)
    merge_tags: Mapping[str, str] = Field(default_factory=dict)

    def name_of(self, part: ThingPart, thing_id: str, name: str) -> str | None:
        """Return how a thing is called at the target; None for one that is left out."""
        rules: Mapping[str, ThingRule] = getattr(self, part)
        rule = rules.get(thing_id)
        if rule is None:
            return name
        return None if rule.drop else rule.to or name


def read_mapping(path: Path) -> MappingRules:
    """Return the mapping in a file.

    Raises:
        BrokenInput: It is not there, is no TOML, or says what no mapping says; names the file and each key.
    """
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenInput(f"{path.name} cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenInput(f"{path.name} is no TOML: {error}") from None
    try:
        return MappingRules.model_validate(told)
    except ValidationError as wrong:
        problems = wrong.errors(include_input=False, include_url=False, include_context=False)
        lines = [_said(problem["loc"], problem["type"], problem["msg"]) for problem in problems]
        raise BrokenInput(f"{path.name}: {'; '.join(dict.fromkeys(lines))}") from None


def _said(where: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(str(one) for one in where if one not in ("str", "bool", "int", "float", "[key]"))
    if kind == "extra_forbidden":
        return f"{key} is nothing that a mapping says"
    return f"{key}: {message.removeprefix('Value error, ')}"
