"""What Pigeonpost has and no other vendor means: `client.native`."""

from __future__ import annotations

from martech.provider import M, Resource, get, operation, read
from martech_example.wire import StampsAnswer


class Native(Resource[M]):
    """Pigeonpost's own operations."""

    row = "native"

    @operation
    async def stamps(self) -> int:
        """Return how many letters are left. One request."""
        return read(StampsAnswer, await get("/stamps"))["left"]
