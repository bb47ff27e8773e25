"""Writing one contact: InsertContact and UpdateContact, both assumed, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from martech.models import ItemOutcome, ItemResult, own
from martech.provider import (
    Conflict,
    InvalidInput,
    Kind,
    MartechError,
    NotFound,
    UnexpectedResponse,
    not_enabled,
)
from martech_dengage import assumed
from martech_dengage.mapping.answers import Written
from martech_dengage.mapping.contacts import KEY, kept_blocks
from martech_dengage.settings import DengageSettings
from martech_dengage.writing.bulk import Verdict, update_only
from martech_dengage.writing.looking import contact_row

__all__ = ["BLOCK_KEPT", "change", "insert_contact", "said_plainly", "update_contact"]

BLOCK_KEPT = "the block on the former address was kept with the new one"

NO_INSERT = not_enabled(
    "This account does not answer InsertContact, which newer indexes of dEngage no longer list: set "
    "insert_contact=False, and people are looked up and written by BulkUpsert instead.",
)
NO_UPDATE = not_enabled(
    "This account does not answer UpdateContact: set update_contact='never', and BulkUpsert is used instead.",
)

NO_SUCH_METHOD = 405
_IS_THERE = re.compile(r"\b(?:already|exists)\b", re.IGNORECASE)


async def insert_contact(
    settings: DengageSettings,
    record: Mapping[str, Any],
    *,
    repeatable: bool,
    new_columns: Mapping[str, str] | None = None,
) -> None:
    """Make a contact. One request, and one more where it is refused for a reason that has to be found out.

    `new_columns` are columns that the account does not have yet, with their types.

    Raises:
        Conflict: There is one already.
        UnsupportedOperation: The account does not have this call.
    """
    said: dict[str, Any] = {"contact": assumed.Verbatim(record), "updateIfExists": False}
    if new_columns:
        said["newColumns"] = [{"name": name, "type": kind} for name, kind in new_columns.items()]
    try:
        await assumed.ask(settings, "insert_contact", "POST", Kind.WRITE, json=said, repeatable=repeatable)
    except NotFound:
        raise NO_INSERT.error() from None
    except InvalidInput as refused:
        if refused.status == NO_SUCH_METHOD:
            raise NO_INSERT.error() from None
        # The refusal of a key that is there is assumed to be code 11, like that of a bad column. Its words may
        # tell them apart; if not, looking does, unless the person is too new to be seen (C4, C6).
        words = refused.vendor_message or ""
        if not _IS_THERE.search(words) and await contact_row(str(record[KEY])) is None:
            raise
        raise Conflict(
            "there is such a contact already",
            status=refused.status,
            code=refused.code,
            vendor_message=refused.vendor_message,
            request_id=refused.request_id,
        ) from refused


async def update_contact(settings: DengageSettings, record: Mapping[str, Any], *, repeatable: bool) -> None:
    """Change a contact past the gate of BulkUpsert. One request, and one more where it is not found.

    Raises:
        NotFound: There is no such contact.
        UnsupportedOperation: There is, so it is the call that the account does not have.
    """
    key = str(record[KEY])
    columns = assumed.Verbatim({name: value for name, value in record.items() if name != KEY})
    request = assumed.ask(
        settings, "update_contact", "PUT", Kind.WRITE, json=columns, repeatable=repeatable, contact_key=key
    )
    try:
        await request
    except NotFound:
        if await contact_row(key) is None:
            raise
        raise NO_UPDATE.error() from None
    except InvalidInput as refused:
        if refused.status == NO_SUCH_METHOD:
            raise NO_UPDATE.error() from None
        raise


async def change(
    settings: DengageSettings, record: Mapping[str, Any], *, look: bool = False, repeatable: bool = True
) -> ItemResult:
    """Change one contact that is there; never makes one.

    One request, one more to keep a block over a changed address, and one more if nothing was changed. By
    BulkUpsert, which is documented and says who it wrote, but takes one call a minute; or by UpdateContact.

    Args:
        settings: Which of the two.
        record: The contact key and the columns to change.
        look: Whether the record may change an address, so that a block must be looked for.
        repeatable: Whether it may be said again, which a yes may not.

    Raises:
        NotFound: There is no such contact.
    """
    key = str(record[KEY])
    known = await contact_row(key) if look else None
    kept = kept_blocks(record, known) if known is not None else {}
    verdict: Verdict = Written(ItemOutcome.UPDATED)
    if settings.update_contact == "always":
        await update_contact(settings, {**record, **kept}, repeatable=repeatable)
    else:
        verdict = (await update_only(settings, [{**record, **kept}], repeatable=repeatable))[key]
    done = said_plainly(verdict)
    # An update never makes anybody; if dEngage says it did, so do we.
    contactable = True if done.outcome is ItemOutcome.CREATED else None
    reason = BLOCK_KEPT if kept else done.reason
    return ItemResult(outcome=done.outcome, identifier=own(key), reason=reason, contactable=contactable)


def said_plainly(verdict: Verdict) -> Written:
    """Return what became of the one person a call was about, if it is good; raise it if not.

    Raises:
        NotFound: There is no such contact.
        InvalidInput: dEngage refused the record inside a success.
        UnexpectedResponse: The answer does not say.
        MartechError: Whatever met the call.
    """
    if isinstance(verdict, MartechError):
        raise verdict
    if verdict.outcome is ItemOutcome.NOT_FOUND:
        raise NotFound("there is no such contact")
    if verdict.outcome is ItemOutcome.REFUSED:
        raise InvalidInput("dEngage does not accept this contact", vendor_message=verdict.reason)
    if verdict.outcome is ItemOutcome.UNKNOWN:
        raise UnexpectedResponse(f"dEngage answered without a verdict on this contact: {verdict.reason}")
    return verdict
