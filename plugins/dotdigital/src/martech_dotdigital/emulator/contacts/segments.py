"""Segments: read and refreshed here, defined in the app (section 15)."""

from __future__ import annotations

from martech.emulation import Incoming, Response
from martech_dotdigital.emulator.contacts.population import Population
from martech_dotdigital.emulator.contacts.schema import Segment
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import offset_window
from martech_dotdigital.emulator.conventions.reading import number_part
from martech_dotdigital.emulator.conventions.timeline import JobKind, JobWords

__all__ = ["SegmentOperations"]

REFRESH_WORDS = JobWords("NotStarted", "NotFinished", "Finished")


class SegmentOperations(Population):
    """List segments, refresh one, ask how far that is."""

    @operation("GET", "/v2/segments")
    def list_segments(self, incoming: Incoming) -> Response:
        """List the segments with as many contacts as they had when last refreshed."""
        shapes = [
            {"id": segment.id, "name": segment.name, "contacts": len(segment.members)}
            for segment in self.segments.values()
        ]
        return answer(200, offset_window(incoming, shapes))

    @operation("POST", "/v2/segments/refresh/{id}")
    def start_segment_refresh(self, incoming: Incoming) -> Response:
        """Begin to compute a segment anew; a refresh under way is not begun twice."""
        segment = self._segment_named(incoming)
        key = f"segment-{segment.id}"
        job = self.jobs.get(key)
        if job is None or not job.active:
            job = self.start_job(
                JobKind.SEGMENT_REFRESH, REFRESH_WORDS, lambda: self.refresh_segment(segment), key=key
            )
        return answer(202, {"id": segment.id, "status": job.status})

    @operation("GET", "/v2/segments/refresh/{id}", tier=Tier.POLL)
    def get_segment_refresh(self, incoming: Incoming) -> Response:
        """Return how far the last refresh of a segment is; one never asked for counts as finished (ASSUMED)."""
        segment = self._segment_named(incoming)
        job = self.jobs.get(f"segment-{segment.id}")
        return answer(200, {"id": segment.id, "status": job.status if job else REFRESH_WORDS.finished})

    def _segment_named(self, incoming: Incoming) -> Segment:
        missing = v2_refusal(404, "ERROR_SEGMENT_NOT_FOUND")
        segment = self.segments.get(number_part(incoming, "id", missing))
        if segment is None:
            raise missing
        return segment
