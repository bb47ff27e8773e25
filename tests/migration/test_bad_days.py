"""Bad days that are nobody's fault: a source that changes while it is read, a plan that would move nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.migration.worlds import World

from martech.errors import InvalidRequest
from martech.migration.law import Rules
from martech.migration.mapping import MappingRules
from martech.migration.plan import make_plan
from martech.migration.sources import FileSource, Layout, accounts
from martech.migration.target import Target
from martech.models import Channel, Contact, IfNew, Subscription, SubscriptionStatus

NO = (Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.UNSUBSCRIBED),)


@pytest.mark.parametrize("source", ["dotdigital", "example"])
@pytest.mark.parametrize("page", [1, 2, 4])
def test_nobody_who_stays_is_lost_though_others_come_and_go_meanwhile(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, page: int
) -> None:
    """Where pages shift and pass somebody over, verify says so; the next run brings them, and who came late."""
    monkeypatch.setattr(accounts, "LARGEST_PAGE", 10)
    with World(folder, 3, source, "example", 44, plain=True) as world:
        gone, stay = world.people[1:-1:5], [one for one in world.people if one not in world.people[1:-1:5]]
        read = 0

        def meanwhile(boundary: str, step: str) -> None:
            nonlocal read
            if boundary != "performed" or not step.startswith('["read"'):
                return
            read += 1
            if read == page:
                with world.client(world.old) as client:
                    for email, said in (("new@example.org", ()), ("no@example.org", NO)):
                        one = Contact(email=email, own_id=email[:3], subscriptions=said)
                        client.contacts.upsert(one, if_new=IfNew.VENDOR_DEFAULT)
                    for other in gone:
                        client.contacts.delete(other.email)

        work = world.run(watch=meanwhile)
        assert read >= max(page, 4)
        there = world.new.emulator
        passed_over = [one for one in stay if there.contactable(one.email) is None]
        told = world.verify(work)
        assert told.never_read >= len(passed_over)
        assert told.green is not bool(told.never_read), told.line()
        if source == "dotdigital":
            assert passed_over == []
        again = world.run()
        assert [one for one in stay if there.contactable(one.email) is None] == []
        assert there.contactable("new@example.org") is not None
        assert there.contactable("no@example.org") is False
        assert world.wrong == []
        told = world.verify(again)
        assert told.green, told.line()


def test_a_plan_by_which_nobody_could_be_written_is_not_made(folder: Path) -> None:
    with World(folder, 1, "csv", "dengage", 6, plain=True) as world, world.client(world.new) as client:
        rules = MappingRules.model_validate({"fields": {"own_id": {"drop": True}}})
        with pytest.raises(InvalidRequest, match=r"fields\.own_id: .* knows people by nothing else"):
            make_plan(world.source, Target(client), mapping=rules)


def test_what_a_vendor_left_out_of_somebody_is_told_in_its_words(folder: Path) -> None:
    """An attribute that was there when the plan was made, and is gone: everybody goes, and verify is not green."""
    restoring = Rules(restore=True)
    with World(folder, 1, "csv", "dotdigital", 60, restore=True, rules=restoring, plain=True) as world:
        path = folder / "people.csv"
        head, *lines = path.read_text().splitlines()
        path.write_text("\n".join([f"{head},city", *(f"{line},Testtown" for line in lines)]) + "\n")
        columns = {"city": "attributes.CITY", "state email": "state.email", "state sms": "ignore"}
        states = {"in": SubscriptionStatus.SUBSCRIBED, "out": SubscriptionStatus.UNSUBSCRIBED}
        world.source = FileSource(path, "csv", layout=Layout(columns=columns, states=states))
        work = world.run()
        told = world.verify(work)
        assert not told.green
        assert told.fields == {"CITY": 60}
        (reason,) = told.reasons
        assert reason.startswith("failed: fields differ at the target, which said: ")
        assert "CITY" in reason
        assert "invalidDataField" in reason


def test_a_no_on_one_channel_takes_no_yes_on_another_away(folder: Path) -> None:
    """Whoever is opted out is looked at again before they are written; what they said of other channels stays."""
    with World(folder, 4, "dotdigital", "dengage", 40) as world:
        work = world.run()
        told = world.verify(work)
        assert told.green, told.line()
        assert world.wrong == []
        split = [
            one for one in world.people
            if one.source == {Channel.EMAIL: "no", Channel.SMS: "yes"} and not one.target_no
        ]  # fmt: skip
        assert split
        assert [one.key for one in split if not world.new.emulator.contactable(one.key, "sms")] == []
        assert [one.key for one in split if world.new.emulator.contactable(one.key, "email")] == []
