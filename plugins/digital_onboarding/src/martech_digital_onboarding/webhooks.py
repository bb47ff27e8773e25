"""What Digital Onboarding posts to a receiver: reading it, and telling whether it is genuine. Pure functions.

A person configures deliveries in the vendor's application (doc:hooks); there is no API for it. How they are signed
could not be read anywhere: `ASSUMED_V1` was inferred from one captured request and **never checked against a real
secret**. Pass another `Recipe` where it is wrong.

Deliveries are thin: the vendor's id of a contact and a verb. No documented endpoint reads a contact by that id, so
keep `vendor_id` beside your key from the results of upserts. The content type is never looked at: the captured
request calls its JSON `application/octet-stream`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any

from pydantic import AwareDatetime, Field, SecretStr

from martech.models import Answer
from martech.provider import ConfigurationError, MartechError
from martech_digital_onboarding import assumed
from martech_digital_onboarding.wire import members_of

SIGNATURE_HEADER = "x-signature"
CONTACT_UPDATED = "contact.updated"
"""The one type that could be read; any other is passed through as it is."""


class Rejection(StrEnum):
    """Why a delivery is not taken."""

    NO_HEADER = "no_header"
    NO_TIME = "no_time"
    UNREADABLE_TIME = "unreadable_time"
    NO_SIGNATURE = "no_signature"
    STALE = "stale"
    FROM_THE_FUTURE = "from_the_future"
    WRONG_SIGNATURE = "wrong_signature"
    REPLAYED = "replayed"
    """It was taken before, within the window."""
    UNREADABLE_BODY = "unreadable_body"


_SENTENCES: Mapping[Rejection, str] = {
    Rejection.NO_HEADER: f"it has no {SIGNATURE_HEADER} header",
    Rejection.NO_TIME: "its signature names no time",
    Rejection.UNREADABLE_TIME: "its signature names a time that is no number of seconds",
    Rejection.NO_SIGNATURE: "its header holds no signature",
    Rejection.STALE: "it was signed too long ago",
    Rejection.FROM_THE_FUTURE: "it was signed in the future",
    Rejection.WRONG_SIGNATURE: "no secret of yours signed it",
    Rejection.REPLAYED: "it was delivered before",
    Rejection.UNREADABLE_BODY: "its body is no JSON object with a contact_id and a type",
}


class WebhookRejected(MartechError):
    """A delivery is not taken; `why` says the reason. Nothing of its body is in here."""

    def __init__(self, why: Rejection) -> None:
        super().__init__(f"this delivery is not taken: {_SENTENCES[why]}", provider="digital_onboarding")
        self.why = why


@dataclass(frozen=True, slots=True)
class Recipe:
    """How deliveries are signed."""

    name: str
    signed: Callable[[str, bytes], bytes]
    """From the header's time, as written, and the raw body to the bytes that are signed."""
    digest: Callable[[bytes, bytes], bytes]
    """From a secret and those bytes to the signature."""
    tolerance_seconds: float = assumed.WEBHOOK_TOLERANCE_SECONDS


ASSUMED_V1 = Recipe("assumed_v1", assumed.signed_v1, assumed.digest_v1)
"""The likely recipe, by analogy with common practice. Unverified."""


class WebhookEvent(Answer):
    """Something that happened to a contact, named by the vendor's own id."""

    vendor_id: str
    type: str
    """`<resource>.<verb>`; open, since the full list could not be read."""
    more: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """Further members, which depend on the type."""
    signed_at: AwareDatetime | None = None
    """When it was signed; None if it was not verified."""
    delivery_key: str
    """By what one delivery is told from another: the vendor gives deliveries no id."""


@dataclass(frozen=True, slots=True)
class SignatureHeader:
    """What the header says: a time as written, and every signature in it."""

    time: str
    signatures: tuple[bytes, ...]


def receive(
    body: bytes,
    headers: Iterable[tuple[str, str]],
    *,
    secrets: Sequence[SecretStr | str],
    now: datetime,
    recipe: Recipe = ASSUMED_V1,
    window: ReplayWindow | None = None,
    verify: bool = True,
) -> WebhookEvent:
    """Verify a delivery over its raw bytes, then read it.

    Args:
        body: The raw body, before anything has read it.
        headers: The request's headers as pairs of name and value, names in any case (`request.headers.items()`).
        secrets: The live secrets, one or several.
        now: The present time, aware.
        recipe: How deliveries are signed.
        window: Remembers deliveries, so that none is taken twice; without it a repeated one is taken again. What
            is not verified is not remembered: anybody can make up another time for it.
        verify: False takes it unverified, which has to be said.

    Raises:
        WebhookRejected: It is not genuine, too old, a repetition, or unreadable.
        ConfigurationError: It is to be verified, and there is no secret to do so; or the window forgets deliveries
            while the recipe still lets them be repeated.
    """
    if not verify:
        return parse(body)
    if window is not None and window.seconds < 2 * recipe.tolerance_seconds:
        raise ConfigurationError(
            "this window forgets deliveries that may still be repeated: it must span twice the recipe's tolerance",
            hint=f"make it ReplayWindow(seconds={2 * recipe.tolerance_seconds:g}) or longer",
        )
    header = signature_header(_header(headers))
    signed_at = check(body, header, secrets=secrets, now=now, recipe=recipe)
    event = parse(body, time=header.time, signed_at=signed_at)
    # Only what is genuine is remembered, so that nobody else fills the memory.
    if window is not None and not window.admit(event.delivery_key, now):
        raise WebhookRejected(Rejection.REPLAYED)
    return event


