"""The contract for templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from martech.models import Channel, Page, Template

__all__ = ["TemplateOperations"]


class TemplateOperations(Operations):
    """Templates: content kept at the vendor, per channel where it has several."""

    row = "templates"

    async def list(self, channel: Channel, cursor: str | None) -> Page[Template]:
        """Return one page of the templates; contents may be left out."""
        raise undeclared()

    async def get(self, template_id: str, *, channel: Channel) -> Template:
        """Return one template with its contents; `NotFound` if there is none."""
        raise undeclared()

    async def create(self, template: Template) -> Template:
        """Make a template; returned with its id."""
        raise undeclared()

    async def update(self, template: Template) -> Template:
        """Change what is given of a template, named by its id."""
        raise undeclared()

    async def delete(self, template_id: str, *, channel: Channel) -> None:
        """Remove a template."""
        raise undeclared()
