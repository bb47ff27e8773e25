"""ASSUMPTION: pushes by tag, whose path is unseen (fields: D17), and the inbox, whose answer is (path: C6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.envelope import Answer, invalid, malformed, operation
from martech_dengage.emulator.push import check_push_content
from martech_dengage.emulator.reading import Fields
from martech_dengage.emulator.transactional import TransactionalBase
from martech_dengage.emulator.vendor import Device

__all__ = ["AssumedPush"]

MOST_TAGS = 3


class AssumedPush(TransactionalBase):
    """Routes of pushes that rest on guesses."""

    @operation("POST", "/transactional/pushByTag")
    def send_transactional_push_by_tag(self, incoming: Incoming) -> Answer:
        """SendTransactionalPushByTag (D17): to all devices of some applications that carry tags."""
        body = Fields.of(incoming)

        def work() -> Answer:
            applications = body.texts("applicationIds", at_least=1)
            carries = _carries(body)
            title, tracking_id = check_push_content(self, body), self.new_id()
            for device in self.devices:
                if device.application_id in applications and carries(device) and self.takes_push(device):
                    recipient = device.contact_key or device.token
                    self.send(
                        "push", recipient, "transactional by tag", key=body.text_or_none("traceId"), title=title
                    )
            return Answer({self.message_id_key: tracking_id})

        return self.once("transactional push by tag", body.text_or_none("traceId"), work)

    @operation("GET", "/api/inbox/getMessages")
    def inbox_messages(self, incoming: Incoming) -> Mapping[str, Any]:
        """Read the messages that transactional pushes left in the inbox of a contact, until they expire."""
        if not (key := incoming.arg("contactKey")):
            raise malformed("contactKey is required")
        now = self.agenda.now()
        return {"messages": [details for expires_at, details in self.inbox.get(key, []) if now < expires_at]}


def _carries(body: Fields) -> Callable[[Device], bool]:
    """Return whether a device carries all, or any, of the tags of a body; a tag without value matches any."""
    tags = [
        (tag.text("tagName"), tag.text_or_none("tagValue"))
        for tag in body.inners("tagList", at_least=1, at_most=MOST_TAGS)
    ]
    operator = body.text_or_none("tagOperator")
    if len(tags) > 1 and operator not in ("AND", "OR"):
        raise invalid("tagOperator must be AND or OR where there are several tags")
    combined = any if operator == "OR" else all
    return lambda device: combined(
        name in device.tags and value in (None, device.tags[name]) for name, value in tags
    )
