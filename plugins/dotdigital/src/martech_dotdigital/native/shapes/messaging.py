"""Files, templates, webhooks and checked numbers of the messaging half."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr

from martech.models import PERSONAL
from martech_dotdigital.native.shapes.base import Shape, WireTime


class ContentFile(Shape):
    """A file that messages may point to."""

    id: str
    url: str | None = None
    name: str | None = None
    type: str | None = None
    size: int | None = None


class OmniTemplate(Shape):
    """A template of the messaging half."""

    id: str | None = None
    name: str | None = None
    description: str | None = None
    message_parts: tuple[Any, ...] | None = Field(default=None, repr=False)


class HistoryMessage(Shape):
    """A message with a profile of the messaging half."""

    message_id: str
    submitted_on: WireTime = None
    channel_id: str | None = None
    direction: str | None = None
    status: str | None = None
    message: dict[str, Any] | None = Field(default=None, json_schema_extra=PERSONAL)


class WebhookFilter(Shape):
    """What an event must have to be told."""

    name: str
    value: str | None = None


class WebhookSubscription(Shape):
    """A type of event a webhook tells of."""

    type: str
    filters: tuple[WebhookFilter, ...] | None = None


class Webhook(Shape):
    """Where the vendor tells of events, and of which. Its secret signs what is told."""

    id: str | None = None
    name: str | None = None
    url: str | None = None
    secret: SecretStr | None = None
    subscriptions: tuple[WebhookSubscription, ...] | None = None
    batch: bool | None = None
    max_batch_size: int | None = None
    batch_timeout: int | None = None


class AvailableFilter(Shape):
    """A filter that a type of event can be given."""

    name: str | None = None
    path: str | None = None
    required: bool | None = None
    description: str | None = None


class AvailableEvent(Shape):
    """A type of event that webhooks of this account can tell of."""

    type: str | None = None
    description: str | None = None
    filters: tuple[AvailableFilter, ...] | None = None


class EventTemplate(Shape):
    """Some types of events that are usually wanted together."""

    name: str | None = None
    description: str | None = None
    events: tuple[str, ...] | None = None


class NumberCheck(Shape):
    """What is known of one number. Whether the phone is on, the network says."""

    phone_number: str | None = Field(default=None, json_schema_extra=PERSONAL)
    status: str | None = None
    country_idd: str | None = None
    network_details: dict[str, Any] | None = None


class NumbersJob(Shape):
    """A file of numbers that is being checked."""

    job_id: int
    filename: str | None = None
    country_iso_code: str | None = None
    phone_number_count: int | None = None
    invalid_count: int | None = None
    status: str | None = None
    percent_complete: int | None = None
    status_flag: str | None = None
    api_space_id: str | None = None
    user_id: int | None = None
    file_path: str | None = None
    csv_delimiter: str | None = None
    has_header: bool | None = None
    number_column_name: str | None = None
    live_info_count: int | None = None
    chargeable_live_info_count: int | None = None
    min_retention: WireTime = None
    created: WireTime = None
    updated: WireTime = None

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return (self.status or "").casefold() in ("completed", "failed", "cancelled")
