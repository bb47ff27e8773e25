"""Webhooks: who is told of what, and how the telling goes (section 25)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from martech.emulation import HttpRequest, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import cpaas_object
from martech_dotdigital.emulator.core import Core
from martech_dotdigital.emulator.messaging.webhook_queue import Webhook

__all__ = ["WEBHOOK_EVENTS", "WebhookOperations"]

ONE = "/cpaas/webhooks/{webhookId}"
SHORTEST_SECRET = 16
WEBHOOK_EVENTS = (
    "message.sentRequest",
    "message.sent",
    "message.delivered",
    "message.read",
    "message.expired",
    "message.failed",
    "message.filtered",
    "message.inbound",
    "interaction.click",
    "complaint.received",
    "profile.create",
    "profile.update",
    "profile.delete",
    "profile.undelete",
    "profile.devicesUpdated",
)
NOBODY = 599
"""The status of a receiver that could not be reached."""


class WebhookOperations(Core):
    """Webhook configurations, and their deliveries."""

    @operation("GET", "/cpaas/webhooks")
    def list_webhooks(self, incoming: Incoming) -> Response:
        """List the webhooks."""
        deleted = incoming.arg("includeDeleted") == "true"
        shown = [one.shape() for one in self.webhooks.webhooks.values() if deleted or not one.deleted]
        return answer(200, shown)

    @operation("POST", "/cpaas/webhooks")
    def create_webhook(self, incoming: Incoming) -> Response:
        """Create a webhook."""
        made = Webhook(self.new_id(), self._webhook_body(incoming), self.now(), self.now())
        self.webhooks.webhooks[made.id] = made
        return made.answer(201)

    @operation("GET", "/cpaas/webhooks/availableevents")
    def list_available_events(self, incoming: Incoming) -> Response:
        """List the events one may ask for."""
        shapes: list[dict[str, Any]] = []
        for name in WEBHOOK_EVENTS:
            condition = {
                "name": "channel",
                "path": "details.channel",
                "required": False,
                "description": "The channel it happened on",
            }
            shape: dict[str, Any] = {"type": name, "description": f"Raised for {name}", "filters": [condition]}
            if incoming.arg("includeSchemas") == "true":
                shape["schema"] = {"type": "object"}
            shapes.append(shape)
        return answer(200, shapes)

    @operation("GET", "/cpaas/webhooks/availabletemplates")
    def list_available_templates(self, _: Incoming) -> Response:
        """List the selections of events that go together."""
        templates = {
            "Message statuses": [name for name in WEBHOOK_EVENTS if name.startswith("message.")],
            "Profile changes": [name for name in WEBHOOK_EVENTS if name.startswith("profile.")],
        }
        shapes = [{"name": name, "description": name, "events": events} for name, events in templates.items()]
        return answer(200, shapes)

    @operation("GET", ONE)
    def get_webhook(self, incoming: Incoming) -> Response:
        """Return one webhook with its version."""
        return self._webhook(incoming, deleted=incoming.arg("includeDeleted") == "true").answer()

    @operation("PUT", ONE)
    def update_webhook(self, incoming: Incoming) -> Response:
        """Replace a webhook, unless somebody else did meanwhile."""
        known = self._webhook(incoming)
        known.match(incoming)
        known.change(self._webhook_body(incoming), self.now())
        return known.answer()

    @operation("DELETE", ONE)
    def delete_webhook(self, incoming: Incoming) -> Response:
        """Delete a webhook; what it was still to be told is forgotten."""
        known = self._webhook(incoming)
        known.match(incoming)
        known.deleted = True
        return answer(204)

    def webhook_deliveries(self, deliver: Callable[[HttpRequest], int] | None = None) -> list[HttpRequest]:
        """Return the signed deliveries that are due now.

        With `deliver`, or the switch of that name, each is sent and the receiver's status decides: 2xx is done,
        400 drops it for good, anything else, or an OSError, brings it back after the vendor's delays. With
        neither, what is returned counts as delivered.
        """
        with self._lock:
            self.settle()
            due = list(self.webhooks.due(self.now()))
        send = deliver or self.deliver
        requests: list[HttpRequest] = []
        for delivery in due:
            request = delivery.request()
            requests.append(request)
            # Without the lock: a receiver may well come back with a question.
            status = 200 if send is None else _sent(send, request)
            with self._lock:
                self.webhooks.answered(delivery, status, self.now())
        return requests

    def _webhook_body(self, incoming: Incoming) -> dict[str, Any]:
        body = cpaas_object(incoming, "name", "url")
        if not str(body["url"]).startswith(("https://", "http://")):
            raise cpaas_refusal(400, "Validation failed.", fields={"url": "is invalid"})
        secret = body.get("secret")
        if secret is not None and len(str(secret)) < SHORTEST_SECRET:
            raise cpaas_refusal(400, "Validation failed.", fields={"secret": "is too short"})
        for name, least, most in (("maxBatchSize", 1, 500), ("batchTimeout", 1, 60)):
            value = body.get(name)
            if value is not None and not (isinstance(value, int | float) and least <= value <= most):
                raise cpaas_refusal(400, "Validation failed.", fields={name: f"must be {least} to {most}"})
        for wanted in body.get("subscriptions") or ():
            if not isinstance(wanted, dict) or wanted.get("type") not in WEBHOOK_EVENTS:
                raise cpaas_refusal(400, "Validation failed.", fields={"subscriptions": "has an unknown type"})
        return {name: value for name, value in body.items() if not name.startswith("_") and name != "id"}

    def _webhook(self, incoming: Incoming, *, deleted: bool = False) -> Webhook:
        known = self.webhooks.webhooks.get(incoming.parts["webhookId"])
        if known is None or (known.deleted and not deleted):
            raise cpaas_refusal(404, "The webhook configuration was not found.")
        return known


def _sent(send: Callable[[HttpRequest], int], request: HttpRequest) -> int:
    try:
        return send(request)
    except OSError:
        return NOBODY
