"""One person across accounts and journal: why, access, erasure, retention."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from tests.migration.worlds import World

from martech.migration import people
from martech.models import Channel, Contact, IfNew, email


def test_why_tells_the_states_on_each_side_and_which_run_and_rule_set_them(folder: Path) -> None:
    with World(folder, 3, "dotdigital", "example", 6, plain=True) as world:
        work = world.run()
        no = next(one for one in world.people if one.source[Channel.EMAIL] == "no")
        with world.client(world.new) as client:
            told = people.why(world.journal, email(no.email), [client])
        (run,) = told["runs"]
        assert run["run"] == work.run
        assert "the source says no" in run["rules"]["email"]
        assert told["accounts"][0]["states"]["email"].startswith("unsubscribed")


def test_an_account_is_asked_by_whichever_name_somebody_knows_them_by(folder: Path) -> None:
    with World(folder, 3, "dotdigital", "dengage", 6, plain=True) as world:
        one = next(one for one in world.people if one.source[Channel.EMAIL] == "no")
        with world.client(world.new) as client:
            (before,) = people.why(world.journal, email(one.email), [client])["accounts"]
            assert before["states"] is None
            assert "contact key" in before["reason"]
            world.run()
            (told,) = people.why(world.journal, email(one.email), [client])["accounts"]
            assert told["states"]["email"].startswith("unsubscribed")
            (held,) = people.export(world.journal, email(one.email), [client])["accounts"]
            assert held["contact"]["email"] == one.email


def test_who_may_be_somebody_else_is_neither_shown_nor_removed(folder: Path) -> None:
    shared = "+447700900123"
    with World(folder, 3, "csv", "dotdigital", 3, plain=True) as world:
        work = world.run()
        asked, other = world.people[0].email, "other@example.org"
        with world.client(world.new) as client:
            # They had the number once, as the journal knows; now it is another person's.
            with world.journal.database.writing() as connection:
                (row,) = world.journal.by_target_names(work.run, [world.journal.seal.name(email(asked))])
                before = Contact(email=asked, mobile=shared)
                world.journal.settle(connection, work.run, [{"seq": row.seq, "before": before}])
            client.contacts.delete(email(asked))
            client.contacts.upsert_many([Contact(email=other, mobile=shared)], if_new=IfNew.NOT_CONTACTABLE)
            (held,) = people.export(world.journal, email(asked), [client])["accounts"]
            assert held["contact"] is None
            assert "another e-mail address" in held["reason"]
            (told,) = people.erase(world.journal, email(asked), [client])["accounts"]
            assert not told["removed"]
            assert client.contacts.find(email(other)) is not None


def test_whoever_is_erased_is_gone_everywhere_and_no_later_run_brings_them_back(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 6, plain=True) as world:
        world.run()
        gone = world.people[0]
        with world.client(world.new) as client:
            held = people.export(world.journal, email(gone.email), [client])
            assert held["accounts"][0]["contact"]["email"] == gone.email
            assert held["journal"]
            told = people.erase(world.journal, email(gone.email), [client])
            assert told["accounts"] == [{"account": "example", "removed": True, "reason": None}]
            assert world.new.emulator.contactable(gone.email) is None
            work = world.run()
            assert world.new.emulator.contactable(gone.email) is None
            assert world.verify(work).green
            assert not people.export(world.journal, email(gone.email), [client])["journal"][0].get("read")
        assert json.dumps(people.why(world.journal, email(gone.email)), default=str).count(gone.email) == 0


def test_what_is_personal_is_forgotten_after_a_while_and_the_counts_stay(folder: Path) -> None:
    with World(folder, 3, "csv", "example", 5) as world:
        work = world.run()
        before = world.journal.counts(work.run)
        assert world.journal.forget_before(world.clock.now() + timedelta(days=1)) == 1
        assert world.journal.counts(work.run) == before
        assert all(row.contact is None and row.said is None for row in world.journal.people(work.run))
        assert world.journal.find(world.journal.seal.name(email(world.people[0].email))) == []
