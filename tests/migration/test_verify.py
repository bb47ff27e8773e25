"""Verifying: the numbers add up, what is not there is said, and the report opens in a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.migration.sabotage import SABOTAGES, RefusingTarget
from tests.migration.worlds import World

from martech.migration.law import Rules
from martech.migration.reporting import page_of
from martech.models import Channel


def test_every_class_is_counted_and_the_numbers_add_up(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 12, plain=True) as world:
        work = world.run(world.order(target=RefusingTarget(world)))
        told = world.verify(work)
        assert told.adds_up
        assert told.classes["refused"] > 0
        assert "refused: not today" in told.reasons
        assert not told.green
        assert told.undelivered_count > 0


def test_where_the_target_cannot_be_read_the_verdict_says_what_that_leaves_unproven(folder: Path) -> None:
    with World(folder, 3, "csv", "digital_onboarding", 6) as world:
        told = world.verify(world.run())
        assert told.green
        assert not told.looked
        assert any("does not show whom it has" in words for words in told.unproven)
        assert "cannot be read" in told.line()


def test_a_no_said_at_the_source_after_the_run_is_missed_until_the_next(folder: Path) -> None:
    with World(folder, 3, "dotdigital", "example", 10) as world:
        work = world.run()
        yes = next(one for one in world.people if world.contactable[one.number, Channel.EMAIL])
        world.opt_out_at_source(yes)
        assert world.verify(work).violation_count == 1
        assert world.verify(world.run()).green


def test_what_changed_at_the_target_since_is_no_failure_where_it_says_when(folder: Path) -> None:
    with World(folder, 3, "csv", "dotdigital", 8, plain=True) as world:
        work = world.run()
        world.clock.advance(3600)
        with world.client(world.new) as client:
            from martech.models import Contact

            client.contacts.update(Contact(email=world.people[0].email, first_name="Changed"))
        told = world.verify(work)
        assert told.green, told.line()
        assert told.changed_since == 1


@pytest.mark.parametrize("colour", ["green", "red"])
def test_the_report_opens_in_a_browser_and_says_the_verdict(colour: str, folder: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine, so the report was not opened")
    with World(folder, 4, "csv", "dotdigital", 16, rules=Rules()) as world:
        target = SABOTAGES["the no goes to the neighbour"].target
        assert target is not None
        told = world.verify(world.run(world.order(target=target(world)) if colour == "red" else None))
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(page_of(told), encoding="utf-8")
    assert "http" not in page.read_text(encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    shown = subprocess.run(
        [browser, *options, "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip
    assert told.line().split(";")[0] in shown.stdout
    assert "<svg" in shown.stdout
    subprocess.run(
        [browser, *options, f"--screenshot={picture}", "--window-size=900,1400", page.as_uri()],
        capture_output=True, timeout=120, env=environment, check=False,
    )  # fmt: skip
    assert picture.stat().st_size > 10_000
