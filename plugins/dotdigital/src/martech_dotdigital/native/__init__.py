"""What Dotdigital has and no other vendor means: `client.native`, one module per area."""

from __future__ import annotations

from martech.provider import M, Resource, Runner
from martech_dotdigital.native.account import NativeAccount
from martech_dotdigital.native.campaign_reports import BackfillDetail, BackfillRow
from martech_dotdigital.native.campaigns import NativeCampaigns
from martech_dotdigital.native.contacts import NativeContacts
from martech_dotdigital.native.content import Counted, NativeContent
from martech_dotdigital.native.events import NativeEvents, Wanted
from martech_dotdigital.native.files import NativeDocuments, NativeImages
from martech_dotdigital.native.firehose import Frequency, NativeFirehose
from martech_dotdigital.native.forms import AnsweredForm, NativeForms
from martech_dotdigital.native.insight import NativeInsight, NativeProducts
from martech_dotdigital.native.lists import NativeLists
from martech_dotdigital.native.messages import By, NativeMessages, OmniMessage
from martech_dotdigital.native.phones import NativePhones, Separator
from martech_dotdigital.native.preferences import NativePreferences
from martech_dotdigital.native.programs import NativePrograms
from martech_dotdigital.native.webhooks import NativeWebhooks

__all__ = [
    "AnsweredForm",
    "BackfillDetail",
    "BackfillRow",
    "By",
    "Counted",
    "Frequency",
    "Native",
    "OmniMessage",
    "Separator",
    "Wanted",
]


class Native(Resource[M]):
    """Dotdigital's own operations, by area."""

    row = "native"

    account: NativeAccount[M]
    campaigns: NativeCampaigns[M]
    contacts: NativeContacts[M]
    content: NativeContent[M]
    documents: NativeDocuments[M]
    events: NativeEvents[M]
    firehose: NativeFirehose[M]
    forms: NativeForms[M]
    images: NativeImages[M]
    insight: NativeInsight[M]
    lists: NativeLists[M]
    messages: NativeMessages[M]
    phones: NativePhones[M]
    preferences: NativePreferences[M]
    products: NativeProducts[M]
    programs: NativePrograms[M]
    webhooks: NativeWebhooks[M]

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner)
        self.account = NativeAccount(runner)
        self.campaigns = NativeCampaigns(runner)
        self.contacts = NativeContacts(runner)
        self.content = NativeContent(runner)
        self.documents = NativeDocuments(runner)
        self.events = NativeEvents(runner)
        self.firehose = NativeFirehose(runner)
        self.forms = NativeForms(runner)
        self.images = NativeImages(runner)
        self.insight = NativeInsight(runner)
        self.lists = NativeLists(runner)
        self.messages = NativeMessages(runner)
        self.phones = NativePhones(runner)
        self.preferences = NativePreferences(runner)
        self.products = NativeProducts(runner)
        self.programs = NativePrograms(runner)
        self.webhooks = NativeWebhooks(runner)
