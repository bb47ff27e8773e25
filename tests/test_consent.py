"""The consent guard: the law, and that nobody goes around it."""

import ast
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.fakes import Fake, Vendor, answer, client

from martech.errors import ConsentRefused, InvalidRequest, NotFound
from martech.models import (
    Channel,
    Consent,
    Contact,
    Identifier,
    ItemOutcome,
    ItemResult,
    Release,
    Subscription,
    SubscriptionStatus,
    Yes,
)
from martech.provider import ConsentOperations, get, not_offered
from martech.testing.clock import ManualClock

NOW = ManualClock().now()
SOURCE = Path(__file__).parents[1] / "src" / "martech"
PLUGINS = Path(__file__).parents[1] / "plugins"


def evidence(days: float = -1, *, channel: Channel = Channel.EMAIL, text: str = "Yes, please.") -> Consent:
    return Consent(channel=channel, given_at=NOW + timedelta(days=days), text=text, source="https://example.org")


class Remembering(ConsentOperations):
    """Knows one status, and notes each yes it is handed."""

    def __init__(self, known: Sequence[Subscription] | None) -> None:
        self.known = known
        self.handed: list[Yes] = []

    async def status(self, ref: Identifier) -> Sequence[Subscription]:
        await get("/status")
        if self.known is None:
            raise NotFound("nobody")
        return self.known

    async def subscribe(self, ref: Identifier, *, yes: Yes) -> ItemResult:
        self.handed.append(yes)
        return ItemResult(outcome=ItemOutcome.UPDATED)

    async def release(self, ref: Identifier, *, yes: Yes) -> Release:
        self.handed.append(yes)
        return Release.RELEASED

    async def topic_in(self, ref: Identifier, topic_id: str, *, yes: Yes) -> None:
        self.handed.append(yes)


class Unreadable(Remembering):
    """Cannot tell the status."""

    status = not_offered("Nothing can be read here.")


def state(status: SubscriptionStatus, days: float | None = None) -> Subscription:
    when = None if days is None else NOW + timedelta(days=days)
    return Subscription(channel=Channel.EMAIL, status=status, changed_at=when)


UNSUBSCRIBED, SUPPRESSED = SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED


def subscribing(consent: ConsentOperations, **given: object) -> object:
    fake = Fake()
    fake.consent = consent
    said = {"channel": Channel.EMAIL, "evidence": evidence()} | given
    return client(fake, Vendor(answer({}))).consent.subscribe("ada@example.org", **said)  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize(
    "known",
    [(), (state(SubscriptionStatus.SUBSCRIBED),), (state(SubscriptionStatus.NOT_SUBSCRIBED),),
     (state(SubscriptionStatus.PENDING),), (state(SubscriptionStatus.UNKNOWN),), (state(UNSUBSCRIBED, days=-2),)],
)  # fmt: skip
def test_a_yes_with_evidence_later_than_any_no_is_handed_over(known: Sequence[Subscription]) -> None:
    consent = Remembering(known)
    subscribing(consent)
    assert [yes.evidence for yes in consent.handed] == [evidence()]


@pytest.mark.parametrize(
    "known", [(state(UNSUBSCRIBED),), (state(UNSUBSCRIBED, days=-0.5),), (state(UNSUBSCRIBED, days=-1),),
              (state(SUPPRESSED),), (state(SUPPRESSED, days=-30),)],
)  # fmt: skip
def test_a_no_that_is_later_undated_or_a_block_stays(known: Sequence[Subscription]) -> None:
    consent = Remembering(known)
    with pytest.raises(ConsentRefused):
        subscribing(consent)
    assert consent.handed == []


@pytest.mark.parametrize(
    "given",
    [{"evidence": evidence(text="  ")}, {"evidence": evidence(days=2)}, {"channel": Channel.SMS},
     {"evidence": evidence(channel=Channel.SMS)}, {"opted_out_at": NOW - timedelta(hours=1)}],
)  # fmt: skip
def test_evidence_that_does_not_cover_it_is_refused(given: dict[str, object]) -> None:
    consent = Remembering(())
    with pytest.raises(ConsentRefused):
        subscribing(consent, **given)
    assert consent.handed == []


