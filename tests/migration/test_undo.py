"""Undoing: everything goes back but consent."""

from __future__ import annotations

from pathlib import Path

from tests.migration.worlds import World

from martech.migration.journal import State
from martech.migration.undoing import undo
from martech.models import Channel, Contact, IfNew


def test_whoever_was_made_is_removed_but_for_those_who_say_no(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 12, plain=True) as world:
        work = world.run()
        told = undo(work)
        nos = {one.email for one in world.people if one.source[Channel.EMAIL] == "no"}
        left = {one.email for one in world.people if world.new.emulator.contactable(one.email) is not None}
        assert left == {one.email for one in world.people if one.source[Channel.EMAIL] != "yes"}, (
            "whoever has a no there keeps it"
        )
        assert nos <= left
        assert told.counts["removed"] == 12 - len(left)
        assert world.journal.run(work.run)["state"] == State.UNDONE
        assert world.wrong == []


def test_values_go_back_and_what_changed_since_is_left_and_listed(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 6, plain=True) as world:
        first, second, *_ = [one for one in world.people if one.source[Channel.EMAIL] == "yes"]
        with world.client(world.new) as client:
            for one in (first, second):
                was = Contact(email=one.email, first_name="Before")
                client.contacts.upsert(was, if_new=IfNew.VENDOR_DEFAULT)
            world.look_quietly()
            work = world.run()
            client.contacts.update(Contact(email=second.email, first_name="Since"))
            told = undo(work)
            assert client.contacts.get(first.email).first_name == "Before"
            assert client.contacts.get(second.email).first_name == "Since"
        assert any("changed at the target since" in words for words in told.left)


def test_a_no_that_a_run_brought_to_somebody_who_was_there_stays(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 6, plain=True) as world:
        no = next(one for one in world.people if one.source[Channel.EMAIL] == "no")
        with world.client(world.new) as client:
            client.contacts.upsert(Contact(email=no.email, first_name="Before"), if_new=IfNew.VENDOR_DEFAULT)
            world.look_quietly()
            undo(world.run())
            assert client.contacts.get(no.email).first_name == "Before"
        assert world.new.emulator.contactable(no.email) is False


def test_where_nobody_can_look_people_are_left_and_that_is_said(folder: Path) -> None:
    with World(folder, 3, "csv", "digital_onboarding", 4) as world:
        told = undo(world.run())
        assert any("does not show whom it has" in words for words in told.left)
