"""Templates: content kept at the vendor, with places to fill."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from martech.models.base import Answer, Model
from martech.models.consent import Channel

__all__ = ["Template", "TemplateContent"]


class TemplateContent(Model):
    """The content of a template in one language."""

    language: str | None = None
    subject: str | None = None
    html: str | None = Field(default=None, repr=False)
    text: str | None = Field(default=None, repr=False)
    sender_name: str | None = None
    sender_address: str | None = None


class Template(Answer):
    """Content kept at the vendor. Listings may leave the contents out."""

    id: str | None = None
    name: str
    channel: Channel = Channel.EMAIL
    contents: tuple[TemplateContent, ...] = ()
    transactional: bool | None = None
    """Whether transactional messages may use it; None where the vendor does not distinguish."""
    folder: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
