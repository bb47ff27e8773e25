"""What no page of the vendor says, and this emulator had to decide. Nothing here is a fact.

Every constant is an ASSUMPTION: where the vendor turns out to behave otherwise, this is the place to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from martech_dotdigital.emulator.conventions.limits import Tier

__all__ = [
    "ALPHA2_OF_PREFIX",
    "CONSENT_TEXT_CODE",
    "DATA_FIELD_TEXT_MOST",
    "EXTERNAL_ID",
    "FORBIDS_RESUBSCRIBING",
    "HOME_COUNTRY",
    "INSIGHT_KEY_MOST",
    "INSIGHT_NUMBER_MOST",
    "INSIGHT_TEXT_MOST",
    "LIMITS_OF_PLAN",
    "MOST_BULK_DELETES",
    "MOST_SUBSCRIPTIONS_CODE",
    "THROTTLED_TEXT",
    "THROTTLED_WORD",
    "TOO_MANY_INSIGHT_IMPORTS",
    "UNAUTHORISED_WORD",
]

EXTERNAL_ID: Final = "crm-id"
"""The custom identifier under which seeded people carry their own key."""

LIMITS_OF_PLAN: Final[Mapping[str, Mapping[Tier, int]]] = {
    "basic": {Tier.LOW: 35, Tier.MEDIUM: 175, Tier.HIGH: 350},
    "standard": {Tier.LOW: 75, Tier.MEDIUM: 375, Tier.HIGH: 750},
    "enhanced": {Tier.LOW: 150, Tier.MEDIUM: 750, Tier.HIGH: 1500},
}
"""Calls a minute: 35 is the help centre's, 75 and 150 are inferred, medium and high are invented (section 7)."""

THROTTLED_WORD: Final = "tooManyRequests"
"""Last part of the v3 error code of a 429 for asking too often; the body is not specified (section 7)."""
THROTTLED_TEXT: Final = "The call rate limit of this account has been exceeded."
UNAUTHORISED_WORD: Final = "unauthorized"
"""Last part of the v3 error code of a 401."""
MOST_SUBSCRIPTIONS_CODE: Final = "events:subscriptionLimitReached"
"""Error code of a sixth event subscription, answered 412."""
TOO_MANY_INSIGHT_IMPORTS: Final = "insightData:tooManyActiveImports"
"""Error code of a sixth concurrent Insight import, by analogy (section 34 row 2)."""
MOST_BULK_DELETES: Final = 5
"""Bulk delete jobs at a time; the refusal is documented, the number is not."""

FORBIDS_RESUBSCRIBING: Final = frozenset(
    {
        "hardBounced",
        "ispComplained",
        "directComplaint",
        "spamTrap",
        "blockedlocalpart",
        "sharedsuppression",
        "sharedDomainSuppression",
        "purchased",
        "knownComplainer",
        "knownLitigator",
        "domainSuppressed",
    }
)
"""E-mail statuses that no call can undo; the vendor names complaints and hard bounces (section 17)."""

DATA_FIELD_TEXT_MOST: Final = 1000
"""Longest text in a data field."""
CONSENT_TEXT_CODE: Final = "consentRecordsNotApplied"

HOME_COUNTRY: Final = "GB"
"""Country of a mobile number whose prefix is not in the table."""
ALPHA2_OF_PREFIX: Final[Mapping[str, str]] = {
    "1": "US",
    "31": "NL",
    "32": "BE",
    "33": "FR",
    "34": "ES",
    "353": "IE",
    "39": "IT",
    "44": "GB",
    "45": "DK",
    "46": "SE",
    "47": "NO",
    "48": "PL",
    "49": "DE",
    "61": "AU",
    "64": "NZ",
    "90": "TR",
}
"""Dialling prefix → country of the SMS channel."""

INSIGHT_KEY_MOST: Final = 255
INSIGHT_TEXT_MOST: Final = 10_000
INSIGHT_NUMBER_MOST: Final = 2**53
"""Sizes behind the failure reasons of Insight imports, which the vendor names without numbers."""
