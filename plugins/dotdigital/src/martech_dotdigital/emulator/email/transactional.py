"""Transactional e-mail of v2: to anybody, and without a message id in return (section 20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import Refused, answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import INVALID, Body, date_part, v2_array, v2_object
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.email.campaigns import CampaignOperations, no_campaign
from martech_dotdigital.emulator.email.mail import (
    Mail,
    attachment_problem,
    merged,
    metadata_key,
    personalization,
    recipients,
    sender,
)

__all__ = ["STAT_KINDS", "TransactionalOperations"]

MOST_METADATA = 1500
PERIODS = ("AllTime", "Month", "Week", "Day")
STAT_KINDS: Mapping[str, str] = {
    "send": "numSent",
    "deliver": "numDelivered",
    "open": "numOpens",
    "click": "numClicks",
    "complain": "numIspComplaints",
    "bounce": "numBounces",
}
"""What can happen to a transactional e-mail → its counter in the statistics."""


class TransactionalOperations(CampaignOperations):
    """One e-mail or a batch, with its own content or a triggered campaign's."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.mails: list[Mail] = []
        """Every single e-mail that went out, transactional and marketing."""
        self.mail_statistics: dict[date, Counter[str]] = {}

    @operation("POST", "/v2/email", tier=Tier.SEND)
    def send_email(self, incoming: Incoming) -> Response:
        """Send one e-mail; the answer is empty."""
        self._send_one(self._composed(v2_object(incoming)))
        return answer(200)

    @operation("POST", "/v2/email/batch", tier=Tier.SEND)
    def send_email_batch(self, incoming: Incoming) -> Response:
        """Send many e-mails; each stands for itself."""
        return self._batch(incoming, triggered=False)

    @operation("POST", "/v2/email/triggered-campaign", tier=Tier.SEND)
    def send_triggered_campaign(self, incoming: Incoming) -> Response:
        """Send a triggered campaign as one e-mail; the answer is empty."""
        self._send_one(self._triggered(v2_object(incoming)))
        return answer(200)

    @operation("POST", "/v2/email/triggered-campaign/batch", tier=Tier.SEND)
    def send_triggered_campaign_batch(self, incoming: Incoming) -> Response:
        """Send a triggered campaign as many e-mails."""
        return self._batch(incoming, triggered=True)

    @operation("GET", "/v2/campaigns/{campaignId}/prepared-for-transactional-email/{email}")
    def get_prepared_campaign(self, incoming: Incoming) -> Response:
        """Return a campaign with its merge fields filled in for an address."""
        campaign = self.campaign_named(incoming)
        contact = self.people.find("email", incoming.parts["email"])
        values = {} if contact is None else {name: str(value) for name, value in contact.data.items()}
        return answer(
            200,
            {
                **self.campaign_shape(campaign),
                "processedHtmlContent": merged(campaign.content.html, values),
                "processedPlainTextContent": merged(campaign.content.text, values),
            },
        )

    @operation("GET", "/v2/email/stats/since-date/{date}")
    def get_email_statistics(self, incoming: Incoming) -> Response:
        """Return counters from one day to another, both included, by period."""
        start = date_part(incoming).date()
        period = next(
            (word for word in PERIODS if word.lower() == (incoming.arg("aggregatedBy") or "AllTime").lower()), None
        )
        try:
            end = parsed(incoming.arg("endDate") or self.now().isoformat()).date()
        except ValueError as wrong:
            raise v2_refusal(400, INVALID, "The period is invalid.") from wrong
        if period is None:
            raise v2_refusal(400, INVALID, "The period is invalid.")
        shapes = []
        for first, last in _periods(start, end, period):
            counts: Counter[str] = Counter()
            for day, known in self.mail_statistics.items():
                if first <= day <= last:
                    counts += known
            bounds = {"startDate": stamp(first), "endDate": stamp(last)}
            shapes.append(bounds | {name: counts[name] for name in STAT_KINDS.values()})
        return answer(200, shapes)

    def count_mail(self, kind: str, times: int = 1) -> None:
        """Count what happened to transactional e-mail today."""
        self.mail_statistics.setdefault(self.now().date(), Counter())[STAT_KINDS[kind]] += times

    def put_out(self, mail: Mail, what: str) -> None:
        """Let an e-mail go out to everybody it is for."""
        self.mails.append(mail)
        for address in mail.to:
            self.send(
                "email", address, what, key=metadata_key(mail.metadata), subject=mail.subject, sender=mail.sender
            )
            payload: dict[str, Any] = {
                "id": mail.id,
                "details": {"channel": "email", "additionalInfo": {"to": address, "successful": True}},
            }
            if mail.metadata is not None:
                payload["metadata"] = mail.metadata
            self.publish("message.sent", payload)
            self.note("message.sent", email=address, channel="email", metadata=mail.metadata)

    def _send_one(self, mail: Mail) -> None:
        sent_today = self.mail_statistics.get(self.now().date(), Counter())["numSent"]
        if sent_today + len(mail.to) > self.transactional_per_day:
            raise v2_refusal(400, "ERROR_SEND_LIMITEXCEEDED", "The daily limit is reached.")
        self.put_out(mail, "transactional e-mail")
        self.count_mail("send", len(mail.to))
        self.count_mail("deliver", len(mail.to))

    def _batch(self, incoming: Incoming, *, triggered: bool) -> Response:
        results: list[dict[str, Any]] = []
        for index, item in enumerate(v2_array(incoming)):
            result: dict[str, Any] = {"index": index}
            try:
                body = Body(item if isinstance(item, dict) else {})
                self._send_one(self._triggered(body) if triggered else self._composed(body))
            except Refused as refused:
                reason = refused.response.json()["message"]
                result |= {"failureCode": reason.split()[-1], "failureReason": reason}
            results.append(result)
        return answer(200, results)

    def _composed(self, body: Body) -> Mail:
        to = recipients(body)
        subject = body.required("subject")
        html, text = body.text("htmlContent") or "", body.text("plainTextContent") or ""
        self._check_attachments(body)
        # An address that is not the account's is silently replaced (section 20).
        origin = sender(body.get("fromAddress"), self.from_addresses.values())
        address = origin or self.from_addresses[self.default_from]
        return Mail(self.new_id(), self.now(), tuple(to), subject, address, self._metadata(body), html, text)

    def _triggered(self, body: Body) -> Mail:
        to = recipients(body)
        campaign = self.campaigns.get(body.integer("campaignId") or 0)
        if campaign is None or campaign.type != "Triggered":
            raise no_campaign()
        values = personalization(body.objects("personalizationValues"))
        self._check_attachments(body)
        content = campaign.content
        origin = sender(body.get("fromAddress"), self.from_addresses.values())
        return Mail(
            self.new_id(),
            self.now(),
            tuple(to),
            merged(content.subject, values),
            origin or self.from_addresses[content.from_id],
            self._metadata(body),
            merged(content.html, values),
            merged(content.text, values),
            campaign.id,
        )

    def _metadata(self, body: Body) -> Any:
        """Return the metadata, an object or a text, as long as the vendor allows (section 34 row 12)."""
        metadata = body.get("metadata")
        if metadata is not None and len(metadata_key(metadata) or "") > MOST_METADATA:
            raise body.refuse("metadata")
        return metadata

    def _check_attachments(self, body: Body) -> None:
        given = [
            {name: attachment.get(name) for name in ("fileName", "mimeType", "content")}
            for attachment in body.objects("attachments")
        ]
        if (problem := attachment_problem(given)) is not None:
            raise v2_refusal(400, INVALID, problem[1])


def _periods(start: date, end: date, period: str) -> Iterator[tuple[date, date]]:
    first = start
    while first <= end:
        match period:
            case "Day":
                last = first
            case "Week":
                last = first + timedelta(days=6 - first.weekday())
            case "Month":
                last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            case _:
                last = end
        yield first, min(last, end)
        first = last + timedelta(days=1)
