"""What no page of the vendor documents, in one place: sentences for `@assumes`, and shapes that settings replace.

==========================  ================================================================================
taken to be so              replaced by
==========================  ================================================================================
the journey member          `flat_journey_key`
the token request's body    `token_body`
sizes of batches            `batch_contacts`, `batch_bytes`
case of address keys        `email_key_case`
how webhooks are signed     the `recipe` that `webhooks.verify` is given
how CSV writes meta_public  nothing: write the file yourself if it differs
==========================  ================================================================================
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

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