def test_an_undated_no_may_be_dated_by_who_knows() -> None:
    consent = Remembering((state(UNSUBSCRIBED),))
    subscribing(consent, opted_out_at=NOW - timedelta(days=3))
    assert consent.handed[0].opted_out_at == NOW - timedelta(days=3)


def test_the_later_of_two_dates_of_a_no_counts() -> None:
    with pytest.raises(ConsentRefused):
        subscribing(Remembering((state(UNSUBSCRIBED, days=-0.5),)), opted_out_at=NOW - timedelta(days=3))


def test_where_nothing_can_be_read_the_evidence_alone_decides() -> None:
    consent = Unreadable(())
    subscribing(consent)
    assert len(consent.handed) == 1
    with pytest.raises(ConsentRefused):
        subscribing(Unreadable(()), opted_out_at=NOW)


def test_nobody_is_made_by_subscribing_them() -> None:
    with pytest.raises(NotFound):
        subscribing(Remembering(None))


def test_a_block_is_lifted_only_by_release_and_only_on_later_evidence() -> None:
    fake = Fake()
    fake.consent = consent = Remembering((state(SUPPRESSED, days=-2),))
    one = client(fake, Vendor(answer({})))
    released = one.consent.release("ada@example.org", channel=Channel.EMAIL, evidence=evidence())
    assert released is Release.RELEASED
    with pytest.raises(ConsentRefused):
        one.consent.release("ada@example.org", channel=Channel.EMAIL, evidence=evidence(days=-3))
    assert len(consent.handed) == 1


def test_several_people_are_each_looked_at() -> None:
    fake = Fake()
    fake.consent = Remembering((state(UNSUBSCRIBED),))
    done = client(fake, Vendor(answer({}))).consent.subscribe_many(
        ["ada@example.org", "bob@example.org"], channel=Channel.EMAIL, evidence=evidence()
    )
    assert [result.outcome for result in done.items] == [ItemOutcome.REFUSED] * 2


def test_a_topic_needs_evidence_in_one_direction_only() -> None:
    fake = Fake()
    fake.consent = consent = Remembering(())
    one = client(fake, Vendor(answer({})))
    with pytest.raises(ConsentRefused):
        one.consent.set_topic("ada@example.org", "news", subscribed=True)
    one.consent.set_topic("ada@example.org", "news", subscribed=True, evidence=evidence())
    assert consent.handed[0].topic == "news"


@pytest.mark.parametrize(
    "status", [SubscriptionStatus.SUBSCRIBED, SubscriptionStatus.PENDING, SubscriptionStatus.UNKNOWN]
)
def test_no_write_says_anything_but_no(status: SubscriptionStatus) -> None:
    contact = Contact(email="ada@example.org", subscriptions=(state(status),))
    with pytest.raises(ConsentRefused):
        client().contacts.create(contact, if_new="vendor_default")  # type: ignore[arg-type]  # text is taken too
    assert client().contacts.upsert_many([contact], if_new="vendor_default").items[0].ok is False  # type: ignore[arg-type]  # likewise


def test_a_contact_that_was_read_is_carried_without_its_yes_and_with_its_no() -> None:
    read = Contact(
        email="ada@example.org",
        vendor_id="7",
        list_ids=("1",),
        created_at=datetime(2020, 1, 1, tzinfo=UTC),
        subscriptions=(
            state(SubscriptionStatus.SUBSCRIBED),
            Subscription(channel=Channel.SMS, status=UNSUBSCRIBED),
        ),
    )
    with pytest.raises((ConsentRefused, InvalidRequest)):
        client().contacts.create(read, if_new="vendor_default")  # type: ignore[arg-type]  # text is taken too
    carried = read.carried()
    assert carried.model_fields_set == {"email", "subscriptions"}
    assert [one.channel for one in carried.subscriptions] == [Channel.SMS]
    assert client().contacts.upsert_many([carried], if_new="vendor_default").items[0].ok  # type: ignore[arg-type]  # likewise


def test_only_the_guard_constructs_a_yes() -> None:
    guard = SOURCE / "consent" / "guard.py"
    for path in [*SOURCE.rglob("*.py"), *PLUGINS.glob("*/src/**/*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Yes"
        ]
        assert not made or path == guard, path
