"""Forms and answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from martech.models import PERSONAL
from martech_dotdigital.native.shapes.base import Shape, WireTime


class Form(Shape):
    """A form or survey. What is not named here is in `raw`."""

    id: int
    name: str | None = None
    url: str | None = None
    state: str | None = None
    date_survey_created: WireTime = None
    date_survey_modified: WireTime = None
    first_response_date: WireTime = None
    last_response_date: WireTime = None
    total_complete_responses: int | None = None
    total_incomplete_responses: int | None = None
    total_views: int | None = None
    is_assigned_to_address_book: bool | None = None


class FormField(Shape):
    """A question of a form."""

    id: int
    type: str | None = None
    text: str | None = None
    is_required: bool | None = None
    assigned_contact_data_field_name: str | None = None


class FormPage(Shape):
    """A page of a form with its questions."""

    id: int
    name: str | None = None
    fields: tuple[FormField, ...] | None = None


class GivenAnswer(Shape):
    """An answer to one question."""

    field_id: int
    sub_field_id: int | None = None
    value: Any = None


class FormResponse(Shape):
    """What somebody answered to a form."""

    id: int
    email: str | None = Field(default=None, json_schema_extra=PERSONAL)
    started: bool | None = None
    date_started: WireTime = None
    complete: bool | None = None
    date_completed: WireTime = None
    given_answers: tuple[GivenAnswer, ...] | None = Field(default=None, json_schema_extra=PERSONAL)
