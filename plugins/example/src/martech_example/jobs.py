"""Jobs at Pigeonpost: loads of people."""

from __future__ import annotations

from martech.models import ItemResult, Job, JobStatus, Page
from martech.provider import JobOperations, Together, get, read
from martech_example import mapping
from martech_example.limits import OUTCOME_PAGE_SIZE
from martech_example.wire import LoadState, OutcomeAnswer


class Jobs(JobOperations):
    """Loads."""

    async def status(self, job: Job) -> Job:
        """One request a part that has not ended."""
        waiting = [part for part in job.parts if not part.status.ended]
        asked = await Together([_state(part.id) for part in waiting], at_most=4)
        words = {part.id: outcome.value for part, outcome in zip(waiting, asked, strict=True)}
        parts = tuple(
            part
            if part.id not in words
            else part.model_copy(
                update={
                    "status": mapping.LOAD_STATES.get(words[part.id], JobStatus.UNKNOWN),
                    "detail": words[part.id],
                }
            )
            for part in job.parts
        )
        return job.model_copy(update={"parts": parts})

    async def results(self, job: Job, cursor: str | None) -> Page[ItemResult]:
        """One request a page. The cursor names the part and how many of its rows were read."""
        index, start = (int(number) for number in (cursor or "0:0").split(":"))
        part = job.parts[index]
        first = sum(len(earlier.inputs) for earlier in job.parts[:index])
        positions = {key: first + offset for offset, key in enumerate(part.inputs)}
        question = {"from": start, "count": OUTCOME_PAGE_SIZE}
        answer = read(OutcomeAnswer, await get("/loads/{load}/outcome", load=part.id, query=question))
        items = [
            mapping.outcome_from_wire(row, positions[key])
            for row in answer["rows"]
            if (key := f"email:{row['address'].casefold()}") in positions
        ]
        following = start + len(answer["rows"])
        if answer["rows"] and following < answer["total"]:
            return Page(items, f"{index}:{following}")
        return Page(items, f"{index + 1}:0" if index + 1 < len(job.parts) else None)


async def _state(load: str) -> str:
    return read(LoadState, await get("/loads/{load}", load=load))["state"]
