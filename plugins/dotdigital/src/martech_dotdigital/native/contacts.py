"""Contacts beyond the neutral words: whole replacement, files, scores, and who left."""

from __future__ import annotations

import csv
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from martech.models import (
    Contact,
    IdentifierKind,
    IfNew,
    Job,
    JobPart,
    Merge,
    Page,
    Suppression,
)
from martech.provider import (
    InvalidRequest,
    M,
    Now,
    Ref,
    Request,
    Response,
    get,
    named,
    operation,
    paged,
    post,
    put,
)
from martech_dotdigital import imports, people
from martech_dotdigital.consent import suppressed_page
from martech_dotdigital.lists import address_of
from martech_dotdigital.mapping import contacts as mapping
from martech_dotdigital.mapping.identifiers import CONTACT_ID
from martech_dotdigital.mapping.lists import number
from martech_dotdigital.native.base import NativeResource
from martech_dotdigital.native.shapes.people import Choices, Fault, FileImportReport, Score
from martech_dotdigital.paging import rows
from martech_dotdigital.reading import read_v2, read_v3
from martech_dotdigital.times import since_part
from martech_dotdigital.wire import contacts as wire

__all__ = ["NativeContacts", "faults_of"]

MERGE_NUMBERS: Mapping[Merge, int] = {Merge.OVERWRITE: 0, Merge.KEEP_WHERE_EMPTY: 1, Merge.FILL_EMPTY: 2}
"""`mergeOption` of a file import (S12)."""


class NativeContacts(NativeResource[M]):
    """Contacts."""

    row = "native.contacts"

    @operation
    async def replace(self, ref: Ref, contact: Contact) -> Contact:
        """Write a contact whole: identifiers and data fields that are not given are gone. Two requests.

        Never makes a contact. What it says about consent can only forbid; evidence cannot be given this way.
        """
        if contact.consents:
            raise InvalidRequest("a replacement takes no evidence", hint="consent.record adds it")
        naming = self._naming
        known = await people.present(named(ref), naming)
        body = mapping.changed_body(contact, known, naming) | {"identifiers": naming.written(contact)}
        reply = await put(
            "/contacts/v3/{identifier}/{value}",
            identifier=CONTACT_ID,
            value=known["contactId"],
            json=body,
            limit="medium",
        )
        return mapping.contact_from_wire(read_v3(wire.Contact, reply), naming)

    @operation
    async def import_file(
        self,
        filename: str,
        content: bytes,
        *,
        if_new: IfNew,
        merge: Merge = Merge.OVERWRITE,
        list_id: str | None = None,
    ) -> Job:
        """Hand over a CSV or Excel file with a column `Email`; other columns are data fields. One request.

        Whoever is new becomes a subscribed contact, and whoever is in the recycle bin may come back: so `if_new`
        has to be `VENDOR_DEFAULT`, said in so many words. `jobs.wait` waits for the job; `import_report` and
        `import_faults` tell what became of the rows.
        """
        if if_new is not IfNew.VENDOR_DEFAULT:
            raise InvalidRequest(
                "a file makes new people as Dotdigital does, which is subscribed",
                hint="say if_new=IfNew.VENDOR_DEFAULT, or use contacts.upsert_many",
            )
        body = {"fileName": filename, "data": b64encode(content).decode()}
        reply = await _file_import(body, MERGE_NUMBERS[merge], list_id)
        started = read_v2(wire.JobState, reply)
        part = JobPart(id=str(started.get("id", "")), detail=started["status"])
        return Job(provider=imports.PROVIDER, kind="contacts.file_import", parts=(part,), submitted_at=await Now())

    @operation
    async def import_report(self, job: Job) -> FileImportReport:
        """Return what became of the rows of a file, counted. One request."""
        reply = await get("/v2/contacts/import/{job}/report", job=job.parts[0].id, limit="medium")
        return read_v2(FileImportReport, reply)

    @operation
    async def import_faults(self, job: Job) -> Sequence[Fault]:
        """Return the rows of a file that were not taken, with the reasons; kept for about a week. One request."""
        return faults_of(await get("/v2/contacts/import/{job}/report-faults", job=job.parts[0].id, limit="medium"))

    @paged
    async def scores(
        self, cursor: str | None, *, since: datetime | None = None, list_id: str | None = None
    ) -> Page[Score]:
        """Iterate over the scores of all contacts, those changed since a time, or those on a list.

        One request a page.
        """
        if since is not None and list_id is not None:
            raise InvalidRequest("scores are read by list or since a time, not both")
        if list_id is not None:
            book = number(list_id, "list")
            return await rows(
                list[Score],
                lambda query: get("/v2/address-books/{list}/contacts/score", list=book, query=query, limit="low"),
                cursor,
            )
        if since is not None:
            date = since_part(since)
            return await rows(
                list[Score],
                lambda query: get("/v2/contacts/score/modified-since/{date}", date=date, query=query, limit="low"),
                cursor,
            )
        return await rows(list[Score], lambda query: get("/v2/contacts/score", query=query, limit="low"), cursor)

    @operation
    async def score(self, ref: Ref) -> Score:
        """Return the score of one contact. One request by address or contact id, else two."""
        ref = named(ref)
        value = ref.value
        if ref.kind not in (IdentifierKind.EMAIL, IdentifierKind.VENDOR):
            value = str((await people.present(named(ref), self._naming))["contactId"])
        return read_v2(Score, await get("/v2/contacts/{contact}/score", contact=value, limit="medium"))

    @operation
    async def choices(self, ref: Ref) -> Choices:
        """Return what somebody chose about preferences, and when. Two requests; needs an e-mail address."""
        address = address_of(await people.present(named(ref), self._naming))
        return read_v2(Choices, await get("/v2/contacts/{email}/subscriptions", email=address, limit="medium"))

    @paged
    async def unsubscribed(self, cursor: str | None, *, since: datetime) -> Page[Suppression]:
        """Iterate over those who unsubscribed from e-mail since a time. One request a page."""
        date = since_part(since)
        return await suppressed_page(
            lambda query: get("/v2/contacts/unsubscribed-since/{date}", date=date, query=query, limit="low"),
            cursor,
        )


def _file_import(body: dict[str, str], merge: int, list_id: str | None) -> Request:
    if list_id is None:
        return post("/v2/contacts/import/with-merge-option/{merge}", merge=merge, json=body, limit="low")
    return post(
        "/v2/address-books/{list}/contacts/import/with-merge-option/{merge}",
        list=number(list_id, "list"),
        merge=merge,
        json=body,
        limit="low",
    )


def faults_of(reply: Response) -> Sequence[Fault]:
    """Return the rows of a CSV of faults; the reason is its first or its last column (S12, S22)."""
    table = csv.DictReader(reply.body.decode("utf-8-sig", "replace").splitlines())
    faults: list[Fault] = []
    for line in table:
        cells = {name: value or "" for name, value in line.items() if isinstance(name, str)}
        reason = next((cells.pop(name) for name in list(cells) if name.casefold() == "reason"), None)
        faults.append(Fault(reason=reason, cells=cells))
    return faults
