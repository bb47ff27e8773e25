"""The contract for attributes: definitions of custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.provider.operations.base import Operations, undeclared

if TYPE_CHECKING:
    from martech.models import AttributeDefinition, Page

__all__ = ["AttributeOperations"]


class AttributeOperations(Operations):
    """Attributes: which named values a contact may have."""

    row = "attributes"

    async def list(self, cursor: str | None) -> Page[AttributeDefinition]:
        """Return one page of the definitions."""
        raise undeclared()

    async def create(self, definition: AttributeDefinition) -> AttributeDefinition:
        """Make a definition; `Conflict` if the name is taken."""
        raise undeclared()

    async def delete(self, name: str) -> None:
        """Remove a definition with the values of every contact; `Conflict` if it is in use."""
        raise undeclared()
