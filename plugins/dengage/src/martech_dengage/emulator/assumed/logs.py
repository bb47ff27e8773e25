"""ASSUMPTION: the Logs API, known by name only (seed, D1): events about e-mail sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.emulation import Incoming
from martech_dengage.emulator.assumed.windows import window
from martech_dengage.emulator.dates import answer_time
from martech_dengage.emulator.envelope import not_found, operation
from martech_dengage.emulator.messages import BOUNCES, Happening, Kind
from martech_dengage.emulator.reading import paged
from martech_dengage.emulator.vendor import Vendor

__all__ = ["AssumedLogs", "event_row"]

LOGS = {"bounces": "bounces", "spam": Kind.SPAM, "unsubscribes": Kind.UNSUBSCRIBE}


class AssumedLogs(Vendor):
    """Routes that tell what happened, of one send or of all of them."""

    @operation("GET", "/logs/email")
    def email_logs(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetEmailLogs: everything that happened."""
        return self._log(incoming, "all")

    @operation("GET", "/logs/email/{log}")
    def email_particular_logs(self, incoming: Incoming) -> Mapping[str, Any]:
        """GetEmailBounceLogs, GetEmailSpamLogs and GetEmailUnsubscribeLogs."""
        if (group := LOGS.get(incoming.parts["log"])) is None:
            raise not_found(f"there is no log {incoming.parts['log']}")
        return self._log(incoming, group)

    def _log(self, incoming: Incoming, group: str) -> Mapping[str, Any]:
        begin, end = window(incoming)
        happened = self.mail.happenings("email", group, send_id=incoming.arg("sendId"), begin=begin, end=end)
        return paged(incoming, happened, lambda one: {**event_row(one), "sendId": one.message.send_id})


def event_row(happening: Happening) -> dict[str, Any]:
    """Return one event as the logs and the reports of a send show it."""
    message = happening.message
    row = {
        "contact_key": message.contact_key,
        "email": message.address,
        "event_type": happening.kind,
        "event_date": answer_time(happening.at),
    }
    if happening.url is not None:
        row["url"] = happening.url
    if bounce := BOUNCES.get(happening.kind):
        row["bounce_code"], row["bounce_text"] = bounce
    return row
