"""Between Digital Onboarding's words and ours: pure functions, and every table of words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from martech.models import (
    Automation,
    Basis,
    Channel,
    Contact,
    EnrolmentResult,
    Identifier,
    ItemOutcome,
    ItemResult,
    Subscription,
    SubscriptionStatus,
    email,
    mobile,
)
from martech.provider import ConsentRefused, InvalidRequest, not_offered
from martech_digital_onboarding import names
from martech_digital_onboarding.public import FIELDS, placed
from martech_digital_onboarding.settings import DigitalOnboardingSettings
from martech_digital_onboarding.wire import ContactAnswer, JourneyAnswer, TemplateAnswer, members_of

CHANNELS: Mapping[Channel, tuple[str, str]] = {
    Channel.EMAIL: ("unsubscribe_email", "email"),
    Channel.SMS: ("unsubscribe_sms", "phone_mobile"),
}
"""Each channel's opt-out flag and the address it uses. True means *no* (seed, "Contacts")."""

OTHER_CHANNELS: Mapping[Channel, Any] = {
    channel: not_offered("Digital Onboarding keeps opt-outs for e-mail and SMS only.")
    for channel in Channel
    if channel not in CHANNELS
}

OPT_OUT_LOST = "the vendor answers that this person has not opted out, although that was written"

# `id`, `inserted_at` and `updated_at` are its own (seed, "Contacts"); the first, our `vendor_id`, is left out of
# every write as it is at every provider.
_SET_BY_VENDOR = ("list_ids", "created_at", "updated_at", "deleted")
_NAMES: Mapping[str, str] = {"first_name": "name_first", "last_name": "name_last"}


def contact_to_wire(contact: Contact, settings: DigitalOnboardingSettings) -> tuple[Identifier, dict[str, Any]]:
    """Return by what a contact is written and the contact object: its key, and only what was given.

    Opt-outs travel along as `true`; `false` is never written here, since it would put somebody who opted out
    back within reach. What only the vendor sets is never sent, and refused where it is said outright.

    Raises:
        InvalidRequest: The contact says what Digital Onboarding has no place for.
        ConsentRefused: It says that somebody may be contacted.
    """
    only_read = [name for name in _SET_BY_VENDOR if contact.given(name) and getattr(contact, name)]
    if only_read:
        raise InvalidRequest(
            f"only the vendor sets {', '.join(only_read)}",
            hint="contact.carried() leaves out what cannot be written elsewhere",
        )
    if contact.custom_ids:
        raise InvalidRequest("Digital Onboarding knows one key per contact and no further identifiers")
    if contact.consents:
        raise InvalidRequest("Digital Onboarding keeps no evidence of consent")
    ref = names.name(contact, settings)
    members: dict[str, Any] = {"unique_id": ref.value}
    if contact.given("email"):
        # Where the address stands for the key, both are the same text (seed, "Unique IDs").
        members["email"] = ref.value if settings.identity == "email" else contact.email
    if contact.given("mobile"):
        members["phone_mobile"] = contact.mobile
    for ours, theirs in _NAMES.items():
        if contact.given(ours):
            members[theirs] = getattr(contact, ours)
    fields, public = placed(contact.attributes, objective_keys=settings.objective_keys)
    members |= fields
    if public:
        members["meta_public"] = public
    for one in contact.subscriptions:
        members[_flag_of_a_no(one)] = True
    broken = [name for name, value in (*members.items(), *public.items()) if not _is_sayable(name, value)]
    if broken:
        raise InvalidRequest(f"{', '.join(map(ascii, broken))} holds half a character, which no request can carry")
    return ref, members


def _is_sayable(name: str, value: Any) -> bool:
    return names.is_whole(name) and (not isinstance(value, str) or names.is_whole(value))


def _flag_of_a_no(one: Subscription) -> str:
    if one.status not in _FORBIDS:
        raise ConsentRefused(f"a write cannot say that somebody is {one.status} on {one.channel}")
    if one.topic is not None:
        raise InvalidRequest("Digital Onboarding has no topics; an opt-out there is for a whole channel")
    if one.channel not in CHANNELS:
        raise InvalidRequest(f"Digital Onboarding cannot keep an opt-out for {one.channel}")
    return CHANNELS[one.channel][0]


_FORBIDS = frozenset({
    SubscriptionStatus.UNSUBSCRIBED, SubscriptionStatus.SUPPRESSED, SubscriptionStatus.NOT_SUBSCRIBED,
})  # fmt: skip
"""Each is an opt-out there: the vendor has two flags and no third state."""


