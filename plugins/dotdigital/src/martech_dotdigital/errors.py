"""Dotdigital's refusals as errors of ours: two frameworks, two shapes, and one refusal inside a 200.

v2 puts its code at the end of a sentence (`{"message": "… ERROR_SOMETHING"}`), v3 in a field of its own
(`{"errorCode": "service:something", "description": …, "details": […]}`); the third family answers a 400 whose body
nobody describes (S6). Codes are looked up in one table without regard to case; what is not there goes by its
ending and then by the HTTP status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from martech.provider import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    MartechError,
    NotFound,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Response,
    error_for_status,
)
from martech_dotdigital.limits import resets

__all__ = ["CODES", "Meaning", "refusal"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of the vendor means to us."""

    kind: type[ProviderError]
    sentence: str | None = None
    hint: str | None = None
    wait_seconds: float | None = None
    """How long to wait where the vendor does not say: RateLimited only."""


_NOT_CONTACTABLE = "this person may not be contacted at Dotdigital"
_FEATURE = Meaning(
    PermissionDenied, "the account does not include this", "see which package and rights the account has"
)
_UNKNOWN_USER = Meaning(AuthenticationFailed)
_TAKEN = Meaning(Conflict, "there is already one of this name")
_BLOCKED = Meaning(Conflict, _NOT_CONTACTABLE, "consent.status tells why; no retry will change it")
_QUOTA = Meaning(Conflict, "a limit of the account is reached")
_BUSY_SOON = Meaning(RateLimited, "it is in use at the moment and soon free again", wait_seconds=5)
_TOO_MANY_JOBS = Meaning(
    RateLimited, "too many jobs are under way in this account", "let one of them end first", wait_seconds=30
)
_CONTENT = Meaning(
    InvalidInput,
    "Dotdigital does not accept this campaign",
    "it needs a subject, a sender's name, HTML and plain text, both texts with $UNSUB$ "
    "(in HTML as http://$UNSUB$ in a link)",
)
_DOWN = Meaning(ProviderUnavailable)
_MISSING = Meaning(NotFound)
_WRONG = Meaning(InvalidInput)
_STATE = Meaning(Conflict, "its present state does not allow this")


def _all(meaning: Meaning, codes: str) -> dict[str, Meaning]:
    return {code.casefold(): meaning for code in codes.split()}


