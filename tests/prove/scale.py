"""A run's memory does not grow with the account, it asks as little as the vendor's bounds allow, and its cost.

A bundle is moved into the emulator and read back from it, in processes of their own, at two sizes. A plain script
moves the same bundle without engine and journal.
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from tests.migration.worlds import fast_folder

from martech.cli.memory import give_back_large_buffers
from martech.client import Client
from martech.emulation import EmulatorClock, Served, serve
from martech.migration.bundle import BundleSource, export
from martech.migration.engines import PlainEngine
from martech.migration.journal import Journal, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Order, Work, utc_now
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.files import FileSource, Layout
from martech.migration.target import MOST_A_BATCH, Target
from martech.models import AttributeDefinition, Channel, Contact, IfNew, SubscriptionStatus
from martech.registry import emulator

PROVIDER = "dotdigital"
SIZES = (8_000, 32_000)
FULL_SIZES = (100_000, 1_000_000)
SPEED = 600.0
MOST_MEMORY, MOST_PACE, MOST_CALLS = 1.1, 1.2, 1.05
LARGEST_PAGE, LARGEST_BLOCKS, LARGEST_BODY = 5000, 1000, 50_000_000
"""The vendor's bounds: people in a page, blocks in a page, and bytes in an import."""
COLUMNS = (
    "email", "phone", "first_name", "last_name", "city", "tier", "points", "joined", "store", "words", "out",
)  # fmt: skip
ATTRIBUTES = ("city", "tier", "points", "joined", "store", "words")


class Panel(FileSource):
    """A file whose attributes somebody defined."""

    def attributes(self) -> Sequence[AttributeDefinition]:
        """Return them."""
        return [AttributeDefinition(name=name) for name in ATTRIBUTES]


def people(count: int) -> Iterator[tuple[str, ...]]:
    """Yield people as rows, every seventh of whom has opted out."""
    for number in range(count):
        yield (
            f"person-{number}@example.org", f"+4477{number:08d}", f"Name {number}", f"Surname {number % 977}",
            f"City {number % 311}", ("gold", "silver", "bronze")[number % 3], f"{number % 5000}",
            f"20{number % 24:02d}-0{number % 9 + 1}-1{number % 9}", f"Branch {number % 57} on the market square",
            "likes gardens, bicycles and long walks", "no" if number % 7 == 0 else "yes",
        )  # fmt: skip


def bundle(folder: Path, count: int) -> None:
    """Write a bundle of so many people."""
    path = folder / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(people(count))
    columns = {"phone": "mobile", "out": "state.email"} | {name: f"attributes.{name}" for name in ATTRIBUTES}
    states = {"yes": SubscriptionStatus.SUBSCRIBED, "no": SubscriptionStatus.UNSUBSCRIBED}
    layout = Layout(columns=columns, states=states, subscribed=(Channel.SMS,))
    export(Panel(path, "csv", layout=layout), folder / "bundle")
    path.unlink()


