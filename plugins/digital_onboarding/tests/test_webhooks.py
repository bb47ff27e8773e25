"""Deliveries: genuine ones are read, every other is rejected for its own reason."""

from __future__ import annotations

import hashlib
import hmac
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from martech.errors import ConfigurationError, MartechError
from martech.testing.connecting import bench
from martech_digital_onboarding.webhooks import (
    ASSUMED_V1,
    CONTACT_UPDATED,
    Recipe,
    Rejection,
    ReplayWindow,
    WebhookRejected,
    parse,
    receive,
    signature_header,
)

CONTACT_ID = "6f0ec0de-0000-4000-8000-000000000001"


class Receiver:
    """A receiver, and a pretended vendor that posts to it."""

    def __init__(self) -> None:
        self.table = bench("digital_onboarding")
        self.sender: Any = self.table.emulator.webhooks  # type: ignore[attr-defined]  # the emulator's own

    def take(self, request: Any, **more: Any) -> Any:
        given = {"secrets": self.sender.secrets, "now": self.table.clock.now(), **more}
        return receive(request.body, request.headers, **given)

    def deliver(self, variant: str = "good", event_type: str = CONTACT_UPDATED, **members: Any) -> Any:
        return self.sender.delivery(CONTACT_ID, event_type=event_type, variant=variant, members=members)

    def rejected(self, request: Any, **more: Any) -> Rejection:
        with pytest.raises(WebhookRejected) as rejected:
            self.take(request, **more)
        return rejected.value.why


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.mark.parametrize("variant", ["good", "single_secret", "swapped"])
@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/json", "text/html"])
def test_a_genuine_delivery_is_read_whatever_it_calls_itself(
    receiver: Receiver, variant: str, content_type: str
) -> None:
    receiver.sender.content_type = content_type
    event = receiver.take(receiver.deliver(variant))
    assert (event.vendor_id, event.type, event.more) == (CONTACT_ID, CONTACT_UPDATED, {})
    assert event.signed_at == receiver.table.clock.now()
    assert event.raw == {"contact_id": CONTACT_ID, "type": CONTACT_UPDATED}


def test_a_type_that_nobody_documents_is_passed_through_with_its_members(receiver: Receiver) -> None:
    event = receiver.take(receiver.deliver(event_type="journey.blossomed", journey_id="jr-1"))
    assert (event.type, event.more) == ("journey.blossomed", {"journey_id": "jr-1"})


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ("stale", Rejection.STALE),
        ("future", Rejection.FROM_THE_FUTURE),
        ("bad", Rejection.WRONG_SIGNATURE),
        ("tampered", Rejection.WRONG_SIGNATURE),
        ("no_header", Rejection.NO_HEADER),
        ("no_time", Rejection.NO_TIME),
        ("nonsense_time", Rejection.UNREADABLE_TIME),
        ("no_signature", Rejection.NO_SIGNATURE),
    ],
)
def test_every_other_delivery_is_rejected_for_its_own_reason(
    receiver: Receiver, variant: str, why: Rejection
) -> None:
    assert receiver.rejected(receiver.deliver(variant)) is why


def test_a_delivery_is_taken_once_within_the_window(receiver: Receiver) -> None:
    window = ReplayWindow()
    first = receiver.deliver()
    receiver.take(first, window=window)
    assert receiver.rejected(receiver.deliver("replayed"), window=window) is Rejection.REPLAYED
    receiver.table.clock.advance(1)
    receiver.take(receiver.deliver(), window=window)
    receiver.take(first)
    receiver.table.clock.advance(301)
    assert receiver.rejected(first, window=window) is Rejection.STALE


def test_a_window_that_forgets_what_could_still_be_repeated_is_a_mistake_that_is_named(receiver: Receiver) -> None:
    patient = replace(ASSUMED_V1, tolerance_seconds=3600)
    with pytest.raises(ConfigurationError, match="twice the recipe's tolerance"):
        receiver.take(receiver.deliver(), recipe=patient, window=ReplayWindow())
    window, first = ReplayWindow(seconds=7200), receiver.deliver()
    receiver.take(first, recipe=patient, window=window)
    receiver.table.clock.advance(3600)
    assert receiver.rejected(first, recipe=patient, window=window) is Rejection.REPLAYED


