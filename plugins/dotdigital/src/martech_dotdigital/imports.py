"""Handing over many at a time: bodies as large as the vendor takes, and the job that remembers what was in them.

An input that cannot be said is not sent, and the verdict on it stands in the job in place of its key, where
`jobs.results` finds it (`mapping/verdicts.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydantic_core import to_json

from martech.models import Contact, Identifier, IdentifierKind, ItemOutcome, Job, JobPart, JobStatus
from martech.provider import InvalidRequest, MartechError, Now, post, put
from martech_dotdigital.limits import DELETE_SIZE, MOST_IMPORT_PARTS
from martech_dotdigital.mapping import contacts as mapping
from martech_dotdigital.mapping.identifiers import CONTACT_ID, Naming
from martech_dotdigital.mapping.verdicts import verdict, verdict_on
from martech_dotdigital.reading import read_v3
from martech_dotdigital.wire import contacts as wire

__all__ = ["PROVIDER", "Body", "contact_bodies", "delete_bodies", "list_bodies", "packed", "submit"]

PROVIDER = "dotdigital"

Ask = Callable[[bytes], Coroutine[Any, Any, str]]


@dataclass(slots=True)
class Body:
    """The inputs that go out together: the key or verdict of each, and the rows of those that do go."""

    ask: Ask
    """Hands the encoded body over and returns the vendor's id of the job."""
    keys: list[str] = field(default_factory=list)
    nos: list[int] = field(default_factory=list)
    head: bytes = b"["
    tail: bytes = b"]"
    count: int = 0
    """How many rows go out."""
    _written: BytesIO = field(default_factory=BytesIO)
    """The head and the rows in one piece: a body of fifty megabytes is in memory once."""

    def add(self, key: str, row: bytes | None, *, is_no: bool = False) -> None:
        """Take one input in."""
        if is_no:
            self.nos.append(len(self.keys))
        self.keys.append(key)
        if row is not None:
            self._written.write(b"," if self.count else self.head)
            self._written.write(row)
            self.count += 1

    def fits(self, row: bytes, limit: int) -> bool:
        """Return whether the body is no larger than `limit` bytes with one row more."""
        begun = self._written.tell() + 1 if self.count else len(self.head)
        return begun + len(row) + len(self.tail) <= limit

    def taken(self) -> bytes:
        """Return the whole body, and keep none of its rows."""
        self._written.write(self.tail)
        whole, self._written = self._written.getvalue(), BytesIO()
        return whole


def packed(
    inputs: Iterable[tuple[str, bytes | None, bool]], new_body: Callable[[], Body], *, limit: int
) -> Iterator[Body]:
    """Yield inputs in bodies no larger than the vendor takes, as few as their order allows.

    Args:
        inputs: Of each its key or verdict, its encoded row if it goes out, and whether it says a no.
        new_body: Makes an empty body.
        limit: How large a body may be, encoded, in bytes.
    """
    body = new_body()
    empty = new_body()
    for key, row, is_no in inputs:
        if row is not None and not empty.fits(row, limit):
            body.add(verdict(ItemOutcome.REFUSED, f"alone it is larger than the {limit} bytes of a body"), None)
            continue
        if row is not None and not body.fits(row, limit):
            yield body
            body = new_body()
        body.add(key, row, is_no=is_no)
    if body.keys:
        yield body


