"""The commands of a migration, as somebody types them, against vendors on ports."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from martech.cli.app import main
from martech.client import Client
from martech.emulation import EmulatorClock, FaultKind, Served, serve
from martech.migration.journal import Journal, State
from martech.models import Channel
from martech.registry import emulator

PEOPLE = [
    {
        "email": f"person-{number}@example.org", "key": f"k-{number}", "first_name": f"Name {number}",
        "unsubscribed_email": "true" if number % 4 == 0 else "false",
    }
    for number in range(12)
]  # fmt: skip


class Desk:
    """Two vendors on ports, a folder with their settings, and a person who types."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], stack: ExitStack) -> None:
        self.folder, self._capsys = folder, capsys
        self.old, self.new = (
            serve(emulator(name)(clock=EmulatorClock(speed=200))) for name in ("dotdigital", "example")
        )
        self.old.emulator.seed_people(PEOPLE)
        for name, side in (("old", self.old), ("new", self.new)):
            stack.callback(side.close)
            lines = [f"{key} = {json.dumps(value)}" for key, value in side.line()["settings"].items()]
            (folder / f"{name}.toml").write_text("\n".join(lines))
        self.state = f"sqlite:///{folder / 'journal.db'}"

    @property
    def sides(self) -> list[str]:
        return [f"dotdigital:{self.folder / 'old.toml'}", f"example:{self.folder / 'new.toml'}"]

    def client(self, side: Served) -> Client:
        return Client(side.line()["provider"], **side.line()["settings"])

    def types(self, *words: str, code: int = 0) -> str:
        """Type a command and return what it said."""
        needs_state = words[0] in ("why", "privacy", "worker") or (words[0] == "migrate" and words[1] != "plan")
        assert main([*words, *(["--state", self.state] if needs_state else [])]) == code
        said = self._capsys.readouterr()
        return f"{said.out}{said.err}"

    def reads(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.types(*words, "--json", code=code).splitlines()[-1])

    def plan(self) -> str:
        plan = str(self.folder / "plan.json")
        self.types("migrate", "plan", *self.sides, "--out", plan)
        self.types("migrate", "plan", "--approve", plan, "--by", "somebody")
        return plan

    def run(self, *options: str, code: int = 0) -> Any:
        return self.reads("migrate", "run", self.plan(), *self.sides, *options, code=code)

    def stopped(self, *options: str) -> str:
        """Begin a run at which the target is suspended midway, and return its id."""
        plan = self.plan()
        self.new.emulator.faults.add(FaultKind.STATUS, status=403, times=1000, after=4)
        said = self.types("migrate", "run", plan, *self.sides, *options, code=40)
        assert "goes on from here" in " ".join(said.split())
        self.new.emulator.faults.clear()
        (known,) = self.runs()
        assert known["state"] == State.STOPPED
        return str(known["run"])

    def runs(self) -> Sequence[Mapping[str, Any]]:
        journal = Journal(self.state)
        try:
            return journal.runs()
        finally:
            journal.close()


