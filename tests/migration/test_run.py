"""Running a migration on the plain engine: phases, further runs, stops, pauses, jobs, bad days."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.migration.worlds import StoppedHere, World, pairs

from martech.emulation import FaultKind
from martech.errors import MigrationStopped
from martech.migration.engines import PlainEngine
from martech.migration.journal import Class, Group, Journal, Kind, Seal, State
from martech.migration.journal.sealing import KEY_VARIABLE
from martech.migration.law import Rules
from martech.migration.phases import STEPS
from martech.migration.phases.steps import Step
from martech.models import Channel, Contact

PAIRS = list(pairs())


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    with World(folder, 3, "dotdigital", "example", 14) as made:
        yield made


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_everybody_arrives_and_a_further_run_writes_nothing(source: str, target: str, folder: Path) -> None:
    with World(folder, 1, source, target, 8) as world:
        work = world.run()
        told = world.verify(work)
        assert told.green, told.line()
        assert told.people >= 8
        assert world.wrong == []
        assert world.lost_nos() == []
        again = world.run()
        assert world.journal.run(again.run)["writes"] == 0
        assert world.verify(again).green


def test_whoever_said_no_is_written_before_anybody_else_and_with_their_no(world: World) -> None:
    order: list[str] = []
    world.run(watch=lambda boundary, step: order.append(step) if boundary == "performing" else None)
    groups = [json.loads(step)[1] for step in order if step.startswith('["submit"')]
    assert groups == sorted(groups, key=lambda group: group != "nos")
    assert groups[0] == "nos"
    rows = world.journal.people("run-1", group=Group.NOS)
    assert rows
    for row in rows:
        assert row.outcome == "unchanged" or (
            row.said is not None and any(one.is_no for one in row.said.subscriptions)
        )


@pytest.mark.parametrize("lag_seconds", [0, 120])
def test_whoever_the_target_shows_late_is_put_on_their_lists_all_the_same(
    folder: Path, lag_seconds: float
) -> None:
    with World(folder, 1, "dotdigital", "dengage", 8) as world:
        world.new.emulator.visibility_lag_seconds = lag_seconds
        client = world.old.client()
        friends = client.lists.create("Friends")
        client.lists.add(friends.id, [one.email for one in world.people])
        told = world.verify(world.run())
        assert told.green, told.line()
        assert told.memberships["refused"] == told.memberships["missing"] == 0
        assert len(world.new.emulator.tables.by_name("Friends").rows) == 8
        began = world.clock.now()
        world.run()
        assert (world.clock.now() - began).total_seconds() < 100


def test_a_paused_run_stops_before_its_next_step_and_goes_on_when_resumed(world: World) -> None:
    work = world.begin(world.order())

    def pausing(boundary: str, step: str) -> None:
        if boundary == "recorded" and step.startswith('["survey"'):
            world.journal.note(work.run, state=State.PAUSED)

    with pytest.raises(MigrationStopped) as stopped:
        PlainEngine(watch=pausing).run(work)
    assert stopped.value.checkpoint == work.run
    assert world.journal.run(work.run)["state"] == State.PAUSED
    world.go_on(work)
    assert world.verify(work).green


def test_a_target_that_is_suspended_stops_the_run_clearly_and_it_can_be_resumed(world: World) -> None:
    work = world.begin(world.order())
    world.new.emulator.faults.add(FaultKind.STATUS, status=403, times=1000, after=3)
    with pytest.raises(MigrationStopped, match="stopped"):
        PlainEngine().run(work)
    assert world.journal.run(work.run)["state"] == State.STOPPED
    assert world.journal.run(work.run)["why"]
    world.new.emulator.faults.clear()
    assert not world.verify(work).green
    world.go_on(work)
    assert world.verify(work).green


def test_a_step_is_done_twice_at_most_by_its_first_half_and_once_by_its_second(world: World) -> None:
    died: set[str] = set()
    performed: list[str] = []

    def dying(boundary: str, step: str) -> None:
        if boundary == "performed":
            performed.append(step)
        if boundary == "recording" and step not in died:
            died.add(step)
            raise StoppedHere

    work = world.run(watch=dying, resumes=200)
    assert world.verify(work).green
    assert all(performed.count(step) == 2 for step in died)
    assert world.journal.counts(work.run)["people"] == 14


def test_one_person_under_two_records_is_written_once_and_a_no_of_either_counts(folder: Path) -> None:
    with World(folder, 2, "csv", "example", 4, plain=True) as world:
        path = folder / "people.csv"
        lines = path.read_text().splitlines()
        first = next(line for line in lines[1:] if ",in," in line)
        path.write_text("\n".join([*lines, first.replace(",in,", ",out,").replace("person", "PERSON", 1)]) + "\n")
        work = world.run()
        told = world.verify(work)
        assert told.green, told.line()
        assert told.classes["skipped"] == 1
        assert world.new.emulator.contactable(first.split(",")[0]) is False


def test_the_opt_out_pass_writes_noes_and_nothing_else(world: World) -> None:
    world.run()
    yes = next(one for one in world.people if world.contactable[one.number, Channel.EMAIL])
    world.opt_out_at_source(yes)
    work = world.run(world.order(kind=Kind.OPT_OUTS))
    assert world.journal.run(work.run)["writes"] == 1
    assert world.lost_nos() == []


def test_whoever_was_removed_at_the_target_since_is_not_made_again(world: World) -> None:
    world.run()
    gone = world.people[0]
    with world.client(world.new) as client:
        client.contacts.delete(gone.email)
    work = world.run()
    assert world.new.emulator.contactable(gone.email) is None
    skipped = [row for row in world.journal.people(work.run) if row.settled is Class.SKIPPED]
    assert len(skipped) == 1
    assert "removed at the target" in (skipped[0].reason or "")


def test_an_opt_out_that_an_earlier_run_saw_is_not_undone_by_a_later_yes_without_evidence(folder: Path) -> None:
    with World(folder, 2, "csv", "example", 6, plain=True) as world:
        world.run()
        no = next(one for one in world.people if one.source[Channel.EMAIL] == "no")
        path = folder / "people.csv"
        path.write_text(path.read_text().replace(",out,", ",in,"))
        with world.client(world.new) as client:
            client.contacts.delete(no.email)
        world.run(world.order(rules=Rules(restore=True)))
        assert world.new.emulator.contactable(no.email) is False


def test_a_journal_with_a_key_holds_nothing_that_can_be_read_without_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a long text that nobody knows")
    with World(folder, 3, "dotdigital", "example", 6) as world:
        work = world.run()
        assert world.verify(work).green
        kept = b"".join(path.read_bytes() for path in folder.glob("journal.db*"))
        assert b"person-1" not in kept
        assert b"example.org" not in kept


def test_names_are_hashed_with_the_salt_of_their_journal() -> None:
    contact = Contact(email="Ada@example.org")
    (ref,) = contact.identifiers()
    assert Seal(b"1").name(ref) != Seal(b"2").name(ref)
    assert Seal(b"1").name(ref) == Seal(b"1").name(Contact(email="ada@example.org").identifiers()[0])


def test_two_runs_of_one_journal_do_not_mix(folder: Path) -> None:
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    for run in ("a", "b"):
        journal.open_run(
            run, kind=Kind.FULL, source="s", target="t", order="{}", now=datetime(2026, 1, 1, tzinfo=UTC)
        )
    assert journal.counts("a")["people"] == 0
    assert {one["run"] for one in journal.runs()} == {"a", "b"}
    journal.close()


def test_a_block_of_somebody_who_is_no_contact_is_made_with_its_no(folder: Path) -> None:
    with World(folder, 5, "bundle", "example", 6) as world:
        work = world.begin(world.order())
        seal = work.journal.seal
        stranger = Contact(email="stranger@example.org").identifiers()[0]

        def blocks(work, again, cursor):  # type: ignore[no-untyped-def]  # as the step it stands for
            told = STEPS["blocks"].perform(work, again, cursor)
            one = {
                "name": seal.name(stranger), "channel": "email",
                "identifier": [stranger.kind.value, stranger.value, ""], "at": None, "reason": "complained",
            }  # fmt: skip
            return {**told, "blocks": [*told["blocks"], one]}

        world.go_on(work, steps={**STEPS, "blocks": Step(blocks, STEPS["blocks"].record)})
        assert world.new.emulator.contactable("stranger@example.org") is False


def test_a_job_that_the_vendor_fails_as_a_whole_stops_the_run_and_its_people_are_tried_again(folder: Path) -> None:
    with World(folder, 3, "bundle", "dotdigital", 12, restore=True, plain=True) as world:
        vendor: Any = world.new.emulator
        vendor.job_outcomes = {"contactImport": "ExceedsAllowedContactLimit"}
        work = world.begin(world.order(rules=Rules(restore=True)))
        with pytest.raises(MigrationStopped, match="ExceedsAllowedContactLimit"):
            PlainEngine().run(work)
        assert world.journal.run(work.run)["state"] == State.STOPPED
        assert not world.verify(work).green
        # Somebody has made room there.
        vendor.job_outcomes = {}
        world.go_on(work)
        told = world.verify(work)
        assert told.green, told.line()
        assert world.journal.counts(work.run)["moved"] == 12
        assert world.wrong == []


@pytest.mark.parametrize("left", [0, 12], ids=["none left", "a little left"])
def test_a_journal_on_a_full_disk_stops_the_run_and_it_goes_on_once_there_is_room(folder: Path, left: int) -> None:
    with World(folder, 3, "dotdigital", "example", 40) as world:
        work = world.begin(world.order())
        full: list[int] = []

        @event.listens_for(Engine, "connect")
        def bounded(connection: Any, _: Any) -> None:
            if full:
                connection.execute(f"PRAGMA max_page_count = {full[0]}")

        def filling(boundary: str, step: str) -> None:
            if boundary == "performing" and step.startswith('["read"') and not full:
                with sqlite3.connect(folder / "journal.db") as looking:
                    full.append(looking.execute("PRAGMA page_count").fetchone()[0] + left)
                world.journal.close()

        try:
            with pytest.raises(MigrationStopped, match="full"):
                PlainEngine(watch=filling).run(work)
        finally:
            event.remove(Engine, "connect", bounded)
            world.journal.close()
        assert world.wrong == []
        world.go_on(work)
        told = world.verify(work)
        assert told.green, told.line()
        assert told.people == 40
        assert world.wrong == []
