"""Digital Onboarding's shapes, in its own words, checked when they arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypeGuard, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator, with_config
from typing_extensions import TypedDict

from martech.provider import Request, Response, UnexpectedResponse, read

T = TypeVar("T")

_KEPT_WHOLE = ConfigDict(extra="allow")
"""What an answer has besides is kept, for `raw`."""


@with_config(_KEPT_WHOLE)
class ContactAnswer(TypedDict, total=False):
    """A contact as every answer shows it; a member may be null or missing (seed, "Contacts").

    Only what is relied on is checked, so that one odd member does not make a whole batch unreadable.
    """

    id: str | None
    unique_id: str | int | None
    email: Any
    phone_mobile: Any
    name_first: Any
    name_last: Any
    unsubscribe_email: Any
    unsubscribe_sms: Any
    meta_public: Any
    inserted_at: Any
    updated_at: Any


class BatchAnswer(TypedDict):
    """Answer to a batch: who was made and who was changed, in any order (seed, "Create or Update a Batch")."""

    new_contacts: NotRequired[list[ContactAnswer] | None]
    existing_contacts: NotRequired[list[ContactAnswer] | None]


@with_config(_KEPT_WHOLE)
class TemplateAnswer(TypedDict):
    """A template (seed, "Templates")."""

    id: str | int
    name: NotRequired[str | None]


class TemplatesAnswer(BaseModel):
    """All templates, in the documented wrapper or bare, as a third party saw them (observed)."""

    templates: list[TemplateAnswer]

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, answer: Any) -> Any:
        return _under("templates", answer)


@with_config(_KEPT_WHOLE)
class ObjectiveAnswer(TypedDict):
    """An objective (seed, "Objectives")."""

    key: str
    name: NotRequired[str | None]
    id: NotRequired[str | int | None]
    team_id: NotRequired[str | int | None]


class ObjectivesAnswer(BaseModel):
    """All objectives, in the documented wrapper or bare, as a third party saw them (observed)."""

    objectives: list[ObjectiveAnswer]

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, answer: Any) -> Any:
        return _under("objectives", answer)


class JourneyAnswer(TypedDict):
    """A journey that was made (seed, "Create a Journey from a Template"). Slug and address are secrets."""

    id: str | int
    slug: NotRequired[str | None]
    web_client_url: NotRequired[str | None]


def _under(name: str, answer: Any) -> Any:
    """Return a bare array under the name that it is documented to have."""
    return {name: answer} if is_array(answer) else answer


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def members_of(value: object) -> Mapping[str, Any]:
    """Return the members of a JSON object; anything else has none."""
    return value if is_object(value) else _NO_MEMBERS


_NO_MEMBERS: Mapping[str, Any] = {}


def is_array(value: object) -> TypeGuard[Sequence[Any]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


async def answered(shape: type[T], request: Request) -> T:
    """Make a request and return its answer in its shape.

    Raises:
        UnexpectedResponse: It differs; says where.
    """
    return readable(shape, await request)


def readable(shape: type[T], response: Response) -> T:
    """Return an answer in its shape.

    Raises:
        UnexpectedResponse: It differs; says where, and shows names of members at most: what an answer holds is
            somebody's, and a text or a page has no names to keep to.
    """
    try:
        return read(shape, response)
    except UnexpectedResponse as unread:
        if response.body.lstrip()[:1] not in (b"{", b"["):
            unread.excerpt = None
        raise