CODES: Mapping[str, Meaning] = {
    **_all(_UNKNOWN_USER, "ERROR_INVALID_LOGIN ERROR_APIUSER_INVALID"),
    **_all(
        _FEATURE,
        "ERROR_FEATURENOTACTIVE ERROR_CANNOT_PERFORM_OPERATION_ON_ACCOUNT ERROR_ACCOUNT_INVALID "
        "marketingemail:forbidden",
    ),
    # A 400 that means “later” (S7, flat scheme); a rolling hour frees places as it goes.
    **_all(
        Meaning(RateLimited, "the hour's calls of this API user are used up", wait_seconds=60),
        "ERROR_APIUSAGE_EXCEEDED",
    ),
    **_all(
        _TOO_MANY_JOBS,
        "ERROR_IMPORT_TOOMANYACTIVEIMPORTS contacts:tooManyActiveImports contacts:tooManyBulkDeleteJobs",
    ),
    **_all(
        Meaning(RateLimited, "the hour's enrolments of this account are used up", wait_seconds=180),
        "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED",
    ),
    **_all(
        _MISSING,
        "ERROR_CONTACT_NOT_FOUND ERROR_ADDRESSBOOK_NOT_FOUND ERROR_SEGMENT_NOT_FOUND ERROR_CAMPAIGN_NOT_FOUND "
        "ERROR_TEMPLATE_NOT_FOUND ERROR_PROGRAM_NOT_FOUND ERROR_ENROLMENT_NOT_FOUND ERROR_SURVEY_NOT_FOUND "
        "ERROR_PREFERENCE_NOT_FOUND ERROR_DATAFIELD_NOTFOUND ERROR_IMPORT_NOT_FOUND ERROR_IMPORT_REPORT_NOT_FOUND "
        "ERROR_DOCUMENT_NOT_FOUND ERROR_DOCUMENT_FOLDER_NOT_FOUND ERROR_IMAGE_FOLDER_NOT_FOUND "
        "ERROR_TRANSACTIONAL_DATA_DOES_NOT_EXIST ERROR_TRANSACTIONAL_DATA_COLLECTION_DOES_NOT_EXIST "
        "contacts:contactNotFound contacts:importNotFound insightData:contactNotFound "
        "insightData:collectionNotFound insightData:recordNotFound insightData:importNotFound "
        "insightData:asyncJobNotFound events:subscriptionNotFound dataFirehose:configNotFound "
        "customIdentifiers:notExist marketingemail:campaignNotFound",
    ),
    **_all(
        _TAKEN,
        "ERROR_ADDRESSBOOK_DUPLICATE ERROR_NON_UNIQUE_DATAFIELD events:nameAlreadyExists "
        "customIdentifiers:nameAlreadyExists",
    ),
    **_all(
        Meaning(Conflict, "one of these identifiers belongs to a contact that is there already"),
        "ERROR_NON_UNIQUE_EMAIL contacts:idAlreadyExists",
    ),
    **_all(
        _STATE,
        "customIdentifiers:inUse dataFirehose:syncInProgress ERROR_PROGRAM_NOT_ACTIVE "
        "ERROR_ENROLMENT_IS_PROCESSING ERROR_CAMPAIGN_READONLY ERROR_ADDRESSBOOK_NOTWRITABLE",
    ),
    **_all(
        Meaning(
            Conflict,
            "the subscription is inactive",
            "native.events.update sets it active; what came meanwhile is lost",
        ),
        "events:inactiveSubscription",
    ),
    **_all(
        _BLOCKED,
        "ERROR_CONTACT_SUPPRESSED ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK ERROR_EMAIL_BANNED "
        "ERROR_CONTACT_RESUBSCRIPTION_INVALID marketingEmail:unsubscribed marketingEmail:hardBounced "
        "marketingEmail:complaint marketingEmail:blocked marketingEmail:spamTrap marketingEmail:suppressed "
        "marketingEmail:invalidEmailAddress",
    ),
    **_all(
        _WRONG,
        "ERROR_PARAMETER_INVALID ERROR_MALFORMED_REQUEST ERROR_INVALID_EMAIL ERROR_CONTACT_INVALID "
        "ERROR_ADDRESSBOOK_INVALID ERROR_DATAFIELD_INVALID ERROR_DATAFIELD_VALUE_OVERFLOW "
        "ERROR_CAMPAIGN_SEND_INVALID ERROR_PREFERENCE_INVALID ERROR_ENROLMENT_INVALID ERROR_ADDRESSBOOK_TOOMANY "
        "ERROR_CONTACTS_ARE_NOT_SPECIFIED ERROR_SMS_INVALID ERROR_SMS_INVALIDPHONENUMBER ERROR_TEMPLATE_INVALID "
        "ERROR_INVALID_PERSONALISATION_VALUES ERROR_CONTENT_TYPE_IS_NOT_SUPPORTED "
        "ERROR_BODY_DOES_NOT_MATCH_CONTENT_TYPE contacts:badRequest contacts:badJson contacts:invalidId "
        "contacts:invalidFilter contacts:noContactsSpecified contacts:invalidDeleteId insightData:badJson "
        "insightData:invalidId insightData:noRecordsSpecified events:badJson events:invalidCheckpoint "
        "events:invalidEventType customIdentifiers:nameTooLong marketingemail:badRequest marketingemail:badJson "
        "marketingemail:badEncodingDetected marketingemail:invalidValue marketingemail:invalidRequest "
        "marketingemail:duplicatePersonalizationValuesFound marketingemail:attachmentMimeTypeMissing "
        "marketingemail:attachmentFileNameMissing marketingemail:attachmentContentMissing "
        "marketingemail:attachmentContentInvalid marketingemail:attachmentContentTooBig "
        "marketingemail:attachmentMimeTypeInvalid marketingemail:attachmentCombinedContentTooBig",
    ),
    **_all(_CONTENT, "ERROR_CAMPAIGN_INVALID marketingemail:noUnsubscribeLink"),
    **_all(
        Meaning(
            InvalidInput, "Dotdigital does not send from this address", "account.senders lists the registered ones"
        ),
        "marketingemail:invalidFromAddress marketingemail:restrictedFromAddress",
    ),
    **_all(
        _QUOTA,
        "ERROR_ADDRESSBOOK_LIMITEXCEEDED ERROR_DATAFIELD_LIMITEXCEEDED ERROR_CONTACT_TOOMANY "
        "ERROR_SEND_LIMITEXCEEDED ERROR_TRANSACTIONAL_DATA_STORAGE_ALLOWANCE_EXCEEDED",
    ),
    **_all(Meaning(Conflict, "the account has no credit left for SMS"), "ERROR_SMS_SENDNOTPERMITTED"),
    **_all(
        Meaning(Conflict, "the account may not send campaigns at this time"), "ERROR_CAMPAIGN_SENDNOTPERMITTED"
    ),
    **_all(_BUSY_SOON, "ERROR_ADDRESSBOOK_IN_USE"),
    **_all(
        _DOWN,
        "ERROR_TRANSACTIONAL_DATA_COLLECTION_IS_RESTORING ERROR_UNKNOWN "
        "ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE marketingemail:internalServerError",
    ),
}
"""The vendor's codes of both frameworks, in lower case (S6.2)."""

