"""Sending campaigns: now, at a time, at each reader's best time, or half of it as a test (section 18)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.contacts.people import Contact
from martech_dotdigital.emulator.conventions.answers import answer, v2_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import Body, v2_object
from martech_dotdigital.emulator.email.activity import Kind
from martech_dotdigital.emulator.email.campaign import Campaign, CampaignSend, SplitOptions
from martech_dotdigital.emulator.email.campaigns import no_campaign
from martech_dotdigital.emulator.email.engagement import Engagement

__all__ = ["SendOperations"]

SEND_INVALID = "ERROR_CAMPAIGN_SEND_INVALID"
NOT_PERMITTED = "ERROR_CAMPAIGN_SENDNOTPERMITTED"
MOST_CONTACTS = 10
"""Contact ids in one call (section 7)."""
METRICS = ("Opens", "Clicks", "ROI")
KIND_OF_METRIC = {"Opens": Kind.OPEN, "Clicks": Kind.CLICK, "ROI": Kind.ROI}


class SendOperations(Engagement):
    """Campaign sends. Only those who may be written to get anything, and each of them once."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.sends: dict[str, CampaignSend] = {}

    @operation("POST", "/v2/campaigns/send", tier=Tier.SEND)
    def send_campaign(self, incoming: Incoming) -> Response:
        """Send a campaign now or at a time."""
        body = v2_object(incoming, code=SEND_INVALID)
        campaign, send = self._accept_send(body)
        send.at = max(body.moment("sendDate") or self.now(), self.now())
        send.split = self._split(campaign, body.object("splitTestOptions"))
        if send.at > self.now():
            send.status, campaign.scheduled = "Scheduled", send.at
        self.timeline.at(send.at, lambda: self._begin(campaign, send))
        self.settle()
        return answer(202, send.shape())

    @operation("POST", "/v2/campaigns/send-time-optimised", tier=Tier.SEND)
    def send_campaign_time_optimised(self, incoming: Incoming) -> Response:
        """Send a campaign to each at the hour at which they last opened one, within a day; to others now."""
        body = v2_object(incoming, code=SEND_INVALID)
        if "sendDate" in body or "splitTestOptions" in body:
            raise v2_refusal(400, SEND_INVALID, "An optimised send has neither date nor split test.")
        campaign, send = self._accept_send(body)
        if campaign.is_split_test:
            raise v2_refusal(400, SEND_INVALID, "A split test cannot be optimised.")
        shown = send.shape()
        self.later(0, lambda: self._begin_optimised(campaign, send))
        return answer(202, shown)

    @operation("GET", "/v2/campaigns/send/{id}", tier=Tier.POLL)
    def get_send(self, incoming: Incoming) -> Response:
        """Return how far a send is; it says nothing of what came of it."""
        send = self.sends.get(incoming.parts["id"].lower())
        if send is None:
            raise v2_refusal(404, SEND_INVALID)
        return answer(200, send.shape())

    def _accept_send(self, body: Body) -> tuple[Campaign, CampaignSend]:
        campaign = self.campaigns.get(body.integer("campaignId") or 0)
        if campaign is None:
            raise no_campaign()
        if not self.sends_permitted or campaign.type == "Triggered":
            raise v2_refusal(400, NOT_PERMITTED, "Send not permitted at this time.")
        lists, contacts = body.integers("addressBookIds"), body.integers("contactIds")
        for number in lists:
            if number not in self.lists and number not in self.segments:
                raise v2_refusal(404, "ERROR_ADDRESSBOOK_NOT_FOUND")
        if any(number not in self.people.by_id for number in contacts):
            raise v2_refusal(404, "ERROR_CONTACT_NOT_FOUND")
        if len(contacts) > MOST_CONTACTS:
            raise v2_refusal(400, SEND_INVALID, f"At most {MOST_CONTACTS} contacts may be given.")
        if not lists and not contacts and not self.empty_audience_is_everyone:
            raise v2_refusal(400, SEND_INVALID, "At least one list or contact is needed.")
        send = CampaignSend(self.new_id(), campaign.id, lists, contacts, self.now(), None, "NotSent")
        self.sends[send.id] = send
        campaign.audiences |= dict.fromkeys(lists)
        return campaign, send

    def _split(self, campaign: Campaign, given: Body | None) -> SplitOptions | None:
        if given is None:
            return None
        percentage, hours = given.integer("testPercentage"), given.integer("testPeriodHours")
        metric = given.one_of("testMetric", METRICS, "")
        if not campaign.is_split_test or not metric or percentage is None or hours is None:
            raise v2_refusal(400, SEND_INVALID, "The split test options are invalid.")
        if not 1 <= percentage <= 100 or not 1 <= hours <= 2_147_483_647:
            raise v2_refusal(400, SEND_INVALID, "The split test options are invalid.")
        return SplitOptions(metric, percentage, hours)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, campaign: Campaign, send: CampaignSend) -> None:
        audience = self.audience(send)
        send.status, campaign.status, campaign.scheduled = "Sending", "Sending", None
        self.note("campaign.send", campaignId=campaign.id, sendId=send.id)
        if not campaign.is_split_test:
            self._dispatch(campaign, send, audience, 0)
            self.later(self.send_seconds, lambda: self._sent(campaign, send))
            return
        # What a split test does without options is ASSUMED: everybody is part of the test.
        split = send.split or SplitOptions("Opens", 100, 1)
        campaign.metric = split.metric
        tested = -(-len(audience) * split.percentage // 100)
        for variant in range(len(campaign.contents)):
            self._dispatch(campaign, send, audience[variant : tested : len(campaign.contents)], variant)
        self.later(split.hours * 3600, lambda: self._decide(campaign, send, audience[tested:]))

    def _decide(self, campaign: Campaign, send: CampaignSend, rest: Sequence[Contact]) -> None:
        kind = KIND_OF_METRIC[campaign.metric]
        counts = [0] * len(campaign.contents)
        for activity in campaign.report.activities.values():
            counts[activity.variant] += bool(activity.counts[kind])
        campaign.winner = counts.index(max(counts))
        self._dispatch(campaign, send, rest, campaign.winner)
        self.later(self.send_seconds, lambda: self._sent(campaign, send))

    def _begin_optimised(self, campaign: Campaign, send: CampaignSend) -> None:
        send.status = campaign.status = "Sending"
        hours: dict[datetime, list[Contact]] = {}
        for contact in self.audience(send):
            hours.setdefault(self._best_moment(contact), []).append(contact)
        for at, contacts in hours.items():
            self.timeline.at(at, self._dispatching(campaign, send, contacts))
        last = max(hours, default=self.now())
        end = last + timedelta(seconds=self.send_seconds)
        self.timeline.at(end, lambda: self._sent(campaign, send))

    def _best_moment(self, contact: Contact) -> datetime:
        opens = [
            rows[-1].at
            for campaign in self.campaigns.values()
            if (rows := campaign.report.of_contact.get((Kind.OPEN, contact.id)))
        ]
        if not opens:
            return self.now()
        best = self.now().replace(hour=max(opens).hour, minute=0, second=0, microsecond=0)
        return best if best >= self.now() else best + timedelta(days=1)

    def _dispatching(
        self, campaign: Campaign, send: CampaignSend, contacts: Sequence[Contact]
    ) -> Callable[[], None]:
        return lambda: self._dispatch(campaign, send, contacts, 0)

    def _dispatch(self, campaign: Campaign, send: CampaignSend, contacts: Iterable[Contact], variant: int) -> None:
        """Let the mail go out. Who has said no since the send was ordered gets nothing."""
        start = self.now()
        reached = [contact for contact in contacts if contact.may_receive("email")]
        for contact in reached:
            self.deliver_campaign(campaign, contact, key=send.id, variant=variant)
        campaign.sent = campaign.sent or start
        campaign.last_sent = start
        if self.synthesise_engagement:
            self.later(self.send_seconds, lambda: self.synthesise(campaign, reached, start))

    def _sent(self, campaign: Campaign, send: CampaignSend) -> None:
        send.status = "Sent"
        others = (other.status for other in self.sends.values() if other.campaign_id == campaign.id)
        campaign.status = "Sending" if "Sending" in others else "Sent"

    def audience(self, send: CampaignSend) -> list[Contact]:
        """Return everybody a send is for, each once, whether they may be written to or not."""
        numbers: dict[int, None] = dict.fromkeys(send.contact_ids)
        if not send.list_ids and not send.contact_ids:
            numbers = dict.fromkeys(self.people.ids)
        for number in send.list_ids:
            if (segment := self.segments.get(number)) is not None:
                self.refresh_segment(segment)
                numbers |= dict.fromkeys(segment.members)
            elif (one := self.lists.get(number)) is not None:
                staying = self.people.some(self.members_of(one))
                numbers |= dict.fromkeys(
                    contact.id for contact in staying if contact.lists.get(number) != "suppressed"
                )
        return self.people.some(numbers)