def most_held() -> float:
    """Return how many megabytes this process had at most.

    Not by `ru_maxrss`: of a process that another began, Linux counts what that one had.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(what: str, folder: str, most: int) -> None:
    """Do one thing in this process, and print what it took."""
    line = json.loads((Path(folder) / "side.json").read_text())
    give_back_large_buffers()  # as the commands do
    began, worked = time.perf_counter(), time.process_time()
    with Client(line["provider"], **line["settings"]) as client:
        if what == "run":
            _run(client, Path(folder), most)
        elif what == "script":
            _script(client, Path(folder))
        else:
            export(ProviderSource(client), Path(folder) / "back", overwrite=True)
    held = most_held()
    took = {"seconds": time.perf_counter() - began, "worked": time.process_time() - worked}
    print(json.dumps({**took, "megabytes": held}))


def _run(client: Client, folder: Path, most: int) -> None:
    target = Target(client, restore=True, most=most)
    source = BundleSource(folder / "bundle")
    order = Order(
        source=source, target=target, translation=AsItIs(target.provider), rules=Rules(restore=True), live=False
    )
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    journal.open_run("run", kind=Kind.FULL, source=source.name, target=target.name, order="{}", now=utc_now())
    PlainEngine().run(Work("run", order, journal))
    counts = journal.counts("run")
    if counts["moved"] + counts["moved with declared loss"] != counts["people"]:
        raise AssertionError(str(counts))


def _script(client: Client, folder: Path) -> None:
    """What one would write by hand: read lines, leave out what cannot be written, hand over many at a time."""
    for name in ATTRIBUTES:
        client.attributes.create(AttributeDefinition(name=name))
    there = (
        one.carried().model_copy(update={"consents": ()})
        for page in BundleSource(folder / "bundle").people()
        for one in page.items
        if isinstance(one, Contact)
    )
    deque(client.contacts.upsert_stream(there, if_new=IfNew.VENDOR_DEFAULT, restore=True), maxlen=0)


def _measured(size: int, most: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        bundle(Path(folder), size)
        for what in ("script", "run"):
            side = serve(emulator(PROVIDER)(clock=EmulatorClock(speed=SPEED)))
            try:
                told[what] = _in_child(what, folder, side, most)
                if what == "run":
                    told["back"] = _in_child("back", folder, side, most)
                    _whole(Path(folder), size)
            finally:
                side.close()
    return told


def _whole(folder: Path, size: int) -> None:
    """Raise unless everybody came back with every attribute, which the vendor names in capitals."""
    with (folder / "back" / "contacts.ndjson").open(encoding="utf-8") as lines:
        came = sum(all(f'"{name.upper()}":' in line for name in ATTRIBUTES) for line in lines)
    if came != size:
        raise AssertionError(f"{came} of {size} people came back with all they had")


def _in_child(what: str, folder: str, side: Served, most: int) -> dict[str, Any]:
    (Path(folder) / "side.json").write_text(json.dumps(side.line()))
    ledger = side.emulator.ledger
    counts, sizes = ledger.counts.copy(), ledger.bytes.copy()
    code = f"from tests.prove.scale import child; child({what!r}, {folder!r}, {most})"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told["routes"] = ledger.counts - counts
    told["bytes"] = (ledger.bytes - sizes).total()
    return told


OTHER_CALLS = 18
"""Fields, lists, the empty one of them, segments, topics, templates of three channels and one of them read,
campaigns of two and the counts of one, collections, the columns of two and the records of four: one call each."""


def fewest(what: str, size: int, body_bytes: int, blocked: int) -> int:
    """Return how few calls the vendor's bounds allow.

    To write: as few bodies as the bytes take, one answer of each with what became of everybody, and a call for
    each attribute that is to be made. To read: full pages of people, of the list that everybody is on and of
    blocks, and whatever else an empty account has.
    """
    if what == "back":
        everybody_and_their_list = 2 * ceil(size / LARGEST_PAGE)
        return everybody_and_their_list + ceil(blocked / LARGEST_BLOCKS) + OTHER_CALLS
    return 2 * ceil(body_bytes / LARGEST_BODY) + len(ATTRIBUTES)


def _show(size: int, told: dict[str, Any]) -> tuple[int, int]:
    """Print what was measured; return how many calls the run and the way back took, and how few would do."""
    calls = least = 0
    for what in ("script", "run", "back"):
        one = told[what]
        few = fewest(what, size, one["bytes"], size // 7 + 1)
        took = one["routes"].total()
        pace = f"{1e6 * one['seconds'] / size:7.0f} µs a contact, {1e6 * one['worked'] / size:7.0f} of work"
        print(f"scale {size:>9,} {what:<7}{pace}, {one['megabytes']:7.0f} MB, {took:>5} calls (at least {few})")
        if what != "script":
            calls, least = calls + took, least + few
    for route, count in sorted((told["run"]["routes"] + told["back"]["routes"]).items(), key=lambda one: -one[1]):
        print(f"  {count:>7}  {route}")
    return calls, least


def prove(sizes: tuple[int, int] = SIZES, *, minutes: float | None = None) -> int:
    """Measure a small and a large account; a hundred thousand and a million with enough minutes."""
    full = minutes is None or minutes >= 60
    sizes = FULL_SIZES if full and sizes == SIZES else sizes
    found: dict[int, dict[str, Any]] = {}
    shown: dict[int, tuple[int, int]] = {}
    for size in sizes:
        found[size] = _measured(size, MOST_A_BATCH if full else sizes[0] // 4)
        shown[size] = _show(size, found[size])
    small, large = (found[size] for size in sizes)
    memory = {what: large[what]["megabytes"] / small[what]["megabytes"] for what in ("run", "back")}
    pace = {
        what: (large[what]["worked"] / sizes[1]) / (small[what]["worked"] / sizes[0]) for what in ("run", "back")
    }
    beside = large["run"]["worked"] / large["script"]["worked"]
    calls, least = shown[sizes[1]]
    print(
        f"scale: memory {memory['run']:.2f} × and {memory['back']:.2f} × back, work a contact {pace['run']:.2f} × "
        f"and {pace['back']:.2f} ×, {calls / least:.2f} × the fewest calls, {beside:.1f} × the plain script's work"
    )
    # What the interpreter itself grows by in its first minute, and the first calls, weigh more on small accounts.
    wrong = max(memory.values()) > (MOST_MEMORY if full else 1.25) or max(pace.values()) > MOST_PACE
    return int(wrong or (full and calls / least > MOST_CALLS))
