"""Digital Onboarding's refusals as errors of ours.

One of them is documented: 401 with `{"error": "invalid_token"}` (seed). Every other form is read as it may come:
`error`, `error_description`, `message`, and `errors` as text, list, lists by member, or objects with a `detail`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from martech.provider import (
    AuthenticationFailed,
    InvalidInput,
    MartechError,
    ProviderError,
    ProviderUnavailable,
    Response,
    error_for_status,
)
from martech_digital_onboarding.auth import TOKEN_ROUTE
from martech_digital_onboarding.wire import is_array, is_object

Hide = Callable[[str], str]

# Both say “later” without having been processed for good; the pipeline repeats only what may be repeated.
_LATER = frozenset({408, 425})
_TOO_LARGE = 413
# A write makes whoever it does not know (seed, "Unique IDs"), so this is never about a person; and whoever took it
# so would think an opt-out needless that reached nobody.
_WRITES, _NOT_THERE = "POST /v1/contacts", frozenset({404, 410})
# RFC 6749 section 5.2 and RFC 6750 section 3.1
_OAUTH_WORDS = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_token", "insufficient_scope",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,63}\Z")
_TAG = re.compile(r"<[^>]*>?")
_LINK = re.compile(r"(https?://[^\s/\"'<>]+)/[^\s\"'<>]*")
_LONGEST_TEXT = 200
_DEEPEST = 4

NEW_CREDENTIALS = (
    "look at the credentials in the vendor's admin interface; a pair that ever travelled in an address is revoked "
    "for good, and takes a new one"
)
NO_ENDPOINT = "there is no endpoint for contacts at this address"
LOOK_AT_URL = "look at base_url: it is the root of the API, without a version"


@dataclass(frozen=True, slots=True)
class Said:
    """What a refusal says: a code, if it has a word for it, and its own words."""

    code: str | None
    text: str | None


def refusal(response: Response, *, hide: Hide) -> MartechError | None:
    """Return the error an answer stands for, or None.

    `hide` makes this account's secrets unreadable in the vendor's words before they are kept.
    """
    if response.status < 400:
        return None
    at_login = response.asked.endswith(TOKEN_ROUTE)
    no_endpoint = response.status in _NOT_THERE and response.asked == _WRITES
    words = said(response, hide)
    if at_login or response.status == 401:
        # Who is told that a token is wrong may be told the token too: only a word of the standard is kept.
        words = Said(words.code if words.code in _OAUTH_WORDS else None, None)
    kind = InvalidInput if no_endpoint else _kind(response.status, at_login=at_login)
    return error_for_status(
        response,
        kind=kind,
        sentence=NO_ENDPOINT if no_endpoint else _sentence(response.status, words.code, at_login=at_login),
        code=words.code,
        said=words.text,
        hint=NEW_CREDENTIALS
        if at_login or words.code == "invalid_client"
        else LOOK_AT_URL
        if no_endpoint
        else None,
    )


def _kind(status: int, *, at_login: bool) -> type[ProviderError] | None:
    if status in _LATER:
        return ProviderUnavailable
    if at_login and status < 500 and status != 429:
        return AuthenticationFailed
    return None


def _sentence(status: int, code: str | None, *, at_login: bool) -> str | None:
    if status == _TOO_LARGE:
        return "this is more than the vendor takes in one request"
    if status == 401 and code == "invalid_client":
        return "the vendor does not know this client, or has revoked it"
    if status == 401 and not at_login:
        return "the vendor does not accept the token"
    return None


def said(response: Response, hide: Hide) -> Said:
    """Return what a refusal says, whatever form it has, secrets and links hidden before it is cut short."""
    body = response.json_or_none()
    if not is_object(body):
        text = hide(_closed(_plain(response.text) if body is None else "; ".join(_texts(body))))
        return Said(None, text[:_LONGEST_TEXT] or None)
    error = body.get("error")
    code = error if isinstance(error, str) and _WORD.match(error) else _first_code(body.get("errors"))
    parts = [
        *(() if code is not None and error == code else _texts(error)),
        *_texts(body.get("error_description")),
        *_texts(body.get("message")),
        *_texts(body.get("errors")),
    ]
    text = hide(_closed("; ".join(dict.fromkeys(part for part in parts if part))))
    return Said(code if code is None or hide(code) == code else None, text or None)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield what a value says in words: texts, lists of them, lists by member, objects with a detail."""
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, (int, float)):
        yield str(value)
    elif is_object(value):
        if "detail" in value or "title" in value:
            yield _object(value)
            return
        for member, inner in value.items():
            yield from (f"{member} {text}" for text in _texts(inner, depth + 1) if text)
    elif is_array(value):
        for inner in value:
            yield from _texts(inner, depth + 1)


def _object(told: Mapping[str, Any]) -> str:
    source = told.get("source")
    pointer = source.get("pointer") if is_object(source) else None
    text = ": ".join(str(told[name]) for name in ("title", "detail") if told.get(name))
    return f"{text} ({pointer})" if pointer else text


def _first_code(errors: Any) -> str | None:
    several = errors if is_array(errors) else ()
    codes = (one.get("code") for one in several if is_object(one))
    return next((code for code in codes if isinstance(code, str) and _WORD.match(code)), None)


def _plain(text: str) -> str:
    """Return a page or a text as words; JSON that is cut short has none, since any of them may be somebody's."""
    return "" if text.lstrip()[:1] in ("{", "[") else " ".join(_TAG.sub(" ", text).split())


def _closed(text: str) -> str:
    """Return a text whose links lead nowhere: one to a journey opens a person's page to whoever has it."""
    return _LINK.sub(r"\1/***", text)
