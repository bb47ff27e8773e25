"""Looking people up, before anything is written about them.

Nearly every write of a single contact makes one where there is none, and brings one back from the recycle bin
(S11.4-1, -2). So whoever is to be written is looked up first, and then addressed by contact id without being named
again, by which nobody can come into being.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from martech.models import Identifier
from martech.provider import (
    AuthenticationFailed,
    MartechError,
    NotFound,
    Outcome,
    PermissionDenied,
    Together,
    get,
    patch,
)
from martech_dotdigital.limits import CALLS_AT_ONCE
from martech_dotdigital.mapping.consent import is_binned
from martech_dotdigital.mapping.identifiers import CONTACT_ID, Naming
from martech_dotdigital.reading import read_v3
from martech_dotdigital.wire import contacts as wire

__all__ = ["look", "present", "present_many", "write"]


async def look(ref: Identifier, naming: Naming) -> wire.Contact | None:
    """Return a contact whole, one in the recycle bin included where the vendor shows it; None if there is none.

    One request.
    """
    name, value = naming.to_wire(ref)
    try:
        reply = await get("/contacts/v3/{identifier}/{value}", identifier=name, value=value, limit="high")
    except NotFound:
        return None
    return read_v3(wire.Contact, reply)


async def present(ref: Identifier, naming: Naming) -> wire.Contact:
    """Return a contact that is there and not in the recycle bin. One request.

    Raises:
        NotFound: There is none, or it is only in the bin.
    """
    found = await look(ref, naming)
    if found is None:
        raise NotFound("Dotdigital has no such contact")
    if is_binned(found):
        raise NotFound(
            "this contact is only in Dotdigital's recycle bin",
            hint="contacts.upsert with restore=True brings it back",
        )
    return found


async def present_many(refs: Sequence[Identifier], naming: Naming) -> Sequence[Outcome[wire.Contact]]:
    """Return for each person the contact, or why there is none. One request a person.

    Raises:
        AuthenticationFailed: Or PermissionDenied: it is not about any of them.
    """
    found = await Together([present(ref, naming) for ref in refs], at_most=CALLS_AT_ONCE)
    problem = first_problem(found)
    if isinstance(problem, (AuthenticationFailed, PermissionDenied)):
        raise problem
    return found


def first_problem(outcomes: Sequence[Outcome[wire.Contact]]) -> MartechError | None:
    """Return the first reason why somebody was not found, or None."""
    return next((outcome.error for outcome in outcomes if outcome.error is not None), None)


async def write(known: wire.Contact, body: dict[str, Any], merge: str | None = None) -> wire.Contact:
    """Change a contact that was just looked up. One request.

    Evidence is added and never replaced, so a body with some of it is not sent twice.
    """
    reply = await patch(
        "/contacts/v3/{identifier}/{value}",
        identifier=CONTACT_ID,
        value=known["contactId"],
        json=body,
        query={"merge-option": merge},
        repeatable="consentRecords" not in body,
        limit="medium",
    )
    return read_v3(wire.Contact, reply)
