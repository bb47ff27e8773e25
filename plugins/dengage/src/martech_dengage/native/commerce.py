"""Products and orders of shops."""

from __future__ import annotations

from collections.abc import Sequence

from martech.provider import M, observed, operation, post
from martech_dengage import seen
from martech_dengage.native.base import Data, Group, data_of

__all__ = ["Commerce"]


class Commerce(Group[M]):
    """UpsertProduct (D21) and UpsertOrders (C3, C6). Both go by the ids in them, so twice is once."""

    row = "native.commerce"

    @operation
    @observed(seen.PRODUCTS)
    async def upsert_products(self, products: Sequence[Data]) -> Data:
        """Write up to 1000 products with their variants. One request."""
        reply = await post("/dataspace/ecomm/product/upsert", json={"products": list(products)}, repeatable=True)
        return data_of(reply)

    @operation
    @observed(seen.ORDERS)
    async def upsert_orders(self, orders: Sequence[Data]) -> Data:
        """Write orders with their items. One request."""
        reply = await post("/dataspace/ecomm/orders_detail/upsert", json={"orders": list(orders)}, repeatable=True)
        return data_of(reply)
