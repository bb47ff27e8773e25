"""Evidence of consent: what the writes brought is looked for at the target, and what is missing is added.

Evidence is only ever added, so nothing here is added without a look. It changes nobody's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from martech.errors import MartechError
from martech.migration.journal import Class, Row
from martech.migration.phases.reading import names_of
from martech.migration.phases.steps import Step, nothing_to_record
from martech.migration.sources.accounts import LARGEST_PAGE
from martech.migration.target import Looking
from martech.migration.things import unless_it_concerns_one
from martech.models import Consent, Contact, Identifier, Include

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from martech.migration.order import Work

__all__ = ["STEPS"]

AT_ONCE = 50
"""How many people one step adds evidence of: three requests each, and a fourth for each record."""
MOVED = (Class.MOVED, Class.MOVED_WITH_LOSS)


def _is_expected(work: Work) -> Any:
    return bool(work.journal.expected_evidence(work.run, most=1))


def _look(work: Work, cursor: str | None) -> Any:
    """Read a page of the target's people with their evidence, where it lists them: who has it all is told."""
    target = work.order.target
    if target.looking is not Looking.BY_LIST:
        return {"rows": [], "next": None}
    page = work.page("evidence", _with_evidence(work), cursor)
    if page is None:
        return {"rows": [], "next": None}
    named = {name: one for one in page.items for name in names_of(work, one)}
    rows = work.journal.expecting_evidence(work.run, list(named))
    done = [row.seq for row in rows if not _missing(work, row, named[row.name])]
    return {"rows": [{"seq": seq, "class": Class.MOVED} for seq in done], "next": page.next_cursor}


def _with_evidence(work: Work) -> Any:
    contacts = work.order.target.client.contacts
    return lambda after: contacts.list(include={Include.CONSENTS}, page_size=LARGEST_PAGE).pages(after=after)


def _missing(work: Work, row: Row, known: Contact) -> Sequence[Consent]:
    wanted = row.contact.consents if row.contact is not None else ()
    return work.order.target.missing(wanted, known.consents)


def _add(work: Work, times: int) -> Any:
    """Add what is missing of the next people, each looked up first."""
    del times
    seqs = work.journal.expected_evidence(work.run, most=AT_ONCE)
    told: list[dict[str, Any]] = []
    writes = 0
    for row in work.journal.by_seqs(work.run, seqs):
        settled, reason, added = _added(work, row)
        told.append({"seq": row.seq, "class": settled, "reason": reason})
        writes += added
    return {"rows": told, "writes": writes}


def _added(work: Work, row: Row) -> tuple[Class, str | None, int]:
    client = work.order.target.client
    ref = _ref(work, row)
    if row.settled not in MOVED or ref is None:
        return Class.SKIPPED, "the person was not moved", 0
    no = client.why_not("contacts.get", ref=ref) or client.why_not("consent.record", ref=ref)
    if no is not None:
        return Class.REFUSED, no, 0
    known = client.contacts.find(ref)
    if known is None:
        return Class.REFUSED, "not at the target", 0
    missing = _missing(work, row, known)
    for count, one in enumerate(missing):
        try:
            client.consent.record(ref, one)
        except MartechError as refused:
            unless_it_concerns_one(refused)
            return Class.REFUSED, refused.message, count
    return Class.MOVED, None, len(missing)


def _ref(work: Work, row: Row) -> Identifier | None:
    if row.contact is None:
        return None
    return work.order.target.name_of(work.order.translation.contact(row.contact).contact)


def _record(work: Work, connection: Connection, value: Any, cursor: str | None) -> Any:
    del cursor
    work.journal.settle_evidence(connection, work.run, value["rows"])
    return value["next"]


def _record_added(work: Work, connection: Connection, value: Any, times: int) -> Any:
    del times
    rows: Sequence[dict[str, Any]] = value["rows"]
    work.journal.settle_evidence(connection, work.run, rows)
    work.journal.wrote(connection, work.run, value["writes"])
    return len(rows)


STEPS = {
    "evidence_expected": Step(_is_expected, nothing_to_record),
    "evidence_look": Step(_look, _record),
    "evidence_add": Step(_add, _record_added),
}
