"""What Dotdigital's own operations give: the vendor's shapes under our spelling, times as times, people masked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from martech.models import PERSONAL, Answer
from martech_dotdigital.times import time_from_wire

__all__ = ["OfContact", "Shape", "WireTime"]

WireTime = Annotated[datetime | None, BeforeValidator(time_from_wire)]
"""A time in whichever form it was printed; None where there is none."""


class Shape(Answer):
    """Something the vendor gave, with the untouched answer in `raw`. What it does not say is None."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _kept(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {name: value for name, value in said.items() if value is not None} | {"raw": said}


class OfContact(Shape):
    """Something about one recipient."""

    contact_id: int
    email: str | None = Field(default=None, json_schema_extra=PERSONAL)
