"""What Dotdigital keeps of a contact that is written to it."""

from __future__ import annotations

from martech.models import AttributeType, Channel, SubscriptionStatus
from martech.provider import Keeping, NameRule
from martech_dotdigital.limits import CONSENTS_AT_ONCE

__all__ = ["keeping"]

_S, _T = SubscriptionStatus, AttributeType
_MOBILE = {
    _S.UNSUBSCRIBED: _S.UNSUBSCRIBED,
    _S.SUPPRESSED: _S.SUPPRESSED,
    _S.NOT_SUBSCRIBED: _S.NOT_SUBSCRIBED,
}


def keeping(own_identifier: str | None) -> Keeping:
    """Return what an account keeps; own ids only where a setting names the custom identifier that carries them."""
    own = frozenset({"own_id"} if own_identifier else ())
    return Keeping(
        fields=frozenset({"email", "mobile", "first_name", "last_name"}) | own,
        nos={
            # E-mail has no input for “never said anything” (S11.3): its nearest no is the sticky one.
            Channel.EMAIL: {**_MOBILE, _S.NOT_SUBSCRIBED: _S.UNSUBSCRIBED},
            Channel.SMS: _MOBILE,
            Channel.WHATSAPP: _MOBILE,
        },
        needs_address=True,
        # An own id alone makes nobody (S11).
        new_needs=frozenset({"email", "mobile"}),
        topics=True,
        evidence=frozenset({"source", "ip_address", "user_agent"}),
        evidence_at_once=CONSENTS_AT_ONCE,
        types={
            _T.INTEGER: _T.NUMBER,
            _T.DATE: _T.DATETIME,
            _T.EMAIL: _T.TEXT,
            _T.PHONE: _T.TEXT,
            _T.ANY: _T.TEXT,
            _T.UNKNOWN: _T.TEXT,
        },
        # Names have up to 20 letters, digits, `-` and `_`, and are kept in capitals (S13).
        names=NameRule(
            longest=20, letters="[A-Za-z0-9_-]", capitals=True, taken=frozenset({"email", "mobilenumber"})
        ),
        read_only=frozenset({"lastsubscribed"}),
        merge_tag="@NAME@",
    )
