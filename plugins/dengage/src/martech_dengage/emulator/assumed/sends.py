"""ASSUMPTION: how a campaign's send lives: it is scheduled, goes out in batches, can be paused, and ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from martech_dengage.emulator.audience import Audience
from martech_dengage.emulator.contact_book import ADDRESS_OF, Contact
from martech_dengage.emulator.content import Content
from martech_dengage.emulator.envelope import invalid
from martech_dengage.emulator.messages import Kind, Message
from martech_dengage.emulator.rendering import render
from martech_dengage.emulator.vendor import Vendor

__all__ = ["Send", "SendDesk", "Status"]


class Status:
    """The words for where a send is."""

    SCHEDULED = "SCHEDULED"
    SENDING = "SENDING"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"


# From which statuses each step is possible.
_STEPS: Mapping[str, Sequence[str]] = {
    "pause": (Status.SCHEDULED, Status.SENDING),
    "resume": (Status.PAUSED,),
    "cancel": (Status.SCHEDULED, Status.SENDING, Status.PAUSED),
}


@dataclass(slots=True)
class Send:
    """One dispatch of a content to an audience."""

    send_id: str
    channel: str
    name: str
    content: Content
    audience: Audience
    audience_given: Mapping[str, Any]
    created_at: datetime
    due: datetime
    scheduled: str | None
    tags: Sequence[str]
    deduplicate: bool = False
    track_open: bool = True
    track_click: bool = True
    status: str = Status.SCHEDULED
    turn: int = 0
    """Counts pauses and resumptions, so that what was planned before one of them is not done after it."""
    waiting: list[str] | None = None
    """The contact keys of the audience as it was when the send began, last first."""
    addresses: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)


class SendDesk:
    """Lets sends go out. Who may be written to is looked at for each batch, when it goes."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def plan(self, send: Send) -> None:
        """Begin now, or when the send is due."""
        if send.due > self._vendor.agenda.now():
            send.status = Status.SCHEDULED
            self._vendor.agenda.at(send.due, self._in_turn(send, self._begin))
        else:
            self._begin(send)

    def step(self, send: Send, step: str) -> None:
        """Pause, resume or cancel a send; raises a refusal where its status does not allow that."""
        if send.status not in _STEPS[step]:
            raise invalid(f"a send that is {send.status} cannot {step}")
        send.turn += 1
        match step:
            case "pause":
                send.status = Status.PAUSED
            case "cancel":
                send.status = Status.CANCELLED
            case _:
                self.plan(send)

    def _in_turn(self, send: Send, work: Callable[[Send], None]) -> Callable[[], None]:
        turn = send.turn

        def unless_interrupted() -> None:
            if send.turn == turn:
                work(send)

        return unless_interrupted

    def _begin(self, send: Send) -> None:
        send.status = Status.SENDING
        self._vendor.agenda.later(self._vendor.send_lead_seconds, self._in_turn(send, self._batch))

    def _batch(self, send: Send) -> None:
        if send.waiting is None:
            send.waiting = list(send.audience())[::-1]
        size = self._vendor.send_batch_size
        batch, send.waiting = send.waiting[-size:][::-1], send.waiting[:-size]
        messages = [message for key in batch if (message := self._message(send, key)) is not None]
        send.messages += messages
        self._vendor.mail.arrive(messages)
        following = self._batch if send.waiting else self._complete
        self._vendor.agenda.later(self._vendor.send_batch_seconds, self._in_turn(send, following))

    def _complete(self, send: Send) -> None:
        send.status = Status.COMPLETED

    def _message(self, send: Send, key: str) -> Message | None:
        vendor = self._vendor
        contact = vendor.contacts.get(key)
        if contact is None or not contact.reachable(send.channel):
            return None
        address = contact[ADDRESS_OF[send.channel]]
        if send.deduplicate and address in send.addresses:
            return None
        send.addresses.add(address)
        message = Message(
            vendor.new_id(),
            send.channel,
            address,
            vendor.agenda.now(),
            contact_key=key,
            send_id=send.send_id,
            tags=send.tags,
            track_open=send.track_open,
            track_click=send.track_click,
        )
        details = {**self._written(send, contact, message), "contact_key": key}
        vendor.mail.post(message, f"campaign {send.send_id}", key=f"{send.send_id}/{key}", details=details)
        if send.channel == "sms":
            vendor.mail.happen(message, Kind.WAITING)
        return message

    def _written(self, send: Send, contact: Contact, message: Message) -> dict[str, str]:
        language = send.content.in_language(None)
        places = {"body": "message"} if send.channel == "sms" else {"subject": "subject", "body": "content"}
        link = f"{self._vendor.public_url}/unsubscribe/{message.tracking_id}"
        return {
            place: render(language[source], current={}, contact=contact.values, unsubscribe_link=link)
            for place, source in places.items()
        }
