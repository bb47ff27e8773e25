"""Dotdigital at its bounds: listing, importing, and a backfill that is stopped and goes on elsewhere."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from martech.models import Campaign, Contact, IfNew, ItemOutcome, Lists
from martech.testing.connecting import Bench, bench

LISTED, FEW = 100_000, 5_000
IMPORTED = 50_000
CAMPAIGNS, RECIPIENTS = 12, 2_500
BLOCKS_OF_A_CONTACT = 10
"""Far fewer than a contact takes: so many kept for each of one page would be a leak."""
LARGEST_PAGE = 5_000
"""Contacts in one answer, at most (the vendor's bound)."""
BODY_BYTES = 50_000_000
"""One import, at most (the vendor's bound)."""
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
NOTE = "n" * 700


# ── listing ──────────────────────────────────────────────────────────────────────────────────────────────────


def listing(count: int) -> dict[str, float]:
    """List that many contacts, and return what was held, and how many pages and requests it took.

    Watching every allocation makes a page ten times as slow, so it is done for the first page and the last; that
    nothing is kept in between is seen by the number of blocks that are allocated after each.
    """
    table = _table()
    vendor: Any = table.emulator
    vendor.seed_people(
        {"email": f"p{n}@example.org", "phone": f"4477{n:08}", "first_name": "Ada"} for n in range(count)
    )
    client = table.client()
    client.account.get()
    before, last = vendor.ledger.total, -(-count // LARGEST_PAGE)
    seen = pages = held = peak = first = blocks = 0
    listed = client.contacts.list(page_size=LARGEST_PAGE).pages()
    while True:
        watched = pages + 1 in (1, last)
        if watched:
            tracemalloc.start()
        page = next(listed, None)
        if page is not None:
            seen += len(page.items)
            pages += 1
        ended = page is None
        del page
        gc.collect()
        if watched:
            left, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            held, peak = max(held, left), max(peak, most)
        if ended:
            break
        blocks = sys.getallocatedblocks()
        first = first or blocks
    return {
        "contacts": seen,
        "pages": pages,
        "requests": vendor.ledger.total - before,
        "minimum": last,
        "held": held,
        "peak": peak,
        "kept": blocks - first,
    }


def prove_list(sizes: Sequence[int] = (FEW, LISTED)) -> int:
    """Print what is held for few and for many; fails if many need more memory, or more requests than they must."""
    found: list[dict[str, float]] = []
    for count in sizes:
        began = time.perf_counter()
        one = listing(count)
        found.append(one)
        print(
            f"dotdigital-list: {one['contacts']:>7.0f} contacts, {one['pages']:.0f} pages, {one['requests']:.0f} "
            f"requests (minimum {one['minimum']:.0f}), held {one['held'] / 1e6:.2f} MB after a page, "
            f"peak {one['peak'] / 1e6:.1f} MB in one, {one['kept']:.0f} blocks more after the last page than "
            f"after the first, {time.perf_counter() - began:.1f} s"
        )
        if one["contacts"] != count or one["requests"] != one["minimum"]:
            return 1
    few, many = found[0], found[-1]
    return int(many["peak"] > few["peak"] * 1.25 or many["kept"] > BLOCKS_OF_A_CONTACT * LARGEST_PAGE)


# ── importing ────────────────────────────────────────────────────────────────────────────────────────────────


def importing(count: int, *, notes: int = 0) -> dict[str, float]:
    """Import that many contacts with some long data fields each, and return calls, bytes and outcomes."""
    table = _table()
    vendor: Any = table.emulator
    with vendor.lock:
        from martech_dotdigital.emulator.contacts.schema import DataField

        for number in range(notes):
            vendor.data_fields[f"NOTE{number}"] = DataField(f"NOTE{number}", "String", "Private")
    people = [
        Contact(
            email=f"p{n}@example.org",
            first_name="Ada",
            attributes={f"NOTE{number}": NOTE for number in range(notes)},
        )
        for n in range(count)
    ]
    sizes: list[int] = []

    def noted(request: Any) -> Any:
        if request.method == "PUT":
            sizes.append(len(request.body))
        return vendor(request)

    with table.client(app=noted) as client:
        job = client.contacts.start_import(people, if_new=IfNew.VENDOR_DEFAULT, restore=True)
        results = client.jobs.results(client.jobs.wait(job))
    created = sum(result.outcome is ItemOutcome.CREATED for result in results)
    ids = len({result.vendor_id for result in results})
    # Rows cannot be shared out better than by their bytes alone.
    rows = sum(sizes) - len(sizes) * len(b'{"mergeOption":"overwrite","contacts":[]}')
    return {
        "created": created,
        "ids": ids,
        "calls": len(sizes),
        "minimum": max(1, -(-rows // BODY_BYTES)),
        "bytes": sum(sizes),
        "largest": max(sizes),
    }


def prove_import(count: int = IMPORTED) -> int:
    """Print how many calls an import takes and how few there could be; fails if there could be fewer."""
    for notes in (0, 2):
        began = time.perf_counter()
        one = importing(count, notes=notes)
        print(
            f"dotdigital-import: {one['created']:.0f} contacts made, {one['ids']:.0f} ids told, "
            f"{one['bytes'] / 1e6:.1f} MB in {one['calls']:.0f} calls (minimum {one['minimum']:.0f} of "
            f"{BODY_BYTES / 1e6:.0f} MB; largest {one['largest'] / 1e6:.1f} MB), "
            f"{time.perf_counter() - began:.1f} s"
        )
        if (
            {one["created"], one["ids"]} != {count}
            or one["calls"] != one["minimum"]
            or one["largest"] > BODY_BYTES
        ):
            return 1
    return 0


# ── backfill ─────────────────────────────────────────────────────────────────────────────────────────────────


def sent(campaigns: int, recipients: int) -> Bench:
    """Return a bench at which some campaigns went out, and forms were answered."""
    table = _table()
    vendor: Any = table.emulator
    vendor.seed_people({"email": f"p{n}@example.org"} for n in range(recipients))
    with table.client() as client:
        everyone = next(one for one in client.lists.list() if one.name == "All Contacts")
        for number in range(campaigns):
            campaign = client.campaigns.create(
                Campaign(
                    name=f"News {number}",
                    subject="News!",
                    html='<a href="http://$UNSUB$">no more</a>',
                    text="$UNSUB$",
                    sender="Shop <hello@shop.example.org>",
                )
            )
            client.campaigns.send(campaign, to=Lists([everyone.id]))
        table.clock.advance(86_400)
        client.account.server_time()
    form = vendor.forms[1]
    with vendor.lock:
        for number in range(recipients // 10):
            vendor.respond(form, f"p{number}@example.org", "Monday")
    return table


def backfilled(table: Bench, what: Callable[[Any], Any]) -> tuple[int, int, int]:
    """Run a backfill whole, then stop one and go on elsewhere; returns rows, pages, and how many differ."""
    with table.client() as client:
        pages = list(what(client).pages())
        whole = [row for page in pages for row in page.items]
    first: list[Any] = []
    cursor = None
    with table.client() as client:
        for number, page in enumerate(what(client).pages(), 1):
            first += page.items
            cursor = page.next_cursor
            if number == len(pages) // 2:
                break
    stored = str(cursor)
    with table.client() as client:
        rest = [row for page in what(client).pages(after=stored) for row in page.items]
    return len(whole), len(pages), sum(a != b for a, b in zip([*first, *rest], whole, strict=True))


def prove_backfill(campaigns: int = CAMPAIGNS, recipients: int = RECIPIENTS) -> int:
    """Print how a backfill that was stopped compares to one that was not; fails if they differ."""
    table = sent(campaigns, recipients)
    asks: dict[str, Callable[[Any], Any]] = {"campaigns": _campaigns, "forms": _forms}
    for name, ask in asks.items():
        began = time.perf_counter()
        rows, pages, different = backfilled(table, ask)
        print(
            f"dotdigital-backfill: {name}: {rows} rows in {pages} pages; stopped after {pages // 2}, gone on in a "
            f"fresh client: {different} rows differ, {time.perf_counter() - began:.1f} s"
        )
        if different or not rows:
            return 1
    return 0


def _campaigns(client: Any) -> Any:
    return client.native.campaigns.backfill(since=SINCE)


def _forms(client: Any) -> Any:
    return client.native.forms.backfill(since=SINCE)


def _table() -> Bench:
    return bench("dotdigital", rate_scheme="off", send_seconds=1.0)
