"""ASSUMPTION: what the status of a job looks like; two of the paths are documented, no answer is (D5, D11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.bulk import BulkOutcome, faults
from martech_dengage.emulator.contacts import BULK_JOB
from martech_dengage.emulator.envelope import operation
from martech_dengage.emulator.jobs import Job
from martech_dengage.emulator.vendor import Vendor

__all__ = ["AssumedJobStatus"]

FAILED_BECAUSE = "refused by the switch jobs_fail"
NO_ROWS: Mapping[str, Any] = {"totalRowCount": 0, "affectedRowCount": 0, "errorCount": 0, "errorList": []}


class AssumedJobStatus(Vendor):
    """Routes that tell how far a job is: at the path that started it, plus its id."""

    @operation("GET", "/dataspace/async/{work}/{job_id}")
    def async_job_status(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetAsyncJobStatus: of an upsert by file or by rows (D11: that path), or of a delete."""
        job = self.jobs.get(incoming.parts["job_id"], f"dataspace/async/{incoming.parts['work']}")
        rows = {**NO_ROWS, **job.result}
        if job.failed:
            rows |= {"errorCount": 1, "errorList": faults(self, [({}, FAILED_BECAUSE)])}
        return {"jobId": job.job_id, "jobName": job.name, "status": _status_of(self, job), **rows}

    @operation("GET", "/bulk/async/contacts/{job_id}")
    def bulk_job_status(self, incoming: Incoming) -> Mapping[str, Any]:
        """Status of a BulkUpsert-Async (D5: the path); a job that failed wrote nothing."""
        job = self.jobs.get(incoming.parts["job_id"], BULK_JOB)
        outcome = BulkOutcome(errors=faults(self, [({}, FAILED_BECAUSE)]) if job.failed else []).data()
        return {"status": _status_of(self, job), **outcome, **job.result}


def _status_of(vendor: Vendor, job: Job) -> str:
    """Return the word for how far a job is."""
    if job.ended:
        return "FAILED" if job.failed else "COMPLETED"
    return "RUNNING" if vendor.agenda.now() >= job.runs_at else "WAITING"
