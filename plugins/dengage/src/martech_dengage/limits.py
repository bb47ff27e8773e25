"""What dEngage allows."""

from __future__ import annotations

from martech.provider import Limit, LimitReading, LimitScope, Response

BULK = "bulk"
BULK_ASYNC = "bulk_async"
READS = "reads"

GATE_SECONDS = 61
"""A minute (D4), and a second to spare."""

LIMITS = (
    # 30 a second for an address. Spaced evenly, since a burst on top of the rate would be more in some second, and
    # with a tenth to spare for what the way to the vendor squeezes together.
    Limit(name="calls", calls=30, per_seconds=1.1, burst=1, every=True, scope=LimitScope.IP, source="C4, C5"),
    # Once a minute and never in parallel.
    Limit(name=BULK, calls=1, per_seconds=GATE_SECONDS, at_once=1, source="D4"),
    # As often as any other call; how many at the same time is limited, by a number nobody gives: one is below any.
    Limit(name=BULK_ASYNC, calls=30, per_seconds=1.1, scope=LimitScope.IP, at_once=1, source="D5"),
    # Likewise; a seventh simultaneous read was answered 429.
    Limit(name=READS, calls=30, per_seconds=1.1, scope=LimitScope.IP, at_once=6, source="C4, C6"),
)

READS_AT_ONCE = 6
"""The same bound for reads that are made together."""
CONTACTS_AT_ONCE = 1000
"""Records of BulkUpsert (D4) and BulkUpsert-Async (D5)."""
IMPORTS_AT_ONCE = 5
"""Jobs of BulkUpsert-Async that one write of many contacts has under way: a number of our own. Requests at the
same time are limited (D5), of jobs nothing is said. What was written is seen some two minutes later (C4, C6), and
while a job takes that long, people for the next ones are looked up."""
ROWS_AT_ONCE = 1000
"""Rows of a synchronous UpsertData (D9, D2) and of UpsertData-Async-V2 (D11)."""
DELETED_AT_ONCE = 999
"""Rows of a synchronous DeleteData: D2 says up to 1000, D12 fewer than 1000; this keeps to both."""
FILE_BYTES = 36_000_000
"""Bytes of a file for UpsertData-Async: a request ends at 50 MB (D10), and base64 makes four bytes of three."""
TABLES_PAGE = 25
"""Tables of one page of lists or datasets; each costs a request for its columns. 10 to 1000 are taken (C4)."""
TABLES_SCAN = 1000
"""Tables of one page when one of them is looked for (C4)."""
CONTENTS_PAGE = 500
"""Contents of one page, as clients ask for them (C1)."""
REPORT_PAGE = 1000
"""Rows of one page of a report: 100 to 1000 (D18, D19)."""
REPORT_DAYS = 7
"""Days a report may span (D18, D19)."""
REPORT_SUBJECTS = 5
"""Addresses or tags a report may be about (D18, D19)."""
SHOWN_AFTER_SECONDS = 150.0
"""How long reads may not show what was written: about two minutes were seen (C4, C6), and some more to spare."""
BULK_TIMEOUT_SECONDS = 120.0
"""How long to wait for a bulk write: it validates every record before it writes one (D4)."""


def learned(response: Response) -> LimitReading | None:
    """Return what a refused BulkUpsert says: somebody else took this minute, so there is none before the next."""
    if response.status != 429 or response.asked != "POST /bulk/contacts":
        return None
    return LimitReading(name=BULK, remaining=0, resets_in_seconds=GATE_SECONDS)
