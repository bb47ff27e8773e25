"""Attributes: definitions of custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.resources import M, Resource, operation, paged

if TYPE_CHECKING:
    from martech.models import AttributeDefinition, Page

__all__ = ["Attributes"]


class Attributes(Resource[M]):
    """Attributes: which named values a contact may have."""

    row = "attributes"

    @paged
    async def list(self, cursor: str | None) -> Page[AttributeDefinition]:
        """Iterate over the definitions."""
        return await self._provider.attributes.list(cursor)

    @operation
    async def create(self, definition: AttributeDefinition) -> AttributeDefinition:
        """Make a definition. One request.

        Raises:
            Conflict: The name is taken.
        """
        return await self._provider.attributes.create(definition)

    @operation
    async def delete(self, name: str) -> None:
        """Remove a definition, with its values of every contact. One request.

        Raises:
            Conflict: Something uses it.
        """
        await self._provider.attributes.delete(name)
