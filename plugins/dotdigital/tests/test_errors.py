"""Every refusal of Dotdigital as an error of ours, whichever framework made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic_core import to_json

from martech.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from martech.provider import Response
from martech.wire import Headers
from martech_dotdigital.errors import CODES, refusal


def answered(
    status: int,
    body: Any = None,
    *,
    asked: str = "GET /v2/x",
    headers: dict[str, str] | None = None,
    text: bytes = b"",
) -> ProviderError:
    raw = to_json(body) if body is not None else text
    error = refusal(Response(status, Headers((headers or {}).items()), raw, asked))
    assert isinstance(error, ProviderError)
    return error


def v2(code: str, words: str = "Something is wrong.") -> dict[str, str]:
    return {"message": f"{words} {code}"}


def v3(code: str, **more: Any) -> dict[str, Any]:
    return {"errorCode": code, "description": "Something is wrong.", **more}


V2 = [
    (400, "ERROR_CONTACT_SUPPRESSED", Conflict),
    (400, "ERROR_CONTACT_SUPPRESSEDFORADDRESSBOOK", Conflict),
    (400, "ERROR_EMAIL_BANNED", Conflict),
    (400, "ERROR_CONTACT_RESUBSCRIPTION_INVALID", Conflict),
    (400, "ERROR_NON_UNIQUE_DATAFIELD", Conflict),
    (400, "ERROR_ADDRESSBOOK_DUPLICATE", Conflict),
    (400, "ERROR_NON_UNIQUE_EMAIL", Conflict),
    (400, "ERROR_CAMPAIGN_SENDNOTPERMITTED", Conflict),
    (400, "ERROR_SMS_SENDNOTPERMITTED", Conflict),
    (400, "ERROR_CAMPAIGN_READONLY", Conflict),
    (400, "ERROR_ADDRESSBOOK_NOTWRITABLE", Conflict),
    (422, "ERROR_PROGRAM_NOT_ACTIVE", Conflict),
    (400, "ERROR_ENROLMENT_IS_PROCESSING", Conflict),
    (400, "ERROR_ADDRESSBOOK_LIMITEXCEEDED", Conflict),
    (400, "ERROR_DATAFIELD_LIMITEXCEEDED", Conflict),
    (400, "ERROR_CONTACT_TOOMANY", Conflict),
    (400, "ERROR_SEND_LIMITEXCEEDED", Conflict),
    (412, "ERROR_TRANSACTIONAL_DATA_STORAGE_ALLOWANCE_EXCEEDED", Conflict),
    (401, "ERROR_INVALID_LOGIN", AuthenticationFailed),
    (401, "ERROR_APIUSER_INVALID", AuthenticationFailed),
    (403, "ERROR_FEATURENOTACTIVE", PermissionDenied),
    (400, "ERROR_FEATURENOTACTIVE", PermissionDenied),
    (403, "ERROR_CANNOT_PERFORM_OPERATION_ON_ACCOUNT", PermissionDenied),
    (403, "ERROR_ACCOUNT_INVALID", PermissionDenied),
    (400, "ERROR_APIUSAGE_EXCEEDED", RateLimited),
    (400, "ERROR_IMPORT_TOOMANYACTIVEIMPORTS", RateLimited),
    (400, "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED", RateLimited),
    (400, "ERROR_ADDRESSBOOK_IN_USE", RateLimited),
    (404, "ERROR_CONTACT_NOT_FOUND", NotFound),
    (400, "ERROR_CONTACT_NOT_FOUND", NotFound),
    (400, "ERROR_DATAFIELD_NOTFOUND", NotFound),
    (404, "ERROR_PROGRAM_NOT_FOUND", NotFound),
    (404, "ERROR_TRANSACTIONAL_DATA_DOES_NOT_EXIST", NotFound),
    (400, "ERROR_UNHEARD_OF_THING_NOT_FOUND", NotFound),
    (400, "ERROR_PARAMETER_INVALID", InvalidInput),
    (400, "ERROR_CAMPAIGN_INVALID", InvalidInput),
    (400, "ERROR_CAMPAIGN_SEND_INVALID", InvalidInput),
    (400, "ERROR_INVALID_EMAIL", InvalidInput),
    (400, "ERROR_BRAND_NEW", InvalidInput),
    (404, "ERROR_BRAND_NEW", NotFound),
    (503, "ERROR_TRANSACTIONAL_DATA_COLLECTION_IS_RESTORING", ProviderUnavailable),
    (500, "ERROR_UNKNOWN", ProviderUnavailable),
    (500, "ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE", ProviderUnavailable),
    (500, "ERROR_BRAND_NEW", ProviderUnavailable),
]
V3 = [
    (401, "contacts:unauthorized", AuthenticationFailed),
    (403, "marketingemail:forbidden", PermissionDenied),
    (429, "contacts:tooManyActiveImports", RateLimited),
    (429, "contacts:tooManyBulkDeleteJobs", RateLimited),
    (429, "insightData:tooManyActiveImports", RateLimited),
    (404, "contacts:contactNotFound", NotFound),
    (404, "insightData:collectionNotFound", NotFound),
    (404, "insightData:recordNotFound", NotFound),
    (404, "events:subscriptionNotFound", NotFound),
    (404, "dataFirehose:configNotFound", NotFound),
    (400, "marketingemail:campaignNotFound", NotFound),
    (409, "contacts:idAlreadyExists", Conflict),
    (409, "events:nameAlreadyExists", Conflict),
    (409, "customIdentifiers:nameAlreadyExists", Conflict),
    (400, "customIdentifiers:inUse", Conflict),
    (409, "dataFirehose:syncInProgress", Conflict),
    (409, "events:inactiveSubscription", Conflict),
    (409, "marketingEmail:unsubscribed", Conflict),
    (409, "marketingEmail:hardBounced", Conflict),
    (409, "MARKETINGEMAIL:COMPLAINT", Conflict),
    (400, "contacts:invalidId", InvalidInput),
    (400, "contacts:invalidFilter", InvalidInput),
    (400, "contacts:badRequest", InvalidInput),
    (400, "insightData:noRecordsSpecified", InvalidInput),
    (400, "events:invalidCheckpoint", InvalidInput),
    (400, "marketingemail:invalidFromAddress", InvalidInput),
    (400, "marketingEmail:badRequest", InvalidInput),
    (400, "contacts:brandNew", InvalidInput),
    (412, "insightData:tooMany", Conflict),
    (500, "marketingemail:internalServerError", ProviderUnavailable),
]


@pytest.mark.parametrize(("status", "code", "kind"), V2)
def test_a_code_of_v2_decides_and_is_kept(status: int, code: str, kind: type[ProviderError]) -> None:
    error = answered(status, v2(code))
    assert type(error) is kind
    assert error.code == code
    assert error.status == status


@pytest.mark.parametrize(("status", "code", "kind"), V3)
def test_a_code_of_v3_decides_and_is_kept(status: int, code: str, kind: type[ProviderError]) -> None:
    error = answered(status, v3(code), asked="GET /contacts/v3")
    assert type(error) is kind
    assert error.code == code


def test_every_code_in_the_table_is_found_in_any_case() -> None:
    for code, meaning in CODES.items():
        body = v2(code.upper()) if code.startswith("error_") else v3(code)
        assert type(answered(400, body)) is meaning.kind, code


def test_a_code_is_found_at_the_end_whatever_follows_or_comes_before() -> None:
    assert (
        answered(400, {"message": "Error: ERROR_ENROLMENT_ALLOWANCE_EXCEEDED "}).code
        == "ERROR_ENROLMENT_ALLOWANCE_EXCEEDED"
    )
    assert answered(400, {"Message": "ERROR_OLD then ERROR_INVALID_EMAIL"}).code == "ERROR_INVALID_EMAIL"


def test_a_401_without_a_code_is_a_login_that_failed() -> None:
    error = answered(401, {"message": "Authorization has been denied for this request."})
    assert isinstance(error, AuthenticationFailed)
    assert error.code is None
    assert "denied" in (error.vendor_message or "")


def test_a_403_hints_at_the_region_and_for_events_at_the_package() -> None:
    assert "region='auto'" in (answered(403, {"message": "Access is denied"}).hint or "")
    assert "CXDP" in (answered(403, asked="GET /events/v3/export/{subscription}").hint or "")
    assert "package" in (answered(403, v2("ERROR_FEATURENOTACTIVE")).hint or "")


def test_a_refused_campaign_says_what_a_campaign_needs() -> None:
    error = answered(400, v2("ERROR_CAMPAIGN_INVALID"), asked="POST /v2/campaigns")
    assert "$UNSUB$" in (error.hint or "")
    assert "plain text" in (error.hint or "")


def test_somebody_who_may_not_be_written_to_is_a_clear_conflict_that_no_retry_mends() -> None:
    error = answered(409, v3("marketingEmail:unsubscribed"))
    assert "may not be contacted" in str(error)
    assert not error.retryable


def test_a_400_that_means_later_is_a_limit_and_may_be_tried_again() -> None:
    error = answered(400, v2("ERROR_APIUSAGE_EXCEEDED"))
    assert isinstance(error, RateLimited)
    assert error.retryable
    assert error.retry_after_seconds == 60


def test_the_reset_of_a_429_is_read_as_a_time_or_as_seconds() -> None:
    epoch = answered(429, headers={"X-RateLimit-Reset": "1767603660"})
    assert isinstance(epoch, RateLimited)
    assert epoch.retry_at == datetime(2026, 1, 5, 9, 1, tzinfo=UTC)
    delta = answered(429, headers={"x-ratelimit-reset": "17"})
    assert isinstance(delta, RateLimited)
    assert (delta.retry_at, delta.retry_after_seconds) == (None, 17)
    named = answered(429, headers={"Retry-After": "5"})
    assert isinstance(named, RateLimited)
    assert named.retry_after_seconds == 5


@pytest.mark.parametrize(
    "details",
    [
        [{"item": "ana@example.org", "description": "Not found using the identifier 'email'"}],
        [{"item": "ana@example.org", "error": "Not found using the identifier 'email'"}],
        {"items": [{"item": "ana@example.org", "description": "Not found using the identifier 'email'"}]},
    ],
)
def test_details_of_v3_are_read_in_each_of_their_forms_and_masked(details: Any) -> None:
    error = answered(404, v3("contacts:contactNotFound", details=details))
    assert "Not found using" in (error.vendor_message or "")
    assert "ana@" not in str(error)


@pytest.mark.parametrize("details", [None, "text", 3, [3], {"items": None}])
def test_details_of_any_other_form_do_no_harm(details: Any) -> None:
    assert isinstance(answered(404, v3("contacts:contactNotFound", details=details)), NotFound)


@pytest.mark.parametrize("text", [b"", b"<html>Bad gateway</html>", b"[1,2]", b"\xff\xfe", b'"text"'])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, AuthenticationFailed),
        (404, NotFound),
        (409, Conflict),
        (413, InvalidInput),
        (502, ProviderUnavailable),
    ],
)
def test_a_refusal_without_a_readable_body_goes_by_its_status(
    status: int, kind: type[ProviderError], text: bytes
) -> None:
    assert type(answered(status, text=text)) is kind


def test_a_problem_document_is_read() -> None:
    error = answered(
        409, {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "In use by campaign 3"}
    )
    assert error.vendor_message == "In use by campaign 3"


def test_a_data_field_in_use_is_refused_inside_a_200() -> None:
    asked = "DELETE /v2/data-fields/{name}"
    error = answered(200, {"result": False, "dependencies": ["Used in program 12345"]}, asked=asked)
    assert isinstance(error, Conflict)
    assert "program 12345" in (error.vendor_message or "")
    coded = answered(200, {"Result": False, "Dependencies": [{"type": "Campaign", "objectId": 7}]}, asked=asked)
    assert "Campaign 7" in (coded.vendor_message or "")
    assert isinstance(answered(200, {"result": False, "dependencies": None}, asked=asked), Conflict)


@pytest.mark.parametrize(
    "response",
    [
        Response(200, body=b'{"result":true,"dependencies":null}', asked="DELETE /v2/data-fields/{name}"),
        Response(200, body=b'{"result":false}', asked="GET /v2/x"),
        Response(
            200, body=b'{"id":1,"message":"An SMS about ERROR_FOO"}', asked="GET /v2/sms/campaigns/{campaign}"
        ),
        Response(204, asked="DELETE /v2/x"),
        Response(200, body=b"", asked="POST /v2/email"),
    ],
)
def test_what_is_no_refusal_is_none(response: Response) -> None:
    assert refusal(response) is None
