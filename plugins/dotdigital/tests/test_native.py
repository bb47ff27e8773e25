"""What only Dotdigital has: `client.native`, area by area, and the golden answers it is read from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    Conflict,
    InvalidInput,
    InvalidRequest,
    NotFound,
    RateLimited,
)
from martech.models import (
    AutomationStatus,
    Campaign,
    CampaignStatus,
    Channel,
    Consent,
    Contact,
    EnrolmentStatus,
    IdentifierKind,
    IfNew,
    ItemOutcome,
    JobStatus,
    Lists,
    Merge,
    Record,
    Subscription,
    SubscriptionStatus,
    email,
    own,
)
from martech.provider import Response
from martech_dotdigital.native import BackfillDetail
from martech_dotdigital.native.contacts import faults_of
from martech_dotdigital.native.shapes.campaigns import Activity, Clicking, Revenue, RoiDetail, Summary
from martech_dotdigital.native.shapes.forms import Form, FormResponse
from martech_dotdigital.native.shapes.people import Choices, PreferenceNode, Score
from martech_dotdigital.reading import plain

Talk = Any
Golden = Callable[[str], Any]
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HTML = '<a href="http://$UNSUB$">no more</a>'
NEWS = Campaign(name="News", subject="News!", html=HTML, text="$UNSUB$", sender="Shop <hello@shop.example.org>")


def sent(talked: Talk, count: int = 60) -> str:
    addresses = talked.seed(count)
    book = talked.call(lambda c: c.lists.create("Readers"))
    talked.call(lambda c: c.lists.add(book.id, addresses))
    campaign = talked.call(lambda c: c.campaigns.create(NEWS))
    talked.call(lambda c: c.campaigns.send(campaign, to=Lists([book.id])))
    talked.bench.clock.advance(86_400)
    return str(campaign.id)


def let(talked: Talk, campaign: str, contact: int, kind: str, **more: Any) -> None:
    """Let a recipient do something."""
    given = {"campaignId": int(campaign), "contactId": contact, "kind": kind, **more}
    reply = talked.vendor.control("POST", "engagement", given)
    assert reply.status == 200, reply.text


# ── golden answers ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_vendors_published_answers_are_read(golden: Golden) -> None:
    first, second = (Activity.model_validate(plain(row)) for row in golden("campaign_activities"))
    assert (first.contact_id, first.num_opens, first.unsubscribed, first.date_first_opened) == (2, 2, True, None)
    assert second.date_sent == datetime(2020, 1, 3, 9, 40, 18, 527000, tzinfo=UTC)
    (click,) = (Clicking.model_validate(row) for row in golden("clicks_with_groups"))
    assert [group.name for group in click.groups] == ["africa"]
    revenue = Revenue.model_validate(plain(golden("campaign_revenue")))
    assert (revenue.campaign_id, revenue.currency, revenue.num_orders) == (248, "USD", 3755)
    dated, flagged = (RoiDetail.model_validate(row) for row in golden("roi_details"))
    assert (dated.value, flagged.value) == ("2020-01-01T09:40:18.527Z", True)
    form = Form.model_validate(golden("form"))
    assert (form.id, form.total_complete_responses, form.state) == (1, 18, "Active")
    response = FormResponse.model_validate(golden("form_response"))
    assert response.date_completed == datetime(2020, 1, 1, 10, 40, 18, 527000, tzinfo=UTC)
    assert [answer.value for answer in response.given_answers or ()] == ["jo@example.org", 6]
    score = Score.model_validate(golden("score"))
    assert (score.score_label, score.suitability) == ("Hot", 90)
    choices = Choices.model_validate(golden("opt_ins"))
    assert [
        (one.marketing_preference_id, one.is_opted_in) for one in choices.marketing_preference_opt_ins or ()
    ] == [(2, False)]
    tree = [PreferenceNode.model_validate(one) for one in golden("preferences")]
    assert [one.public_name for one in tree[0].preferences or ()] == ["Email", "Push"]


def test_what_is_said_about_people_is_masked_when_shown(golden: Golden) -> None:
    for shape, name in ((FormResponse, "form_response"), (Score, "score"), (Choices, "opt_ins")):
        read = shape.model_validate(golden(name))
        assert "example.org" not in repr(read).replace("…@example.org", "")
        assert read.raw == golden(name)


def test_faults_are_read_wherever_the_reason_stands() -> None:
    first = faults_of(Response(200, body="\ufeffReason,Email,FIRSTNAME\r\nInvalidEmail,jo@,Jo\r\n".encode()))
    assert (first[0].reason, first[0].cells) == ("InvalidEmail", {"Email": "jo@", "FIRSTNAME": "Jo"})
    last = faults_of(
        Response(200, body=b"Id,Email,TelephoneNumber,Reason\n1,jo@example.org,+44123,Unsubscribed\n")
    )
    assert last[0].reason == "Unsubscribed"
    assert "jo@example.org" not in repr(last[0])
    assert faults_of(Response(200, body=b"")) == []


# ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────


def test_campaigns_are_copied_filtered_and_followed_to_their_lists(both: Talk) -> None:
    campaign = sent(both, 12)
    copy = both.call(lambda c: c.native.campaigns.copy(campaign))
    assert (copy.name, copy.status) == ("Copy of News", CampaignStatus.DRAFT)
    found = both.all(
        lambda c: c.native.campaigns.filtered(statuses=[CampaignStatus.SENT], triggered=False, sent_since=SINCE)
    )
    assert [one.id for one in found] == [campaign]
    assert both.all(lambda c: c.native.campaigns.filtered(tags=["never"])) == []
    with pytest.raises(InvalidRequest, match="scheduled"):
        both.all(lambda c: c.native.campaigns.filtered(statuses=[CampaignStatus.SCHEDULED]))
    assert [one.name for one in both.all(lambda c: c.native.campaigns.lists_of(campaign))] == ["Readers"]
    text = both.call(lambda c: c.campaigns.create(Campaign(name="S", channel=Channel.SMS, text="T")))
    assert both.call(lambda c: c.native.campaigns.copy_sms(text.id, name="S2")).name == "S2"
    assert both.emulator.ledger.count("POST /v2/campaigns/send") == 1


def test_documents_are_uploaded_attached_and_detached(both: Talk) -> None:
    folder = both.call(lambda c: c.native.documents.create_folder("Events"))
    document = both.call(lambda c: c.native.documents.upload(folder.id, "plan.pdf", b"%PDF"))
    assert [one.id for one in both.call(lambda c: c.native.documents.inside(folder.id))] == [document.id]
    assert [one.name for one in both.call(lambda c: c.native.documents.folders())] == ["Events"]
    campaign = both.call(lambda c: c.campaigns.create(NEWS)).id
    both.call(lambda c: c.native.campaigns.attach(campaign, document_id=document.id))
    assert [one.id for one in both.call(lambda c: c.native.campaigns.attachments(campaign))] == [document.id]
    both.call(lambda c: c.native.campaigns.detach(campaign, document_id=document.id))
    assert list(both.call(lambda c: c.native.campaigns.attachments(campaign))) == []


def test_images_are_uploaded_into_folders(both: Talk) -> None:
    big = both.call(lambda c: c.native.images.create_folder("Big"))
    small = both.call(lambda c: c.native.images.create_folder("Small", inside=big.id))
    image = both.call(lambda c: c.native.images.upload(small.id, "logo.png", b"\x89PNG\r\n"))
    assert image.name == "logo.png"
    assert [one.filename for one in both.call(lambda c: c.native.images.inside(small.id))] == ["logo.png"]
    assert [one.name for one in both.call(lambda c: c.native.images.folder()).child_folders or ()] == ["Big"]
    assert [one.id for one in both.call(lambda c: c.native.images.folders())] == [big.id]


def test_everything_one_recipient_did_can_be_read(both: Talk) -> None:
    campaign = sent(both, 3)
    for kind, more in (
        ("open", {}), ("click", {"url": "https://shop.example.org/africa"}), ("reply", {}), ("pageView", {}),
        ("order", {}), ("roi", {}), ("bookmark", {}),
    ):  # fmt: skip
        let(both, campaign, 2, kind, **more)

    def native(client: Any) -> Any:
        return client.native.campaigns

    assert both.call(lambda c: native(c).activity_of(campaign, contact_id=2)).num_clicks >= 1
    assert both.all(lambda c: native(c).opens_of(campaign, contact_id=2))
    assert "https://shop.example.org/africa" in [
        one.url for one in both.all(lambda c: native(c).clicks_of(campaign, contact_id=2))
    ]
    assert both.all(lambda c: native(c).page_views_of(campaign, contact_id=2))
    (reply, *_) = both.all(lambda c: native(c).replies_of(campaign, contact_id=2))
    assert reply.contact_id == 2
    assert both.all(lambda c: native(c).roi_of(campaign, contact_id=2))
    assert both.call(lambda c: native(c).revenue_of(campaign, contact_id=2)).num_orders >= 1
    assert [one.num_views for one in both.all(lambda c: native(c).social_views_of(campaign, contact_id=2))] == [1]


def test_detailed_reports_of_a_campaign(both: Talk) -> None:
    campaign = sent(both)
    let(both, campaign, 2, "click", url="https://shop.example.org/africa")
    let(both, campaign, 2, "pageView")
    let(both, campaign, 2, "order")
    let(both, campaign, 2, "roi")
    report = both.call(lambda c: c.reports.counts(campaign))

    def native(client: Any) -> Any:
        return client.native.campaigns

    assert len(both.all(lambda c: native(c).activities(campaign))) == 60
    assert 0 < len(both.all(lambda c: native(c).activities(campaign, since=SINCE))) < 60
    assert len(both.all(lambda c: native(c).opens(campaign))) == report.opens
    assert len(both.all(lambda c: native(c).opens(campaign, since=SINCE))) == report.opens
    assert len(both.all(lambda c: native(c).clicks(campaign))) == report.clicks
    assert len(both.all(lambda c: native(c).clicks(campaign, since=SINCE))) == report.clicks
    assert both.all(lambda c: native(c).page_views(campaign, since=SINCE))
    assert both.all(lambda c: native(c).roi(campaign, since=SINCE))
    assert both.call(lambda c: native(c).revenue(campaign, since=SINCE)).num_orders >= 1
    assert len(both.all(lambda c: native(c).hard_bounces(campaign))) == report.hard_bounces
    assert both.all(lambda c: native(c).social_views(campaign)) == []


def test_metrics_of_a_window_cover_every_campaign_in_it(both: Talk) -> None:
    campaign = sent(both, 12)
    (row,) = both.all(lambda c: c.native.campaigns.metrics(since=SINCE, until=datetime(2026, 2, 1, tzinfo=UTC)))
    assert (str(row.campaign_id), row.sent) == (campaign, 12)
    assert 0 <= (row.percentage_delivered or 0) <= 100
    assert both.all(lambda c: c.native.campaigns.metrics(since=LONG_AGO, until=SINCE)) == []


@pytest.mark.parametrize("details", [*((one,) for one in BackfillDetail), tuple(BackfillDetail)])
def test_a_backfill_goes_through_every_campaign_and_survives_a_restart(
    both: Talk, details: tuple[BackfillDetail, ...]
) -> None:
    both.vendor.rate_scheme = "off"
    first = sent(both, 30)
    let(both, first, 2, "roi")
    second = both.call(lambda c: c.native.campaigns.copy(first)).id
    both.call(lambda c: c.campaigns.send(second, to=Lists(["3"])))
    both.bench.clock.advance(86_400)
    let(both, second, 3, "roi")

    def ask(c: Any) -> Any:
        return c.native.campaigns.backfill(since=SINCE, details=list(details))

    whole = both.all(ask)
    assert {row.campaign_id for row in whole} == {first, second}
    shapes = {BackfillDetail.SUMMARY: Summary, BackfillDetail.ACTIVITY: Activity, BackfillDetail.ROI: RoiDetail}
    for campaign in (first, second):
        kinds = {type(row.row) for row in whole if row.campaign_id == campaign}
        assert kinds == {shapes.get(detail, Revenue) for detail in details}
    pages = both.all(lambda c: ask(c).pages())
    for page in pages[:-1]:
        # As another process would go on: with a new client and the stored cursor.
        with both.bench.client() as other:
            rest = [row for after in ask(other).pages(after=page.next_cursor) for row in after.items]
        assert rest == whole[len(whole) - len(rest) :]


def test_a_backfill_of_nothing_ends(both: Talk) -> None:
    assert both.all(lambda c: c.native.campaigns.backfill(since=datetime(2027, 1, 1, tzinfo=UTC))) == []
    with pytest.raises(InvalidRequest, match="no details"):
        both.all(lambda c: c.native.campaigns.backfill(since=SINCE, details=[]))


def test_a_summary_tells_what_the_neutral_report_leaves_out(both: Talk) -> None:
    campaign = sent(both)
    report = both.call(lambda c: c.reports.counts(campaign))
    whole = both.call(lambda c: c.native.campaigns.summary(campaign))
    assert (whole.campaign_id, whole.num_total_sent, whole.num_total_opens) == (campaign, 60, report.opens)
    assert 0 < whole.percentage_delivered <= 1
    assert "campaignId" not in whole.raw


def test_a_campaign_is_seen_as_one_recipient_would_see_it(both: Talk) -> None:
    both.seed()
    prepared = both.call(
        lambda c: c.native.campaigns.prepared("2", address="person-0@example.org", values={"A": "b"})
    )
    assert prepared.processed_html_content
    assert both.emulator.outbox == []


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_imported_and_its_faults_are_told(both: Talk) -> None:
    csv = b"Email,FIRSTNAME\nnew@example.org,New\nbroken,B\n"
    job = both.call(lambda c: c.native.contacts.import_file("people.csv", csv, if_new=IfNew.VENDOR_DEFAULT))
    assert both.call(lambda c: c.jobs.wait(job)).status is JobStatus.DONE
    report = both.call(lambda c: c.native.contacts.import_report(job))
    assert (report.new_contacts, report.invalid_entries) == (1, 1)
    (fault,) = both.call(lambda c: c.native.contacts.import_faults(job))
    assert fault.reason == "InvalidEmail"
    assert fault.cells["Email"] == "broken"


@pytest.mark.parametrize(
    ("merge", "first"), [(Merge.OVERWRITE, ""), (Merge.KEEP_WHERE_EMPTY, "Ada"), (Merge.FILL_EMPTY, "Ada")]
)
def test_a_file_is_merged_as_told_and_may_go_to_a_list(one: Talk, merge: Merge, first: str) -> None:
    one.seed()
    book = one.call(lambda c: c.lists.create("Readers"))
    csv = b"Email,FIRSTNAME,LASTNAME\nperson-0@example.org,,L\n"
    job = one.call(
        lambda c: c.native.contacts.import_file(
            "p.csv", csv, if_new=IfNew.VENDOR_DEFAULT, merge=merge, list_id=book.id
        )
    )
    one.call(lambda c: c.jobs.wait(job))
    (member,) = one.all(lambda c: c.lists.members(book.id))
    assert (member.first_name or "", member.last_name) == (first, "L")


def test_a_file_makes_subscribed_people_and_that_has_to_be_said(one: Talk) -> None:
    with pytest.raises(InvalidRequest, match="subscribed"):
        one.call(lambda c: c.native.contacts.import_file("p.csv", b"Email\n", if_new=IfNew.NOT_CONTACTABLE))
    assert one.emulator.ledger.total == 0


def test_a_contact_is_replaced_whole_and_nobody_is_made(both: Talk) -> None:
    both.seed()
    both.call(lambda c: c.contacts.update(Contact(email="person-0@example.org", attributes={"POSTCODE": "N1"})))
    contact = Contact(email="person-0@example.org", own_id="c-0", last_name="Whole")
    written = both.call(lambda c: c.native.contacts.replace(own("c-0"), contact))
    assert (written.last_name, written.first_name) == ("Whole", None)
    assert both.emulator.contactable("person-0@example.org") is True
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.contacts.replace(own("nobody"), contact))
    yes = Subscription(channel=Channel.EMAIL, status=SubscriptionStatus.SUBSCRIBED)
    with pytest.raises(InvalidRequest):
        both.call(
            lambda c: c.native.contacts.replace(own("c-0"), Contact(email="a@example.org", subscriptions=(yes,)))
        )


def test_scores_of_all_of_a_list_and_of_one(both: Talk) -> None:
    addresses = both.seed(3)
    book = both.call(lambda c: c.lists.create("Readers"))
    both.call(lambda c: c.lists.add(book.id, addresses[:1]))
    assert len(both.all(lambda c: c.native.contacts.scores())) == 3
    assert len(both.all(lambda c: c.native.contacts.scores(list_id=book.id))) == 1
    assert len(both.all(lambda c: c.native.contacts.scores(since=SINCE))) == 3
    assert both.call(lambda c: c.native.contacts.score(own("c-2"))).contact_id == 3
    assert both.call(lambda c: c.native.contacts.score(email(addresses[1]))).contact_id == 2
    with pytest.raises(InvalidRequest):
        both.all(lambda c: c.native.contacts.scores(since=SINCE, list_id=book.id))


def test_who_unsubscribed_from_everything_or_from_one_list(both: Talk) -> None:
    addresses = both.seed(3)
    book = both.call(lambda c: c.lists.create("Readers"))
    both.call(lambda c: c.lists.add(book.id, addresses))
    both.call(lambda c: c.consent.unsubscribe(addresses[0], channel=Channel.EMAIL))
    both.call(lambda c: c.lists.unsubscribe(book.id, addresses[1]))
    everywhere = both.all(lambda c: c.native.contacts.unsubscribed(since=SINCE))
    assert [one.identifier.value for one in everywhere] == addresses[:1]
    here = both.all(lambda c: c.native.lists.unsubscribed(book.id, since=SINCE))
    assert [one.identifier.value for one in here] == addresses[1:2]


def test_lists_by_visibility_and_what_was_sent_to_them(both: Talk) -> None:
    campaign = sent(both, 12)
    from martech.models import Visibility

    both.call(lambda c: c.lists.create("Open", visibility=Visibility.PUBLIC))
    assert [one.name for one in both.all(lambda c: c.native.lists.public())] == ["Open"]
    assert "Readers" in [one.name for one in both.all(lambda c: c.native.lists.private())]
    assert [one.id for one in both.all(lambda c: c.native.lists.campaigns("3"))] == [campaign]


def test_preferences_are_changed_and_their_members_read(both: Talk) -> None:
    both.seed(4)
    made = both.call(lambda c: c.native.preferences.create_category("Sports", is_public=False))
    both.call(
        lambda c: c.native.preferences.update(
            str(made.id), name="Games", private_name="Games", is_preference=False
        )
    )
    assert "Games" in [one.public_name for one in both.call(lambda c: c.native.preferences.tree())]
    both.call(lambda c: c.native.preferences.delete(str(made.id)))
    assert "Games" not in [one.public_name for one in both.call(lambda c: c.native.preferences.tree())]
    assert both.call(lambda c: c.native.preferences.tree(since=SINCE))
    topic = both.all(lambda c: c.consent.topics())[0].id
    said = Consent(channel=Channel.EMAIL, given_at=SINCE, text="Yes")
    for number in (1, 3):
        ref = f"person-{number}@example.org"
        both.call(lambda c, ref=ref: c.consent.set_topic(ref, topic, subscribed=True, evidence=said))
    assert [one.id for one in both.all(lambda c: c.native.preferences.members(topic))] == [2, 4]
    changes = both.all(lambda c: c.native.preferences.changes(topic, since=SINCE))
    assert [one.contact.id for one in changes] == [2, 4]
    both.forget()
    [*_, last] = both.all(lambda c: c.native.preferences.members(topic).pages())
    assert (last.items, last.next_cursor) == ([], None), "whom the last page ended with is not told again"
    assert [one.url.partition("?")[2] for one in both.said] == ["", "minContactId=4"]
    with pytest.raises(InvalidRequest, match="not one of a listing"):
        both.all(lambda c: c.native.preferences.members(topic).pages(after="AQ=="))
    choices = both.call(lambda c: c.native.contacts.choices(own("c-1")))
    assert [one.is_opted_in for one in choices.marketing_preference_opt_ins] == [True]
    book = both.call(lambda c: c.lists.create("Readers"))
    both.call(lambda c: c.lists.add(book.id, ["person-3@example.org"]))
    assert [one.id for one in both.all(lambda c: c.native.preferences.members(topic, list_id=book.id))] == [4]
    assert len(both.all(lambda c: c.native.preferences.changes(topic, since=SINCE, list_id=book.id))) == 1


def test_custom_identifiers_are_made_and_removed(both: Talk) -> None:
    made = both.call(lambda c: c.native.account.create_custom_identifier("loyalty"))
    assert (made.kind, made.name) == (IdentifierKind.CUSTOM, "loyalty")
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.account.create_custom_identifier("loyalty"))
    both.call(lambda c: c.native.account.delete_custom_identifier("loyalty"))
    with pytest.raises(NotFound):
        both.call(lambda c: c.native.account.delete_custom_identifier("loyalty"))
    both.vendor.most_custom_identifiers = 0
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.account.create_custom_identifier("more"))


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_forms_and_what_was_answered(both: Talk) -> None:
    (form,) = both.all(lambda c: c.native.forms.list())
    form_id = str(form.id)
    assert both.call(lambda c: c.native.forms.get(form_id)).name == form.name
    pages = both.call(lambda c: c.native.forms.fields(form_id))
    assert [field.type for page in pages for field in page.fields or ()] == ["email", "text"]
    assert len(both.all(lambda c: c.native.forms.responses(form_id))) == 2
    assert len(both.all(lambda c: c.native.forms.responses(form_id, since=LONG_AGO))) == 2
    assert [one.id for one in both.all(lambda c: c.native.forms.active_since(since=LONG_AGO))] == [form.id]
    assert both.all(lambda c: c.native.forms.active_since(since=datetime(2027, 1, 1, tzinfo=UTC))) == []
    assert both.all(lambda c: c.native.forms.list(only_with_list=True)) == []


def test_a_backfill_of_answers_goes_through_every_form_and_survives_a_restart(both: Talk) -> None:
    whole = both.all(lambda c: c.native.forms.backfill(since=LONG_AGO))
    assert [(one.form_id, one.response.id) for one in whole] == [("1", 1), ("1", 2)]
    pages = both.all(lambda c: c.native.forms.backfill(since=LONG_AGO).pages())
    with both.bench.client() as other:
        listing = other.native.forms.backfill(since=LONG_AGO).pages(after=pages[0].next_cursor)
        rest = [one for page in listing for one in page.items]
    assert rest == whole
    assert both.all(lambda c: c.native.forms.backfill(since=datetime(2027, 1, 1, tzinfo=UTC))) == []


# ── insight data, products, programs ─────────────────────────────────────────────────────────────────────────


def test_records_of_one_contact(both: Talk) -> None:
    both.seed(2)
    rows = [Record(key=f"o-{number}", values={"n": number}, contact=own("c-1")) for number in range(4)]
    both.call(lambda c: c.datasets.upsert_many("Orders", rows))
    assert [one.id for one in both.call(lambda c: c.native.insight.collections(own("c-1")))] == ["Orders"]
    # Written several at a time, so in whichever order.
    keys = {one.key for one in both.all(lambda c: c.native.insight.records("Orders", contact=own("c-1")))}
    assert keys == {"o-0", "o-1", "o-2", "o-3"}
    assert both.all(lambda c: c.native.insight.records("Orders", contact=own("c-0"))) == []
    assert both.call(lambda c: c.native.insight.record("Orders", "o-1", contact=own("c-1"))).values == {"n": 1}
    both.call(lambda c: c.native.insight.delete_record("Orders", "o-1", contact=own("c-1")))
    done = both.call(lambda c: c.native.insight.delete_records("Orders", ["o-0", "o-1"], contact=own("c-1")))
    assert [one.outcome for one in done] == [ItemOutcome.REMOVED, ItemOutcome.NOT_FOUND]
    job = both.call(lambda c: c.native.insight.empty("Orders", contact=own("c-1")))
    assert both.call(lambda c: c.jobs.wait(job)).status is JobStatus.DONE
    assert both.all(lambda c: c.native.insight.records("Orders", contact=own("c-1"))) == []
    assert [one.id for one in both.call(lambda c: c.native.insight.account_collections())] == ["Shops"]
    (shop,) = both.all(lambda c: c.datasets.records("Shops"))
    both.call(lambda c: c.native.insight.delete_record("Shops", shop.key))
    assert both.all(lambda c: c.datasets.records("Shops")) == []


def test_recommendations_are_listed(both: Talk) -> None:
    assert [one.type for one in both.call(lambda c: c.native.products.recommendations())] == ["BestSellers"]


def test_whole_lists_go_into_a_program_and_faults_are_told(both: Talk) -> None:
    addresses = both.seed(3)
    both.call(lambda c: c.consent.unsubscribe(addresses[0], channel=Channel.EMAIL))
    book = both.call(lambda c: c.lists.create("Readers"))
    both.call(lambda c: c.lists.add(book.id, addresses))
    active = next(
        one.id for one in both.all(lambda c: c.automations.list()) if one.status is AutomationStatus.ACTIVE
    )
    assert both.call(lambda c: c.native.programs.get(active)).name
    enrolment = both.call(lambda c: c.native.programs.enrol_lists(active, [book.id], key="e-1"))
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.programs.faults(enrolment.ids[0]))
    with pytest.raises(Conflict):
        both.call(lambda c: c.native.programs.enrol_lists(active, [book.id], key="e-1"))
    both.bench.clock.advance(60)
    finished = both.all(lambda c: c.native.programs.enrolments(status=EnrolmentStatus.FINISHED))
    assert [one.ids for one in finished] == [enrolment.ids]
    both.call(lambda c: c.automations.enrol(active, [addresses[1]]))
    both.bench.clock.advance(60)
    second = both.all(lambda c: c.native.programs.enrolments(status=EnrolmentStatus.FINISHED))[-1]
    faults = both.call(lambda c: c.native.programs.faults(second.ids[0]))
    assert all(fault.reason for fault in faults)


@pytest.mark.parametrize("lists", [[], "3", [str(number) for number in range(11)]])
def test_an_enrolment_takes_one_to_ten_lists(one: Talk, lists: Any) -> None:
    with pytest.raises(InvalidRequest):
        one.call(lambda c: c.native.programs.enrol_lists("1", lists))
    with pytest.raises(InvalidRequest):
        one.all(lambda c: c.native.programs.enrolments(status=EnrolmentStatus.UNKNOWN))
    assert one.emulator.ledger.total == 0


def test_what_the_vendor_refuses_is_one_of_our_errors(both: Talk) -> None:
    for ask in (
        lambda c: c.native.campaigns.copy("999"),
        lambda c: c.native.forms.get("999"),
        lambda c: c.native.programs.get("999"),
        lambda c: c.native.documents.inside(999),
        lambda c: c.native.images.inside(999),
        lambda c: c.native.webhooks.get("999"),
        lambda c: c.native.insight.collections(own("nobody")),
    ):
        with pytest.raises((NotFound, InvalidInput)):
            both.call(ask)
    both.emulator.faults.add(FaultKind.STATUS, status=429, headers={"Retry-After": "900"}, times=9)
    with pytest.raises(RateLimited):
        both.call(lambda c: c.native.products.recommendations())