def contact_from_wire(answer: ContactAnswer, settings: DigitalOnboardingSettings) -> Contact:
    """Return a contact as an answer shows it. What cannot be read as ours stays in `raw`."""
    unique_id = key_of(answer)
    by_own_id = settings.identity == "unique_id"
    fields: dict[str, Any] = {
        "email": _readable(email, answer.get("email")),
        "mobile": _readable(mobile, answer.get("phone_mobile")),
        "own_id": unique_id if by_own_id else None,
        "vendor_id": answer.get("id"),
        "first_name": _text(answer.get("name_first")),
        "last_name": _text(answer.get("name_last")),
        "created_at": moment(answer.get("inserted_at")),
        "updated_at": moment(answer.get("updated_at")),
        "attributes": _attributes({**answer}) or None,
        "subscriptions": tuple(subscription(channel, answer) for channel in CHANNELS),
        "raw": answer,
    }
    return Contact(**{name: value for name, value in fields.items() if value is not None})


def _attributes(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields for which our contact has no place, and what of `meta_public` an attribute can hold."""
    shown = {name: value for name, value in members_of(answer.get("meta_public")).items() if _is_plain(value)}
    return shown | {name: text for name in FIELDS if (text := _text(answer.get(name))) is not None}


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, bool, int, float))


def subscription(channel: Channel, answer: ContactAnswer) -> Subscription:
    """Return what a flag says. `false` says only that nobody opted out, which is no “subscribed”."""
    flag = CHANNELS[channel][0]
    value = answer.get(flag)
    status = SubscriptionStatus.UNSUBSCRIBED if value is True else SubscriptionStatus.UNKNOWN
    word = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else repr(value)
    return Subscription(channel=channel, status=status, basis=Basis.UNKNOWN, vendor_word=f"{flag}={word}")


def key_of(answer: ContactAnswer) -> str | None:
    """Return the key a contact is filed under: its `unique_id`, or the address that stands for it."""
    unique_id = answer.get("unique_id")
    found = unique_id if unique_id not in (None, "") else answer.get("email")
    return None if found in (None, "") else str(found)


def opted_out(answer: ContactAnswer, channel: Channel) -> bool | None:
    """Return what the flag of a channel says, None where it says nothing that can be read."""
    value = answer.get(CHANNELS[channel][0])
    return value if isinstance(value, bool) else None


def contactable(members: Mapping[str, Any], answer: ContactAnswer) -> bool:
    """Return whether a contact that was written so, and answered so, may now be contacted.

    What counts is every channel it has an address for; for one without any, both, since an address may follow.
    Only a `true` closes a channel: what a new contact is of whom nothing is said is not stated, so it is taken to
    be open.
    """
    known: dict[str, Any] = {**members, **{name: value for name, value in answer.items() if value is not None}}
    every = tuple(flag for flag, _ in CHANNELS.values())
    within_reach = tuple(flag for flag, address in CHANNELS.values() if known.get(address))
    return any(known.get(flag) is not True for flag in within_reach or every)


def lost_opt_out(members: Mapping[str, Any], answer: ContactAnswer) -> bool:
    """Return whether an answer contradicts an opt-out that was written."""
    return any(members.get(flag) is True and answer.get(flag) is False for flag, _ in CHANNELS.values())


def saved_from_wire(
    ref: Identifier, outcome: ItemOutcome, members: Mapping[str, Any], answer: ContactAnswer
) -> ItemResult:
    """Return what became of one written contact."""
    lost = lost_opt_out(members, answer)
    # Who was there and who cannot be told from somebody new: the latter may have been made by this very call.
    may_be_new = outcome is not ItemOutcome.UPDATED
    return ItemResult(
        outcome=ItemOutcome.UNKNOWN if lost else outcome,
        identifier=ref,
        vendor_id=answer.get("id"),
        reason=OPT_OUT_LOST if lost else None,
        contactable=contactable(members, answer) if may_be_new else None,
        raw=answer,
    )


def automation_from_wire(template: TemplateAnswer) -> Automation:
    """Return a template as an automation. Whether it takes people is not said."""
    return Automation(id=str(template["id"]), name=template.get("name") or str(template["id"]), raw=template)


def enrolled_from_wire(ref: Identifier, journey: JourneyAnswer) -> EnrolmentResult:
    """Return that a journey was made. Its link opens the person's page; nothing else of the answer is kept."""
    link = journey.get("web_client_url")
    return EnrolmentResult(
        outcome=ItemOutcome.ACCEPTED,
        identifier=ref,
        enrolment_id=str(journey["id"]),
        link=SecretStr(link) if link else None,
    )


def moment(value: Any) -> datetime | None:
    """Return an ISO 8601 time with its offset as a time, None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _readable(kind: Any, value: Any) -> str | None:
    """Return an address or a number in our form, None where it has none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return str(kind(value).value)
    except ValueError:
        return None
