"""What dEngage keeps of a contact that is written to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from martech.models import AttributeType, Channel, SubscriptionStatus
from martech.provider import Keeping, NameRule
from martech_dengage.mapping.words import CONTACT_COLUMNS

__all__ = ["keeping"]

_S, _T = SubscriptionStatus, AttributeType
# A no is a withdrawn permission; states of addresses are set by the platform itself (D7).
_NO: Mapping[SubscriptionStatus, SubscriptionStatus] = dict.fromkeys(
    (_S.UNSUBSCRIBED, _S.SUPPRESSED, _S.NOT_SUBSCRIBED), _S.UNSUBSCRIBED
)


def keeping(contact_columns: Iterable[str]) -> Keeping:
    """Return what an account keeps; of its own columns only those are read back that the settings name."""
    return Keeping(
        fields=frozenset({"email", "mobile", "own_id", "first_name", "last_name"}),
        nos={Channel.EMAIL: _NO, Channel.SMS: _NO},
        opens=frozenset({Channel.EMAIL, Channel.SMS}),
        types={_T.DATE: _T.DATETIME, _T.ANY: _T.TEXT, _T.UNKNOWN: _T.TEXT},
        names=NameRule(taken=frozenset(CONTACT_COLUMNS)),
        shows=frozenset(name.casefold() for name in contact_columns),
        merge_tag="{%= $Contact.NAME %}",
    )
