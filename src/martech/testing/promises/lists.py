"""Promises about lists."""

from __future__ import annotations

from typing import Any

from martech.models import ItemOutcome
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit, contactable
from martech.testing.promises.consent import row

__all__ = ["ListPromises"]


class ListPromises(Kit):
    """Lists hold contacts and never make or unmake them."""

    def new_list(self, drive: Drive, name: str = "promised") -> Any:
        """Make a list."""
        return drive.call(lambda client: client.lists.create(name))

    def test_a_list_that_was_made_is_listed(self, drive: Drive) -> None:
        """Under the name it was given, and it can be asked for by its id."""
        if not self.offers(drive, "lists.create"):
            return
        made = self.new_list(drive)
        assert made.name == "promised"
        if drive.client.supports("lists.list"):
            assert made.id in [one.id for one in drive.all(lambda client: client.lists.list())]
        if drive.client.supports("lists.get"):
            assert drive.call(lambda client: client.lists.get(made.id)).name == "promised"

    def test_adding_never_makes_a_contact(self, drive: Drive) -> None:
        """Known people go on the list, unknown ones are not found and stay unknown."""
        if not self.offers(drive, "lists.add"):
            return
        known, unknown = self.person(1), self.person(2)
        drive.emulator.seed_people([row(known)])
        made = self.new_list(drive)
        refs = [drive.ref(unknown), drive.ref(known)]
        done = drive.call(lambda client: client.lists.add(made.id, refs))
        assert [result.position for result in done.items] == [0, 1]
        assert done.items[0].outcome is ItemOutcome.NOT_FOUND
        assert done.items[1].ok
        assert contactable(drive, drive.ref(unknown)) is None

    def test_adding_and_removing_change_no_status(self, drive: Drive) -> None:
        """Neither a yes nor a no is touched by going on a list or off it."""
        if not (self.offers(drive, "lists.add") and drive.client.supports("lists.remove")):
            return
        yes, no = self.person(1), self.person(2)
        drive.emulator.seed_people([row(yes), row(no, unsubscribed=True)])
        made = self.new_list(drive)
        refs = [drive.ref(yes), drive.ref(no)]
        drive.call(lambda client: client.lists.add(made.id, refs))
        assert [contactable(drive, ref) for ref in refs] == [True, False]
        drive.call(lambda client: client.lists.remove(made.id, refs))
        assert [contactable(drive, ref) for ref in refs] == [True, False]

    def test_members_are_who_was_added(self, drive: Drive) -> None:
        """Who was added is a member; who was removed is not, and is still a contact."""
        if not (self.offers(drive, "lists.members") and drive.client.supports("lists.add")):
            return
        people = [self.person(number) for number in range(3)]
        drive.emulator.seed_people([row(one) for one in people])
        made = self.new_list(drive)
        refs = [drive.ref(one) for one in people]
        drive.call(lambda client: client.lists.add(made.id, refs))
        members = {one.email for one in drive.all(lambda client: client.lists.members(made.id))}
        assert members == {one.email for one in people}
        drive.call(lambda client: client.lists.remove(made.id, refs[:1]))
        members = {one.email for one in drive.all(lambda client: client.lists.members(made.id))}
        assert members == {one.email for one in people[1:]}
        assert contactable(drive, refs[0]) is True