def test_what_is_not_verified_is_not_remembered(receiver: Receiver) -> None:
    window = ReplayWindow()
    receiver.take(receiver.deliver("good"), window=window, verify=False)
    receiver.take(receiver.deliver("replayed"), window=window)


def test_only_what_is_genuine_is_remembered(receiver: Receiver) -> None:
    window = ReplayWindow()
    receiver.rejected(receiver.deliver("bad"), window=window)
    receiver.take(receiver.deliver("good"), window=window)


def test_the_window_is_bounded_in_time_and_number() -> None:
    window, now = ReplayWindow(seconds=600, keep=3), datetime(2026, 1, 5, tzinfo=UTC)
    assert window.admit("a", now)
    assert not window.admit("a", now + timedelta(seconds=600))
    assert window.admit("a", now + timedelta(seconds=601))
    assert all(window.admit(f"{n}", now + timedelta(seconds=601)) for n in range(100))
    assert len(window._seen) <= 4


def test_secrets_can_be_exchanged_without_a_gap(receiver: Receiver) -> None:
    newer, older = receiver.sender.secrets
    delivery = receiver.deliver()
    for secrets in ([newer], [older], [SecretStr(older), "whsec_other"]):
        receiver.take(delivery, secrets=secrets)
    receiver.sender.rotate()
    assert receiver.rejected(receiver.deliver(), secrets=[older]) is Rejection.WRONG_SIGNATURE
    receiver.take(receiver.deliver(), secrets=[newer])


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_1", ""]])
def test_without_a_secret_nothing_is_taken_unless_that_is_said(receiver: Receiver, secrets: list[str]) -> None:
    for variant in ("good", "bad"):
        with pytest.raises(ConfigurationError):
            receiver.take(receiver.deliver(variant), secrets=secrets)
    event = receiver.take(receiver.deliver("bad"), secrets=secrets, verify=False)
    assert (event.vendor_id, event.signed_at) == (CONTACT_ID, None)


def test_the_signature_is_over_the_raw_bytes_before_anything_reads_them(receiver: Receiver) -> None:
    delivery = receiver.deliver()
    spaced = delivery.body.replace(b":", b": ")
    with pytest.raises(WebhookRejected) as rejected:
        receive(spaced, delivery.headers, secrets=receiver.sender.secrets, now=receiver.table.clock.now())
    assert rejected.value.why is Rejection.WRONG_SIGNATURE


def test_another_recipe_can_take_the_place_of_the_assumed_one(receiver: Receiver) -> None:
    body, now = b'{"contact_id":"c","type":"contact.updated"}', receiver.table.clock.now()
    other = Recipe(
        "theirs",
        lambda time, raw: raw + b"|" + time.encode(),
        lambda secret, signed: hmac.new(secret, signed, hashlib.sha512).digest(),
        tolerance_seconds=10,
    )
    time = str(int(now.timestamp()))
    signature = hmac.new(b"s", body + b"|" + time.encode(), hashlib.sha512).hexdigest()
    headers = [("X-Signature", f"t={time},s0={signature}")]
    assert receive(body, headers, secrets=["s"], now=now, recipe=other).vendor_id == "c"
    with pytest.raises(WebhookRejected):
        receive(body, headers, secrets=["s"], now=now)
    with pytest.raises(WebhookRejected) as rejected:
        receive(body, headers, secrets=["s"], now=now + timedelta(seconds=11), recipe=other)
    assert rejected.value.why is Rejection.STALE
    assert (ASSUMED_V1.name, ASSUMED_V1.tolerance_seconds) == ("assumed_v1", 300)


