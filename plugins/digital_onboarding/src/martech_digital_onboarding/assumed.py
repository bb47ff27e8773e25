"""What no page of the vendor documents, in one place: sentences for `@assumes`, and shapes that settings replace.

==========================  ================================================================================
taken to be so              replaced by
==========================  ================================================================================
the journey member          `flat_journey_key`
the token request's body    `token_body`
sizes of batches            `batch_contacts`, `batch_bytes`
case of address keys        `email_key_case`
how webhooks are signed     the `recipe` that `webhooks.receive` is given
how CSV writes meta_public  nothing: write the file yourself if it differs
==========================  ================================================================================
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from martech.provider import assumes

F = TypeVar("F", bound=Callable[..., Any])

UPDATES = (
    "What an update does is not stated: taken to leave members that are left out, to overwrite those that are "
    "there, and to clear those that are null."
)
JOURNEY_CONTACT = (
    "That the contact of a journey follows the rules of an upsert is not stated; it is named by its key alone, so "
    "that nothing else of it changes."
)
OPT_OUT_MEMBERS = (
    "That an opt-out may be written with the key alone is not stated; nothing else is sent, so that nothing else "
    "of the contact changes."
)
BATCHES = (
    "How much a batch may hold, and what becomes of one with a bad contact in it, is not stated: it goes in "
    "pieces, is halved when too large, taken apart when refused; who is in neither list of the answer is unknown."
)
KEY_CASE = "How addresses that stand for the unique_id are compared is not stated: sent trimmed and in lower case."
JOURNEY_MEMBER = "How JSON writes `journey.template_id` is not stated: taken to be a member within a member."
COMPLETIONS = "That a completion repeated with the same time changes nothing is not stated."
LOGIN = "How the body of a token request is written is not stated: taken to be a form, as OAuth 2 has it."
CSV_COLUMNS = "How a file says values of meta_public, and that an empty cell is no value, is not stated."

SETTINGS: Mapping[str, tuple[str, ...]] = {
    UPDATES: (),
    JOURNEY_CONTACT: (),
    OPT_OUT_MEMBERS: (),
    BATCHES: ("batch_contacts", "batch_bytes"),
    KEY_CASE: ("email_key_case",),
    JOURNEY_MEMBER: ("flat_journey_key",),
    COMPLETIONS: (),
    LOGIN: ("token_body", "credentials_in"),
    CSV_COLUMNS: (),
}
"""Which settings put each of them right."""


def rests_on(*assumptions: str) -> Callable[[F], F]:
    """Mark an operation with what it assumes, and with the settings that put that right."""

    def mark(function: F) -> F:
        for one in reversed(assumptions):
            assumes(one, settings=SETTINGS[one])(function)
        return function

    return mark


WEBHOOK_TOLERANCE_SECONDS = 300.0
"""How far the time in a signature may lie from ours."""


def journey_members(template_id: str, *, flat: bool) -> dict[str, Any]:
    """Return the member of a contact that starts a journey; the seed prints its dotted name and no example."""
    return {"journey.template_id": template_id} if flat else {"journey": {"template_id": template_id}}


def meta_public_column(name: str) -> str:
    """Return the CSV column of one value of `meta_public`; how a file says them is not stated."""
    return f"meta_public.{name}"


def signed_v1(time: str, body: bytes) -> bytes:
    """Return what is taken to be signed of a delivery: its time, a dot, its body. Never checked for real."""
    return f"{time}.".encode() + body


def digest_v1(secret: bytes, signed: bytes) -> bytes:
    """Return what is taken to be the signature: HMAC with SHA-256, whose size is that of the captured ones."""
    return hmac.new(secret, signed, hashlib.sha256).digest()
