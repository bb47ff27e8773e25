"""Templates: content kept at the vendor, with places to fill."""

from __future__ import annotations

from martech.models import Channel, Page, Template
from martech.provider.resources import M, Resource, operation, paged

__all__ = ["Templates"]


class Templates(Resource[M]):
    """Templates, per channel where the vendor has them for several."""

    row = "templates"

    @paged
    async def list(self, cursor: str | None, *, channel: Channel = Channel.EMAIL) -> Page[Template]:
        """Iterate over the templates; listings may leave the contents out."""
        return await self._provider.templates.list(channel, cursor)

    @operation
    async def get(self, template_id: str, *, channel: Channel = Channel.EMAIL) -> Template:
        """Return one template with its contents. One request.

        Raises:
            NotFound: There is none.
        """
        return await self._provider.templates.get(template_id, channel=channel)

    @operation
    async def create(self, template: Template) -> Template:
        """Make a template; returned with its id. One request."""
        return await self._provider.templates.create(template)

    @operation
    async def update(self, template: Template) -> Template:
        """Change what is given of a template, named by its id."""
        return await self._provider.templates.update(template)

    @operation
    async def delete(self, template_id: str, *, channel: Channel = Channel.EMAIL) -> None:
        """Remove a template."""
        await self._provider.templates.delete(template_id, channel=channel)
