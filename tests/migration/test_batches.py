"""Batches: read from the journal as they go out, several jobs at once, and how people were before is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from tests.migration.worlds import StoppedHere, World

from martech.cli.following import following
from martech.consent import guarded
from martech.errors import ConsentRefused
from martech.migration.journal import Class, Group
from martech.migration.law import Rules
from martech.migration.phases.writing import _Said
from martech.migration.target import Target
from martech.models import Channel, Contact, IfNew, Page, Subscription, SubscriptionStatus


def yes_people(world: World) -> list[str]:
    return [one.email for one in world.people if one.source[Channel.EMAIL] == "yes"]


def test_an_opt_out_that_is_to_give_way_does_when_people_go_as_a_job(folder: Path) -> None:
    with World(folder, 3, "dotdigital", "example", 60, rules=Rules(lift=True), plain=True) as world:
        proven, silent = yes_people(world)[:2]
        there, here = world.client(world.new), world.client(world.old)
        for email in (proven, silent):
            there.contacts.upsert(Contact(email=email), if_new=IfNew.VENDOR_DEFAULT)
            there.consent.unsubscribe(email, channel=Channel.EMAIL)
        world.clock.advance(3600)
        here.consent.record(proven, world.agreed())
        jobs: list[int] = []
        order = world.order(target=_Dating(there, jobs, since=world.clock.now() - timedelta(hours=1)))
        work = world.run(order)
        told = world.verify(work)
        assert told.green, told.line()
        assert max(jobs) > 20
        assert world.new.emulator.contactable(proven, "email")
        assert not world.new.emulator.contactable(silent, "email")


class _Counting(Target):
    """Notes how many people each job has."""

    def __init__(self, client: Any, jobs: list[int], **settings: Any) -> None:
        super().__init__(client, **settings)
        self.jobs = jobs

    def hand_over(self, contacts: Sequence[Contact]) -> Any:
        self.jobs.append(len(contacts))
        return super().hand_over(contacts)


class _Dating(_Counting):
    """Dates every no, as a vendor may."""

    def __init__(self, client: Any, jobs: list[int], *, since: datetime) -> None:
        super().__init__(client, jobs)
        self.since = since

    def everybody(self, after: str | None) -> Iterator[Page[Contact]]:
        for page in super().everybody(after):
            yield Page([self._dated(one) for one in page.items], page.next_cursor)

    def _dated(self, one: Contact) -> Contact:
        words = [no.model_copy(update={"changed_at": self.since}) if no.is_no else no for no in one.subscriptions]
        return one.model_copy(update={"subscriptions": tuple(words)})


def test_several_jobs_are_under_way_and_no_more_than_the_vendor_likes(folder: Path) -> None:
    with World(folder, 1, "csv", "dotdigital", 40, plain=True) as world:
        jobs: list[int] = []
        target = _Counting(world.client(world.new), jobs, most=4, restore=True)
        steps: list[str] = []
        under_way: list[int] = []

        def watch(boundary: str, step: str) -> None:
            if boundary == "recorded":
                steps.append(step)
                under_way.append(len(jobs) - sum(one.startswith('["collect"') for one in steps))

        work = world.run(world.order(target=target), watch=watch)
        assert world.verify(work).green
        assert len(jobs) == 11
        assert max(under_way) == target.jobs_at_once == 5
        # Whoever is opted out is there before anybody else is begun with.
        first = next(place for place, step in enumerate(steps) if step.startswith('["submit", "others"'))
        assert not any(step.startswith('["collect", "nos", ') for step in steps[first:])


@pytest.mark.parametrize("target", ["example", "dengage"])
def test_how_people_were_before_is_kept_when_a_write_arrived_and_nobody_noted_it(
    folder: Path, target: str
) -> None:
    with World(folder, 2, "csv", target, 6, plain=True) as world:
        one = world.people[1]
        with world.client(world.new) as client:
            client.contacts.upsert_many([Contact(own_id=one.key, email=one.email, first_name="Before")],
                                        if_new=IfNew.VENDOR_DEFAULT)  # fmt: skip
        world.new.emulator.catch_up()
        world.clock.advance(200)
        died: set[str] = set()

        def dying(boundary: str, step: str) -> None:
            if boundary == "performed" and step.startswith('["submit"') and step not in died:
                died.add(step)
                world.clock.advance(600)
                raise StoppedHere

        work = world.run(watch=dying)
        assert died
        row = next(
            row
            for row in world.journal.people(work.run)
            if row.contact is not None and row.contact.email == one.email
        )
        assert row.before is not None
        assert row.before.first_name == "Before"


def test_what_goes_out_is_read_from_the_journal_like_any_sequence(folder: Path) -> None:
    with World(folder, 1, "csv", "example", 12, plain=True) as world:
        asked: list[tuple[int, list[Contact]]] = []

        class Looking(_Counting):
            def write(self, contacts: Sequence[Contact]) -> Any:
                said = _Said(work, group, 0, 1000, len(contacts), with_evidence=False)
                assert list(said) == list(contacts)
                assert said[0] == contacts[0]
                assert said[-1] == contacts[-1]
                assert said[1:3] == list(contacts[1:3])
                assert said[::-1] == list(contacts[::-1])
                assert said[5:5] == []
                with pytest.raises(IndexError):
                    said[len(contacts)]
                asked.append((len(said), list(said)))
                return super().write(contacts)

        def watch(boundary: str, step: str) -> None:
            nonlocal group
            if boundary == "performing" and step.startswith('["submit"'):
                group = Group.NOS if '"nos"' in step else Group.OTHERS

        group = Group.NOS
        work = world.begin(world.order(target=Looking(world.client(world.new), [])))
        world.go_on(work, watch=watch)
        assert sum(count for count, _ in asked) == 12
        assert world.journal.counts(work.run)[Class.MOVED.value] == 12


def test_a_sequence_that_reads_is_looked_over_as_it_is_read() -> None:
    class Reading(Sequence[Contact]):
        def __init__(self, *people: Contact) -> None:
            self.people, self.reads = people, 0

        def __len__(self) -> int:
            return len(self.people)

        def __getitem__(self, index: Any) -> Any:
            self.reads += 1
            return self.people[index]

    good = Contact(email="ada@example.org")
    bad = Contact(
        email="bob@example.org",
        subscriptions=(Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED),),
    )
    reading = Reading(good, bad)
    looked_over = guarded(reading)
    assert reading.reads == 0
    assert len(looked_over) == 2
    assert looked_over[0] is good
    for way in (lambda: list(looked_over), lambda: looked_over[1], lambda: looked_over[:]):
        with pytest.raises(ConsentRefused):
            way()
    with pytest.raises(ConsentRefused):
        guarded([good, bad])


def test_whoever_is_judged_counts_as_half_done_and_a_bar_shows_it(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with World(folder, 1, "csv", "example", 60, plain=True) as world:
        seen: list[tuple[str, tuple[int, int]]] = []

        def watch(boundary: str, step: str) -> None:
            if step.startswith(('["submit"', '["collect"')):
                seen.append((f"{boundary} {step[2:9]}", world.journal.how_far(work.run)))

        work = world.begin(world.order())
        with following(world.journal, work.run, quiet=False):
            world.go_on(work, watch=watch)
        shares = [done for _, (people, done) in seen if people == 60]
        assert shares == sorted(shares)
        assert shares[0] == 0
        handed_over = next(done for boundary, (_, done) in seen if boundary == 'performed submit"' and done > 0)
        assert handed_over < 60
        assert shares[-1] == world.journal.how_far(work.run)[1] == 60
    shown = capfd.readouterr().out
    assert "60/60" in shown
    assert "a second" in shown


@pytest.mark.parametrize("most", [1, 7, 20, 59, 1000])
def test_batches_are_as_few_as_can_be_and_equally_large(folder: Path, most: int) -> None:
    with World(folder, 3, "csv", "example", 60, plain=True) as world:
        work = world.run()
        for group in (Group.NOS, Group.OTHERS):
            theirs = [row.seq for row in world.journal.people(work.run, group=group)]
            cuts = world.journal.cuts(work.run, group, most)
            batches = [[seq for seq in theirs if low <= seq <= high] for low, high in cuts]
            assert [seq for batch in batches for seq in batch] == theirs
            assert len(batches) == ceil(len(theirs) / most)
            assert max(map(len, batches)) == ceil(len(theirs) / len(batches))
