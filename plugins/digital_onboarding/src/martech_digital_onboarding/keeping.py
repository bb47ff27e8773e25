"""What Digital Onboarding keeps of a contact that is written to it."""

from __future__ import annotations

from collections.abc import Mapping

from martech.models import AttributeType, Channel, SubscriptionStatus
from martech.provider import Free, Keeping, NameRule
from martech_digital_onboarding.public import CONTACT_FIELDS, FIELDS, OBJECTIVE_KEYS
from martech_digital_onboarding.settings import DigitalOnboardingSettings

__all__ = ["keeping"]

_S = SubscriptionStatus
# Two flags and no third state: whatever forbids contact is an opt-out there (seed, "Contacts").
_NO: Mapping[SubscriptionStatus, SubscriptionStatus] = dict.fromkeys(
    (_S.UNSUBSCRIBED, _S.SUPPRESSED, _S.NOT_SUBSCRIBED), _S.UNSUBSCRIBED
)


def keeping(settings: DigitalOnboardingSettings) -> Keeping:
    """Return what an account keeps; own ids only where it names people by them."""
    own = frozenset({"own_id"} if settings.identity == "unique_id" else ())
    objectives = frozenset(key.lower() for key in (*OBJECTIVE_KEYS, *settings.objective_keys))
    return Keeping(
        fields=frozenset({"email", "mobile", "first_name", "last_name"}) | own,
        nos={Channel.EMAIL: _NO, Channel.SMS: _NO},
        opens=frozenset({Channel.EMAIL, Channel.SMS}),
        names=NameRule(taken=(frozenset(CONTACT_FIELDS) - frozenset(FIELDS)) | objectives),
        # Any other name goes into `meta_public`, which anyone who inspects a journey can read.
        free=Free.PUBLIC,
        fixed=dict.fromkeys(FIELDS, AttributeType.TEXT),
    )
