"""Messages at Pigeonpost: letters."""

from __future__ import annotations

from collections.abc import Mapping

from martech.models import Channel, EmailMessage, MessageReport, MessageState, Receipt
from martech.provider import (
    Extra,
    InvalidRequest,
    MessageOperations,
    Request,
    Settings,
    assumes,
    declines,
    not_offered,
    read,
    send,
)
from martech_example import assumed
from martech_example.mapping import LETTER_STATES
from martech_example.wire import LetterAnswer, LetterState

NONCE_SECONDS = 3600.0
"""For how long a letter may be told again under its nonce. The vendor knows one for a day; clocks differ."""
NO_SMS = not_offered("Pigeonpost carries letters only, no SMS.")
ONLY_EMAIL = {channel: NO_SMS for channel in Channel if channel is not Channel.EMAIL}


class Messages(MessageOperations):
    """Letters. The vendor knows a repetition by its `nonce`, which is our send key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send_email(self, message: EmailMessage, *, key: str, extra: Extra) -> Receipt:
        """One request."""
        del extra
        letter = letter_to_wire(message) | {"nonce": key}
        answer = read(LetterAnswer, await _send_letter(letter, key))
        return Receipt(message_id=answer["letter"], channel=Channel.EMAIL, send_key=key)

    send_template = not_offered("Pigeonpost keeps no templates.", instead="messages.send_email")
    send_sms = NO_SMS

    @assumes(assumed.LETTER_STATE, settings=("letter_path",))
    @declines(channel=ONLY_EMAIL)
    async def status(self, message_id: str, *, channel: Channel) -> MessageReport:
        """One request."""
        answer = read(LetterState, await assumed.letter_state(self._settings, message_id))
        state = LETTER_STATES.get(answer["state"], MessageState.UNKNOWN)
        return MessageReport(message_id=message_id, channel=channel, state=state, vendor_word=answer["state"])

    reports = not_offered("Pigeonpost tells about letters one by one.", instead="messages.status")


def _send_letter(letter: Mapping[str, str], key: str) -> Request:
    return send("/letters", json=letter, send_key=key, known_again_seconds=NONCE_SECONDS)


def letter_to_wire(message: EmailMessage) -> dict[str, str]:
    """Return a message as a letter.

    Raises:
        InvalidRequest: It says what a letter cannot say.
    """
    beyond = [
        name
        for name in ("cc", "bcc", "sender", "reply_to", "attachments", "headers", "tags", "metadata")
        if getattr(message, name)
    ]
    if beyond or len(message.to) != 1:
        raise InvalidRequest(
            f"a letter has one recipient and a body, nothing for {', '.join(beyond) or 'several'}"
        )
    if message.html is None:
        raise InvalidRequest("the body of a letter is HTML, and this message has none")
    return {"to": message.to[0].address, "subject": message.subject, "body": message.html}
