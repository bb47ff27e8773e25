"""Campaigns of the pretended dEngage: sends, their reports and the logs; all of it assumed on the wire."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest

from martech_dengage.emulator.engagement import Engagement

QUIET = Engagement.none()
EMAIL = [
    {
        "language": "EN",
        "subject": "Hi {%= $Contact.name || 'you' %}",
        "content": "News {{unsubscribe-link}}",
        "fromName": "Acme News",
        "fromAddress": "news@mail.acme.test",
    }
]
SMS = [{"language": "EN", "message": "Hi {%= $Contact.name %}", "senderName": "ACME"}]


@pytest.fixture
def quiet(connect):
    return connect(engagement=QUIET)


def people(api, number, **more):
    rows = [
        {"key": f"c-{n}", "email": f"p{n}@example.org", "phone": f"+90 535 {n:07}", **more} for n in range(number)
    ]
    assert api.emulator.seed_people(rows) == number
    return [row["key"] for row in rows]


def campaign(api, *keys, channel="email", **given):
    """Create a send to a new segment of these people, or to everyone."""
    content = api.emulator.add_content(channel, "news", EMAIL if channel == "email" else SMS)
    segment = api.emulator.add_segment("some", list(keys) or None)
    body = {"name": "May", "contentId": content, "audience": {"segmentId": segment}, **given}
    return api.post(f"/sends/{channel}", body).data["sendId"]


def status(api, send):
    return api.get(f"/sends/email/{send}").data["status"]


def recipients(api):
    return [sent.recipient for sent in api.emulator.outbox]


# ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_send_without_a_date_goes_out_now_and_completes(quiet):
    people(quiet, 2)
    send = campaign(quiet, tags=["may"], tracking={"trackOpen": False}, deduplicate=True)
    assert quiet.get(f"/sends/email/{send}").data == {
        "sendId": send,
        "name": "May",
        "status": "SENDING",
        "contentId": next(iter(quiet.emulator.contents["email"])),
        "audience": {"segmentId": next(iter(quiet.emulator.segments))},
        "scheduleDate": None,
        "createdAt": "2026-01-05T09:00:00Z",
        "tags": ["may"],
        "tracking": {"trackOpen": False, "trackClick": True},
        "deduplicate": True,
    }
    assert recipients(quiet) == []
    quiet.clock.advance(1)
    assert recipients(quiet) == ["p0@example.org", "p1@example.org"]
    quiet.clock.advance(1)
    assert status(quiet, send) == "COMPLETED"


def test_a_message_says_what_the_contact_and_the_content_give(quiet):
    quiet.emulator.seed_people([{"key": "c-1", "email": "ada@example.org", "first_name": "Ada"}])
    send = campaign(quiet)
    quiet.clock.advance(1)
    (sent,) = quiet.emulator.outbox
    assert (sent.channel, sent.what, sent.key) == ("email", f"campaign {send}", f"{send}/c-1")
    assert sent.details["subject"] == "Hi Ada"
    assert "/unsubscribe/" in sent.details["body"]


def test_a_scheduled_send_goes_out_at_its_time_though_nobody_asks_meanwhile(quiet):
    people(quiet, 1)
    send = campaign(quiet, scheduleDate="2026-01-05T10:00:00Z")
    assert status(quiet, send) == "SCHEDULED"
    quiet.clock.advance(7200)
    (sent,) = quiet.emulator.outbox
    assert sent.at.isoformat() == "2026-01-05T10:00:01+00:00"


def test_who_opts_out_between_creation_and_sending_gets_nothing(quiet):
    people(quiet, 4)
    campaign(quiet, scheduleDate="2026-01-05 10:00")
    quiet.bulk({"contact_key": "c-0", "email_permission": False})
    quiet.bulk({"contact_key": "c-1", "contact_status": "P"})
    quiet.emulator.engage("c-2", "hard_bounce")
    quiet.clock.advance(7200)
    assert recipients(quiet) == ["p3@example.org"]


def test_who_opts_out_while_the_send_goes_out_gets_nothing_of_a_later_batch(connect):
    api = connect(engagement=QUIET, send_batch_size=2, send_batch_seconds=60)
    people(api, 5)
    send = campaign(api)
    api.clock.advance(1)
    assert recipients(api) == ["p0@example.org", "p1@example.org"]
    api.bulk({"contact_key": "c-3", "email_permission": False})
    api.clock.advance(60)
    assert recipients(api)[2:] == ["p2@example.org"]
    api.clock.advance(60)
    assert recipients(api)[3:] == ["p4@example.org"]
    assert status(api, send) == "SENDING"
    api.clock.advance(60)
    assert status(api, send) == "COMPLETED"


def test_a_paused_send_goes_on_where_it_was(connect):
    api = connect(engagement=QUIET, send_batch_size=1, send_batch_seconds=60)
    people(api, 3)
    send = campaign(api)
    api.clock.advance(1)
    assert api.post(f"/sends/email/{send}/pause").data == {"sendId": send, "status": "PAUSED"}
    api.clock.advance(3000)
    assert recipients(api) == ["p0@example.org"]
    assert api.post(f"/sends/email/{send}/resume").data["status"] == "SENDING"
    api.clock.advance(500)
    assert recipients(api) == [f"p{n}@example.org" for n in range(3)]
    assert status(api, send) == "COMPLETED"


def test_a_send_paused_before_its_time_is_scheduled_again_or_goes_out_late(quiet):
    people(quiet, 1)
    send = campaign(quiet, scheduleDate="2026-01-05 09:30")
    quiet.post(f"/sends/email/{send}/pause")
    assert quiet.post(f"/sends/email/{send}/resume").data["status"] == "SCHEDULED"
    quiet.post(f"/sends/email/{send}/pause")
    quiet.clock.advance(3000)
    assert recipients(quiet) == []
    assert quiet.post(f"/sends/email/{send}/resume").data["status"] == "SENDING"
    quiet.clock.advance(1)
    assert len(recipients(quiet)) == 1


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_cancelled_send_never_goes_out(quiet, channel):
    people(quiet, 1)
    send = campaign(quiet, channel=channel, scheduleDate="2026-01-05 09:30")
    quiet.post(f"/sends/{channel}/{send}/pause")
    assert quiet.post(f"/sends/{channel}/{send}/cancel").data["status"] == "CANCELLED"
    quiet.clock.advance(3000)
    assert recipients(quiet) == []
    assert quiet.get(f"/sends/{channel}/{send}/overview").data["totalSent"] == 0


@pytest.mark.parametrize(
    ("done", "then"),
    [
        ("pause", "pause"),
        ("cancel", "pause"),
        ("cancel", "resume"),
        ("cancel", "cancel"),
        (None, "resume"),
        ("complete", "pause"),
        ("complete", "cancel"),
    ],
)
def test_a_step_that_the_status_does_not_allow_is_refused_with_code_11(quiet, done, then):
    send = campaign(quiet)
    if done == "complete":
        quiet.clock.advance(10)
    elif done:
        assert quiet.post(f"/sends/email/{send}/{done}").code == 0
    assert quiet.post(f"/sends/email/{send}/{then}").code == 11


def test_unknown_sends_steps_reports_and_channels_are_404(quiet):
    send, text = campaign(quiet), campaign(quiet, channel="sms")
    for path in (
        f"/sends/email/{uuid4()}",
        f"/sends/email/{text}",
        f"/sends/email/{send}/replies",
        f"/sends/sms/{send}/report",
        f"/sends/sms/{text}",
        f"/sends/sms/{text}/opens",
        "/sends/push",
    ):
        assert quiet.get(path).status == 404
    assert quiet.post(f"/sends/email/{send}/restart").status == 404
    assert quiet.post("/sends/push", {}).status == 404
    assert quiet.post(f"/sends/sms/{send}/pause").status == 404


# ── audience ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sendable_table_is_an_audience_and_permissions_are_the_contacts(quiet):
    people(quiet, 2)
    quiet.bulk({"contact_key": "c-1", "email_permission": False})
    table = quiet.table()
    quiet.rows(table, "c-0", "c-1", "c-9")
    campaign(quiet, audience={"tableId": table})
    quiet.clock.advance(1)
    assert recipients(quiet) == ["p0@example.org"]


@pytest.mark.parametrize("deduplicate", [True, False])
def test_one_address_gets_one_message_only_if_that_is_asked(quiet, deduplicate):
    quiet.emulator.seed_people(
        [{"key": "c-1", "email": "ada@example.org"}, {"key": "c-2", "email": "Ada@example.org"}]
    )
    campaign(quiet, "c-1", "c-2", "c-1", deduplicate=deduplicate)
    quiet.clock.advance(1)
    assert recipients(quiet) == ["ada@example.org"] * (1 if deduplicate else 3)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"audience": None}, 1),
        ({"audience": {}}, 11),
        ({"audience": {"segmentId": str(uuid4()), "tableId": str(uuid4())}}, 11),
        ({"audience": {"segmentId": str(uuid4())}}, 404),
        ({"audience": {"tableId": str(uuid4())}}, 404),
        ({"contentId": None}, 1),
        ({"contentId": str(uuid4())}, 404),
        ({"name": None}, 1),
        ({"scheduleDate": "tomorrow"}, 11),
        ({"scheduleDate": "2026-01-05T09:00:00+03:00"}, 11),
        ({"tags": "may"}, 1),
        ({"deduplicate": "yes"}, 1),
        ({"tracking": {"trackClick": 1}}, 1),
    ],
)
def test_a_send_that_does_not_do_is_refused(quiet, given, code):
    content, segment = quiet.emulator.add_content("email", "x", EMAIL), quiet.emulator.add_segment("all")
    body = {"name": "May", "contentId": content, "audience": {"segmentId": segment}, **given}
    assert quiet.post("/sends/email", body).code == code


def test_a_table_that_is_not_sendable_is_no_audience(quiet):
    content, table = quiet.emulator.add_content("email", "x", EMAIL), quiet.table(key=False)
    body = {"name": "May", "contentId": content, "audience": {"tableId": table}}
    assert quiet.post("/sends/email", body).code == 11


# ── what comes back ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lively(connect):
    """A send to 400 people a day ago, with rates high enough that everything happened."""
    rates = Engagement(hard_bounce=0.1, soft_bounce=0.1, open=0.8, click=0.5, spam=0.1, unsubscribe=0.2)
    api = connect(engagement=rates, token_seconds=10**6, seed=7)
    people(api, 400)
    api.send = campaign(api)
    api.clock.advance(86_400)
    return api


def test_the_counts_of_a_send_are_those_of_its_events(lively):
    overview = lively.get(f"/sends/email/{lively.send}/overview").data
    kinds = Counter(row["event_type"] for row in lively.all_rows("/logs/email", sendId=lively.send))
    assert overview == {
        "sendId": lively.send,
        "status": "COMPLETED",
        "totalSent": 400,
        "totalDelivered": kinds["DL"],
        "totalOpens": kinds["OP"],
        "uniqueOpens": kinds["OP"],
        "totalClicks": kinds["CL"],
        "uniqueClicks": kinds["CL"],
        "hardBounces": kinds["HB"],
        "softBounces": kinds["SB"],
        "spamReports": kinds["SP"],
        "unsubscribes": kinds["US"],
    }
    assert kinds["DL"] + kinds["HB"] + kinds["SB"] == 400
    assert all(kinds[kind] > 5 for kind in ("DL", "OP", "CL", "HB", "SB", "SP", "US"))


def test_the_details_of_a_send_are_read_to_the_end(lively):
    overview = lively.get(f"/sends/email/{lively.send}/overview").data
    opens, clicks, bounces = (
        lively.all_rows(f"/sends/email/{lively.send}/{detail}", limit=7)
        for detail in ("opens", "clicks", "bounces")
    )
    assert len(opens) == overview["totalOpens"]
    assert set(opens[0]) == {"contact_key", "email", "event_type", "event_date"}
    assert len(clicks) == overview["totalClicks"]
    assert all(row["url"] and row["event_type"] == "CL" for row in clicks)
    assert len(bounces) == overview["hardBounces"] + overview["softBounces"]
    assert {row["event_type"]: row["bounce_code"] for row in bounces} == {"HB": "5.1.1", "SB": "4.2.2"}


def test_unsubscribes_and_complaints_and_bounces_really_end_the_contact(lively):
    gone = {"unsubscribes": (False, "P", "US"), "spam": (True, "P", None)}
    for log, expected in gone.items():
        rows = lively.all_rows(f"/logs/email/{log}", sendId=lively.send)
        assert rows
        for row in rows[:5]:
            contact = lively.contact(row["contact_key"])
            told = (contact["email_permission"], contact["email_status"], contact["email_status_reason"])
            # Somebody may have done both.
            assert told in (expected, (False, "P", None), (False, "P", "US"))
            assert lively.emulator.contactable(row["email"]) is False
    hard = [row for row in lively.all_rows("/logs/email/bounces") if row["event_type"] == "HB"]
    assert all(lively.contact(row["contact_key"])["email_status_reason"] == "HB" for row in hard)


def test_everything_that_came_back_is_in_the_update_log(lively):
    changes = lively.all_rows("/contacts/updateLog", limit=50)
    left = {row["contact_key"] for row in lively.all_rows("/logs/email/unsubscribes")}
    assert {c["contactKey"] for c in changes if c["field"] == "EmailPermission"} == left
    assert all(c["source"] == "UNSUBSCRIBE" for c in changes if c["field"] == "EmailPermission")
    assert {c["source"] for c in changes} == {"UNSUBSCRIBE", "SPAM_COMPLAINT", "HARD_BOUNCE"}
    assert [c["updatedAt"] for c in changes] == sorted(c["updatedAt"] for c in changes)


def test_a_second_send_reaches_only_who_is_left(lively):
    before = len(lively.emulator.outbox)
    campaign(lively)
    lively.clock.advance(1)
    gone = {row["contactKey"] for row in lively.all_rows("/contacts/updateLog")}
    assert len(lively.emulator.outbox) - before == 400 - len(gone)


def test_the_same_seed_gives_the_same_engagement(connect):
    def play(seed):
        api = connect(seed=seed, token_seconds=10**6)
        people(api, 300)
        send = campaign(api)
        api.clock.advance(86_400)
        rows = api.all_rows("/logs/email", sendId=send)
        return [(row["contact_key"], row["event_type"], row["event_date"]) for row in rows]

    assert play(3) == play(3)
    assert play(3) != play(4)


def test_what_is_not_tracked_is_in_no_report(connect):
    api = connect(engagement=Engagement(open=1, click=1, spam=0, unsubscribe=0, hard_bounce=0, soft_bounce=0))
    people(api, 3)
    send = campaign(api, tracking={"trackOpen": False, "trackClick": False})
    api.clock.advance(3000)
    assert api.get(f"/sends/email/{send}/overview").data["totalOpens"] == 0


def test_logs_are_read_by_send_and_by_window(quiet):
    people(quiet, 2)
    first = campaign(quiet)
    quiet.clock.advance(60)
    campaign(quiet)
    quiet.clock.advance(60)
    assert len(quiet.all_rows("/logs/email")) == 4
    (row, _) = quiet.all_rows("/logs/email", sendId=first)
    assert (row["sendId"], row["event_type"]) == (first, "DL")
    window = {"beginTime": "2026-01-05 09:00:00", "endTime": "2026-01-05 09:00:03"}
    assert len(quiet.all_rows("/logs/email", **window)) == 2
    assert quiet.get("/logs/email", beginTime="yesterday").code == 11
    assert quiet.get("/logs/email/opens").status == 404


def test_three_soft_bounces_in_a_row_end_the_address(quiet):
    people(quiet, 1)
    for kind, expected in (
        ("soft_bounce", "A"),
        ("soft_bounce", "A"),
        ("delivered", "A"),
        ("soft_bounce", "A"),
        ("soft_bounce", "A"),
        ("soft_bounce", "P"),
    ):
        quiet.control("engagement", contact_key="c-0", kind=kind)
        assert quiet.contact("c-0")["email_status"] == expected
    assert quiet.contact("c-0")["email_status_reason"] == "SB"


def test_an_unsubscribe_may_leave_the_status_alone(connect):
    api = connect(unsubscribe_sets_status=False)
    people(api, 1)
    api.control("engagement", contact_key="c-0", kind="unsubscribe")
    contact = api.contact("c-0")
    assert (contact["email_permission"], contact["email_status"]) == (False, "A")


def test_engagement_is_told_of_the_last_message_or_of_nobodys(quiet):
    people(quiet, 1)
    send = campaign(quiet)
    quiet.clock.advance(10)
    for _ in range(2):
        quiet.control("engagement", contact_key="c-0", kind="open")
    quiet.control("engagement", contact_key="c-0", kind="click")
    overview = quiet.get(f"/sends/email/{send}/overview").data
    assert (overview["totalOpens"], overview["uniqueOpens"], overview["totalClicks"]) == (2, 1, 1)
    assert quiet.contact("c-0")["is_email_active"] is True
    assert quiet.contact("c-0")["is_email_engaged"] is True
    quiet.emulator.seed_people([{"key": "new", "email": "new@example.org"}])
    quiet.control("engagement", contact_key="new", kind="unsubscribe")
    (row,) = quiet.all_rows("/logs/email/unsubscribes")
    assert (row["contact_key"], row["sendId"]) == ("new", None)


# ── text messages ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_message_campaign_goes_to_numbers_with_permission(quiet):
    people(quiet, 2)
    quiet.bulk({"contact_key": "c-0", "gsm_permission": False})
    send = campaign(quiet, channel="sms", deduplicate=True)
    quiet.clock.advance(1)
    assert recipients(quiet) == ["905350000001"]
    waiting = quiet.get(f"/sends/sms/{send}/report").data["result"]
    assert waiting == [
        {"contact_key": "c-1", "gsm": "905350000001", "event_type": "WA", "event_date": "2026-01-05T09:00:01Z"}
    ]
    quiet.clock.advance(2)
    assert quiet.get(f"/sends/sms/{send}/report").data["result"][0]["event_type"] == "DL"
    overview = quiet.get(f"/sends/sms/{send}/overview").data
    assert (overview["status"], overview["totalSent"], overview["totalDelivered"]) == ("COMPLETED", 1, 1)
    assert (overview["totalFailed"], overview["totalWaiting"]) == (0, 0)


def test_a_number_that_fails_gets_no_further_campaign(connect):
    api = connect(engagement=Engagement(sms_failure=1))
    people(api, 2)
    send = campaign(api, channel="sms")
    api.clock.advance(10)
    assert api.get(f"/sends/sms/{send}/overview").data["totalFailed"] == 2
    assert api.emulator.contactable("c-0", "sms") is False
    assert api.emulator.contactable("c-0", "email") is True
    sources = {row["source"] for row in api.all_rows("/contacts/updateLog")}
    assert sources == {"SMS_CARRIER"}


def test_an_answer_to_a_text_message_ends_the_permission_for_text_messages_only(quiet):
    people(quiet, 1)
    send = campaign(quiet, channel="sms")
    quiet.clock.advance(10)
    quiet.control("engagement", contact_key="c-0", kind="unsubscribe", channel="sms")
    assert quiet.emulator.contactable("c-0", "sms") is False
    assert quiet.emulator.contactable("c-0", "email") is True
    assert quiet.get(f"/sends/sms/{send}/overview").data["unsubscribes"] == 1
    assert quiet.all_rows(f"/sends/sms/{send}/report")[0]["event_type"] == "DL"
    assert quiet.all_rows("/logs/email") == []


def test_a_campaign_to_many_thousands_of_people_is_read_to_its_end(quiet):
    quiet.emulator.seed_people({"key": f"c-{n}", "email": f"p{n}@example.org"} for n in range(20_000))
    send = campaign(quiet)
    quiet.clock.advance(300)
    assert quiet.get(f"/sends/email/{send}/overview").data["totalDelivered"] == 20_000
    assert len(quiet.get("/logs/email", limit=1000, offset=19_000).data["result"]) == 1000