@pytest.mark.parametrize(
    ("value", "time", "count"),
    [
        ("t=7,s0=AB,s1=cd", "7", 2),
        (" s1=cd , v9=x , t=7 , s0=AB,", "7", 2),
        ("T=7,S0=ab", "7", 1),
        ("t=7,s0=zz,s1=abc,s2=ab,s10=cd", "7", 2),
        ("t=7,t=7,s0=ab", "7", 1),
    ],
)
def test_the_header_is_read_in_any_order_past_what_is_unknown(value: str, time: str, count: int) -> None:
    header = signature_header(value)
    assert (header.time, len(header.signatures)) == (time, count)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, Rejection.NO_HEADER),
        ("", Rejection.NO_HEADER),
        ("  ", Rejection.NO_HEADER),
        ("nonsense", Rejection.NO_TIME),
        ("s0=ab", Rejection.NO_TIME),
        ("t=,s0=ab", Rejection.UNREADABLE_TIME),
        ("t=-7,s0=ab", Rejection.UNREADABLE_TIME),
        ("t=7.5,s0=ab", Rejection.UNREADABLE_TIME),
        ("t=٧,s0=ab", Rejection.UNREADABLE_TIME),
        ("t=7,t=8,s0=ab", Rejection.UNREADABLE_TIME),
        (f"t={'9' * 40},s0=ab", Rejection.UNREADABLE_TIME),
        ("t=7", Rejection.NO_SIGNATURE),
        ("t=7,s=ab", Rejection.NO_SIGNATURE),
        ("t=7,s0=", Rejection.NO_SIGNATURE),
        ("t=7,s0=not hex", Rejection.NO_SIGNATURE),
    ],
)
def test_a_header_that_lacks_something_is_rejected_for_that(value: str | None, why: Rejection) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        signature_header(value)
    assert rejected.value.why is why


@pytest.mark.parametrize("time", ["0", "99999999999"])
def test_any_number_of_seconds_is_either_stale_or_of_the_future(time: str) -> None:
    body, now = b'{"contact_id":"c","type":"x.y"}', datetime(2026, 1, 5, tzinfo=UTC)
    signature = hmac.new(b"s", f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    with pytest.raises(WebhookRejected) as rejected:
        receive(body, [("x-signature", f"t={time},s0={signature}")], secrets=["s"], now=now)
    assert rejected.value.why in (Rejection.STALE, Rejection.FROM_THE_FUTURE)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"{}", b'{"contact_id": "c"}', b'{"contact_id": 7, "type": "x"}', b"\xff"],
)
def test_a_body_that_names_no_contact_and_type_is_rejected(body: bytes) -> None:
    with pytest.raises(WebhookRejected) as rejected:
        parse(body)
    assert rejected.value.why is Rejection.UNREADABLE_BODY


def test_a_rejection_is_an_error_of_ours_that_holds_neither_body_nor_secret(receiver: Receiver) -> None:
    delivery = receiver.deliver("tampered", note="ada@example.org")
    with pytest.raises(MartechError) as rejected:
        receiver.take(delivery)
    text = str(rejected.value) + repr(rejected.value.__dict__)
    assert not any(part in text for part in ("ada@", CONTACT_ID, *receiver.sender.secrets))
    assert pickle.loads(pickle.dumps(rejected.value)).why is Rejection.WRONG_SIGNATURE


def test_an_event_is_resolved_by_the_vendor_id_that_an_upsert_gave(receiver: Receiver) -> None:
    from martech.models import Contact, IfNew

    emulator: Any = receiver.table.emulator
    emulator.collect_webhooks = True
    client = receiver.table.client()
    contact = Contact(own_id="m-1", email="ada@example.org")
    saved = [client.contacts.upsert(contact, if_new=IfNew.VENDOR_DEFAULT) for _ in range(2)]
    pairs = {one.vendor_id: one.identifier for one in saved}
    (delivery,) = receiver.sender.collected
    assert pairs[receiver.take(delivery).vendor_id] == saved[0].identifier
