"""A run's memory does not grow with the account, and what engine and journal cost beside a plain script."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from tests.migration.worlds import fast_folder
from tests.prove.crash.accounts import rows as _rows

from martech.client import Client
from martech.emulation import EmulatorClock, Served, serve
from martech.migration.bundle import BundleSource, export
from martech.migration.engines import PlainEngine
from martech.migration.journal import Journal, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Order, Work, utc_now
from martech.migration.sources.accounts import ProviderSource
from martech.migration.target import Target
from martech.models import Contact, IfNew
from martech.registry import emulator

PROVIDER = "dotdigital"
SIZES = (2_000, 8_000)
FULL_SIZES = (100_000, 1_000_000)
SPEED = 600.0
BATCH = 500
"""How many people a step writes here, so that both accounts take several."""


def child(what: str, folder: str) -> None:
    """Do one thing in this process, and print what it took."""
    line = json.loads((Path(folder) / "side.json").read_text())
    began, worked = time.perf_counter(), time.process_time()
    with Client(line["provider"], **line["settings"]) as client:
        if what == "run":
            _run(client, Path(folder))
        elif what == "script":
            _script(client, Path(folder))
        else:
            source = ProviderSource(client)
            export(source, Path(folder) / "back", overwrite=True)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = {"seconds": time.perf_counter() - began, "worked": time.process_time() - worked}
    print(json.dumps({**took, "megabytes": held}))


def _run(client: Client, folder: Path) -> None:
    target = Target(client, restore=True, most=BATCH)
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
    people = (
        one.carried()
        for page in BundleSource(folder / "bundle").people()
        for one in page.items
        if isinstance(one, Contact)
    )
    while some := list(islice(people, BATCH)):
        kept = [one.model_copy(update={"consents": ()}) for one in some]
        client.contacts.upsert_many(kept, if_new=IfNew.VENDOR_DEFAULT, restore=True)


def _measured(size: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        old = serve(emulator(PROVIDER)(clock=EmulatorClock(speed=SPEED)))
        try:
            old.emulator.seed_people(_rows(size))
            line = old.line()
            with Client(line["provider"], **line["settings"]) as client:
                export(ProviderSource(client), Path(folder) / "bundle")
        finally:
            old.close()
        for what in ("script", "run"):
            side = serve(emulator(PROVIDER)(clock=EmulatorClock(speed=SPEED)))
            try:
                told[what] = _in_child(what, folder, side)
                if what == "run":
                    told["back"] = _in_child("back", folder, side)
            finally:
                side.close()
    return told


def _in_child(what: str, folder: str, side: Served) -> dict[str, Any]:
    (Path(folder) / "side.json").write_text(json.dumps(side.line()))
    before = side.emulator.ledger.total
    code = f"from tests.prove.scale import child; child({what!r}, {folder!r})"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    told["calls"] = side.emulator.ledger.total - before
    return told


def prove(sizes: tuple[int, int] = SIZES, *, minutes: float | None = None) -> int:
    """Measure a small and a large account; a hundred thousand and a million with enough minutes."""
    sizes = FULL_SIZES if minutes is not None and minutes >= 60 else sizes
    found = {size: _measured(size) for size in sizes}
    for size, told in found.items():
        for what in ("script", "run", "back"):
            one = told[what]
            print(
                f"scale {size:>9,} {what:<7}{1e6 * one['seconds'] / size:9.0f} µs a contact "
                f"{one['megabytes']:7.0f} MB {one['calls']:>7} calls"
            )
    small, large = (found[size] for size in sizes)
    memory = large["run"]["megabytes"] / small["run"]["megabytes"]
    pace = (large["run"]["worked"] / sizes[1]) / (small["run"]["worked"] / sizes[0])
    beside = large["run"]["worked"] / large["script"]["worked"]
    print(f"scale: memory {memory:.2f} ×, work per contact {pace:.2f} ×, {beside:.1f} × the plain script's work")
    # What the interpreter itself grows by in its first minute weighs more the smaller the accounts are.
    return int(memory > (1.1 if sizes == FULL_SIZES else 1.25) or pace > 1.2)
