"""A walk through everything the client can do, against the emulator, with a note of all that is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from plugins.dotdigital.tests.specification.checking import Exchange

from martech.errors import MartechError
from martech.models import (
    Attachment,
    AttributeDefinition,
    AttributeType,
    AutomationStatus,
    Campaign,
    CampaignStatus,
    Channel,
    Consent,
    Contact,
    CustomEvent,
    Dataset,
    DatasetScope,
    EmailMessage,
    EngagementKind,
    EnrolmentStatus,
    IfNew,
    Include,
    Job,
    Lists,
    People,
    Purpose,
    Record,
    SmsMessage,
    Template,
    TemplateContent,
    TemplateMessage,
    Topic,
    Visibility,
    email,
    mobile,
    own,
)
from martech.provider import HttpRequest, Response
from martech.testing.connecting import bench
from martech_dotdigital.native import By, Counted, Frequency, OmniMessage, Separator, Wanted

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HTML = '<a href="http://$UNSUB$">no more</a>'
SENDER = "Shop <hello@shop.example.org>"
NEWS = Campaign(name="News", subject="News!", html=HTML, text="$UNSUB$", sender=SENDER, reply_to="r@example.org")
ADA = "person-0@example.org"


class Walker:
    """A client whose every word is noted, together with the verb that led to it."""

    def __init__(self) -> None:
        self.bench = bench("dotdigital", rate_scheme="off", engagement_rates=_lively())
        self.vendor: Any = self.bench.emulator
        self.client: Any = self.bench.client(app=self._noted)
        self.exchanges: list[Exchange] = []
        self.submitted: Job | None = None
        self._verb = ""

    def _noted(self, request: HttpRequest) -> Response:
        answer = self.vendor(request)
        self.exchanges.append(Exchange(self._verb, request, answer))
        return answer

    def __call__(self, verb: str, *args: Any, **options: Any) -> Any:
        """Call a verb by its name; a listing is read whole, and a job is waited for."""
        self._verb = verb
        target: Any = self.client
        for name in verb.split("."):
            target = getattr(target, name)
        given = target(*args, **options)
        if isinstance(given, Iterator):
            return list(given)
        if isinstance(given, Job):
            self.submitted = given
            self._verb = "jobs.wait"
            done = self.client.jobs.wait(given)
            self._verb = "jobs.results"
            with suppress(MartechError):
                self.client.jobs.results(done)
            return done
        return given

    def pass_time(self, seconds: float) -> None:
        self.bench.clock.advance(seconds)


def walk() -> list[Exchange]:
    """Do everything once and return what was said."""
    walker = Walker()
    with walker.client:
        for part in PARTS:
            part(walker)
    return walker.exchanges


def account(w: Walker) -> None:
    w("account.get")
    w("account.verify")
    w("account.server_time")
    w("account.limits")
    w("account.identifiers")
    w("account.senders")
    w("native.account.create_custom_identifier", "loyalty")
    w("native.account.delete_custom_identifier", "loyalty")


def contacts(w: Walker) -> None:
    w("attributes.list")
    for number, kind in enumerate(
        (AttributeType.TEXT, AttributeType.NUMBER, AttributeType.DATE, AttributeType.BOOLEAN)
    ):
        w("attributes.create", AttributeDefinition(name=f"FIELD{number}", type=kind))
    w("attributes.delete", "FIELD0")
    w.vendor.seed_people(
        {"key": f"c-{n}", "email": f"person-{n}@example.org", "phone": f"4477009{n:05}", "first_name": "Ada"}
        for n in range(40)
    )
    w("contacts.upsert", Contact(email="new@example.org", mobile="+447700900999", own_id="n-1", first_name="New",
                                 attributes={"FIELD1": 3, "FIELD3": True, "FIELD2": SINCE}),
      if_new=IfNew.NOT_CONTACTABLE)  # fmt: skip
    w("contacts.create", Contact(email="more@example.org"), if_new=IfNew.VENDOR_DEFAULT)
    w("contacts.update", Contact(email=ADA, last_name="L", attributes={"POSTCODE": "N1"}))
    w("contacts.get", ADA)
    w("contacts.get", mobile("+447700900001"))
    w("contacts.get", own("c-2"))
    w("contacts.find", "nobody@example.org")
    w("contacts.list", page_size=20)
    w("contacts.list", changed_since=SINCE, include=frozenset(Include))
    w("contacts.list", created_since=SINCE)
    w("contacts.count")
    people = [Contact(email=f"import-{n}@example.org", first_name="I") for n in range(12)]
    w("contacts.upsert_many", people, if_new=IfNew.VENDOR_DEFAULT, restore=True)
    w("contacts.start_import", people, if_new=IfNew.VENDOR_DEFAULT, restore=True)
    w("contacts.change_identifier", "import-1@example.org", email("import-x@example.org"))
    w("contacts.delete", "import-2@example.org")
    w("contacts.delete_many", [f"import-{n}@example.org" for n in range(3, 6)])
    w(
        "native.contacts.replace",
        own("c-3"),
        Contact(email="person-3@example.org", own_id="c-3", last_name="Whole"),
    )
    csv = b"Email,FIRSTNAME\nfile@example.org,New\nbroken,B\n"
    job = w("native.contacts.import_file", "people.csv", csv, if_new=IfNew.VENDOR_DEFAULT)
    w("native.contacts.import_report", job)
    w("native.contacts.import_faults", job)
    w("native.contacts.scores")
    w("native.contacts.scores", since=SINCE)
    w("native.contacts.score", own("c-2"))
    w("native.contacts.score", email(ADA))
    w("native.account.empty_recycle_bin")


def lists(w: Walker) -> None:
    made = w("lists.create", "Readers")
    w("lists.create", "Open", visibility=Visibility.PUBLIC)
    w("lists.list")
    w("lists.get", made.id)
    w("lists.update", made.id, name="Our readers")
    everybody = [f"person-{n}@example.org" for n in range(30)]
    w("lists.add", made.id, everybody[:2])
    w("lists.add", made.id, everybody)
    w("lists.members", made.id)
    w("lists.remove", made.id, everybody[:2])
    w("lists.remove", made.id, everybody[2:20])
    w("lists.unsubscribe", made.id, everybody[20])
    w("native.lists.unsubscribed", made.id, since=SINCE)
    w("native.lists.public")
    w("native.lists.private")
    w("lists.clear", made.id)
    w("lists.delete", made.id)
    with w.vendor.lock:
        segment = w.vendor.add_segment("Everybody", lambda _contact: True)
        w.vendor.refresh_segment(segment)
    w("lists.segments")
    w("lists.segment_members", str(segment.id))
    w("lists.refresh_segment", str(segment.id))
    w("native.lists.refresh_progress", str(segment.id))
    book = w("lists.create", "Friends")
    w("lists.add", book.id, everybody)
    csv = b"Email,FIRSTNAME\nlisted@example.org,New\n"
    w("native.contacts.import_file", "people.csv", csv, if_new=IfNew.VENDOR_DEFAULT, list_id=book.id)
    w("native.contacts.scores", list_id=book.id)


def friends(w: Walker) -> str:
    """Return the list everybody of this walk is on."""
    return next(str(one.id) for one in w("lists.list") if one.name == "Friends")


def consent(w: Walker) -> None:
    said = Consent(
        channel=Channel.EMAIL, given_at=datetime(2026, 1, 4, tzinfo=UTC), text="Yes, please.",
        source="https://example.org/form", ip_address="203.0.113.9", user_agent="Mozilla/5.0",
    )  # fmt: skip
    before = SINCE + timedelta(days=1)
    w("consent.status", ADA)
    w("consent.record", ADA, said)
    w("consent.subscribe", "new@example.org", channel=Channel.EMAIL, evidence=said, opted_out_at=before)
    w("consent.unsubscribe", "person-30@example.org", channel=Channel.EMAIL)
    w("consent.unsubscribe", "person-31@example.org", channel=Channel.SMS)
    w("consent.unsubscribe_many", ["person-32@example.org", "person-33@example.org"], channel=Channel.EMAIL)
    w("consent.suppress", "person-34@example.org", channel=Channel.EMAIL)
    w("consent.suppress_many", ["person-35@example.org", "person-36@example.org"], channel=Channel.EMAIL)
    w("consent.suppressions")
    w("consent.suppressions", since=SINCE)
    w("consent.changes", since=SINCE)
    w("consent.release", "person-30@example.org", channel=Channel.EMAIL, evidence=said, opted_out_at=before)
    w("consent.release", "person-31@example.org", channel=Channel.SMS, evidence=said.model_copy(
        update={"channel": Channel.SMS}), opted_out_at=before)  # fmt: skip
    asked = {"channel": Channel.EMAIL, "evidence": said, "opted_out_at": before, "without_challenge": True}
    w("consent.release", "person-32@example.org", **asked)
    w("native.contacts.unsubscribed", since=SINCE)
    topics = w("consent.topics")
    topic = topics[0].id
    w("consent.create_topic", Topic(id="", name="Sports"))
    w("consent.set_topic", ADA, topic, subscribed=True, evidence=said)
    w("consent.set_topic", ADA, topic, subscribed=False)
    w("consent.set_topic", "person-1@example.org", topic, subscribed=True, evidence=said)
    made = w("native.preferences.create_category", "Games", is_public=False)
    w("native.preferences.update", str(made.id), name="Play", private_name="Play", is_preference=False)
    w("native.preferences.delete", str(made.id))
    w("native.preferences.tree")
    w("native.preferences.tree", since=SINCE)
    book = friends(w)
    for more in ({}, {"list_id": book}):
        w("native.preferences.members", topic, **more)
        w("native.preferences.changes", topic, since=SINCE, **more)
    w("native.contacts.choices", email("person-1@example.org"))
    w("native.contacts.choices", own("c-1"))


def messages(w: Walker) -> None:
    note = (Attachment(filename="a.txt", content=b"hello", content_type="text/plain"),)
    letter = EmailMessage(
        to="x@example.org", subject="Hi", html="<p>Hi</p>", text="Hi", cc="c@example.org", bcc="b@example.org",
        sender=SENDER, tags=("orders",), metadata={"ref": "m-1"}, attachments=note,
    )  # fmt: skip
    w("messages.send_email", letter, key="k-1")
    news = EmailMessage(to=ADA, subject="News", html=HTML, purpose=Purpose.MARKETING, metadata={"ref": "m-2"})
    w("messages.send_email", news, key="k-2")
    w("native.messages.send_emails", [letter, letter], key="k-3")
    w("native.messages.email_stats", since=SINCE)
    w("native.messages.email_stats", since=SINCE, until=SINCE + timedelta(days=9), by=By.DAY)
    triggered = w(
        "campaigns.create", NEWS.model_copy(update={"status": CampaignStatus.TRIGGERED, "name": "Order"})
    )
    template = TemplateMessage(template_id=str(triggered.id), to="x@example.org", values={"ORDER": 17})
    w("messages.send_template", template, key="k-4")
    again = TemplateMessage(
        template_id=str(triggered.id), to=ADA, values={"A": "b"}, tags=("spring",), purpose=Purpose.MARKETING
    )
    w("messages.send_template", again, key="k-5")
    sms = SmsMessage(to="+447700900123", text="Your code is 1234", sender="ACME", metadata={"ref": "m-9"})
    text = w("messages.send_sms", sms, key="k-6")
    w("messages.status", text.message_id, channel=Channel.SMS)
    by_v2 = w.bench.client(app=w._noted, sms_route="v2")
    with by_v2:
        w._verb = "messages.send_sms"
        by_v2.messages.send_sms(SmsMessage(to="+447700900123", text="Hi"), key="k-7")
    push = OmniMessage(rules=("nativePush",), profile_id="p-1", title="Hi", body="There")
    sent = w("native.messages.send", push)
    several = [OmniMessage(rules=("sms",), phone_number=f"+44770090000{n}", body="Hi") for n in range(3)]
    w("native.messages.send_many", several, key="k-8")
    options = {"sms": {"from": "ACME"}}
    w("native.messages.send", several[0].model_copy(update={"channel_options": options}), key="k-9")
    w("native.messages.history", "p-1", limit=5)
    w.pass_time(60)
    w("native.messages.redact", sent.message_id)
    w("native.messages.delete", sent.message_id)


def content(w: Walker) -> None:
    kept = w("native.content.upload", "a.png", b"x", content_type="image/png")
    w("native.content.delete", kept.id)
    parts = [{"type": "text/plain", "data": "Hi"}]
    made = w("native.content.create_template", "T", parts=parts, description="d")
    changed = w("native.content.update_template", made.template.id, "T2", parts=parts, tag=made.tag)
    w("native.content.template", made.template.id)
    w("native.content.templates")
    w("native.content.delete_template", made.template.id, tag=changed.tag)
    w("native.content.keywords")
    w("native.content.whatsapp_numbers")
    w("native.content.whatsapp_templates", "waba")
    with suppress(MartechError):
        w("native.content.whatsapp_number", "+447700900001")
    for what in Counted:
        w("native.content.counts", what, since=SINCE, until=SINCE + timedelta(days=30), by="day")
    w("native.phones.check", "+447700900001")
    csv = b"name;number\nAda;447700900001\nBo;447700900002\n"
    job = w("native.phones.queue", csv, column="number", country="GBR", separator=Separator.SEMICOLON)
    w("native.phones.job", job)
    w("native.phones.jobs")
    w("native.phones.wait", job)
    w("native.phones.result", job)


def campaigns(w: Walker) -> None:
    book = friends(w)
    campaign = w("campaigns.create", NEWS)
    number = str(campaign.id)
    w("campaigns.update", Campaign(id=number, name="News", subject="Better news"))
    w("campaigns.get", number)
    w("campaigns.list")
    folder = w("native.documents.create_folder", "Events")
    document = w("native.documents.upload", folder.id, "plan.pdf", b"%PDF")
    w("native.documents.inside", folder.id)
    w("native.documents.folders")
    w("native.campaigns.attach", number, document_id=document.id)
    w("native.campaigns.attachments", number)
    w("native.campaigns.detach", number, document_id=document.id)
    w("native.campaigns.prepared", number, address=ADA, values={"A": "b"})
    send = w("campaigns.send", campaign, to=Lists([book]), key="s-1")
    w("campaigns.send_status", send)
    w.pass_time(86_400)
    w("campaigns.send_status", send)
    copy = w("native.campaigns.copy", number)
    w("campaigns.send", copy, to=People([email(ADA)]), at=w.bench.clock.now() + timedelta(days=1))
    best = w("native.campaigns.copy", number)
    w("campaigns.send", best, to=Lists([book]), extra={"dotdigital": {"optimised": True}})
    spare = w("native.campaigns.copy", number)
    w("campaigns.delete", str(spare.id))
    split = w(
        "native.campaigns.create_split_test", "Which?", texts=["A $UNSUB$", "B $UNSUB$"], htmls=[HTML, HTML],
        subjects=["A", "B"], sender_names=["Shop", "Shop"],
        senders=["hello@shop.example.org", "news@shop.example.org"],
    )  # fmt: skip
    options = {"split_test": {"metric": "opens", "percentage": 50, "hours": 1}}
    w("campaigns.send", str(split.id), to=Lists([book]), extra={"dotdigital": options})
    w.pass_time(7200)
    w("native.campaigns.split_result", str(split.id))
    w("native.campaigns.filtered", statuses=[CampaignStatus.SENT], triggered=False, sent_since=SINCE)
    w("native.campaigns.lists_of", number)
    w("native.lists.campaigns", book)
    text = w("campaigns.create", Campaign(name="Sale", channel=Channel.SMS, text="Sale today"))
    w("campaigns.update", Campaign(id=text.id, name="Sale", channel=Channel.SMS, text="Sale tomorrow"))
    w("campaigns.get", text.id, channel=Channel.SMS)
    w("native.campaigns.copy_sms", text.id, name="Sale again")
    w("campaigns.delete", text.id, channel=Channel.SMS)
    body = TemplateContent(subject="S", sender_name="Shop", html=HTML, text="$UNSUB$")
    template = w("templates.create", Template(name="T", contents=(body,)))
    w("templates.list")
    w("templates.get", template.id)
    w("templates.update", Template(id=template.id, name="T", contents=(TemplateContent(subject="Changed"),)))
    big = w("native.images.create_folder", "Big")
    w("native.images.create_folder", "Small", inside=big.id)
    w("native.images.upload", big.id, "logo.png", b"\x89PNG\r\n")
    w("native.images.inside", big.id)
    w("native.images.folder")
    w("native.images.folders")


def reports(w: Walker) -> None:
    number = next(
        str(one.id) for one in w("campaigns.list") if one.name == "News" and one.status is CampaignStatus.SENT
    )
    recipient = w("contacts.get", "person-5@example.org").vendor_id
    for kind in ("open", "click", "reply", "pageView", "order", "roi", "bookmark"):
        given = {"campaignId": int(number), "contactId": int(recipient), "kind": kind}
        assert w.vendor.control("POST", "engagement", given).status == 200
    w("reports.counts", number)
    w("native.campaigns.summary", number)
    for kind in (EngagementKind.CLICKED, EngagementKind.OPENED):
        w("reports.engagements", campaign_id=number, kinds=frozenset({kind}))
        w("reports.engagements", campaign_id=number, kinds=frozenset({kind}), since=SINCE)
    w("reports.engagements", campaign_id=number)
    w("reports.engagements", since=SINCE)
    w("reports.active_since", since=SINCE)
    until = SINCE + timedelta(days=60)
    w("native.campaigns.metrics", since=SINCE, until=until)
    for since in ({}, {"since": SINCE}):
        w("native.campaigns.activities", number, **since)
        w("native.campaigns.opens", number, **since)
        w("native.campaigns.clicks", number, **since)
    for name in ("page_views", "roi", "revenue"):
        w(f"native.campaigns.{name}", number, since=SINCE)
    for name in ("hard_bounces", "social_views"):
        w(f"native.campaigns.{name}", number)
    for name in ("activity", "opens", "clicks", "page_views", "replies", "roi", "revenue", "social_views"):
        w(f"native.campaigns.{name}_of", number, contact_id=int(recipient))
    w("native.campaigns.backfill", since=SINCE)


def automations(w: Walker) -> None:
    book = friends(w)
    active = next(one.id for one in w("automations.list") if one.status is AutomationStatus.ACTIVE)
    w("native.programs.get", active)
    enrolment = w("automations.enrol", active, [ADA, "person-1@example.org", "person-30@example.org"])
    w("automations.enrolment_status", enrolment.ids[0])
    w("native.programs.enrol_lists", active, [book], key="e-1")
    w.pass_time(60)
    w("native.programs.enrolments", status=EnrolmentStatus.FINISHED)
    w("automations.enrolment_status", enrolment.ids[0])
    w("native.programs.faults", enrolment.ids[0])


def datasets(w: Walker) -> None:
    w("datasets.list")
    w("datasets.create", Dataset(id="", name="Branches"))
    w("datasets.create", Dataset(id="", name="Visits", scope=DatasetScope.CONTACT, kind="custom"))
    rows = [Record(key=f"k-{n}", values={"n": n, "name": "Ä", "open": True}) for n in range(150)]
    w("datasets.upsert_many", "Branches", rows[:3])
    w("datasets.upsert_many", "Branches", rows)
    w("datasets.get", "Branches", "k-2")
    w("datasets.records", "Branches")
    w("datasets.records", "Branches", changed_since=SINCE)
    w("datasets.schema", "Branches")
    w("datasets.delete_records", "Branches", ["k-1", "k-2"])
    orders = [Record(key=f"o-{n}", values={"total": 1.5}, contact=own("c-1")) for n in range(5)]
    w("datasets.upsert_many", "Orders", orders)
    w("datasets.start_import", "Orders", orders)
    w("datasets.records", "Orders")
    w("native.insight.collections", own("c-1"))
    w("native.insight.records", "Orders", contact=own("c-1"))
    w("native.insight.records", "Orders", contact=own("c-1"), changed_since=SINCE)
    w("native.insight.record", "Orders", "o-1", contact=own("c-1"))
    w("native.insight.delete_record", "Orders", "o-1", contact=own("c-1"))
    w("datasets.delete_records", "Orders", ["o-4"])
    w("native.insight.delete_records", "Orders", ["o-0"], contact=own("c-1"))
    w("native.insight.empty", "Orders", contact=own("c-1"))
    w("native.insight.account_collections")
    w("native.insight.delete_record", "Branches", "k-5")
    w("datasets.truncate", "Branches")
    w("datasets.delete", "Branches")
    w("native.products.recommendations")


def events(w: Walker) -> None:
    stream = w("events.open", "crm", types=["contact.updated"])
    w("contacts.update", Contact(email=ADA, first_name="B"))
    batch = w("events.stream", stream)
    w("events.stream", stream, cursor=batch.cursor)
    happened = CustomEvent(
        type="visit", contact=email(ADA), at=SINCE, id="e-1", data={"page": "/sale"}, summary="s"
    )
    w("events.track", happened)
    w("native.events.subscriptions")
    w("native.events.subscription", stream.id)
    w("events.close", stream)
    failed = Wanted("message.status", {"$.channel": "sms", "$.status": "failed"}, case_sensitive=False)
    made = w("native.events.open", "x", wanted=[failed], alerts_to="ops@example.org")
    w("native.events.update", made.id, "y", wanted=[Wanted("contact.updated")], active=False)
    with suppress(MartechError):
        w("native.events.large_object", "lob-1")
    wanted = {"email.open": (), "email.failed": ("hardBounced",)}
    target = {
        "platform": "amazonS3",
        "configuration": {
            "bucketName": "b", "regionEndpoint": "https://s3.example.org",
            "folderPath": "f", "addAccountIdToPath": True,
        },
        "authentication": {"authType": "sas", "accessKey": "AK", "secretAccessKey": "SK"},
    }  # fmt: skip
    hose = w("native.firehose.create", events=wanted, frequency=Frequency.DAILY, target=target)
    w("native.firehose.update", hose.id, events=["email.open"], frequency=Frequency.HOURLY, target=target)
    w("native.firehose.get", hose.id)
    w("native.firehose.disable", hose.id)
    w("native.firehose.enable", hose.id)
    w("native.firehose.delete", hose.id)
    address = {"url": "https://hooks.example.org/in", "secret": "0123456789abcdef-0123456789abcdef-012"}
    hook = w("native.webhooks.create", "w", types={"message.sent": {"channel": "sms"}}, batch=True,
             most_in_batch=10, batch_seconds=5, **address)  # fmt: skip
    w("native.webhooks.update", hook.webhook.id, "w2", types=["message.read"], tag=hook.tag, **address)
    w("native.webhooks.get", hook.webhook.id)
    w("native.webhooks.list")
    w("native.webhooks.available_events")
    w("native.webhooks.available_templates")
    w("native.webhooks.delete", hook.webhook.id)


def forms(w: Walker) -> None:
    (form,) = w("native.forms.list")
    w("native.forms.list", only_with_list=True)
    w("native.forms.get", str(form.id))
    w("native.forms.fields", str(form.id))
    w("native.forms.active_since", since=LONG_AGO)
    w("native.forms.responses", str(form.id))
    w("native.forms.responses", str(form.id), since=LONG_AGO)
    w("native.forms.backfill", since=LONG_AGO)


PARTS: tuple[Callable[[Walker], None], ...] = (
    account, contacts, lists, consent, messages, content, campaigns, reports, automations, datasets, events, forms,
)  # fmt: skip


def _lively() -> Any:
    from martech_dotdigital.emulator.switches import EngagementRates

    return EngagementRates(hard_bounces=0.1, soft_bounces=0.1, opens=0.9, clicks=0.9, replies=0.5, orders=0.5)
