"""Forms and answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from martech.models import PERSONAL
from martech_dotdigital.native.shapes.base import Shape, WireTime


class Form(Shape):
    """A form or survey."""

    id: int
    name: str | None = None
    url: str | None = None
    state: str | None = None
    date_survey_created: WireTime = None
    date_survey_modified: WireTime = None
    first_active_date: WireTime = None
    last_inactive_date: WireTime = None
    scheduled_start_date: WireTime = None
    scheduled_end_date: WireTime = None
    first_response_date: WireTime = None
    last_response_date: WireTime = None
    total_complete_responses: int | None = None
    total_incomplete_responses: int | None = None
    total_complete_responses_in_last_day: int | None = None
    total_complete_responses_in_last_week: int | None = None
    total_views: int | None = None
    total_bounces: int | None = None
    time_to_complete_max: int | None = None
    time_to_complete_min: int | None = None
    time_to_complete_total: int | None = None
    source_direct_total: int | None = None
    source_email_total: int | None = None
    source_embedded_total: int | None = None
    source_popover_total: int | None = None
    source_facebook_total: int | None = None
    source_twitter_total: int | None = None
    source_google_plus_total: int | None = None
    source_other_total: int | None = None
    submission_mode: str | None = None
    confirmation_mode: str | None = None
    field_count: int | None = None
    notify_creator_on_response: bool | None = None
    respondent_notification_type: str | None = None
    respondent_notification_campaign_id: int | None = None
    is_assigned_to_address_book: bool | None = None
    assigned_address_book_target: str | None = None
    assigned_specific_address_book_id: int | None = None


class FormChoice(Shape):
    """An answer that a question offers."""

    id: int
    text: str | None = None


class FormField(Shape):
    """A question of a form."""

    id: int
    type: str | None = None
    text: str | None = None
    is_required: bool | None = None
    mode: str | None = None
    default_value: Any = None
    choices: tuple[FormChoice, ...] | None = None
    has_other_option: bool | None = None
    other_option_choice_id: int | None = None
    other_option_sub_field_id: int | None = None
    other_option_text_field_id: int | None = None
    sub_fields: tuple[FormField, ...] | None = None
    is_assigned_to_contact_data_field: bool | None = None
    assigned_contact_data_field_name: str | None = None
    assigned_contact_data_exists_action: str | None = None


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
