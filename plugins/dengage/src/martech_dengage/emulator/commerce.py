"""Products and orders of shops (D21, C3, C6), events of visitors (C3), and the trigger of flows (C4, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming, Response, reply, route
from martech_dengage.emulator.bulk import LARGEST_BULK
from martech_dengage.emulator.dates import moment
from martech_dengage.emulator.envelope import Refusal, invalid, malformed, operation
from martech_dengage.emulator.reading import Fields, is_uuid
from martech_dengage.emulator.tables import SDK_TABLES
from martech_dengage.emulator.values import Unacceptable
from martech_dengage.emulator.vendor import ACCOUNT_ID, Vendor

__all__ = ["Commerce"]

PRODUCT_FIELDS = ("product_id", "title", "category_path", "price", "discounted_price", "link", "image_link")
VARIANT_FIELDS = ("product_variant_id", "title", "price", "discounted_price", "image_link")
ORDER_WORDS = {
    "order_status": ("success", "refund"),
    "order_source": ("web", "mobile_app", "offline"),
    "payment_method": (
        "cash",
        "bank_transfer",
        "credit_card",
        "debit_card",
        "mobile_payment",
        "check",
        "prepaid_card",
        "crypto",
        "cod",
        "online_payment",
    ),
}


class Commerce(Vendor):
    """Routes that take what shops and their visitors do."""

    @operation("POST", "/dataspace/ecomm/product/upsert")
    def upsert_products(self, incoming: Incoming) -> None:
        """UpsertProduct (D21): at most 1000; nothing is written if one of them is wrong."""
        products = Fields.of(incoming).inners("products", at_least=1, at_most=LARGEST_BULK)
        for product in products:
            _check_priced(product, PRODUCT_FIELDS)
            _number(product, "stock_count", at_least=0)
            for variant in product.inners("variants"):
                _check_priced(variant, VARIANT_FIELDS)
                if variant.has("product_id"):
                    raise invalid("a variant has no product_id of its own")
        self.products.update((str(product.raw("product_id")), dict(product.given)) for product in products)

    @operation("POST", "/dataspace/ecomm/orders_detail/upsert")
    def upsert_orders(self, incoming: Incoming) -> None:
        """UpsertOrders (C3, C6): the sums of an order must be those of its items."""
        orders = Fields.of(incoming).inners("orders", at_least=1, at_most=LARGEST_BULK)
        for order in orders:
            _check_order(order)
        self.orders.update((order.text("order_id"), dict(order.given)) for order in orders)

    @operation("POST", "/dataspace/triggerAutomatedFlow")
    def trigger_automated_flow(self, incoming: Incoming) -> Mapping[str, Any]:
        """TriggerAutomatedFlow (C4, C6): refused in a 200, with `HasError`; what a flow then does is not said."""
        step_id = Fields.of(incoming).raw("id")
        if not is_uuid(step_id):
            raise malformed("id need to be a guid!")  # in these words (C4)
        flow = self.flows.get(step_id)
        if flow is None or not flow.active:
            why = "the flow was not found" if flow is None else "the flow is not active"
            return {"HasError": True, "ErrorMessage": why}
        flow.triggered += 1
        return {"HasError": False, "ErrorMessage": None}

    @route("POST", "/api/web/event")
    def web_event(self, incoming: Incoming) -> Response:
        """Take one event, on the event host (C3): accepted says nothing about stored (C6)."""
        try:
            body = Fields.of(incoming)
            account, table_name = body.text("accountId"), body.text("eventTable")
            event = {"contact_key": body.text("key"), **body.inner("eventDetails").given}
        except Refusal:
            return reply(400)
        try:
            table = self.tables.by_name(table_name)
            row = event if table.system else {name: c.read(event.get(name)) for name, c in table.columns.items()}
            if account == ACCOUNT_ID and (not table.system or table.name in SDK_TABLES):
                # Every key that is written to a sendable table becomes a contact (D8).
                self.tables.upsert(table, [row])
        except (Refusal, Unacceptable):
            # Rows for a table that is not there, or does not take them, vanish without a word (C6).
            return reply(200)
        return reply(200)


def _number(given: Fields, name: str, *, at_least: float) -> float:
    value = given.raw(name)
    if value is None:
        return at_least
    if isinstance(value, bool) or not isinstance(value, int | float) or value < at_least:
        raise invalid(f"{name} must be a number of at least {at_least}")
    return value


def _check_priced(given: Fields, required: tuple[str, ...]) -> None:
    if missing := [name for name in required if given.raw(name) in (None, "")]:
        raise invalid(f"{', '.join(missing)} is required and must not be empty")
    if _number(given, "discounted_price", at_least=0) > _number(given, "price", at_least=0):
        raise invalid("discounted_price must not be above price")


def _check_order(order: Fields) -> None:
    order.text("order_id")
    order.text("contact_key")
    try:
        moment(order.text("order_date"))
    except ValueError as wrong:
        raise invalid(f"order_date: {wrong}") from wrong
    for name, words in ORDER_WORDS.items():
        if order.text(name) not in words:
            raise invalid(f"{name} must be one of {', '.join(words)}")
    items = order.inners("items", at_least=1)
    for item in items:
        item.text("product_id")
    paid = sum(
        _number(item, "discounted_price", at_least=0) * _number(item, "quantity", at_least=1) for item in items
    )
    if order.raw("item_count") != sum(_number(item, "quantity", at_least=1) for item in items):
        raise invalid("item_count must be the sum of the quantities")
    if abs(_number(order, "total_amount", at_least=0) - paid) > 0.005:
        raise invalid("total_amount must be the sum of the prices paid")