_V2_CODE = re.compile(r"\bERROR_[A-Z_]+")
_MISSING_ENDINGS = ("_not_found", "_notfound", "notfound", "_does_not_exist")
_REGION = (
    "the API user may live in another region, or lack the right: region='auto' finds the region, the account's "
    "owner gives the right"
)
_PACKAGE = "events and the data firehose come with the CXDP package only"
_OF_THE_PACKAGE = ("/events/", "/data-firehose/")


def refusal(response: Response) -> MartechError | None:
    """Return the error an answer stands for, or None."""
    if response.status < 400:
        return _refused_inside(response)
    code, said = _said(response)
    meaning = _meaning(response, code)
    error = error_for_status(
        response,
        kind=meaning.kind if meaning else None,
        sentence=meaning.sentence if meaning else None,
        code=code,
        said=said,
        hint=meaning.hint if meaning else None,
        retry_after_seconds=meaning.wait_seconds if meaning else None,
    )
    if isinstance(error, PermissionDenied) and error.hint is None:
        error.hint = _PACKAGE if any(area in response.asked for area in _OF_THE_PACKAGE) else _REGION
    if isinstance(error, RateLimited):
        resets_at, resets_in = resets(response)
        error.retry_at = error.retry_at or resets_at
        error.retry_after_seconds = resets_in if resets_in is not None else error.retry_after_seconds
    return error


def _meaning(response: Response, code: str | None) -> Meaning | None:
    if response.status == 429:
        # Whatever the code: not now. Some codes of a 429 say more than “slow down”.
        known = CODES.get((code or "").casefold())
        return known if known and known.kind is RateLimited else Meaning(RateLimited)
    if code is None:
        return None
    low = code.casefold()
    if known := CODES.get(low):
        return known
    if response.status < 500 and low.endswith(_MISSING_ENDINGS):
        return _MISSING
    return None


def _said(response: Response) -> tuple[str | None, str | None]:
    """Return the vendor's code and words, whichever framework answered."""
    answer = response.json_or_none()
    if not isinstance(answer, dict):
        return None, None
    low: dict[str, Any] = {str(name).casefold(): value for name, value in answer.items()}
    if isinstance(low.get("errorcode"), str):
        words = [low.get("description"), *_details(low.get("details"))]
        return low["errorcode"], "; ".join(str(one) for one in words if one)
    message = low.get("message") or low.get("detail") or low.get("title")
    if not isinstance(message, str):
        return None, None
    found = _V2_CODE.findall(message)
    return (found[-1] if found else None), message.strip()


def _details(details: Any) -> list[str]:
    """Return what a v3 refusal says besides; one sample nests it deeper, another names it `error`."""
    if isinstance(details, dict):
        details = details.get("items")
    if not isinstance(details, list):
        return []
    pairs = (
        (one.get("item"), one.get("description") or one.get("error")) for one in details if isinstance(one, dict)
    )
    return [": ".join(str(part) for part in pair if part) for pair in pairs]


def _refused_inside(response: Response) -> MartechError | None:
    """Return the refusal inside a 200: a data field that is in use is answered so when it is to go (S13)."""
    if not response.asked.startswith("DELETE /v2/data-fields/"):
        return None
    answer = response.json_or_none()
    low = {str(name).casefold(): value for name, value in answer.items()} if isinstance(answer, dict) else {}
    if low.get("result") is not False:
        return None
    users = low.get("dependencies") or []
    named = [
        " ".join(str(part) for part in one.values()) if isinstance(one, dict) else str(one)
        for one in (users if isinstance(users, list) else [users])
    ]
    return error_for_status(
        response,
        kind=Conflict,
        sentence="the data field is in use and was not removed",
        said="; ".join(named) or None,
        hint="take it out of what uses it first",
    )