def parse(body: bytes, *, time: str = "", signed_at: datetime | None = None) -> WebhookEvent:
    """Read a delivery without asking whether it is genuine.

    Raises:
        WebhookRejected: It is no JSON object with a `contact_id` and a `type`.
    """
    from pydantic_core import from_json

    try:
        told: Any = from_json(body)
    except ValueError:
        told = None
    members = members_of(told)
    contact_id, kind = members.get("contact_id"), members.get("type")
    if not isinstance(contact_id, str) or not contact_id or not isinstance(kind, str) or not kind:
        raise WebhookRejected(Rejection.UNREADABLE_BODY)
    more = {name: value for name, value in members.items() if name not in ("contact_id", "type")}
    key = delivery_key(body, time)
    return WebhookEvent(
        vendor_id=contact_id, type=kind, more=more, signed_at=signed_at, delivery_key=key, raw=members
    )


def signature_header(value: str | None) -> SignatureHeader:
    """Read `t=<seconds>,s0=<hex>,s1=<hex>`, in any order, with any spaces, past parts it does not know.

    Raises:
        WebhookRejected: It is missing, or lacks a time or a signature.
    """
    if value is None or not value.strip():
        raise WebhookRejected(Rejection.NO_HEADER)
    parts = [
        (name.strip().lower(), text.strip()) for name, _, text in (p.partition("=") for p in value.split(","))
    ]
    times = {text for name, text in parts if name == "t"}
    if not times:
        raise WebhookRejected(Rejection.NO_TIME)
    if len(times) > 1 or not _SECONDS.fullmatch(time := times.pop()):
        raise WebhookRejected(Rejection.UNREADABLE_TIME)
    found = tuple(bytes.fromhex(text) for name, text in parts if _SLOT.fullmatch(name) and _HEX.fullmatch(text))
    if not found:
        raise WebhookRejected(Rejection.NO_SIGNATURE)
    return SignatureHeader(time, found)


_SECONDS = re.compile(r"[0-9]{1,11}")
_SLOT = re.compile(r"s[0-9]+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def check(
    body: bytes,
    header: SignatureHeader,
    *,
    secrets: Sequence[SecretStr | str],
    now: datetime,
    recipe: Recipe = ASSUMED_V1,
) -> datetime:
    """Return when a delivery was signed, if it is genuine and of now.

    Any signature may match any secret, so that secrets can be exchanged without a gap. All are compared, each in
    constant time.

    Raises:
        WebhookRejected: It is not.
        ConfigurationError: There is no secret, or the time is not aware.
    """
    live = [_bytes(secret) for secret in secrets]
    if not live or not all(live):
        raise ConfigurationError(
            "a delivery cannot be verified without a secret",
            hint="say verify=False if it is to be taken unverified",
        )
    if now.tzinfo is None:
        raise ConfigurationError("the present time must be aware")
    signed = recipe.signed(header.time, body)
    expected = [recipe.digest(secret, signed) for secret in live]
    matches = [hmac.compare_digest(one, known) for one in header.signatures for known in expected]
    if not any(matches):
        raise WebhookRejected(Rejection.WRONG_SIGNATURE)
    signed_at = datetime.fromtimestamp(int(header.time), UTC)
    tolerance = timedelta(seconds=recipe.tolerance_seconds)
    if now - signed_at > tolerance:
        raise WebhookRejected(Rejection.STALE)
    if signed_at - now > tolerance:
        raise WebhookRejected(Rejection.FROM_THE_FUTURE)
    return signed_at


def delivery_key(body: bytes, time: str) -> str:
    """Return by what a delivery is known again: a digest of its body and its time."""
    return hashlib.sha256(body + time.encode()).hexdigest()


class ReplayWindow:
    """Remembers deliveries for as long as they could be repeated, in bounded memory. For one process."""

    def __init__(self, *, seconds: float = 2 * assumed.WEBHOOK_TOLERANCE_SECONDS, keep: int = 100_000) -> None:
        # Twice the tolerance: a delivery from the near future may come again until it is of the far past.
        self.seconds, self._keep = seconds, keep
        self._seen: OrderedDict[str, datetime] = OrderedDict()
        self._lock = Lock()

    def admit(self, key: str, now: datetime) -> bool:
        """Return whether a delivery is new, and remember it."""
        with self._lock:
            horizon = now - timedelta(seconds=self.seconds)
            while self._seen and (len(self._seen) > self._keep or next(iter(self._seen.values())) < horizon):
                self._seen.popitem(last=False)
            if key in self._seen:
                return False
            self._seen[key] = now
            return True


def _bytes(secret: SecretStr | str) -> bytes:
    return (secret.get_secret_value() if isinstance(secret, SecretStr) else secret).encode()


def _header(headers: Iterable[tuple[str, str]]) -> str | None:
    return next((value for name, value in headers if name.lower() == SIGNATURE_HEADER), None)
