"""The messaging half, numbers, firehose, webhooks and subscriptions: `client.native`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    Conflict,
    ConsentRefused,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
)
from martech.models import (
    Channel,
    EmailMessage,
    ItemOutcome,
    MessageState,
    Purpose,
)
from martech_dotdigital.native import By, Counted, Frequency, OmniMessage, Separator, Wanted
from martech_dotdigital.native.phones import multipart

Talk = Any
Talker = Callable[..., Any]
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


# ── messages and content ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        (OmniMessage(rules=("whatsApp", "sms"), phone_number="+447700900001", body="Hi"), Channel.WHATSAPP),
        (OmniMessage(rules=("nativePush",), profile_id="p-1", title="Hi", body="There"), Channel.PUSH),
        (OmniMessage(rules=("fbMessenger",), messenger_id="m-1", body="Hi"), Channel.PUSH),
        (
            OmniMessage(
                rules=("sms",), phone_number="+447700900001", body="Hi", channel_options={"sms": {"from": "ACME"}}
            ),
            Channel.SMS,
        ),
    ],
)
def test_one_route_serves_every_channel(both: Talk, message: OmniMessage, channel: Channel) -> None:
    report = both.call(lambda c: c.native.messages.send(message, key="m-1"))
    assert (report.channel, report.state) == (channel, MessageState.ACCEPTED)
    (body,) = both.bodies("POST /cpaas/messages")
    assert body["metadata"] == {"send_key": "m-1"}
    assert body["rules"] == list(message.rules)
    both.bench.clock.advance(10)
    assert (
        both.call(lambda c: c.messages.status(report.message_id, channel=channel)).state is not MessageState.FAILED
    )
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.messages.send(message, key="m-1"))
    assert len(both.emulator.outbox) == 1


def test_marketing_by_that_route_goes_only_to_who_subscribed(both: Talk) -> None:
    both.seed(2)
    both.call(lambda c: c.consent.unsubscribe("person-1@example.org", channel=Channel.SMS))

    def message(number: int, *rules: str) -> OmniMessage:
        return OmniMessage(
            rules=rules, phone_number=f"+4477009{number:05}", body="Sale", purpose=Purpose.MARKETING
        )

    both.call(lambda c: c.native.messages.send(message(0, "sms")))
    for refused in (message(1, "sms"), message(0, "whatsApp"), message(0, "sms", "nativePush")):
        with pytest.raises(ConsentRefused):
            both.call(lambda c, refused=refused: c.native.messages.send(refused))
        with pytest.raises(ConsentRefused):
            both.call(lambda c, refused=refused: c.native.messages.send_many([message(0, "sms"), refused]))
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.messages.send(message(77, "sms")))
    assert len(both.emulator.outbox) == 1


def test_several_messages_are_one_send(both: Talk) -> None:
    several = [OmniMessage(rules=("sms",), phone_number=f"+44770090000{n}", body="Hi") for n in range(3)]
    done = both.call(lambda c: c.native.messages.send_many(several, key="m-2"))
    assert [one.outcome for one in done] == [ItemOutcome.ACCEPTED] * 3
    assert len({one.vendor_id for one in done}) == 3
    (body,) = both.bodies("POST /cpaas/messages/batch")
    assert [one["metadata"]["send_key"] for one in body] == ["m-2/0", "m-2/1", "m-2/2"]
    both.emulator.faults.add(FaultKind.CUT_AFTER, route="POST /cpaas/messages/batch")
    with pytest.raises(OutcomeUnknown):
        both.call(lambda c: c.native.messages.send_many(several, key="m-3"))


def test_several_emails_are_one_send_with_a_result_for_each(both: Talk) -> None:
    several = [
        EmailMessage(to="a@example.org", subject="Hi", text="t"),
        EmailMessage(to="b@example.org", subject="", text="t"),
    ]
    done = both.call(lambda c: c.native.messages.send_emails(several, key="m-4"))
    assert [one.outcome for one in done] == [ItemOutcome.ACCEPTED, ItemOutcome.REFUSED]
    assert done[1].code == "ERROR_PARAMETER_INVALID"
    assert [sent.recipient for sent in both.emulator.outbox] == ["a@example.org"]
    with pytest.raises(InvalidRequest, match="transactional"):
        both.call(
            lambda c: c.native.messages.send_emails([several[0].model_copy(update={"purpose": Purpose.MARKETING})])
        )


def test_a_message_that_goes_nowhere_or_says_too_much_is_refused(one: Talk) -> None:
    both_ways = {"custom_body": {"sms": {"a": 1}}, "channel_options": {"sms": {"from": "ACME"}}}
    for wrong in (
        OmniMessage(rules=("sms",), body="x"),
        OmniMessage(rules=("sms",), phone_number="+447700900001", **both_ways),
    ):
        with pytest.raises(InvalidRequest):
            one.call(lambda c, wrong=wrong: c.native.messages.send(wrong))
    assert one.emulator.ledger.total == 0


def test_messages_are_redacted_removed_and_remembered(both: Talk) -> None:
    message = OmniMessage(rules=("nativePush",), profile_id="p-1", title="Hi", body="There")
    report = both.call(lambda c: c.native.messages.send(message))
    (remembered,) = both.call(lambda c: c.native.messages.history("p-1", limit=5))
    assert (remembered.message_id, remembered.direction) == (report.message_id, "outbound")
    assert "There" not in repr(remembered)
    both.bench.clock.advance(60)
    both.call(lambda c: c.native.messages.redact(report.message_id))
    both.call(lambda c: c.native.messages.delete(report.message_id))
    with pytest.raises(NotFound):
        both.call(lambda c: c.messages.status(report.message_id, channel=Channel.PUSH))


def test_transactional_mail_is_counted_in_whole_days(both: Talk) -> None:
    both.call(lambda c: c.messages.send_email(EmailMessage(to="a@example.org", subject="Hi", text="t")))
    (total,) = both.call(lambda c: c.native.messages.email_stats(since=SINCE))
    assert total.num_sent == 1
    days = both.call(
        lambda c: c.native.messages.email_stats(since=SINCE, until=datetime(2026, 1, 6, tzinfo=UTC), by=By.DAY)
    )
    assert sum(day.num_sent for day in days) == 1


def test_content_and_templates_of_the_messaging_half(both: Talk) -> None:
    kept = both.call(lambda c: c.native.content.upload("a.png", b"x", content_type="image/png"))
    assert kept.url
    both.call(lambda c: c.native.content.delete(kept.id))
    parts = [{"type": "text/plain", "data": "Hi"}]
    made = both.call(lambda c: c.native.content.create_template("T", parts=parts, description="d"))
    changed = both.call(
        lambda c: c.native.content.update_template(made.template.id, "T2", parts=parts, tag=made.tag)
    )
    assert changed.template.name == "T2"
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.content.update_template(made.template.id, "T3", parts=parts, tag=made.tag))
    assert both.call(lambda c: c.native.content.template(made.template.id)).tag == changed.tag
    assert [one.name for one in both.call(lambda c: c.native.content.templates())] == ["T2"]
    both.call(lambda c: c.native.content.delete_template(made.template.id))
    assert both.call(lambda c: c.native.content.templates()) == []
    assert both.call(lambda c: c.native.content.keywords())[0]["keyword"] == "SHOP"
    assert both.call(lambda c: c.native.content.whatsapp_numbers()) == []
    assert both.call(lambda c: c.native.content.whatsapp_templates("waba")) == []
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.content.whatsapp_number("+447700900001"))


@pytest.mark.parametrize("what", list(Counted))
def test_what_the_messaging_half_counts(one: Talk, what: Counted) -> None:
    one.call(
        lambda c: c.native.messages.send(OmniMessage(rules=("sms",), phone_number="+447700900001", body="Hi"))
    )
    rows = one.call(
        lambda c: c.native.content.counts(what, since=SINCE, until=datetime(2026, 2, 1, tzinfo=UTC), by="day")
    )
    assert isinstance(rows, list)


# ── phone numbers ────────────────────────────────────────────────────────────────────────────────────────────


def test_one_number_is_checked(both: Talk) -> None:
    checked = both.call(lambda c: c.native.phones.check("+447700900001"))
    assert checked.status
    assert "447700900001" not in repr(checked)


def test_a_file_of_numbers_is_queued_followed_and_fetched(both: Talk) -> None:
    csv = b"name;number\nAda;447700900001\nBo;447700900002\n"
    job = both.call(
        lambda c: c.native.phones.queue(csv, column="number", country="GBR", separator=Separator.SEMICOLON)
    )
    assert not both.call(lambda c: c.native.phones.job(job)).ended
    assert [one.job_id for one in both.call(lambda c: c.native.phones.jobs())] == [job]
    ended = both.call(lambda c: c.native.phones.wait(job))
    assert (ended.status, ended.phone_number_count) == ("Completed", 2)
    assert "447700900002" in both.call(lambda c: c.native.phones.result(job))


def test_nobody_waits_for_numbers_longer_than_told(talk: Talker) -> None:
    talked = talk(switches={"job_seconds": 10_000})
    job = talked.call(lambda c: c.native.phones.queue(b"number\n447700900001\n", column="number", country="GBR"))
    with pytest.raises(InvalidRequest, match="had not ended"):
        talked.call(lambda c: c.native.phones.wait(job, timeout_seconds=60))


def test_a_paid_check_is_not_repeated_by_itself(one: Talk) -> None:
    one.call(lambda c: c.account.verify())
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="phonevalidation")
    with pytest.raises(Exception, match="broke"):
        one.call(lambda c: c.native.phones.check("+447700900001"))
    assert one.emulator.ledger.count("GET /cpaas/phonevalidation/single") == 1


def test_fields_and_a_file_travel_as_parts() -> None:
    body = multipart("b-1", {"separator": "comma"}, b"number\n1\n")
    assert body.startswith(b'--b-1\r\nContent-Disposition: form-data; name="separator"\r\n\r\ncomma\r\n--b-1\r\n')
    assert b'name="csv"; filename="numbers.csv"' in body
    assert body.endswith(b"number\n1\n\r\n--b-1--\r\n")


# ── firehose, webhooks, events ───────────────────────────────────────────────────────────────────────────────

TARGET = {
    "platform": "amazonS3",
    "configuration": {
        "bucketName": "b", "regionEndpoint": "https://s3.example.org",
        "folderPath": "f", "addAccountIdToPath": True,
    },
    "authentication": {"authType": "sas", "accessKey": "AK", "secretAccessKey": "SK"},
}  # fmt: skip


def test_a_firehose_is_made_changed_held_and_removed(both: Talk) -> None:
    wanted = {"email.open": (), "email.failed": ("hardBounced",)}
    made = both.call(lambda c: c.native.firehose.create(events=wanted, frequency=Frequency.DAILY, target=TARGET))
    both.call(
        lambda c: c.native.firehose.update(
            made.id, events=["email.open"], frequency=Frequency.HOURLY, target=TARGET, alerts_to="ops@example.org"
        )
    )
    assert both.call(lambda c: c.native.firehose.get(made.id)).frequency == "hourly"
    both.call(lambda c: c.native.firehose.disable(made.id))
    assert both.call(lambda c: c.native.firehose.get(made.id)).status == "disabled"
    both.call(lambda c: c.native.firehose.enable(made.id))
    both.vendor.firehose_syncing = True
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.firehose.delete(made.id))
    both.vendor.firehose_syncing = False
    both.call(lambda c: c.native.firehose.delete(made.id))
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.firehose.get(made.id))


def test_webhooks_are_made_changed_and_removed(both: Talk) -> None:
    address = {"url": "https://hooks.example.org/in", "secret": "0123456789abcdef-0123456789abcdef-012"}
    made = both.call(
        lambda c: c.native.webhooks.create(
            "w",
            types={"message.sent": {"channel": "sms"}},
            batch=True,
            most_in_batch=10,
            batch_seconds=5,
            **address,
        )
    )
    assert made.tag
    assert "0123456789abcdef" not in repr(made)
    changed = both.call(
        lambda c: c.native.webhooks.update(made.webhook.id, "w2", types=["message.read"], tag=made.tag, **address)
    )
    assert [one.type for one in changed.webhook.subscriptions or ()] == ["message.read"]
    assert both.call(lambda c: c.native.webhooks.get(made.webhook.id)).webhook.name == "w2"
    assert [one.id for one in both.call(lambda c: c.native.webhooks.list())] == [made.webhook.id]
    assert "message.sent" in [one.type for one in both.call(lambda c: c.native.webhooks.available_events())]
    assert both.call(lambda c: c.native.webhooks.available_templates())[0].events
    both.call(lambda c: c.native.webhooks.delete(made.webhook.id))
    assert both.call(lambda c: c.native.webhooks.list()) == []


def test_subscriptions_with_filters_are_listed_changed_and_woken(both: Talk) -> None:
    failed = Wanted("message.status", {"$.channel": "sms", "$.status": "failed"}, case_sensitive=False)
    made = both.call(
        lambda c: c.native.events.open(
            "x", wanted=[failed, Wanted("contact.updated")], alerts_to="ops@example.org"
        )
    )
    (body,) = both.bodies("POST /events/v3/export/subscriptions")
    assert body["subscribedEventTypes"][0]["filters"][1] == {
        "field": "$.status", "matchPattern": "failed", "caseSensitive": False,
    }  # fmt: skip
    assert [one.id for one in both.all(lambda c: c.native.events.subscriptions())] == [made.id]
    both.call(lambda c: c.native.events.update(made.id, "y", wanted=[Wanted("contact.updated")], active=False))
    assert both.call(lambda c: c.native.events.subscription(made.id)).raw["status"] == "inactive"
    with pytest.raises(Conflict):
        both.call(lambda c: c.events.stream(made))
    both.call(lambda c: c.native.events.update(made.id, "y", wanted=[Wanted("contact.updated")]))
    assert both.call(lambda c: c.events.stream(made)).drained


def test_what_is_too_large_for_an_event_is_fetched_as_it_is(both: Talk) -> None:
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.events.large_object("lob-1"))
    both.emulator.faults.add(FaultKind.STATUS, route="/events/v3/lob/", status=200, body="big and binary")
    assert both.call(lambda c: c.native.events.large_object("lob-1")) == b"big and binary"
