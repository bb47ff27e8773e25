"""What all areas of the emulator stand on: identity, time, jobs, limits, numbers and what is noted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from martech.emulation import Clock, Incoming, Response, Sent
from martech_dotdigital.emulator.assumed import (
    EXTERNAL_ID,
    LIMITS_OF_PLAN,
    THROTTLED_TEXT,
    THROTTLED_WORD,
    UNAUTHORISED_WORD,
)
from martech_dotdigital.emulator.conventions.answers import Refused, refusal, with_headers
from martech_dotdigital.emulator.conventions.limits import FlatCounter, Spent, Tier, TierCounter
from martech_dotdigital.emulator.conventions.operation import Handler
from martech_dotdigital.emulator.conventions.timeline import NEVER, Job, JobKind, JobWords, Timeline
from martech_dotdigital.emulator.data.event_log import EventLog
from martech_dotdigital.emulator.messaging.webhook_queue import WebhookQueue
from martech_dotdigital.emulator.switches import Switchable

__all__ = ["Core"]

ACCOUNT_INFO = "/v2/account-info"
REGION_HOST = re.compile(r"(?P<scheme>https?://)(?P<region>r[123])-api\.")
"""How a region's address begins. Under such names this emulator is three regions, and the account lives in one."""
DENIED = "Authorization has been denied for this request."
FOREIGN = "Access is denied"
CAPPED = "Your account has generated excess API activity and is being temporarily capped."


