"""Deliveries as the vendor sends them to a receiver, with its signature header, good and bad.

What is stated (doc:hooks): the header `x-signature: t=…,s0=…,s1=…` with 64 upper-case hex digits each, the content
type, the user agent, and a compact body whose members are in alphabetical order.

ASSUMPTION, never checked against a real secret: `s_i = HMAC-SHA256(secret_i, "<t>." + raw body)`, `s0` and `s1`
being two live secrets during a rotation, the newer one first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic_core import to_json

from martech.emulation import Clock, Headers, HttpRequest
from martech_digital_onboarding.emulator.assumptions import WEBHOOK_TOLERANCE_SECONDS
from martech_digital_onboarding.emulator.vocabulary import (
    WEBHOOK_AGENT,
    WEBHOOK_CONTENT_TYPE,
    WEBHOOK_SIGNATURE_HEADER,
)

__all__ = ["CONTACT_UPDATED", "Variant", "WebhookSender"]

CONTACT_UPDATED = "contact.updated"
"""The one type that could be read in the vendor's documents; every other type is an invention of the caller."""

Variant = Literal[
    "good",
    "single_secret",
    "swapped",
    "replayed",
    "stale",
    "future",
    "bad",
    "tampered",
    "no_header",
    "no_time",
    "nonsense_time",
    "no_signature",
]
"""What a delivery is like.

`good`, `single_secret` (only `s0`) and `swapped` (the two signatures in each other's place) are genuine;
`replayed` is the last genuine one again, byte by byte; `stale` and `future` are signed correctly at a time beyond
the assumed tolerance; `bad` is signed with a secret that nobody has; `tampered` has another body than was signed;
the last four have no header, or one that lacks something.
"""


class WebhookSender:
    """Builds the requests that the vendor would post to a receiver. It never opens a connection itself."""

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str], url: str) -> None:
        self.url = url
        """Where a person configured deliveries to go (there is no interface for it)."""
        self.content_type = WEBHOOK_CONTENT_TYPE
        """What deliveries call themselves; the prose of the vendor's page says `application/json`."""
        self.collected: list[HttpRequest] = []
        """The deliveries that the emulator's own updates caused, while it collects them."""
        self._clock = clock
        self._new_secret = new_secret
        self._newer, self._older = f"whsec_{new_secret()}", f"whsec_{new_secret()}"
        self._last_genuine: HttpRequest | None = None

    @property
    def secrets(self) -> tuple[str, str]:
        """The two live secrets, the newer one first."""
        return self._newer, self._older

    def rotate(self) -> str:
        """Retire the older secret, bring in a new one and return it."""
        self._newer, self._older = f"whsec_{self._new_secret()}", self._newer
        return self._newer

    def delivery(
        self,
        contact_id: str,
        *,
        event_type: str = CONTACT_UPDATED,
        variant: Variant = "good",
        members: Mapping[str, Any] | None = None,
    ) -> HttpRequest:
        """Return one delivery about a contact, named by the vendor's own id.

        Args:
            contact_id: The vendor's id of the contact, which is not its `unique_id`.
            event_type: `contact.updated`, or a type that the caller invents.
            variant: What the delivery is like.
            members: Further members of the body, which depend on the type.

        Raises:
            ValueError: There is nothing yet that could be replayed.
        """
        if variant == "replayed":
            if self._last_genuine is None:
                raise ValueError("nothing was delivered yet that could be replayed")
            return self._last_genuine
        content = {"contact_id": contact_id, "type": event_type, **(members or {})}
        body = to_json(dict(sorted(content.items())))
        request = self._request(body, self._header(body, variant))
        if variant in ("good", "single_secret", "swapped"):
            self._last_genuine = request
        if variant == "tampered":
            return self._request(
                body.replace(b'"type":"', b'"type":"x'), request.headers.get(WEBHOOK_SIGNATURE_HEADER)
            )
        return request

    def collect(self, contact_id: str) -> None:
        """Keep a good `contact.updated` delivery about a contact."""
        self.collected.append(self.delivery(contact_id))

    def _header(self, body: bytes, variant: Variant) -> str | None:
        at = int(self._clock.now().timestamp())
        beyond = WEBHOOK_TOLERANCE_SECONDS + 1
        at += {"stale": -beyond, "future": beyond}.get(variant, 0)
        first, second = self._newer, self._older
        if variant == "bad":
            first, second = self._new_secret(), self._new_secret()
        s0, s1 = _signature(first, at, body), _signature(second, at, body)
        match variant:
            case "no_header":
                return None
            case "no_signature":
                return f"t={at}"
            case "no_time":
                return f"s0={s0},s1={s1}"
            case "nonsense_time":
                return f"t=now,s0={s0},s1={s1}"
            case "single_secret":
                return f"t={at},s0={s0}"
            case "swapped":
                return f"t={at},s0={s1},s1={s0}"
            case _:
                return f"t={at},s0={s0},s1={s1}"

    def _request(self, body: bytes, signature: str | None) -> HttpRequest:
        headers = [("user-agent", WEBHOOK_AGENT), ("content-type", self.content_type)]
        if signature is not None:
            headers.append((WEBHOOK_SIGNATURE_HEADER, signature))
        return HttpRequest("POST", self.url, Headers(headers), body)


def _signature(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest().upper()
