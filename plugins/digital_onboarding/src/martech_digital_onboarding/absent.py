"""What Digital Onboarding has nothing of: rows that say no verb by verb, because what to do instead differs."""

from __future__ import annotations

from martech.provider import CampaignOperations, MessageOperations, not_offered

_ONLY_JOURNEYS = not_offered(
    "Digital Onboarding sends only as part of a journey: the content comes from a template of its own, and no "
    "message has an id.",
    instead="automations.enrol",
)
_NO_TRACE = not_offered(
    "Digital Onboarding tells nothing of single messages; webhooks tell that something happened to a contact."
)
_NO_CAMPAIGNS = not_offered("Digital Onboarding has no campaigns, only templates from which journeys are made.")


class NoMessages(MessageOperations):
    """Messages, of which there are none but those of journeys."""

    send_email = _ONLY_JOURNEYS
    send_template = _ONLY_JOURNEYS
    send_sms = _ONLY_JOURNEYS
    status = _NO_TRACE
    reports = _NO_TRACE


class NoCampaigns(CampaignOperations):
    """Campaigns, of which there are none."""

    list = not_offered(
        "Digital Onboarding has no campaigns, only templates from which journeys are made.",
        instead="automations.list",
    )
    get = _NO_CAMPAIGNS
    create = not_offered("Digital Onboarding's templates are made in its application, not through its API.")
    update = not_offered("Digital Onboarding's templates are changed in its application, not through its API.")
    delete = not_offered("Digital Onboarding's templates are removed in its application, not through its API.")
    send = not_offered(
        "Digital Onboarding dispatches nothing to an audience; it makes a journey for each contact.",
        instead="automations.enrol",
    )
    send_status = _NO_CAMPAIGNS
    pause = _NO_CAMPAIGNS
    resume = _NO_CAMPAIGNS
    cancel = _NO_CAMPAIGNS
