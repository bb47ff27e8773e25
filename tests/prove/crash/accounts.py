"""The accounts that the crash proofs move, and what an end looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from martech.client import Client
from martech.emulation import Emulator
from martech.migration.journal import Journal, Kind
from martech.migration.law import Rules
from martech.migration.order import AsItIs, Order, Work
from martech.migration.sources.accounts import ProviderSource
from martech.migration.target import Target
from martech.migration.verifying import Verified, verify
from martech.models import Channel, Consent, Contact, Dataset, IfNew, Record, Template, TemplateContent, Topic
from martech.testing.clock import ManualClock
from martech.testing.connecting import bench

PLAIN = ("dotdigital", "example")
"""People, their states and lists; the target is read page by page and written by loads."""
WHOLE = ("dotdigital", "dotdigital")
"""Everything that a run can move; the target is written by imports."""


def rows(count: int) -> list[dict[str, str]]:
    """Return people, every seventh of whom has opted out."""
    return [
        {
            "key": f"k-{number}", "email": f"person-{number}@example.org", "phone": f"+4477009{number:05d}",
            "first_name": f"Name {number}", "unsubscribed_email": "true" if number % 7 == 0 else "false",
        }
        for number in range(count)
    ]  # fmt: skip


def fill(emulator: Emulator, client: Client, people: int, pair: tuple[str, str]) -> None:
    """Put people into the source, and everything else that the pair is about."""
    if pair == PLAIN:
        emulator.seed_people(rows(people))
        return
    topic = client.consent.create_topic(Topic(name="Gardening"))
    for number, row in enumerate(rows(people)):
        fields: dict[str, Any] = {"email": row["email"], "first_name": row["first_name"]}
        if number % 3 == 0:
            fields["consents"] = (_agreed(),)
        client.contacts.upsert(Contact(**fields), if_new=IfNew.VENDOR_DEFAULT)
        if number % 7 == 0:
            client.consent.unsubscribe(row["email"], channel=Channel.EMAIL)
        if number % 5 == 0:
            client.consent.set_topic(row["email"], topic.id or "", subscribed=False)
    friends = client.lists.create("Friends")
    client.lists.add(friends.id, [row["email"] for row in rows(people)[: people // 2]])
    for number in range(2):
        content = TemplateContent(subject="Hello", html="<p>Hello</p>", text="Hello", sender_name="Shop")
        client.templates.create(Template(name=f"Letter {number}", contents=(content,)))
    made = client.datasets.create(Dataset(id="", name="Branches"))
    client.datasets.upsert_many(made.id, [Record(key=f"b-{n}", values={"size": n}) for n in range(120)])


def _agreed() -> Consent:
    return Consent(
        channel=Channel.EMAIL, given_at=datetime(2024, 5, 1, tzinfo=UTC), text="I agree to letters.",
        source="https://example.org/form", ip_address="192.0.2.1", user_agent="test",
    )  # fmt: skip


def order_for(source: Client, target: Client, pair: tuple[str, str]) -> Order:
    """Return what a run of a pair is to do."""
    rules = Rules(restore=pair == WHOLE)
    to = Target(target, looks_at_once=1, restore=rules.restore)
    return Order(source=ProviderSource(source), target=to, translation=AsItIs(to.provider), rules=rules)


def begun(journal: Journal, order: Order, run: str, now: Callable[[], datetime]) -> Work:
    """Return a run, which is begun unless it was."""
    journal.open_run(
        run, kind=Kind.FULL, source=order.source.name, target=order.target.name, order="{}", now=now()
    )
    return Work(run, order, journal, now)


def verified(work: Work) -> Verified:
    """Return what a verification of a run says."""
    order = work.order
    return verify(
        work.journal, work.run, source=order.source, client=order.target.client, translation=order.translation,
        restore=order.rules.restore,
    )  # fmt: skip


def end_of(work: Work, verdict: Verified | None = None) -> str:
    """Return everything at the target, and the verdict, without ids and times."""
    client = work.order.target.client
    known = (verdict or verified(work)).plain()
    told = {name: one for name, one in known.items() if name not in ("run", "source", "target")}
    return json.dumps([sorted(_everything(client)), told], sort_keys=True, default=str)


def _everything(client: Client) -> Iterator[str]:
    from martech.models import Include

    for person in client.contacts.list(include=frozenset(Include)):
        one = person.model_dump(mode="json", exclude_unset=True, exclude={"vendor_id", "created_at", "updated_at"})
        one["consents"] = [kept["text"] for kept in one.get("consents", ())]
        yield json.dumps({name: one[name] for name in sorted(one) if name != "list_ids"}, default=str)
    for group in client.lists.list():
        yield f"{group.name}: {sorted(str(member.email) for member in client.lists.members(group.id))}"
    if client.supports("templates.list"):
        yield from (f"template {one.name}" for one in client.templates.list())
    if client.supports("datasets.records"):
        for table in client.datasets.list():
            yield from (f"{table.name} {one.key} {dict(one.values)}" for one in client.datasets.records(table.id))


def route_of(url: str) -> str:
    """Return the path of an address with whatever differs from person to person taken out."""
    path = re.sub(r"^[a-z]+://[^/]+", "", url).split("?")[0]
    return "/".join("…" if re.search(r"[@%]|\d", part) and not re.fullmatch(r"v\d", part) else part
                    for part in path.split("/"))  # fmt: skip


class Accounts:
    """Two accounts in process, on one clock, and clients whose every exchange is a boundary."""

    def __init__(self, pair: tuple[str, str], people: int) -> None:
        self.pair, self.clock = pair, ManualClock()
        self.writes = 0
        """How many exchanges there were that may have changed anything."""
        self.old, self.new = (bench(name, clock=self.clock) for name in pair)
        with self.old.client() as client:
            fill(self.old.emulator, client, people, pair)
        self.old.emulator.catch_up()
        self.clock.advance(120)

    def order(self, boundary: Callable[[str], object]) -> Order:
        """Return what a run is to do, with clients that tell of every exchange before and after it."""

        def watched(side: Any, name: str) -> Client:
            def app(request: Any) -> Any:
                boundary(f"before {name} {request.method} {route_of(request.url)}")
                answer = side.emulator(request)
                self.writes += request.method != "GET"
                boundary(f"after {name} {request.method} {route_of(request.url)}")
                return answer

            client: Client = side.client(app=app, account=name)
            _alone(client)
            return client

        return order_for(watched(self.old, "source"), watched(self.new, "target"), self.pair)


def _alone(client: Client) -> None:
    """Let a client work in one thread only, so that its boundaries come in one order."""
    runner: Any = client._runner
    driver = runner._driver
    while driver._threads.acquire(blocking=False):
        pass


def client_of(line: dict[str, Any]) -> Client:
    """Return a client of what an emulator says of itself."""
    return Client(line["provider"], **line["settings"])


def journal_in(folder: Path) -> Journal:
    """Return the journal in a folder."""
    return Journal(f"sqlite:///{folder / 'journal.db'}")
