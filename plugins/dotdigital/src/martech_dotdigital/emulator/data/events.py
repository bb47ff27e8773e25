"""Events: what happened elsewhere comes in, what happens here goes out (section 24)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from martech.emulation import Clock, Incoming, Response, reply
from martech_dotdigital.emulator.assumed import MOST_SUBSCRIPTIONS_CODE
from martech_dotdigital.emulator.contacts.people import valid_email
from martech_dotdigital.emulator.conventions.answers import Refused, answer, refusal, v3_refusal
from martech_dotdigital.emulator.conventions.limits import Tier
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.paging import seek_limit, seek_page
from martech_dotdigital.emulator.conventions.reading import as_integer, v3_json
from martech_dotdigital.emulator.conventions.times import parsed, stamp
from martech_dotdigital.emulator.data.event_log import EVENT_TYPES, Subscription
from martech_dotdigital.emulator.data.insight import InsightOperations
from martech_dotdigital.emulator.data.insight_store import Collection, RecordProblem

__all__ = ["EventOperations", "alerts_problem"]

ONE = "/events/v3/export/subscriptions/{subscriptionId}"
MOST_EVENTS = 5000
MOST_SUBSCRIPTIONS = 5
MOST_TYPES = 100
MOST_FILTERS = 5
DEFAULT_LIMIT = 2000
ALERTS_WITH_ADDRESS = ("email", "emailAndInApp")


class EventOperations(InsightOperations):
    """Imports of events, and subscriptions to events. Both need the larger package."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.large_objects: dict[str, bytes] = {}

    @operation("POST", "/events/v3/import", tier=Tier.LOW)
    def import_events(self, incoming: Incoming) -> Response:
        """Accept events of contacts; there is no body, no job and no report in return."""
        self._need_cxdp(incoming)
        events = v3_json(incoming, list)
        if len(incoming.body) > self.import_body_bytes:
            raise v3_refusal(413, "events:badRequest", "The request body is too large.")
        if not 1 <= len(events) <= MOST_EVENTS or not all(_is_event(event) for event in events):
            raise v3_refusal(400, "events:badJson", "The request JSON is badly formed")
        self.later(self.job_seconds, lambda: self._keep_events(events))
        self.settle()
        return answer(202)

    @operation("GET", "/events/v3/export/subscriptions")
    def list_subscriptions_to_events(self, incoming: Incoming) -> Response:
        """List the subscriptions."""
        self._need_cxdp(incoming)
        found = self.events.subscriptions

        def rows(after: int, count: int) -> Sequence[tuple[int, Subscription]]:
            return [(number, found[number]) for number in sorted(found) if number > after][:count]

        return seek_page(incoming, rows, _subscription_shape, default=DEFAULT_LIMIT)

    @operation("POST", "/events/v3/export/subscriptions")
    def create_subscription(self, incoming: Incoming) -> Response:
        """Create a subscription; it captures only what happens from now on."""
        self._need_cxdp(incoming)
        wish = self._subscription_wish(incoming, None)
        if len(self.events.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise v3_refusal(412, MOST_SUBSCRIPTIONS_CODE, "No more subscriptions can be created.")
        now = self.now()
        starts = now + timedelta(seconds=self.subscription_start_seconds)
        made = Subscription(self.next_number("subscription") + 94, now, now, wish, starts, now)
        self.events.subscriptions[made.id] = made
        self.events.review()
        return answer(201, _subscription_shape(made))

    @operation("GET", ONE)
    def get_subscription(self, incoming: Incoming) -> Response:
        """Return one subscription."""
        return answer(200, _subscription_shape(self._subscription(incoming)))

    @operation("PUT", ONE)
    def update_subscription(self, incoming: Incoming) -> Response:
        """Replace a subscription; it may be made active or inactive by it."""
        known = self._subscription(incoming)
        wish = self._subscription_wish(incoming, known)
        if wish["status"] == "active" and not known.active:
            known.last_read = self.now()
            known.captures_from = self.now() + timedelta(seconds=self.subscription_start_seconds)
        known.wish, known.updated = wish, self.now()
        self.events.review()
        return answer(200, _subscription_shape(known))

    @operation("DELETE", ONE)
    def delete_subscription(self, incoming: Incoming) -> Response:
        """Delete a subscription with what it captured."""
        del self.events.subscriptions[self._subscription(incoming).id]
        self.events.review()
        return answer(204)

    @operation("GET", "/events/v3/export/{subscriptionId}", tier=Tier.POLL)
    def retrieve_events(self, incoming: Incoming) -> Response:
        """Return the next page of events; a checkpoint confirms all before it, and twice gives it twice."""
        known = self._subscription(incoming)
        if not known.active:
            text = "The subscription is set to inactive and therefore cannot be used."
            raise v3_refusal(409, "events:inactiveSubscription", text, [(str(known.id), "Inactive subscription")])
        limit, checkpoint = seek_limit(incoming, default=DEFAULT_LIMIT), incoming.arg("checkPoint")
        try:
            position, events = known.page(checkpoint, limit)
        except ValueError:
            text = "The checkpoint passed is invalid and cannot be parsed."
            details = [(str(checkpoint), "Invalid checkpoint.")]
            raise v3_refusal(400, "events:invalidCheckpoint", text, details) from None
        known.last_read = self.now()
        return answer(200, {"checkPoint": position, "events": events})

    @operation("GET", "/events/v3/lob/{lobId}", tier=Tier.POLL)
    def get_large_object(self, incoming: Incoming) -> Response:
        """Return what is too large to be in an event."""
        self._need_cxdp(incoming)
        data = self.large_objects.get(incoming.parts["lobId"])
        if data is None:
            raise v3_refusal(404, "events:lobNotFound", "The large object could not be found.")
        # The vendor's own spelling of the content type.
        return reply(200, body=data, headers={"Content-Type": "application/octet-steam"})

    def _need_cxdp(self, incoming: Incoming) -> None:
        if not self.cxdp:
            raise refusal(incoming.path, 403, "forbidden", "The account's package does not include this.")
        self.events.retire_idle(self.now(), timedelta(days=self.subscription_idle_days))

    def _subscription(self, incoming: Incoming) -> Subscription:
        self._need_cxdp(incoming)
        asked = incoming.parts["subscriptionId"]
        known = self.events.subscriptions.get(as_integer(asked) or 0)
        if known is None:
            text = "The following subscription could not be found"
            raise v3_refusal(404, "events:subscriptionNotFound", text, [(asked, "Not found.")])
        return known

    def _subscription_wish(self, incoming: Incoming, own: Subscription | None) -> dict[str, Any]:
        body = v3_json(incoming)
        name, status = body.get("name"), body.get("status", "inactive")
        types = body.get("subscribedEventTypes")
        if not isinstance(name, str) or not 1 <= len(name) <= 50 or status not in ("active", "inactive"):
            raise _bad("The name or the status is invalid.")
        if any(one.wish["name"] == name for one in self.events.subscriptions.values() if one is not own):
            text = f"The name value '{name}' already exists. All names must be unique!"
            raise v3_refusal(409, "events:nameAlreadyExists", text)
        if not isinstance(types, list) or not 1 <= len(types) <= MOST_TYPES:
            raise _bad(f"There must be 1 to {MOST_TYPES} event types.")
        for wanted in types:
            _check_wanted(wanted)
        if (wrong := alerts_problem(body.get("alertsConfiguration"))) is not None:
            raise _bad(wrong)
        return {
            "name": name,
            "status": status,
            "subscribedEventTypes": types,
            "alertsConfiguration": body["alertsConfiguration"],
        }

    def _keep_events(self, events: list[dict[str, Any]]) -> None:
        """Keep events as Insight records of their contacts; what belongs to nobody is dropped without a word."""
        for event in events:
            identity = event["contactIdentity"]
            kept = self.people.kept(identity["identifier"], identity["value"])
            known = kept is not None and self.people.knows(identity["identifier"])
            contact = self.people.find(identity["identifier"], kept) if known and kept is not None else None
            if contact is None or contact.binned:
                continue
            name = re.sub(r"[^A-Za-z0-9]", "_", event["type"])
            one = self.collections.setdefault(name, Collection(name, "event", "contact"))
            event_id = str(event.get("id") or self.new_id())
            record = {
                "id": event_id,
                "event": event["type"],
                "created_date": event.get("eventTimestamp") or stamp(self.now()),
                "event_data": event.get("eventData") or {},
            }
            try:
                one.put(contact.id, event_id, record, self.now())
            except RecordProblem:
                continue


def alerts_problem(given: Any) -> str | None:
    """Return what is wrong with an `alertsConfiguration`, or None."""
    channels = given.get("alertChannels") if isinstance(given, dict) else None
    if channels not in ("none", "inApp", *ALERTS_WITH_ADDRESS):
        return "The alertsConfiguration is invalid."
    if channels in ALERTS_WITH_ADDRESS and valid_email(given.get("email")) is None:
        return "The alertsConfiguration needs an email."
    return None


def _check_wanted(wanted: Any) -> None:
    event_type = wanted.get("eventType") if isinstance(wanted, dict) else None
    if event_type not in EVENT_TYPES:
        raise v3_refusal(400, "events:invalidEventType", f"The type value '{event_type}' is invalid.")
    filters = wanted.get("filters")
    if filters is None:
        return
    if not isinstance(filters, list) or not 1 <= len(filters) <= MOST_FILTERS:
        raise _bad(f"There must be 1 to {MOST_FILTERS} filters.")
    for condition in filters:
        field = condition.get("field") if isinstance(condition, dict) else None
        pattern = condition.get("matchPattern") if isinstance(condition, dict) else None
        if not isinstance(field, str) or not field.startswith("$"):
            raise _bad("A filter needs a field that begins with $.")
        if not isinstance(pattern, str) or not 1 <= len(pattern) <= 1024:
            raise _bad("A filter needs a matchPattern.")


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not 1 <= len(str(event.get("type") or "")) <= 80:
        return False
    identity = event.get("contactIdentity")
    if not isinstance(identity, dict) or not identity.get("identifier") or not identity.get("value"):
        return False
    details = event.get("timelineDetails")
    if details is not None and not (
        isinstance(details, dict) and 1 <= len(str(details.get("summary") or "")) <= 160
    ):
        return False
    try:
        parsed(event.get("eventTimestamp") or "2000-01-01")
    except (ValueError, AttributeError):
        return False
    return isinstance(event.get("eventData", {}), dict)


def _subscription_shape(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "created": stamp(subscription.created),
        "updated": stamp(subscription.updated),
        **subscription.wish,
    }


def _bad(description: str) -> Refused:
    return v3_refusal(400, "events:badRequest", description)
