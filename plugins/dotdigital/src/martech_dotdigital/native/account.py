"""The account: custom identifiers, and the recycle bin."""

from __future__ import annotations

from martech.models import IdentifierDefinition, IdentifierKind
from martech.provider import M, Resource, delete, operation, post
from martech_dotdigital.reading import read_v3
from martech_dotdigital.wire.account import CustomIdentifier

__all__ = ["NativeAccount"]


class NativeAccount(Resource[M]):
    """What the account lets one change about itself."""

    row = "native.account"

    @operation
    async def create_custom_identifier(self, name: str) -> IdentifierDefinition:
        """Make an identifier by which contacts can be named; the account may have a few. One request.

        Raises:
            Conflict: There is one of that name, or there are as many as the account may have.
        """
        reply = await post("/configuration/v3/customIdentifiers", json={"name": name}, limit="medium")
        made = read_v3(CustomIdentifier, reply)
        return IdentifierDefinition(kind=IdentifierKind.CUSTOM, name=made["name"], raw=made)

    @operation
    async def delete_custom_identifier(self, name: str) -> None:
        """Remove an identifier with the values of every contact. One request.

        Raises:
            Conflict: A segment or program uses it.
        """
        await delete("/configuration/v3/customIdentifiers/{name}", name=name, limit="medium")

    @operation
    async def empty_recycle_bin(self) -> None:
        """Erase for good everybody who was deleted. There is no way back, and no way to erase one alone.

        One request; the vendor does it in the background and does not say when it is done.
        """
        await post("/v2/accounts/empty-recycle-bin", repeatable=True, limit="medium")
