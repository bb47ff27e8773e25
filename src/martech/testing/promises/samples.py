"""One call of every verb of the grid, with arguments no provider has a reason to refuse by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from martech.models import (
    AttributeDefinition,
    Campaign,
    Channel,
    Consent,
    Contact,
    CustomEvent,
    Dataset,
    EmailMessage,
    IfNew,
    Job,
    JobPart,
    Lists,
    Record,
    SmsMessage,
    Template,
    TemplateMessage,
    Topic,
    email,
    own,
)

__all__ = ["LISTINGS", "SAMPLES"]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SOMEBODY = "sample@example.org"
CONTACT = Contact(email=SOMEBODY, own_id="sample-1")
JOB = Job(provider="sample", kind="contacts.import", parts=(JobPart(id="1"),), submitted_at=LONG_AGO)
EVIDENCE = Consent(
    channel=Channel.EMAIL, given_at=LONG_AGO, text="Yes, please.", source="https://example.org/form"
)
DEFAULT = IfNew.VENDOR_DEFAULT

SAMPLES: Mapping[str, Callable[[Any], Any]] = {
    "contacts.get": lambda c: c.contacts.get(SOMEBODY),
    "contacts.find": lambda c: c.contacts.find(SOMEBODY),
    "contacts.list": lambda c: c.contacts.list(),
    "contacts.create": lambda c: c.contacts.create(CONTACT, if_new=DEFAULT),
    "contacts.update": lambda c: c.contacts.update(CONTACT),
    "contacts.upsert": lambda c: c.contacts.upsert(CONTACT, if_new=DEFAULT),
    "contacts.upsert_many": lambda c: c.contacts.upsert_many([CONTACT], if_new=DEFAULT),
    "contacts.upsert_stream": lambda c: c.contacts.upsert_stream([CONTACT], if_new=DEFAULT),
    "contacts.start_import": lambda c: c.contacts.start_import([CONTACT], if_new=DEFAULT),
    "contacts.change_identifier": lambda c: c.contacts.change_identifier(SOMEBODY, email("other@example.org")),
    "contacts.delete": lambda c: c.contacts.delete(SOMEBODY),
    "contacts.delete_many": lambda c: c.contacts.delete_many([SOMEBODY]),
    "contacts.count": lambda c: c.contacts.count(),
    "attributes.list": lambda c: c.attributes.list(),
    "attributes.create": lambda c: c.attributes.create(AttributeDefinition(name="SAMPLE")),
    "attributes.delete": lambda c: c.attributes.delete("SAMPLE"),
    "lists.list": lambda c: c.lists.list(),
    "lists.get": lambda c: c.lists.get("1"),
    "lists.create": lambda c: c.lists.create("sample"),
    "lists.update": lambda c: c.lists.update("1", name="sample"),
    "lists.delete": lambda c: c.lists.delete("1"),
    "lists.add": lambda c: c.lists.add("1", [SOMEBODY]),
    "lists.remove": lambda c: c.lists.remove("1", [SOMEBODY]),
    "lists.clear": lambda c: c.lists.clear("1"),
    "lists.members": lambda c: c.lists.members("1"),
    "lists.unsubscribe": lambda c: c.lists.unsubscribe("1", SOMEBODY),
    "lists.segments": lambda c: c.lists.segments(),
    "lists.segment_members": lambda c: c.lists.segment_members("1"),
    "lists.refresh_segment": lambda c: c.lists.refresh_segment("1"),
    "consent.status": lambda c: c.consent.status(SOMEBODY),
    "consent.subscribe": lambda c: c.consent.subscribe(SOMEBODY, channel=Channel.EMAIL, evidence=EVIDENCE),
    "consent.subscribe_many": lambda c: c.consent.subscribe_many(
        [SOMEBODY], channel=Channel.EMAIL, evidence=EVIDENCE
    ),
    "consent.unsubscribe": lambda c: c.consent.unsubscribe(SOMEBODY, channel=Channel.EMAIL),
    "consent.unsubscribe_many": lambda c: c.consent.unsubscribe_many([SOMEBODY], channel=Channel.EMAIL),
    "consent.record": lambda c: c.consent.record(SOMEBODY, EVIDENCE),
    "consent.record_many": lambda c: c.consent.record_many([SOMEBODY], EVIDENCE),
    "consent.suppress": lambda c: c.consent.suppress(SOMEBODY),
    "consent.suppress_many": lambda c: c.consent.suppress_many([SOMEBODY]),
    "consent.release": lambda c: c.consent.release(SOMEBODY, channel=Channel.EMAIL, evidence=EVIDENCE),
    "consent.release_many": lambda c: c.consent.release_many([SOMEBODY], channel=Channel.EMAIL, evidence=EVIDENCE),
    "consent.suppressions": lambda c: c.consent.suppressions(),
    "consent.changes": lambda c: c.consent.changes(since=LONG_AGO),
    "consent.topics": lambda c: c.consent.topics(),
    "consent.create_topic": lambda c: c.consent.create_topic(Topic(name="sample")),
    "consent.set_topic": lambda c: c.consent.set_topic(SOMEBODY, "1", subscribed=False),
    "messages.send_email": lambda c: c.messages.send_email(
        EmailMessage(to=SOMEBODY, subject="Sample", html="<p>Sample</p>", text="Sample")
    ),
    "messages.send_template": lambda c: c.messages.send_template(TemplateMessage(template_id="1", to=SOMEBODY)),
    "messages.send_sms": lambda c: c.messages.send_sms(SmsMessage(to="+447700900123", text="Sample")),
    "messages.status": lambda c: c.messages.status("1"),
    "messages.reports": lambda c: c.messages.reports(
        since=LONG_AGO, until=LONG_AGO + timedelta(days=1), recipients=(SOMEBODY,)
    ),
    "templates.list": lambda c: c.templates.list(),
    "templates.get": lambda c: c.templates.get("1"),
    "templates.create": lambda c: c.templates.create(Template(name="sample")),
    "templates.update": lambda c: c.templates.update(Template(id="1", name="sample")),
    "templates.delete": lambda c: c.templates.delete("1"),
    "campaigns.list": lambda c: c.campaigns.list(),
    "campaigns.get": lambda c: c.campaigns.get("1"),
    "campaigns.create": lambda c: c.campaigns.create(Campaign(name="sample", subject="Sample", html="", text="")),
    "campaigns.update": lambda c: c.campaigns.update(Campaign(id="1", name="sample")),
    "campaigns.delete": lambda c: c.campaigns.delete("1"),
    "campaigns.send": lambda c: c.campaigns.send("1", to=Lists(["1"])),
    "campaigns.send_status": lambda c: c.campaigns.send_status("1"),
    "campaigns.pause": lambda c: c.campaigns.pause("1"),
    "campaigns.resume": lambda c: c.campaigns.resume("1"),
    "campaigns.cancel": lambda c: c.campaigns.cancel("1"),
    "automations.list": lambda c: c.automations.list(),
    "automations.enrol": lambda c: c.automations.enrol("1", [SOMEBODY]),
    "automations.enrolment_status": lambda c: c.automations.enrolment_status("1"),
    "reports.counts": lambda c: c.reports.counts("1"),
    "reports.engagements": lambda c: c.reports.engagements(campaign_id="1"),
    "reports.active_since": lambda c: c.reports.active_since(since=LONG_AGO),
    "events.track": lambda c: c.events.track(CustomEvent(type="sample", contact=own("sample-1"))),
    "events.open": lambda c: c.events.open("sample"),
    "events.stream": lambda c: c.events.stream("1"),
    "events.close": lambda c: c.events.close("1"),
    "datasets.list": lambda c: c.datasets.list(),
    "datasets.create": lambda c: c.datasets.create(Dataset(id="", name="sample")),
    "datasets.schema": lambda c: c.datasets.schema("1"),
    "datasets.delete": lambda c: c.datasets.delete("1"),
    "datasets.upsert_many": lambda c: c.datasets.upsert_many("1", [Record(key="1")]),
    "datasets.start_import": lambda c: c.datasets.start_import("1", [Record(key="1")]),
    "datasets.get": lambda c: c.datasets.get("1", "1"),
    "datasets.records": lambda c: c.datasets.records("1"),
    "datasets.delete_records": lambda c: c.datasets.delete_records("1", ["1"]),
    "datasets.truncate": lambda c: c.datasets.truncate("1"),
    "jobs.status": lambda c: c.jobs.status(JOB),
    "jobs.wait": lambda c: c.jobs.wait(JOB),
    "jobs.results": lambda c: c.jobs.results(JOB),
    "account.get": lambda c: c.account.get(),
    "account.verify": lambda c: c.account.verify(),
    "account.senders": lambda c: c.account.senders(),
    "account.limits": lambda c: c.account.limits(),
    "account.identifiers": lambda c: c.account.identifiers(),
    "account.server_time": lambda c: c.account.server_time(),
}
"""By verb."""

LISTINGS = frozenset({
    "account.senders", "attributes.list", "automations.list", "campaigns.list", "consent.changes",
    "consent.suppressions", "consent.topics", "contacts.list", "contacts.upsert_stream", "datasets.list",
    "datasets.records", "lists.list", "lists.members", "lists.segment_members", "lists.segments",
    "messages.reports", "reports.active_since", "reports.engagements", "templates.list",
})  # fmt: skip
"""The verbs that give something to iterate over."""
