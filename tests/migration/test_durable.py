"""The durable engine: the same course on DBOS, over SQLite in one process and over PostgreSQL in several."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.migration.worlds import World

from martech.emulation import FaultKind
from martech.errors import ConfigurationError, MigrationStopped

durable = pytest.importorskip("martech.migration.engines.durable", reason="martech[migrate] is not installed")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_run_on_the_durable_engine_ends_as_on_the_plain_one_and_goes_on_after_it_stopped(folder: Path) -> None:
    with World(folder, 3, "dotdigital", "example", 8) as world:
        world.on_exchange = lambda side: world.clock.advance(1)
        work = world.begin(world.order())
        engine = durable.DurableEngine(world.journal, lambda run: work, worker="test-1")
        engine.launch()
        try:
            with pytest.raises(ConfigurationError, match="already"):
                durable.DurableEngine(world.journal, lambda run: work).launch()
            world.new.emulator.faults.add(FaultKind.STATUS, status=403, times=1000, after=2)
            engine.start(work.run)
            with pytest.raises(MigrationStopped):
                engine.wait(work.run)
            world.new.emulator.faults.clear()
            engine.start(work.run)
            engine.wait(work.run)
        finally:
            engine.close()
        told = world.verify(work)
        assert told.green, told.line()
        assert world.wrong == []
        kept = (folder / "journal.db.engine").read_bytes()
        assert b"example.org" not in kept, "people stay in the journal"