class Core(Switchable):
    """The vendor's side of every call."""

    account_id: int = 33210

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.timeline = Timeline()
        self.jobs: dict[str, Job] = {}
        self.events = EventLog(self.account_id)
        self.webhooks = WebhookQueue(self.account_id, self.new_id())
        self.tiers = TierCounter()
        self.flat = FlatCounter()
        self._numbers: Counter[str] = Counter()
        self._moment: datetime | None = None
        self._api_endpoint: str | None = None

    # ── who and where ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def api_endpoint(self) -> str:
        """The base address of the account's own region, with a trailing slash; this emulator's unless set."""
        return self._api_endpoint or self.public_url + "/"

    @api_endpoint.setter
    def api_endpoint(self, url: str) -> None:
        self._api_endpoint = url

    def endpoint_seen_from(self, incoming: Incoming) -> str:
        """Return where the account's own region answers, for somebody who asked a region's host or any other."""
        asked = REGION_HOST.match(incoming.origin)
        if asked is None or self._api_endpoint is not None:
            return self.api_endpoint
        return f"{asked['scheme']}{self.region}-api.{incoming.origin[asked.end() :]}/"

    def _is_foreign(self, incoming: Incoming) -> bool:
        asked = REGION_HOST.match(incoming.origin)
        return self.foreign_region or (asked is not None and asked["region"] != self.region)

    def settings(self) -> dict[str, Any]:
        """Return user, password, where to ask for the account's region, and what carries people's own ids."""
        return {
            "user": self.api_user,
            "password": self.password,
            "locator_url": self.public_url,
            "own_identifier": EXTERNAL_ID,
        }

    def secrets(self) -> tuple[str, ...]:
        """Return the password."""
        return (self.password,)

    def before(self, incoming: Incoming) -> Response | None:
        """Let happen what is due, then turn away wrong credentials (401) and a wrong region (403)."""
        self.settle()
        if not self.api_user_enabled or incoming.basic() != (self.api_user, self.password):
            return refusal(incoming.path, 401, UNAUTHORISED_WORD, DENIED).response
        if self._is_foreign(incoming) and incoming.path.rstrip("/") != ACCOUNT_INFO:
            return refusal(incoming.path, 403, "forbidden", FOREIGN).response
        return None

    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer 404, or 405 where the path exists with another method. The texts are ASSUMED."""
        path = incoming.path.rstrip("/")
        if any(pattern.fullmatch(path) for _, pattern, _, _ in self._routes):
            text = f"The requested resource does not support http method '{incoming.method}'."
            return refusal(incoming.path, 405, "methodNotAllowed", text).response
        text = "No HTTP resource was found that matches the request."
        return refusal(incoming.path, 404, "notFound", text).response

    # ── limits ───────────────────────────────────────────────────────────────────────────────────────────────

    def perform(self, handler: Handler, incoming: Incoming, tier: Tier) -> Response:
        """Perform one operation within the limits, and answer with their headers."""
        headers: dict[str, str] = {}
        try:
            headers = self._spend(incoming, tier)
            response = handler(self, incoming)
        except Refused as refused:
            response = refused.response
        return with_headers(response, headers)

    def limit_of(self, tier: Tier) -> int:
        """Return how many calls of a tier the account has in a minute."""
        return self.rate_limits.get(tier.value, LIMITS_OF_PLAN[self.plan].get(tier, 0))

    def exhaust(self, tier: Tier = Tier.LOW) -> None:
        """Use up the present minute of a tier, as another integration on the same account would (seed 002)."""
        self.tiers.exhaust(tier, self.clock.now())

    def _spend(self, incoming: Incoming, tier: Tier) -> dict[str, str]:
        now = self.now()
        if self.rate_scheme == "flat" and tier is not Tier.SEND:
            if not self.flat.spend(self.flat_calls_per_hour, now):
                raise refusal(incoming.path, 400, THROTTLED_WORD, CAPPED, v2_code="ERROR_APIUSAGE_EXCEEDED")
        elif self.rate_scheme == "tiered" and tier not in (Tier.SEND, Tier.POLL):
            spent = self.tiers.spend(tier, self.limit_of(tier), now)
            headers = self._limit_headers(tier, spent)
            if not spent.allowed:
                throttled = refusal(incoming.path, 429, THROTTLED_WORD, THROTTLED_TEXT)
                raise Refused(with_headers(throttled.response, headers))
            return headers
        return {}

    def _limit_headers(self, tier: Tier, spent: Spent) -> dict[str, str]:
        left = (spent.resets - self.now()).total_seconds()
        return {
            "X-RateLimit-Limit": str(spent.limit),
            "X-RateLimit-Remaining": str(max(0, spent.remaining)),
            "X-RateLimit-Reset": str(int(left) if self.reset_as_delta else int(spent.resets.timestamp())),
            "X-RateLimit-Scope": tier.value,
        }

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """Return the present moment; while something due is done, the moment at which it was due."""
        return self._moment or self.clock.now()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something be done after a while."""
        self.timeline.at(self.now() + timedelta(seconds=seconds), action)

    def settle(self) -> None:
        """Do everything whose moment has come, each at its own moment. Every request begins with this."""
        with self._lock:
            if self._moment is not None:
                return
            try:
                while due := self.timeline.due(self.clock.now()):
                    self._moment, action = due
                    action()
            finally:
                self._moment = None

    def catch_up(self) -> None:
        """Perform what is due."""
        with self.lock:
            self.settle()

    def send(self, channel: str, recipient: str, what: str, *, key: str | None = None, **details: Any) -> None:
        """Note a message that reaches a person at the present moment."""
        self._outbox.append(Sent(channel, recipient, what, self.now(), key, details))

    # ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start_job(self, kind: JobKind, words: JobWords, work: Callable[[], Any], *, key: str | None = None) -> Job:
        """Begin background work that is done after `job_seconds`, or ends as `job_outcomes` has it."""
        job = Job(key or self.new_id(), kind, self.now(), words.waiting)
        self.jobs[job.id] = job
        outcome = self.job_outcomes.get(kind.value, words.finished)

        def run() -> None:
            job.status = words.running

        def end() -> None:
            if outcome == words.finished:
                job.result = work()
            job.status = outcome
            job.ended = self.now()

        self.later(self.job_seconds / 2, run)
        if outcome != NEVER:
            self.later(self.job_seconds, end)
        self.settle()
        return job

    def job(self, job_id: str, kind: JobKind) -> Job | None:
        """Return a job of a kind, or None."""
        job = self.jobs.get(job_id.lower())
        return job if job is not None and job.kind is kind else None

    def active_jobs(self, kind: JobKind) -> int:
        """Return how many jobs of a kind still run."""
        return sum(job.active for job in self.jobs.values() if job.kind is kind)

    # ── what is noted ────────────────────────────────────────────────────────────────────────────────────────

    def next_number(self, kind: str) -> int:
        """Return the next number of a kind, beginning with 1."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def note(self, event_type: str, **data: Any) -> None:
        """Record a change for whoever subscribed to events."""
        if self.events.anybody_wants(event_type):
            self.events.record(self.new_id(), event_type, data, self.now())

    def publish(self, name: str, payload: Mapping[str, Any], *, revision: int = 0) -> None:
        """Tell the webhooks that want it of something that happened."""
        if self.webhooks.anybody():
            self.webhooks.publish(self.new_id(), name, payload, self.now(), revision)
