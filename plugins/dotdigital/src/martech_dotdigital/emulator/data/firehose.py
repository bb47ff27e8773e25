"""Data firehose: configurations of a push of event files to somebody's storage (section 26).

Credentials travel in the bodies; nothing of them is ever logged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from martech.emulation import Clock, Incoming, Response
from martech_dotdigital.emulator.conventions.answers import Refused, answer, refusal, v3_refusal
from martech_dotdigital.emulator.conventions.operation import operation
from martech_dotdigital.emulator.conventions.reading import v3_json
from martech_dotdigital.emulator.core import Core
from martech_dotdigital.emulator.data.events import alerts_problem

__all__ = ["FirehoseOperations"]

ALL = "/data-firehose/v3/configurations"
ONE = ALL + "/{id}"
STATUSES = ("enabled", "disabled")
MOST_EVENTS = 100
FREQUENCIES = ("daily", "hourly", "fifteenMinutes")
BOUNCES = ("hardBounced", "softBounced", "mailBlocked")
FILTERS: Mapping[str, tuple[str, ...]] = {
    "email.failed": BOUNCES,
    "transactional.emailFailed": BOUNCES,
    "sms.failed": ("failed", "expired", "deleted", "softBounced", "hardBounced", "skipped"),
}
EVENT_NAMES = frozenset(
    {
        *("email.click", "email.open", "email.send", "email.view", "email.doubleOptIn", "email.unsubscribed"),
        *("email.ispComplained", "email.reply", "campaign.send", "landingPage.view", "page.view"),
        *("pushNotification.error", "pushNotification.send", "interaction.pushClick", "interaction.socialShare"),
        *("sms.click", "sms.send", "sms.unsubscribed", "sms.delivered", "sms.reply", "sms.remove"),
        *("transactional.click", "transactional.open", "transactional.emailCampaignSend", *FILTERS),
    }
)
CONFIGURATION_OF: Mapping[str, tuple[str, ...]] = {
    "amazonS3": ("bucketName", "regionEndpoint", "folderPath"),
    "azureBlobStorage": ("folderPath", "accountName", "containerName"),
    "ftps": ("folderPath", "port", "host"),
    "sftp": ("folderPath", "port", "host"),
    "googleCloudStorage": ("folderPath", "bucketName"),
}
"""Platform → what its configuration must say."""


@dataclass(slots=True)
class Firehose:
    """One push."""

    id: str
    body: dict[str, Any]
    status: str = "enabled"

    def shape(self) -> dict[str, Any]:
        """Return it as printed."""
        return {"id": self.id, "status": self.status, **self.body}


class FirehoseOperations(Core):
    """Create, read, update, delete, switch on and off; there is no listing."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.firehoses: dict[str, Firehose] = {}

    @operation("POST", ALL)
    def create_firehose(self, incoming: Incoming) -> Response:
        """Create a push."""
        body = self._firehose_body(incoming)
        made = Firehose(self.new_id(), body)
        self.firehoses[made.id] = made
        return answer(201, made.shape())

    @operation("GET", ONE)
    def get_firehose(self, incoming: Incoming) -> Response:
        """Return a push."""
        return answer(200, self._firehose(incoming).shape())

    @operation("PUT", ONE)
    def update_firehose(self, incoming: Incoming) -> Response:
        """Replace a push."""
        known = self._firehose(incoming)
        known.body = self._firehose_body(incoming)
        return answer(200, known.shape())

    @operation("DELETE", ONE)
    def delete_firehose(self, incoming: Incoming) -> Response:
        """Delete a push, unless it is busy."""
        known = self._firehose(incoming)
        if self.firehose_syncing and known.status == "enabled":
            text = "The Data Firehose configuration is syncing, so it cannot be deleted."
            raise v3_refusal(409, "dataFirehose:syncInProgress", text)
        del self.firehoses[known.id]
        return answer(204)

    @operation("PUT", ONE + "/status/{newStatus}")
    def set_firehose_status(self, incoming: Incoming) -> Response:
        """Switch a push on or off."""
        known = self._firehose(incoming)
        if incoming.parts["newStatus"] not in STATUSES:
            raise _bad("The status must be enabled or disabled.")
        known.status = incoming.parts["newStatus"]
        return answer(204)

    def _need_firehose(self, incoming: Incoming) -> None:
        if not self.cxdp:
            raise refusal(incoming.path, 403, "forbidden", "The account's package does not include this.")

    def _firehose(self, incoming: Incoming) -> Firehose:
        self._need_firehose(incoming)
        known = self.firehoses.get(incoming.parts["id"])
        if known is None:
            text = f"The Data Firehose configuration id `{incoming.parts['id']}` was not found!"
            raise v3_refusal(404, "dataFirehose:configNotFound", text)
        return known

    def _firehose_body(self, incoming: Incoming) -> dict[str, Any]:
        self._need_firehose(incoming)
        body: dict[str, Any] = v3_json(incoming)
        events = body.get("events")
        if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
            raise _bad(f"There must be 1 to {MOST_EVENTS} events.")
        for event in events:
            _check_event(event)
        if body.get("frequency") not in FREQUENCIES:
            raise _bad("The frequency is invalid.")
        _check_target(body.get("target"))
        if (wrong := alerts_problem(body.get("alertsConfiguration"))) is not None:
            raise _bad(wrong)
        return {name: body[name] for name in ("events", "frequency", "target", "alertsConfiguration")}


def _check_event(event: Any) -> None:
    name = event.get("eventType") if isinstance(event, dict) else None
    if name not in EVENT_NAMES:
        raise _bad(f"The event type '{name}' is invalid.")
    filters = event.get("filters")
    if filters is not None and not (isinstance(filters, list) and set(filters) <= set(FILTERS.get(name, ()))):
        raise _bad(f"The filters of '{name}' are invalid.")


def _check_target(target: Any) -> None:
    platform = target.get("platform") if isinstance(target, dict) else None
    wanted = CONFIGURATION_OF.get(platform) if isinstance(platform, str) else None
    if wanted is None:
        raise _bad("The target's platform is invalid.")
    configuration, authentication = target.get("configuration"), target.get("authentication")
    if not isinstance(configuration, dict) or not all(configuration.get(name) for name in wanted):
        raise _bad(f"The configuration of {platform} needs {', '.join(wanted)}.")
    if not isinstance(authentication, dict) or not authentication:
        raise _bad("The authentication is missing.")


def _bad(description: str) -> Refused:
    return v3_refusal(400, "dataFirehose:badRequest", description)
