"""The pretended dEngage, put together from its areas."""

from __future__ import annotations

from typing import Any

from martech.emulation import Incoming, Response
from martech_dengage.emulator.access import PASSWORD, USER_KEY, Access
from martech_dengage.emulator.account import Account
from martech_dengage.emulator.assumed.contact_writes import AssumedContactWrites
from martech_dengage.emulator.assumed.content_writes import AssumedContentWrites
from martech_dengage.emulator.assumed.job_status import AssumedJobStatus
from martech_dengage.emulator.assumed.logs import AssumedLogs
from martech_dengage.emulator.assumed.push import AssumedPush
from martech_dengage.emulator.assumed.send_routes import AssumedSends
from martech_dengage.emulator.assumed.settings import AssumedSettings
from martech_dengage.emulator.commerce import Commerce
from martech_dengage.emulator.contacts import Contacts
from martech_dengage.emulator.envelope import not_found, refused
from martech_dengage.emulator.extensions import Extensions
from martech_dengage.emulator.imports import Imports
from martech_dengage.emulator.panel import Panel
from martech_dengage.emulator.push import Push
from martech_dengage.emulator.transactional_email import TransactionalEmail
from martech_dengage.emulator.transactional_push import TransactionalPush
from martech_dengage.emulator.transactional_reports import TransactionalReports
from martech_dengage.emulator.transactional_sms import TransactionalSms

__all__ = ["DengageEmulator"]


class DengageEmulator(
    Access,
    Panel,
    Contacts,
    Extensions,
    Imports,
    TransactionalEmail,
    TransactionalSms,
    TransactionalPush,
    TransactionalReports,
    Push,
    Account,
    Commerce,
    AssumedContactWrites,
    AssumedContentWrites,
    AssumedJobStatus,
    AssumedSends,
    AssumedLogs,
    AssumedSettings,
    AssumedPush,
):
    """dEngage's REST API under `/rest` and its event host beside it.

    The switches are those of `Switches`, as arguments or attributes; what people do in the vendor's panel, and
    the control routes for it, are those of `Panel`. What lies in the folder `assumed` rests on guesses.
    """

    name = "dengage"
    path_prefix = "/rest"

    def settings(self) -> dict[str, Any]:
        """Return the settings with which a client connects to this emulator."""
        return {
            "userkey": USER_KEY,
            "password": PASSWORD,
            "base_url": f"{self.public_url}{self.path_prefix}",
            "event_base_url": self.public_url,
        }

    def no_such_route(self, incoming: Incoming) -> Response:
        """Answer a path that dEngage does not have."""
        return refused(self, not_found(f"{incoming.method} {incoming.path} is not known"))
