"""What dEngage has and no other vendor means: `client.native`, by the groups of its documentation.

Bodies and answers are in dEngage's words. What the consent law forbids is refused here too: no permission is given
by a write, and no contact comes into being unsaid.
"""

from __future__ import annotations

from martech.provider import M, Resource, Runner
from martech_dengage.native.commerce import Commerce
from martech_dengage.native.contacts import NativeContacts
from martech_dengage.native.contents import Contents
from martech_dengage.native.dataspace import Dataspace
from martech_dengage.native.logs import Logs
from martech_dengage.native.push import Push
from martech_dengage.native.senders import SenderSettings
from martech_dengage.native.sends import EmailSends, SmsSends
from martech_dengage.native.transactional import Transactional

__all__ = ["Native"]


class Native(Resource[M]):
    """dEngage's own operations, one attribute for each group."""

    row = "native"

    commerce: Commerce[M]
    contacts: NativeContacts[M]
    contents: Contents[M]
    dataspace: Dataspace[M]
    email_sends: EmailSends[M]
    logs: Logs[M]
    push: Push[M]
    settings: SenderSettings[M]
    sms_sends: SmsSends[M]
    transactional: Transactional[M]

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.commerce = Commerce(runner)
        self.contacts = NativeContacts(runner)
        self.contents = Contents(runner)
        self.dataspace = Dataspace(runner)
        self.email_sends = EmailSends(runner)
        self.logs = Logs(runner)
        self.push = Push(runner)
        self.settings = SenderSettings(runner)
        self.sms_sends = SmsSends(runner)
        self.transactional = Transactional(runner)
