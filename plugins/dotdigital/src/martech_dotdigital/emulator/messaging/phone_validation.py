"""Validation of phone numbers, one by one or a file of them; each costs money (section 29)."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.assumed import ALPHA2_OF_PREFIX
from martech_dotdigital.emulator.contacts.people import country_of, digits
from martech_dotdigital.emulator.conventions.answers import answer, cpaas_refusal, text_answer
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.multipart import multipart
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.timeline import Job, JobKind, JobWords
from martech_dotdigital.emulator.conventions.times import stamp
from martech_dotdigital.emulator.core import Core

__all__ = ["PhoneValidationOperations"]

BULK = "/cpaas/phonevalidation/bulk"
WORDS = JobWords("Queued", "Processing", "Completed")
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
REQUIRED = ("csv", "separator", "country", "isHeader", "isInternational", "phoneField")
COLUMNS = (
    *("Phone Number", "Original Phone Number", "Status", "MCCMNC", "Network Name", "Network Prefix"),
    *("Country IDD", "Is Ported", "Ported From Network Name", "Roaming Network Name"),
    *("Roaming Network Prefix", "Roaming Country IsoCode", "Roaming Country IDD"),
)
PREFIX_OF = {country: prefix for prefix, country in ALPHA2_OF_PREFIX.items()}
NETWORK = "Example Mobile"


class PhoneValidationOperations(Core):
    """Every number that could be one is switched on here, unless it ends in four zeros: then it is dead."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.validations: dict[int, dict[str, Any]] = {}
        self._validation_rows: dict[int, list[str]] = {}

    @operation("GET", "/cpaas/phonevalidation/single")
    def validate_number(self, incoming: Incoming) -> Response:
        """Validate one number; one in local format needs its country, in capitals."""
        given, country = incoming.arg("phoneNumber"), incoming.arg("countryCode")
        if not given:
            raise cpaas_refusal(400, "Validation failed.", fields={"phoneNumber": "is required"})
        # A plus that was not encoded has become a blank on its way.
        return answer(200, _validated(given.strip(), country))

    @operation("POST", BULK, tier=Tier.LOW)
    def queue_validation(self, incoming: Incoming) -> Response:
        """Take a file of numbers and answer with the number of the job."""
        content_type = incoming.headers.get("content-type") or ""
        parts = {part.name: part for part in multipart(content_type, incoming.body)}
        missing = [name for name in REQUIRED if name not in parts]
        if missing or parts["separator"].text not in SEPARATORS:
            raise cpaas_refusal(400, "Validation failed.", fields=dict.fromkeys(missing, "is required"))
        separator, has_header = SEPARATORS[parts["separator"].text], parts["isHeader"].text.lower() == "true"
        rows = list(csv.reader(StringIO(parts["csv"].text), delimiter=separator))
        header = rows.pop(0) if has_header and rows else []
        field = parts["phoneField"].text
        column = header.index(field) if field in header else int(field) if field.isdigit() else 0
        numbers = [row[column] for row in rows if len(row) > column]
        job_id = self.next_number("validation") + 12_546
        self._validation_rows[job_id] = numbers
        self.validations[job_id] = self._described(job_id, parts["csv"].filename, parts["country"].text, numbers)
        self.validations[job_id] |= {
            "numberColumnName": field,
            "csvDelimiter": separator,
            "hasHeader": has_header,
        }
        self.start_job(JobKind.PHONE_VALIDATION, WORDS, lambda: _result(numbers), key=f"phone-{job_id}")
        return answer(200, job_id)

    @operation("GET", BULK, tier=Tier.POLL)
    def list_validations(self, _: Incoming) -> Response:
        """List the jobs."""
        return answer(200, [self._shown(job_id) for job_id in self.validations])

    @operation("GET", BULK + "/{jobId}", tier=Tier.POLL)
    def get_validation(self, incoming: Incoming) -> Response:
        """Return one job."""
        return answer(200, self._shown(self._known_validation(incoming)))

    @operation("GET", BULK + "/{jobId}/result", tier=Tier.POLL)
    def get_validation_result(self, incoming: Incoming) -> Response:
        """Return the result as CSV, which is empty unless the job is completed."""
        job = self._validation_job(self._known_validation(incoming))
        headers = {"Content-Disposition": "attachment; filename=results.csv"}
        return text_answer(job.result or "", content_type="text/csv", headers=headers)

    def _known_validation(self, incoming: Incoming) -> int:
        asked = incoming.parts["jobId"]
        if not asked.isdigit() or int(asked) not in self.validations:
            raise cpaas_refusal(404, "The job was not found.")
        return int(asked)

    def _validation_job(self, job_id: int) -> Job:
        return self.jobs[f"phone-{job_id}"]

    def _described(self, job_id: int, filename: str, country: str, numbers: list[str]) -> dict[str, Any]:
        return {
            "jobId": job_id,
            "userId": 1,
            "filename": filename,
            "countryIsoCode": country.lower(),
            "phoneNumberCount": len(numbers),
            "created": stamp(self.now()),
            "minRetention": stamp(self.now() + timedelta(days=30)),
            "filePath": f"{self.public_url}/cpaas/phonevalidation/files/{job_id}",
            "statusFlag": "NotDefined",
            "apiSpaceId": self.webhooks.api_space_id,
        }

    def _shown(self, job_id: int) -> dict[str, Any]:
        job, numbers = self._validation_job(job_id), self._validation_rows[job_id]
        done = job.status == WORDS.finished
        invalid = sum(digits(number) is None for number in numbers) if done else 0
        valid = len(numbers) - invalid if done else 0
        return {
            **self.validations[job_id],
            "status": job.status,
            "percentComplete": {WORDS.waiting: 0, WORDS.running: 50}.get(job.status, 100),
            "invalidCount": invalid,
            "liveInfoCount": valid,
            "chargeableLiveInfoCount": valid,
            "updated": stamp(job.ended or job.submitted),
        }


def _validated(given: str, country: str | None) -> dict[str, Any]:
    number = digits(given)
    if given.startswith("0") and country in PREFIX_OF:
        number = digits(PREFIX_OF[country] + given.lstrip("0"))
    if number is None:
        return {"phoneNumber": given, "status": "BadNumber", "countryIdd": ""}
    home = country_of(number)
    shape = {"phoneNumber": number, "status": "On", "countryIdd": PREFIX_OF.get(home, "")}
    if country is not None and country != home:
        return shape | {"status": "CountryMismatch"}
    if number.endswith("0000"):
        return shape | {"status": "Dead"}
    details = {
        "isPorted": False,
        "portedFromNetworkName": "",
        "networkName": NETWORK,
        "networkPrefix": number[2:7],
        "mccmnc": "23499",
    }
    return shape | {"networkDetails": details}


def _result(numbers: list[str]) -> str:
    out = StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    for given in numbers:
        found = _validated(given, None)
        details = found.get("networkDetails", {})
        known = (details.get("mccmnc", ""), details.get("networkName", ""), details.get("networkPrefix", ""))
        lines.writerow(
            (found["phoneNumber"], given, found["status"], *known, found["countryIdd"], False, *[""] * 5)
        )
    return out.getvalue()
