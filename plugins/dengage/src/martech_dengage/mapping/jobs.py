"""Jobs: what dEngage does later, and what it then tells."""

from __future__ import annotations

from collections.abc import Sequence

from martech.models import JobPart, JobStatus
from martech.provider import Response, read
from martech_dengage.errors import fields_of
from martech_dengage.mapping.words import JOB_STATES
from martech_dengage.wire import JobTaken

__all__ = [
    "AT_ONCE",
    "CONTACTS",
    "DELETE_FILE",
    "FILE",
    "NOT_TAKEN",
    "REMOVE",
    "ROWS",
    "SEPARATOR",
    "done_at_once",
    "ids_of",
    "job_id",
    "part_after",
    "state_of",
]

CONTACTS = "contacts.import"
ROWS = "datasets.import"
FILE = "datasets.import_file"
DELETE_FILE = "datasets.delete_file"
REMOVE = "lists.remove"
CLEAR = "lists.clear"
TRUNCATE = "datasets.truncate"
DROP = "datasets.delete"
AT_ONCE = frozenset({CLEAR, TRUNCATE, DROP})
"""Kinds of work that dEngage does while one waits; as jobs they are done when they are made."""

SEPARATOR = "+"
"""Between the ids of several of dEngage's jobs that are one part: one takes only records of the same columns."""
NOT_TAKEN = "not-taken"
"""Stands for an id where dEngage took some of a part's records and then refused the others."""
BECAUSE = "; not taken: "
"""Before the reason for that, in the detail of a part."""


def job_id(reply: Response) -> str:
    """Return the id of work that was taken: the envelope's own, or one that `data` names.

    Raises:
        UnexpectedResponse: There is neither.
    """
    taken = read(JobTaken, reply)
    data = taken.get("data")
    named = data if isinstance(data, str) else fields_of(data).get("jobId")
    found = named or taken.get("transactionId")
    if not isinstance(found, str):
        raise reply.unexpected("the work was taken, and the answer names no job")
    return found


def ids_of(part: JobPart) -> tuple[str, ...]:
    """Return dEngage's ids of the jobs that are one part, without the mark for what was not taken."""
    return tuple(one for one in part.id.split(SEPARATOR) if one != NOT_TAKEN)


def state_of(word: str | None) -> JobStatus:
    """Return how far a job is; a word we do not know counts as still running."""
    return JOB_STATES.get((word or "").upper(), JobStatus.UNKNOWN)


def part_after(part: JobPart, words: Sequence[str | None]) -> JobPart:
    """Return a part with what dEngage now says of each of its jobs; the least advanced decides."""
    states = {state_of(word) for word in words}
    if NOT_TAKEN in part.id.split(SEPARATOR):
        states.add(JobStatus.FAILED)
    order = (JobStatus.RUNNING, JobStatus.UNKNOWN, JobStatus.WAITING, JobStatus.FAILED)
    status = next((state for state in order if state in states), JobStatus.DONE)
    _, mark, why = (part.detail or "").partition(BECAUSE)
    detail = SEPARATOR.join(word or "no word" for word in words) + mark + why
    return part.model_copy(update={"status": status, "detail": detail})


def done_at_once(call_id: str) -> tuple[JobPart, ...]:
    """Return the one part of work that was done while we waited."""
    return (JobPart(id=call_id, status=JobStatus.DONE),)
