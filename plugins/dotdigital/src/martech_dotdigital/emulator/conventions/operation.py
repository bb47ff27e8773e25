"""How a method of the emulator becomes one of the vendor's operations."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from martech.emulation import Incoming, Response, route
from martech_dotdigital.emulator.conventions.limits import Tier

__all__ = ["Handler", "operation"]

Handler = Callable[[Any, Incoming], Response]
H = TypeVar("H", bound=Handler)


class _Performs(Protocol):
    def perform(self, handler: Handler, incoming: Incoming, tier: Tier) -> Response: ...


def operation(method: str, *patterns: str, tier: Tier = Tier.MEDIUM) -> Callable[[H], H]:
    """Mark a method as the answer to one operation, under one or several paths, in a tier of the rate limits."""

    def mark(handler: H) -> H:
        @wraps(handler)
        def answered(vendor: _Performs, incoming: Incoming) -> Response:
            return vendor.perform(handler, incoming, tier)

        for pattern in patterns:
            route(method, pattern)(answered)
        return cast("H", answered)

    return mark
