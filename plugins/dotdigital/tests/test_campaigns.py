"""Campaigns and their sends, templates, programs, reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    Conflict,
    InvalidInput,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    UnsupportedOperation,
)
from martech.models import (
    AutomationStatus,
    BounceKind,
    Campaign,
    CampaignStatus,
    Channel,
    EngagementKind,
    EnrolmentStatus,
    Everyone,
    ItemOutcome,
    Lists,
    People,
    ReportScope,
    Segments,
    SendStatus,
    Template,
    TemplateContent,
    email,
    own,
    vendor_id,
)

Talk = Any
Talker = Callable[..., Any]
K = EngagementKind
HTML = '<a href="http://$UNSUB$">no more</a>'
NEWS = Campaign(
    name="News",
    subject="News!",
    html=HTML,
    text="$UNSUB$",
    sender="Shop <hello@shop.example.org>",
    reply_to="r@example.org",
)


def made(talked: Talk, **more: Any) -> Campaign:
    campaign: Campaign = talked.call(lambda c: c.campaigns.create(NEWS.model_copy(update=more)))
    return campaign


def listed_people(talked: Talk, count: int) -> str:
    addresses = talked.seed(count)
    book = talked.call(lambda c: c.lists.create("Readers"))
    talked.call(lambda c: c.lists.add(book.id, addresses))
    return str(book.id)


# ── authoring ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_campaign_is_made_read_changed_and_removed_and_nothing_is_dispatched(both: Talk) -> None:
    campaign = made(both)
    known = both.call(lambda c: c.campaigns.get(campaign.id))
    assert (known.name, known.subject, known.html, known.text) == ("News", "News!", HTML, "$UNSUB$")
    assert known.sender is not None
    assert (known.sender.name, known.status) == ("Shop", CampaignStatus.DRAFT)
    both.call(lambda c: c.campaigns.update(Campaign(id=campaign.id, name="News", subject="Better news")))
    known = both.call(lambda c: c.campaigns.get(campaign.id))
    assert (known.subject, known.html, known.text) == ("Better news", HTML, "$UNSUB$")
    both.call(lambda c: c.campaigns.delete(campaign.id))
    with pytest.raises(NotFound):
        both.call(lambda c: c.campaigns.get(campaign.id))
    assert both.emulator.outbox == []


@pytest.mark.parametrize("change", [{"html": "<p>No way out</p>"}, {"text": "No way out"}])
def test_a_campaign_without_a_way_out_is_refused_with_what_it_needs(both: Talk, change: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(both, **change)
    assert "$UNSUB$" in str(refused.value)


def test_a_campaign_without_plain_text_is_refused_with_what_it_needs(one: Talk) -> None:
    with pytest.raises(InvalidInput) as refused:
        one.call(
            lambda c: c.campaigns.create(
                Campaign(name="N", subject="S", html=HTML, sender="Shop <hello@shop.example.org>")
            )
        )
    assert refused.value.code


def test_a_campaign_that_was_sent_is_read_only(both: Talk) -> None:
    book = listed_people(both, 1)
    campaign = made(both)
    both.call(lambda c: c.campaigns.send(campaign, to=Lists([book])))
    both.bench.clock.advance(60)
    with pytest.raises(Conflict):
        both.call(lambda c: c.campaigns.update(Campaign(id=campaign.id, name="Too late")))


def test_sms_campaigns_are_made_changed_and_removed_but_not_sent(both: Talk) -> None:
    campaign = both.call(
        lambda c: c.campaigns.create(Campaign(name="Sale", channel=Channel.SMS, text="Sale today"))
    )
    assert (campaign.channel, campaign.text, campaign.status) == (Channel.SMS, "Sale today", CampaignStatus.DRAFT)
    both.call(
        lambda c: c.campaigns.update(
            Campaign(id=campaign.id, name="Sale", channel=Channel.SMS, text="Sale tomorrow")
        )
    )
    known = both.call(lambda c: c.campaigns.get(campaign.id, channel=Channel.SMS))
    assert known.text == "Sale tomorrow"
    with pytest.raises(UnsupportedOperation) as refused:
        both.call(lambda c: c.campaigns.send(known, to=Lists(["1"])))
    assert refused.value.instead == "messages.send_sms"
    channels = Counter(one.channel for one in both.all(lambda c: c.campaigns.list()))
    assert channels[Channel.SMS] == 1
    both.call(lambda c: c.campaigns.delete(campaign.id, channel=Channel.SMS))
    assert Channel.SMS not in {one.channel for one in both.all(lambda c: c.campaigns.list())}


def test_what_a_campaign_cannot_be_is_refused_before_anything_is_sent(one: Talk) -> None:
    for campaign in (
        NEWS.model_copy(update={"tags": ("spring",)}),
        NEWS.model_copy(update={"status": CampaignStatus.SENT}),
        NEWS.model_copy(update={"channel": Channel.PUSH}),
        Campaign(name="S", channel=Channel.SMS, text="T", subject="S"),
    ):
        with pytest.raises(InvalidRequest):
            one.call(lambda c, campaign=campaign: c.campaigns.create(campaign))
    assert one.emulator.ledger.total == 0


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_campaign_goes_to_a_list_and_its_send_can_be_followed(both: Talk) -> None:
    book = listed_people(both, 3)
    campaign = made(both)
    send = both.call(lambda c: c.campaigns.send(campaign, to=Lists([book]), key="s-1"))
    assert (send.status, send.campaign_id, send.send_key) == (SendStatus.SENDING, campaign.id, "s-1")
    both.bench.clock.advance(60)
    assert both.call(lambda c: c.campaigns.send_status(send)).status is SendStatus.SENT
    assert len(both.emulator.outbox) == 3
    assert both.call(lambda c: c.campaigns.get(campaign.id)).status is CampaignStatus.SENT


def test_a_campaign_may_wait_for_its_time(both: Talk) -> None:
    book = listed_people(both, 1)
    at = both.bench.clock.now() + timedelta(days=1)
    campaign = made(both)
    send = both.call(lambda c: c.campaigns.send(campaign, to=Lists([book]), at=at))
    assert (send.status, send.at) == (SendStatus.SCHEDULED, at)
    assert both.emulator.outbox == []
    both.bench.clock.advance(86_500)
    assert both.call(lambda c: c.campaigns.send_status(send.id)).status is SendStatus.SENT


def test_a_campaign_goes_to_ten_named_people_at_most_and_each_is_looked_up(both: Talk) -> None:
    both.seed(11)
    campaign = made(both)
    people = [email("person-0@example.org"), own("c-1"), vendor_id(3), own("c-0")]
    both.call(lambda c: c.campaigns.send(campaign, to=People(people)))
    (body,) = both.bodies("POST /v2/campaigns/send")
    assert body["contactIds"] == [1, 2, 3]
    assert "addressBookIds" not in body
    too_many = People([email(f"person-{number}@example.org") for number in range(11)])
    with pytest.raises(InvalidRequest, match="10 named people"):
        both.call(lambda c: c.campaigns.send(campaign, to=too_many))


def test_a_campaign_to_somebody_unknown_goes_to_nobody(both: Talk) -> None:
    both.seed()
    campaign = made(both)
    with pytest.raises(NotFound):
        both.call(
            lambda c: c.campaigns.send(
                campaign, to=People([email("person-0@example.org"), email("nobody@example.org")])
            )
        )
    assert not both.requests_to("POST /v2/campaigns/send")


def test_a_campaign_goes_to_a_segment(both: Talk) -> None:
    both.seed(2)
    with both.vendor.lock:
        segment = both.vendor.add_segment("Everybody", lambda _contact: True)
        both.vendor.refresh_segment(segment)
    campaign = made(both)
    both.call(lambda c: c.campaigns.send(campaign, to=Segments([str(segment.id)])))
    both.bench.clock.advance(60)
    assert len(both.emulator.outbox) == 2


@pytest.mark.parametrize("trap", [False, True])
def test_everyone_is_a_list_by_name_and_never_an_empty_audience(talk: Talker, trap: bool) -> None:
    talked = talk(switches={"empty_audience_is_everyone": trap})
    talked.seed(4)
    campaign = made(talked)
    talked.call(lambda c: c.campaigns.send(campaign, to=Everyone()))
    (body,) = talked.bodies("POST /v2/campaigns/send")
    assert body["addressBookIds"] == [1]
    talked.bench.clock.advance(60)
    assert len(talked.emulator.outbox) == 4


def test_everyone_is_refused_where_no_list_bears_that_name(talk: Talker) -> None:
    talked = talk(everyone_list="Tout le monde")
    talked.seed()
    campaign = made(talked)
    with pytest.raises(NotFound, match="Tout le monde"):
        talked.call(lambda c: c.campaigns.send(campaign, to=Everyone()))
    assert talked.emulator.outbox == []


@pytest.mark.parametrize("audience", [Lists, Segments, People])
def test_an_empty_audience_cannot_be_said(audience: Any) -> None:
    with pytest.raises(ValueError, match="Everyone"):
        audience([])


def test_a_campaign_may_go_at_everybodys_best_hour(both: Talk) -> None:
    book = listed_people(both, 2)
    campaign = made(both)
    send = both.call(
        lambda c: c.campaigns.send(campaign, to=Lists([book]), extra={"dotdigital": {"optimised": True}})
    )
    assert send.status in (SendStatus.SCHEDULED, SendStatus.SENDING)
    assert len(both.requests_to("POST /v2/campaigns/send-time-optimised")) == 1


def test_a_split_test_is_made_sent_and_told(both: Talk) -> None:
    book = listed_people(both, 20)
    split = both.call(
        lambda c: c.native.campaigns.create_split_test(
            "Which?", texts=["A $UNSUB$", "B $UNSUB$"], htmls=[HTML, HTML], subjects=["A", "B"],
            sender_names=["Shop", "Shop"], senders=["hello@shop.example.org", "news@shop.example.org"],
        )
    )  # fmt: skip
    options = {"split_test": {"metric": "opens", "percentage": 50, "hours": 1}}
    both.call(lambda c: c.campaigns.send(str(split.id), to=Lists([book]), extra={"dotdigital": options}))
    (body,) = both.bodies("POST /v2/campaigns/send")
    assert body["splitTestOptions"] == {"testMetric": "Opens", "testPercentage": 50, "testPeriodHours": 1}
    both.bench.clock.advance(7200)
    result = both.call(lambda c: c.native.campaigns.split_result(str(split.id)))
    assert len(result.versions) == 2


def test_a_send_whose_answer_was_lost_is_unknown_and_not_repeated(both: Talk) -> None:
    book = listed_people(both, 1)
    campaign = made(both)
    both.emulator.faults.add(FaultKind.CUT_AFTER, route="POST /v2/campaigns/send")
    with pytest.raises(OutcomeUnknown):
        both.call(lambda c: c.campaigns.send(campaign, to=Lists([book]), key="s-1"))
    with pytest.raises((OutcomeUnknown, Conflict)):
        both.call(lambda c: c.campaigns.send(campaign, to=Lists([book]), key="s-1"))
    assert both.emulator.ledger.count("POST /v2/campaigns/send") == 1


def test_a_send_the_account_may_not_make_is_a_conflict(talk: Talker) -> None:
    talked = talk(switches={"sends_permitted": False})
    book = listed_people(talked, 1)
    campaign = made(talked)
    with pytest.raises(Conflict, match="may not send"):
        talked.call(lambda c: c.campaigns.send(campaign, to=Lists([book])))


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_send_cannot_be_held_or_stopped(one: Talk, verb: str) -> None:
    with pytest.raises(UnsupportedOperation, match="held or stopped"):
        one.call(lambda c: getattr(c.campaigns, verb)("s-1"))
    assert one.emulator.ledger.total == 0


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────


def test_templates_are_made_listed_read_and_changed_in_part(both: Talk) -> None:
    content = TemplateContent(subject="S", sender_name="Shop", html=HTML, text="$UNSUB$")
    template = both.call(lambda c: c.templates.create(Template(name="T", contents=(content,))))
    assert template.id in [one.id for one in both.all(lambda c: c.templates.list())]
    change = Template(id=template.id, name="T", contents=(TemplateContent(subject="Changed"),))
    both.call(lambda c: c.templates.update(change))
    known = both.call(lambda c: c.templates.get(template.id))
    assert (known.contents[0].subject, known.contents[0].html, known.contents[0].sender_name) == (
        "Changed",
        HTML,
        "Shop",
    )
    with pytest.raises(NotFound):
        both.call(lambda c: c.templates.get("999"))


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────


def program(talked: Talk, status: AutomationStatus) -> str:
    return next(str(one.id) for one in talked.all(lambda c: c.automations.list()) if one.status is status)


def test_people_are_put_into_a_program_and_unknown_ones_are_told(both: Talk) -> None:
    both.seed(3)
    active = program(both, AutomationStatus.ACTIVE)
    people = ["person-0@example.org", "nobody@example.org", own("c-1"), own("c-0")]
    enrolment = both.call(lambda c: c.automations.enrol(active, people))
    assert [one.outcome for one in enrolment.items] == [
        ItemOutcome.ACCEPTED, ItemOutcome.NOT_FOUND, ItemOutcome.ACCEPTED, ItemOutcome.ACCEPTED,
    ]  # fmt: skip
    assert enrolment.status is EnrolmentStatus.PROCESSING
    (body,) = both.bodies("POST /v2/programs/enrolments")
    assert body["contacts"] == [1, 2]
    assert both.emulator.contactable("nobody@example.org") is None
    both.bench.clock.advance(60)
    done = both.call(lambda c: c.automations.enrolment_status(enrolment.ids[0]))
    assert (done.status, [one.vendor_id for one in done.items]) == (EnrolmentStatus.FINISHED, ["1", "2"])


def test_many_people_go_twenty_five_at_a_time(both: Talk) -> None:
    addresses = both.seed(60)
    active = program(both, AutomationStatus.ACTIVE)
    enrolment = both.call(lambda c: c.automations.enrol(active, addresses))
    assert [len(body["contacts"]) for body in both.bodies("POST /v2/programs/enrolments")] == [25, 25, 10]
    assert len(enrolment.ids) == 3
    assert {one.outcome for one in enrolment.items} == {ItemOutcome.ACCEPTED}


def test_the_hours_enrolments_are_waited_for_and_never_lost(talk: Talker) -> None:
    talked = talk(switches={"enrolments_per_hour": 2})
    addresses = talked.seed(60)
    active = program(talked, AutomationStatus.ACTIVE)
    began = talked.bench.clock.now()
    enrolment = talked.call(lambda c: c.automations.enrol(active, addresses))
    assert {one.outcome for one in enrolment.items} == {ItemOutcome.ACCEPTED}
    assert (talked.bench.clock.now() - began).total_seconds() >= 180


def test_nobody_goes_into_a_program_that_is_not_active(both: Talk) -> None:
    both.seed()
    draft = program(both, AutomationStatus.DRAFT)
    enrolment = both.call(lambda c: c.automations.enrol(draft, ["person-0@example.org"]))
    assert enrolment.items[0].outcome is ItemOutcome.REFUSED
    assert enrolment.items[0].code == "ERROR_PROGRAM_NOT_ACTIVE"


def test_nobody_known_costs_no_enrolment(both: Talk) -> None:
    active = program(both, AutomationStatus.ACTIVE)
    enrolment = both.call(lambda c: c.automations.enrol(active, ["nobody@example.org"]))
    assert [one.outcome for one in enrolment.items] == [ItemOutcome.NOT_FOUND]
    assert not both.requests_to("POST /v2/programs/enrolments")


def test_a_word_for_a_state_is_no_enrolment(one: Talk) -> None:
    with pytest.raises(InvalidRequest, match="GUID"):
        one.call(lambda c: c.automations.enrolment_status("Processing"))
    assert one.emulator.ledger.total == 0


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────


def sent(talked: Talk, count: int = 80) -> str:
    book = listed_people(talked, count)
    campaign = made(talked)
    talked.call(lambda c: c.campaigns.send(campaign, to=Lists([book])))
    talked.bench.clock.advance(86_400)
    return str(campaign.id)


def test_counts_are_the_sums_of_what_single_people_did(both: Talk) -> None:
    campaign = sent(both)
    report = both.call(lambda c: c.reports.counts(campaign))
    told = both.all(lambda c: c.reports.engagements(campaign_id=campaign))
    counts = Counter(one.kind for one in told)
    assert (report.scope, report.sent) == (ReportScope.CAMPAIGN, 80)
    assert counts[K.SENT] == report.sent
    assert counts[K.OPENED] == report.opens
    assert counts[K.CLICKED] == report.clicks
    assert counts[K.UNSUBSCRIBED] == report.unsubscribes
    bounces = Counter(one.bounce for one in told if one.kind is K.BOUNCED)
    assert (bounces[BounceKind.HARD], bounces[BounceKind.SOFT]) == (report.hard_bounces, report.soft_bounces)
    assert report.delivered == 80 - (report.hard_bounces or 0) - (report.soft_bounces or 0)
    assert 0 < (report.open_rate or 0) <= 1


def test_engagements_can_be_of_some_kinds_and_since_a_time(both: Talk) -> None:
    campaign = sent(both)
    opens = both.all(lambda c: c.reports.engagements(campaign_id=campaign, kinds=frozenset({K.OPENED})))
    assert {one.kind for one in opens} == {K.OPENED}
    assert all(one.at is not None and one.email and one.vendor_id for one in opens)
    times = sorted(one.at for one in opens)
    middle = times[len(times) // 2]
    later = both.all(
        lambda c: c.reports.engagements(campaign_id=campaign, kinds=frozenset({K.OPENED}), since=middle)
    )
    assert sorted(one.at for one in later) == [at for at in times if at >= middle]
    everybody = both.all(
        lambda c: c.reports.engagements(campaign_id=campaign, since=datetime(2026, 1, 1, tzinfo=UTC))
    )
    assert Counter(one.kind for one in everybody)[K.SENT] == 80


def test_engagements_of_all_campaigns_since_a_time_go_on_from_a_stored_cursor(both: Talk) -> None:
    both.vendor.rate_scheme = "off"
    sent(both)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    whole = both.all(lambda c: c.reports.engagements(since=since, page_size=30))
    cursors = [
        page.next_cursor for page in both.all(lambda c: c.reports.engagements(since=since, page_size=30).pages())
    ]
    assert len(cursors) > 5
    for cursor in cursors[:-1]:
        listing = both.all(
            lambda c, cursor=cursor: c.reports.engagements(since=since, page_size=30).pages(after=cursor)
        )
        rest = [one for page in listing for one in page.items]
        assert rest == whole[len(whole) - len(rest) :]
    assert whole[0].campaign_id is not None


@pytest.mark.parametrize("kind", [K.DELIVERED, K.COMPLAINED])
def test_what_is_only_counted_is_not_listed(one: Talk, kind: EngagementKind) -> None:
    with pytest.raises(UnsupportedOperation) as refused:
        one.all(lambda c: c.reports.engagements(campaign_id="1", kinds=frozenset({kind})))
    assert refused.value.instead == "reports.counts"
    assert one.emulator.ledger.total == 0


def test_a_send_has_no_counts_of_its_own(one: Talk) -> None:
    with pytest.raises(UnsupportedOperation, match="by campaign"):
        one.call(lambda c: c.reports.counts("s-1", scope=ReportScope.SEND))
    with pytest.raises(UnsupportedOperation, match="by campaign"):
        one.all(lambda c: c.reports.engagements(send_id="s-1"))


def test_campaigns_with_activity_since_a_time_are_listed(both: Talk) -> None:
    campaign = sent(both)
    active = both.all(lambda c: c.reports.active_since(since=datetime(2026, 1, 1, tzinfo=UTC)))
    assert [one.id for one in active] == [campaign]
    assert both.all(lambda c: c.reports.active_since(since=datetime(2027, 1, 1, tzinfo=UTC))) == []


def test_there_is_no_such_campaign(both: Talk) -> None:
    with pytest.raises(NotFound):
        both.call(lambda c: c.reports.counts("999"))
    both.emulator.faults.add(FaultKind.STATUS, status=429, headers={"Retry-After": "900"}, times=9)
    with pytest.raises(RateLimited):
        both.call(lambda c: c.reports.counts("1"))