@pytest.fixture
def desk(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(folder, capsys, stack)


def test_a_plan_is_run_verified_and_undone(desk: Desk) -> None:
    done = desk.run()
    assert (done["state"], done["moved"], done["people"]) == ("done", 12, 12)
    assert "done" in desk.types("migrate", "status")
    assert desk.reads("migrate", "status", done["run"])["moved"] == 12
    page = desk.folder / "report.html"
    assert "verified: 12 people = 12 moved; no opt-out lost" in desk.types(
        "migrate", "verify", done["run"], "--html", str(page)
    )
    assert page.read_text().startswith("<!doctype html>")
    undone = desk.types("migrate", "undo", done["run"])
    assert "removed" in undone
    assert "kept with their no" in undone
    with desk.client(desk.new) as client:
        assert {one.email for one in client.contacts.list()} == {
            one["email"] for one in PEOPLE if one["unsubscribed_email"] == "true"
        }


def test_a_run_until_quiet_ends_with_one_that_wrote_nothing(desk: Desk) -> None:
    plan = desk.plan()
    said = desk.types("migrate", "run", plan, *desk.sides, "--until-quiet", "--json")
    writes = [json.loads(line)["writes"] for line in said.splitlines()]
    assert writes[0] > 0
    assert writes[-1] == 0
    assert len(writes) == 2


def test_the_last_pass_tells_only_who_says_no(desk: Desk) -> None:
    desk.run()
    with desk.client(desk.old) as client:
        client.consent.unsubscribe("person-1@example.org", channel=Channel.EMAIL)
    plan = str(desk.folder / "plan.json")
    done = desk.reads("migrate", "run", plan, *desk.sides, "--opt-outs")
    assert done["people"] == 4
    assert desk.new.emulator.contactable("person-1@example.org") is False


def test_a_run_that_stopped_or_was_paused_goes_on_when_it_is_resumed(desk: Desk) -> None:
    known = desk.stopped()
    journal = Journal(desk.state)
    journal.note(known, state=State.RUNNING)
    journal.close()
    assert "stops before its next step" in desk.types("migrate", "pause", known)
    assert desk.runs()[0]["state"] == State.PAUSED
    assert desk.reads("migrate", "resume", known)["state"] == "done"
    assert desk.types("migrate", "verify", known)


def test_a_second_run_to_the_same_target_is_refused_while_one_is_under_way(desk: Desk) -> None:
    known = desk.stopped()
    plan = str(desk.folder / "plan.json")
    said = desk.types("migrate", "run", plan, *desk.sides, code=4)
    assert f"{known} to the same target is stopped" in " ".join(said.split())


def test_a_plan_that_was_changed_by_hand_or_signed_by_nobody_is_not_run(desk: Desk) -> None:
    plan = Path(desk.plan())
    told = json.loads(plan.read_text())
    plan.write_text(json.dumps(told | {"rules": {**told["rules"], "lift": True}}))
    assert "changed after it had been signed off" in desk.types("migrate", "run", str(plan), *desk.sides, code=4)
    desk.types("migrate", "plan", *desk.sides, "--out", str(plan))
    assert "nobody has signed" in desk.types("migrate", "run", str(plan), *desk.sides, code=4)
    with desk.client(desk.new) as client:
        assert list(client.contacts.list()) == []


def test_why_and_privacy_are_about_one_person(desk: Desk) -> None:
    done = desk.run()
    said = desk.types("why", "person-4@example.org", "--account", desk.sides[1])
    assert "unsubscribed" in said
    assert "the source says no" in " ".join(said.split())
    held = json.loads(desk.types("privacy", "export", "person-4@example.org", "--account", desk.sides[1]))
    assert held["journal"][0]["read"]["email"] == "person-4@example.org"
    assert "yes" in desk.types("privacy", "erase", "person-4@example.org", "--account", desk.sides[1])
    assert "erased on request" in " ".join(desk.types("why", "person-4@example.org").split())
    assert "nothing personal is left" in desk.types("privacy", "forget", done["run"])
    journal = Journal(desk.state)
    assert all(row.contact is None for row in journal.people(done["run"]))
    journal.close()
    desk.types("privacy", "forget", "no-such-run", code=13)


def test_what_a_dead_worker_had_under_way_is_handed_over(desk: Desk) -> None:
    pytest.importorskip("dbos")
    assert "0 pieces of work were handed over" in desk.types("worker", "adopt", "somebody-1")


def test_a_resumed_run_may_go_on_with_the_other_engine(desk: Desk) -> None:
    pytest.importorskip("dbos")
    known = desk.stopped("--engine", "plain")
    assert desk.reads("migrate", "resume", known, "--engine", "dbos")["state"] == "done"


_KEEPS = """
import sys
from pathlib import Path
from martech.cli.memory import give_back_large_buffers

def held():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines()
                if line.startswith("VmRSS"))

if sys.argv[1] == "asked":
    assert give_back_large_buffers()
before, pins = held(), []
for megabytes in (31, 24, 16, 8):
    buffer = bytearray(b"x") * (megabytes << 20)
    pins.append(bytes(100_000))
    del buffer
print((held() - before) // 1024)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="about the C library of most Linux systems")
def test_a_command_that_works_for_hours_gives_large_buffers_back() -> None:
    def left(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", _KEEPS, how], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert left("asked") <= 4
    assert left("not asked") >= 10
