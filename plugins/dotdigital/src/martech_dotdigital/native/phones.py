"""Checking phone numbers. Every number costs money: nothing here is ever called on the side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from martech.provider import InvalidRequest, M, NewId, Now, Pause, Resource, flow, get, operation, post
from martech_dotdigital.mapping.identifiers import digits
from martech_dotdigital.native.shapes.messaging import NumberCheck, NumbersJob
from martech_dotdigital.reading import read_v3

__all__ = ["NativePhones", "Separator"]

POLL_SECONDS, SLOWEST_POLL_SECONDS = 5.0, 30.0


class Separator(StrEnum):
    """What stands between the columns of a file."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"


class NativePhones(Resource[M]):
    """Phone numbers, one by one or a file of them."""

    row = "native.phones"

    @operation
    async def check(self, number: str, *, country: str | None = None) -> NumberCheck:
        """Check one number; a country (two capitals) for one in national form. One request, which costs money."""
        query = {"phoneNumber": digits(number), "countryCode": country}
        return read_v3(
            NumberCheck,
            await get("/cpaas/phonevalidation/single", query=query, repeatable=False, limit="medium"),
        )

    @operation
    async def queue(
        self,
        csv: bytes,
        *,
        column: str,
        country: str,
        separator: Separator = Separator.COMMA,
        has_header: bool = True,
        is_international: bool = True,
    ) -> int:
        """Hand over a file of numbers and return the id of the job. One request, which costs money by the number.

        Args:
            csv: The file.
            column: The name or place of the column that holds the numbers.
            country: Of numbers in national form; three capitals.
            separator: What stands between columns.
            has_header: Whether the first line names the columns.
            is_international: Whether the numbers carry their country code.
        """
        fields = {
            "separator": separator.value,
            "country": country,
            "isHeader": _flag(has_header),
            "isInternational": _flag(is_international),
            "phoneField": column,
        }
        boundary = f"martech-{await NewId()}"
        reply = await post(
            "/cpaas/phonevalidation/bulk",
            content=multipart(boundary, fields, csv),
            content_type=f"multipart/form-data; boundary={boundary}",
            limit="low",
        )
        said = reply.json()
        # The number of the job by the published description, the job itself by its nature: either is read.
        job_id = said.get("jobId") if isinstance(said, dict) else said
        if isinstance(job_id, bool) or not isinstance(job_id, int):
            raise reply.unexpected("expected the number of a job")
        return job_id

    @operation
    async def jobs(self) -> Sequence[NumbersJob]:
        """Return the jobs. One request."""
        return read_v3(list[NumbersJob], await get("/cpaas/phonevalidation/bulk"))

    @operation
    async def job(self, job_id: int) -> NumbersJob:
        """Return how far a job is. One request."""
        return await _job(job_id)

    @flow
    async def wait(self, job_id: int, *, timeout_seconds: float = 3600.0) -> NumbersJob:
        """Ask until a job ended, and return it. One request a question, 5 to 30 seconds apart.

        Raises:
            InvalidRequest: It had not ended in that time; it may still.
        """
        began, wait = await Now(), POLL_SECONDS
        while not (job := await _job(job_id)).ended:
            if ((await Now()) - began).total_seconds() + wait > timeout_seconds:
                raise InvalidRequest(
                    f"the job had not ended after {timeout_seconds:.0f} s; it is {job.status}",
                    hint="ask again later with the same number",
                )
            await Pause(wait, "waiting for numbers to be checked")
            wait = min(wait * 1.5, SLOWEST_POLL_SECONDS)
        return job

    @operation
    async def result(self, job_id: int) -> str:
        """Return the checked file as CSV; empty until the job is completed. One request."""
        reply = await get("/cpaas/phonevalidation/bulk/{job}/result", job=job_id, headers={"accept": "text/csv"})
        return reply.text


async def _job(job_id: int) -> NumbersJob:
    return read_v3(NumbersJob, await get("/cpaas/phonevalidation/bulk/{job}", job=job_id))


def _flag(value: bool) -> str:  # noqa: FBT001 - it is what is turned into text
    return "true" if value else "false"


def multipart(boundary: str, fields: Mapping[str, str], csv: bytes) -> bytes:
    """Return fields and a file as `multipart/form-data` (RFC 7578)."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="csv"; filename="numbers.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    return b"".join([*parts, head.encode(), csv, f"\r\n--{boundary}--\r\n".encode()])
