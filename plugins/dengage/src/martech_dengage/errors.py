"""dEngage's refusals as errors of ours: by status, by the code in the envelope, and inside a 200.

The status is not the verdict: an operation may answer 200 and say in `code` that it was refused (C4, C6), or in
`data.HasError` (C6). What is said of single records (`data.errors`, `data.errorList`) is no refusal of the call;
the rows read that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

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

__all__ = ["UNAUTHENTICATED", "code_of", "fields_of", "refusal", "without_addresses"]

UNAUTHENTICATED = 401
LOGIN = "POST /login"

CODES: Mapping[int, type[ProviderError]] = {
    1: InvalidInput,  # FieldError (D5); also a table name that is taken (C4)
    10: PermissionDenied,  # Forbidden (D5)
    11: InvalidInput,  # ValidationFails (D5); in a 200 for pushes (C4, C6)
    999: ProviderUnavailable,  # UnexpectedError (D5)
    # HTTP statuses as body codes, from one client's own table (C1).
    400: InvalidInput,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    429: RateLimited,
}
"""The envelope's codes. One that is not here is a refusal all the same: only 0 is success (C1, C2, C4)."""

ALLOW_LIST = (
    "add the address of this machine to the API user's IP restriction, in the panel under Identity & Access "
    "Management; that takes effect after about five minutes"
)
THREE_REASONS = (
    "dEngage answers like this for three reasons: this machine is not on the API user's allow-list, the API user "
    "lacks the permission for this group of calls, or its credentials are wrong"
)
CREDENTIALS = (
    "check userkey and password, and the API user's IP restriction; a password is shown once and cannot be "
    "renewed, so make a new API user if it is lost"
)
COLUMNS = "every column must be there in master_contact, and be marked import-enabled in the panel"
NOT_FLAGGED = (
    "transactional sends may use only contents that are flagged as transactional in the panel, by the id of such "
    "a content"
)

_V4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
_V6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_TAKEN = re.compile(r"already exist", re.IGNORECASE)
_NO_DEVICE = re.compile(r"token not found", re.IGNORECASE)
_NO_CONTENT = re.compile(r"content is null", re.IGNORECASE)


def refusal(response: Response, *, web_event: str = "POST /api/web/event") -> MartechError | None:
    """Return the error an answer stands for, or None; `web_event` is the one request answered without envelope."""
    said = fields_of(response.json_or_none() if response.body else None)
    if response.asked == LOGIN:
        return _at_the_door(response, said)
    if response.status == 403 or code_of(said) in (10, 403):
        return _forbidden(response, said)
    if response.status >= 400:
        return _by_status(response, said)
    if response.asked == web_event:
        return None
    code = code_of(said)
    if code is None:
        return response.unexpected("expected an answer with a code in it")
    if code != 0:
        return _error(response, said, kind=CODES.get(code, InvalidInput))
    return _said_in_data(response, said)


def fields_of(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one where the value is none."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def code_of(body: Any) -> int | None:
    """Return the code of an envelope, or None where there is none."""
    code = fields_of(body).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def without_addresses(text: str) -> str:
    """Return a text without the network addresses in it: they say where a customer's machines are."""
    return _V6.sub("…", _V4.sub("…", text))


def _at_the_door(response: Response, said: Mapping[str, Any]) -> MartechError | None:
    """Login answers without an envelope. The allow-list is looked at before the credentials (C4)."""
    if response.ok and code_of(said) in (None, 0):
        return None
    if _allow_list(said):
        return _forbidden(response, said)
    if response.status in (401, 403) or code_of(said) in (401, 403):
        sentence = "dEngage does not let this API user in: wrong credentials, or an address it may not call from"
        return _error(response, said, kind=AuthenticationFailed, sentence=sentence, hint=CREDENTIALS)
    return _by_status(response, said) if not response.ok else _error(response, said, kind=AuthenticationFailed)


def _forbidden(response: Response, said: Mapping[str, Any]) -> ProviderError:
    """A 403 means an address that is not allowed (C4), a missing permission (D5), or bare silence (C4, C6)."""
    if text := _allow_list(said):
        sentence = "this machine's address is not on the API user's allow-list"
        return _error(
            response,
            said,
            kind=PermissionDenied,
            sentence=sentence,
            hint=ALLOW_LIST,
            words=without_addresses(text),
        )
    missing: Any = fields_of(said.get("data")).get("missingPermissions")
    if isinstance(missing, list) and missing:
        names = ", ".join(map(str, cast("Sequence[Any]", missing)))
        sentence = f"the API user lacks a permission: {names}"
        hint = "an administrator grants permissions to API users in the panel"
        return _error(response, said, kind=PermissionDenied, sentence=sentence, hint=hint)
    if code_of(said) == 10:
        sentence = "the API user lacks a permission, and dEngage does not say which"
        return _error(response, said, kind=PermissionDenied, sentence=sentence, hint=THREE_REASONS)
    sentence = "dEngage forbids this and does not say why"
    return _error(response, said, kind=PermissionDenied, sentence=sentence, hint=THREE_REASONS)


def _by_status(response: Response, said: Mapping[str, Any]) -> ProviderError:
    if response.status == 404 and _NO_CONTENT.search(_words(said) or ""):
        sentence = "there is no such content, or it is not flagged as transactional"
        return _error(response, said, sentence=sentence, hint=NOT_FLAGGED)
    if response.status == UNAUTHENTICATED:
        return _error(response, said, sentence="dEngage does not accept the token; log in again")
    if response.status in (404, 429) or response.status >= 500:
        return _error(response, said)
    code = code_of(said)
    kind = CODES.get(code, InvalidInput) if code else None
    return _error(response, said, kind=kind, hint=COLUMNS if response.asked.startswith("POST /bulk/") else None)


def _said_in_data(response: Response, said: Mapping[str, Any]) -> MartechError | None:
    """A flow that was not triggered says so in two fields of another spelling, inside a success (C6).

    Spelt like all the others they would say the same, and be no less a refusal.
    """
    data = fields_of(said.get("data"))
    if data.get("HasError") is True or data.get("hasError") is True:
        words = str(data.get("ErrorMessage") or data.get("errorMessage") or "") or None
        sentence = "the automated flow was not triggered"
        return _error(response, said, kind=InvalidInput, sentence=sentence, words=words)
    return None


def _allow_list(said: Mapping[str, Any]) -> str | None:
    text = said.get("actionResult")
    return text if isinstance(text, str) and text else None


def _words(said: Mapping[str, Any]) -> str | None:
    words = said.get("message")
    return words if isinstance(words, str) and words else None


def _error(
    response: Response,
    said: Mapping[str, Any],
    *,
    kind: type[ProviderError] | None = None,
    sentence: str | None = None,
    hint: str | None = None,
    words: str | None = None,
) -> ProviderError:
    words = words or _words(said)
    if kind is InvalidInput and words and _TAKEN.search(words):
        kind = Conflict
    elif kind is InvalidInput and words and _NO_DEVICE.search(words):
        kind, sentence = NotFound, "this contact has no device that could get a push"
    call_id = said.get("transactionId")
    return error_for_status(
        response,
        kind=kind,
        sentence=sentence,
        code=code_of(said),
        said=words,
        request_id=call_id if isinstance(call_id, str) else None,
        hint=hint,
    )
