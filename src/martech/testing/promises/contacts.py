"""Promises about contacts."""

from __future__ import annotations

import pytest

from martech.errors import Conflict, NotFound
from martech.models import Contact, IfNew, ItemOutcome, RejectedInput
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit

__all__ = ["ContactPromises"]

READABLE = ("email", "first_name", "last_name", "own_id")


class ContactPromises(Kit):
    """What is written can be read; every input has a result."""

    def test_what_was_upserted_can_be_read_back(self, drive: Drive) -> None:
        """Each field that was given is there, under the same name."""
        if not self.offers(drive, "contacts.get"):
            return
        person = self.person(1)
        self.upsert(drive, person)
        known = drive.call(lambda client: client.contacts.get(drive.ref(person)))
        for name in READABLE:
            if person.given(name):
                mine, theirs = getattr(person, name), getattr(known, name)
                assert (mine or "").casefold() == (theirs or "").casefold(), name

    def test_an_upsert_says_whether_it_created(self, drive: Drive) -> None:
        """The first time it creates, the second time it does not."""
        person = self.person(1)
        first, second = self.upsert(drive, person), self.upsert(drive, person)
        assert first.outcome in (ItemOutcome.CREATED, ItemOutcome.SAVED)
        assert second.outcome in (ItemOutcome.UPDATED, ItemOutcome.UNCHANGED, ItemOutcome.SAVED)

    def test_what_is_not_given_is_left_alone(self, drive: Drive) -> None:
        """An upsert of a last name does not touch the first name."""
        if not self.offers(drive, "contacts.get"):
            return
        person = self.person(1)
        self.upsert(drive, person)
        given = {name: getattr(person, name) for name in ("email", "own_id") if person.given(name)}
        self.upsert(drive, Contact(**given, last_name="Changed"))
        known = drive.call(lambda client: client.contacts.get(drive.ref(person)))
        assert (known.first_name, known.last_name) == (person.first_name, "Changed")

    def test_get_of_nobody_is_not_found_and_find_is_none(self, drive: Drive) -> None:
        """The two ways to ask differ in what they say about nobody."""
        if not self.offers(drive, "contacts.get"):
            return
        nobody = drive.ref(self.person(99))
        with pytest.raises(NotFound):
            drive.call(lambda client: client.contacts.get(nobody))
        assert drive.call(lambda client: client.contacts.find(nobody)) is None

    def test_creating_somebody_twice_is_a_conflict(self, drive: Drive) -> None:
        """`create` never writes over anybody."""
        if not self.offers(drive, "contacts.create"):
            return
        person = self.person(1)
        drive.call(lambda client: client.contacts.create(person, if_new=drive.if_new))
        with pytest.raises(Conflict):
            drive.call(lambda client: client.contacts.create(person, if_new=drive.if_new))

    def test_updating_nobody_makes_nobody(self, drive: Drive) -> None:
        """`update` of somebody unknown is not found, and makes no contact."""
        if not self.offers(drive, "contacts.update"):
            return
        person = self.person(1)
        with pytest.raises(NotFound):
            drive.call(lambda client: client.contacts.update(person))
        assert drive.emulator.contactable(drive.ref(person).value) is None

    @pytest.mark.parametrize("if_new", list(IfNew))
    def test_one_result_per_input_by_position(self, drive: Drive, if_new: IfNew) -> None:
        """Good, unreadable, nameless and doubled inputs each have their result, in their places."""
        if not self.offers(drive, "contacts.upsert_many", if_new=if_new):
            return
        people = [self.person(number) for number in range(6)]
        inputs = [
            people[0], RejectedInput("this row is broken", 3), people[1], Contact(first_name="Nameless"),
            people[2], people[1], people[3], people[4], people[5],
        ]  # fmt: skip
        done = drive.call(lambda client: client.contacts.upsert_many(inputs, if_new=if_new))
        assert [result.position for result in done.items] == list(range(len(inputs)))
        expected_ok = [True, False, True, False, True, True, True, True, True]
        assert [result.ok for result in done.items] == expected_ok, [str(r) for r in done.items]
        assert done.items[2].outcome is ItemOutcome.SUPERSEDED
        assert all(result.reason for result in done.items if not result.ok)
        streamed = drive.all(lambda client: client.contacts.upsert_stream(inputs, if_new=if_new))
        assert [result.position for result in streamed] == list(range(len(inputs)))
        assert [result.ok for result in streamed] == expected_ok

    def test_a_stream_gives_one_result_per_input_across_chunks(self, drive: Drive) -> None:
        """Positions go on counting over chunks of any size."""
        if_new = IfNew.VENDOR_DEFAULT
        people = [self.person(number) for number in range(137)]
        results = drive.all(lambda client: client.contacts.upsert_stream(iter(people), if_new=if_new))
        assert [result.position for result in results] == list(range(137))
        assert all(result.ok for result in results)

    def test_a_listing_gives_everybody_once(self, drive: Drive) -> None:
        """Page by page or item by item, everybody is there once."""
        if not self.offers(drive, "contacts.list"):
            return
        drive.emulator.seed_people(
            {"key": f"k-{n}", "email": f"listed-{n}@example.org", "first_name": "L"} for n in range(130)
        )
        listed = [one.email for one in drive.all(lambda client: client.contacts.list(page_size=50))]
        assert sorted(listed) == sorted(f"listed-{n}@example.org" for n in range(130))
        pages = drive.all(lambda client: client.contacts.list(page_size=50).pages())
        resumed = drive.all(lambda client: client.contacts.list(page_size=50).pages(after=pages[0].next_cursor))
        rest = [one.email for page in resumed for one in page.items]
        assert {one.email for one in pages[0].items} | set(rest) == set(listed)

    def test_deleting_somebody_removes_them(self, drive: Drive) -> None:
        """Afterwards there is nobody, and deleting again finds nobody."""
        if not self.offers(drive, "contacts.delete"):
            return
        person = self.person(1)
        self.upsert(drive, person)
        ref = drive.ref(person)
        assert drive.call(lambda client: client.contacts.delete(ref)).outcome is ItemOutcome.REMOVED
        assert drive.emulator.contactable(ref.value) in (None, False)
        with pytest.raises(NotFound):
            drive.call(lambda client: client.contacts.get(ref))