async def submit(kind: str, bodies: Iterable[Body], *, most: int | None = MOST_IMPORT_PARTS) -> Job:
    """Hand bodies over, one request each, and return the job.

    What the vendor does not take once it has taken something does not hide what it took: that part has failed,
    and says why.

    Raises:
        MartechError: The vendor took nothing.
        InvalidRequest: There are more than may be under way together; nothing was sent.
    """
    parts: list[JobPart] = []
    taken = False
    ready = list(bodies)
    if most is not None and sum(1 for body in ready if body.count) > most:
        raise InvalidRequest(
            f"this takes {len(ready)} jobs at Dotdigital, which asks for no more than {most} at a time",
            hint="contacts.upsert_stream writes any number, one import after the other",
        )
    for body in ready:
        inputs, nos = tuple(body.keys), tuple(body.nos)
        if not body.count:
            parts.append(JobPart(id="", status=JobStatus.DONE, inputs=inputs, nos=nos))
            continue
        try:
            parts.append(JobPart(id=await body.ask(body.taken()), inputs=inputs, nos=nos))
            taken = True
        except MartechError as error:
            if not taken:
                raise
            parts.append(JobPart(id="", status=JobStatus.FAILED, inputs=inputs, detail=error.message))
    return Job(provider=PROVIDER, kind=kind, parts=tuple(parts), submitted_at=await Now())


# ── what goes out ────────────────────────────────────────────────────────────────────────────────────────────


def contact_bodies(
    contacts: Sequence[Contact],
    *,
    naming: Naming,
    match: IdentifierKind | None,
    merge: str,
    limit: int,
) -> Iterator[Body]:
    """Yield contacts as bodies of an import."""

    def inputs() -> Iterator[tuple[str, bytes | None, bool]]:
        for contact in contacts:
            try:
                key = naming.of_contact(contact, match=match).key
                row = to_json(mapping.import_row(contact, naming, match))
            except MartechError as error:
                yield verdict_on(error), None, False
            else:
                yield key, row, any(one.is_no for one in contact.subscriptions)

    return packed(inputs(), import_body(merge), limit=limit)


def import_body(merge: str) -> Callable[[], Body]:
    """Return what makes an empty body of an import."""
    return lambda: Body(_ask_import, head=b'{"mergeOption":' + to_json(merge) + b',"contacts":[', tail=b"]}")


async def _ask_import(encoded: bytes) -> str:
    # An import twice over is the import: it writes by identifier. Evidence in it would be kept twice, so an import
    # that holds some is not repeated.
    reply = await put(
        "/contacts/v3/import",
        content=encoded,
        content_type="application/json",
        repeatable=b'"consentRecords":' not in encoded,
        limit="low",
    )
    return read_v3(wire.ImportAccepted, reply)["importId"]


def list_bodies(members: Sequence[wire.Contact | str], *, list_id: int, limit: int) -> Iterator[Body]:
    """Yield people who were looked up, or verdicts on them, as bodies of an import that puts them on a list.

    Rows name nobody but by contact id, so they can make nobody. The vendor refuses to hear of somebody twice, so
    who was named in two ways goes out once.
    """

    def inputs() -> Iterator[tuple[str, bytes | None, bool]]:
        known: set[int] = set()
        for person in members:
            if isinstance(person, str):
                yield person, None, False
                continue
            number = person["contactId"]
            if number in known:
                yield verdict(ItemOutcome.SUPERSEDED, "the same person as an earlier input"), None, False
                continue
            known.add(number)
            row = {"matchIdentifier": CONTACT_ID, "identifiers": {CONTACT_ID: number}, "lists": [list_id]}
            yield Identifier(IdentifierKind.VENDOR, str(number)).key, to_json(row), False

    return packed(inputs(), import_body("overwrite"), limit=limit)


def delete_bodies(refs: Sequence[Identifier], naming: Naming) -> Iterator[Body]:
    """Yield people as bodies of bulk deletions, 5,000 in each."""
    for start in range(0, len(refs), DELETE_SIZE):
        body = Body(_ask_delete)
        for ref in refs[start : start + DELETE_SIZE]:
            try:
                name, value = naming.to_wire(ref)
                row: Mapping[str, str | int] = {name: mapping.contact_id(value) if name == CONTACT_ID else value}
            except MartechError as error:
                body.add(verdict_on(error), None)
            else:
                body.add(ref.key, to_json(row))
        yield body


async def _ask_delete(encoded: bytes) -> str:
    reply = await post("/contacts/v3/delete", content=encoded, content_type="application/json", limit="low")
    return read_v3(wire.DeleteAccepted, reply)["deleteId"]
