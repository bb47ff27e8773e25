"""No secret is in any text: a canary in every place, past every error there is."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from martech.emulation import reply
from martech.errors import AuthenticationFailed, InvalidRequest, MartechError, UnexpectedResponse
from martech.models import Channel, Consent, Contact, IfNew, own
from martech.provider import Kind
from martech.wire import CutConnection, Headers, HttpRequest, Response

CLIENT_ID, CLIENT_SECRET, TOKEN = "canary id/7", "canary+secret:7%", "canary.token-7_"  # every sort of odd letter
BASIC = base64.b64encode(f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
CANARIES = (
    *(way(secret) for secret in (CLIENT_ID, CLIENT_SECRET, TOKEN) for way in (str, quote_plus, lambda s: s[:-2])),
    *(quote(secret, safe="") for secret in (CLIENT_ID, CLIENT_SECRET)),
    BASIC,
    BASIC[:-4],
)
EVERYTHING = " ".join((CLIENT_ID, CLIENT_SECRET, TOKEN, BASIC, quote_plus(CLIENT_SECRET)))
"""All that a vendor could repeat of what it was told."""

ADA = Contact(own_id="m-1", email="ada@example.org")
EVIDENCE = Consent(channel=Channel.EMAIL, given_at=datetime(2026, 1, 1, tzinfo=UTC), text="Yes")

CALLS: dict[str, Callable[[Any], Any]] = {
    "verify": lambda client: client.account.verify(),
    "upsert": lambda client: client.contacts.upsert(ADA, if_new=IfNew.VENDOR_DEFAULT),
    "upsert_many": lambda client: client.contacts.upsert_many([ADA], if_new=IfNew.VENDOR_DEFAULT),
    "unsubscribe": lambda client: client.consent.unsubscribe(own("m-1"), channel=Channel.EMAIL),
    "suppress_many": lambda client: client.consent.suppress_many([own("m-1")]),
    "subscribe": lambda client: client.consent.subscribe(own("m-1"), channel=Channel.EMAIL, evidence=EVIDENCE),
    "enrol": lambda client: client.automations.enrol("tpl-1", [own("m-1")]),
    "objectives": lambda client: client.native.objectives(),
    "complete": lambda client: client.native.complete_objectives([]),
    "save": lambda client: client.native.save(ADA, if_new=IfNew.VENDOR_DEFAULT),
    "start_journey": lambda client: client.native.start_journey("tpl-1", own("m-1")),
    "enrol_in_bulk": lambda client: client.native.enrol_in_bulk("tpl-1", [own("m-1")]),
    "request": lambda client: client.request("GET", "/v1/anything", kind=Kind.READ),
}


def bodies() -> Iterator[bytes]:
    """Yield answers that repeat everything, in every form a vendor may think of."""
    yield f"<html><body><pre>HTTP_AUTHORIZATION=Bearer {TOKEN} {EVERYTHING}</pre></body></html>".encode()
    yield (" " * 190 + EVERYTHING).encode()
    for told in (
        {"error": EVERYTHING},
        {"error": CLIENT_SECRET},
        {"error": TOKEN},
        {"error": "invalid_client", "error_description": EVERYTHING},
        {"message": EVERYTHING},
        {"errors": {EVERYTHING: [EVERYTHING]}},
        {"errors": [{"code": TOKEN, "title": EVERYTHING, "detail": EVERYTHING, "source": {"pointer": TOKEN}}]},
        [EVERYTHING],
        EVERYTHING,
    ):
        yield json.dumps(told).encode()
        yield json.dumps(told).encode()[:-3]


TOKEN_ANSWERS = (
    json.dumps({"access_token": TOKEN, "expires_in": 900, "token_type": "Bearer"}).encode(),
    json.dumps({"access_token": TOKEN, "expires_in": 900, "token_type": TOKEN}).encode(),
    json.dumps({"access_token": TOKEN}).encode()[:-2],
    json.dumps([TOKEN]).encode(),
    json.dumps({"token": {"value": TOKEN}}).encode(),
    f"access_token={TOKEN}".encode(),
    TOKEN.encode(),
    b"",
    *(json.dumps({"access_token": f"{TOKEN}{odd}"}).encode() for odd in ("\r\nX-Evil: 1", " ", "\u20ac", "\x00")),
    b'{"access_token": ""}',
)


class Echo:
    """A vendor that repeats what it was told."""

    def __init__(self, at_login: Response, otherwise: Response | None) -> None:
        self.said: list[HttpRequest] = []
        self._at_login, self._otherwise = at_login, otherwise

    def __call__(self, request: HttpRequest) -> Response:
        self.said.append(request)
        answer = self._at_login if request.url.endswith("/oauth2/token") else self._otherwise
        if answer is None:
            raise CutConnection
        return answer


def shown(error: BaseException) -> Iterator[str]:
    """Yield whatever of an error anybody might print, store or send."""
    yield from (str(error), repr(error), repr(error.__dict__), repr(error.args))
    yield "".join(traceback.format_exception(error))
    if isinstance(error, MartechError):
        yield json.dumps(error.details(), default=str)
        yield repr(pickle.loads(pickle.dumps(error)).__dict__)


def everything(
    talked: Any, echo: Echo, caplog: pytest.LogCaptureFixture, calls: Iterable[str] = tuple(CALLS)
) -> str:
    """Make the calls and return all the text that came of it, requests' addresses included."""
    texts: list[str] = []
    for call in calls:
        try:
            texts.append(repr(talked(CALLS[call])))
        except MartechError as error:
            texts += shown(error)
    texts += [repr(talked.client), repr(talked.client._provider), repr(talked.client._provider.settings)]
    texts += [repr(talked.client._provider.auth), talked.client._provider.account_key]
    texts += [f"{one.method} {one.url} {one!r}" for one in echo.said]
    texts += [one.getMessage() + repr(one.__dict__) for one in caplog.records]
    return "\n".join(texts)


def assert_clean(text: str) -> None:
    leaked = [one for one in CANARIES if one in text]
    assert not leaked, f"{len(leaked)} canaries were seen"


def options(echo: Echo, credentials_in: str, token_body: str) -> dict[str, Any]:
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "credentials_in": credentials_in,
        "token_body": token_body,
        "app": echo,
    }


GOOD_LOGIN = Response(200, Headers([("content-type", "application/json")]), TOKEN_ANSWERS[0])


@pytest.mark.parametrize("status", [401, 422])
def test_no_refusal_however_it_is_worded_repeats_a_secret(talk: Any, caplog: Any, status: int) -> None:
    caplog.set_level(logging.DEBUG)
    for body in bodies():
        echo = Echo(GOOD_LOGIN, Response(status, Headers(), body))
        assert_clean(everything(talk(options=options(echo, "header", "form")), echo, caplog))
        caplog.clear()


def test_no_error_of_any_kind_repeats_a_secret_on_either_face(either: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    body = next(bodies())
    for status in (200, 400, 403, 404, 408, 409, 413, 425, 429, 500, 503):
        echo = Echo(GOOD_LOGIN, Response(status, Headers(), body))
        assert_clean(everything(either(options=options(echo, "header", "form")), echo, caplog))
    echo = Echo(GOOD_LOGIN, Response(302, Headers(), body))
    assert_clean(everything(either(options=options(echo, "header", "form")), echo, caplog))
    echo = Echo(GOOD_LOGIN, None)
    assert_clean(everything(either(options=options(echo, "header", "form")), echo, caplog))


@pytest.mark.parametrize(("credentials_in", "token_body"), [("header", "form"), ("body", "json")])
def test_no_answer_of_the_token_endpoint_is_ever_quoted(
    talk: Any, caplog: Any, credentials_in: str, token_body: str
) -> None:
    caplog.set_level(logging.DEBUG)
    for body in (*TOKEN_ANSWERS, *bodies()):
        for status in (200, 400) if body not in (TOKEN_ANSWERS[0], TOKEN_ANSWERS[2]) else (200, 302, 401, 500):
            echo = Echo(Response(status, Headers([("location", f"https://x.test/?{TOKEN}")]), body), None)
            talked = talk(options=options(echo, credentials_in, token_body))
            assert_clean(everything(talked, echo, caplog, ("upsert_many",)))
            caplog.clear()


def test_credentials_are_where_they_belong_and_nowhere_else(either: Any) -> None:
    for credentials_in in ("header", "body"):
        for token_body in ("form", "json"):
            echo = Echo(GOOD_LOGIN, reply(200, {"templates": []}))
            either(options=options(echo, credentials_in, token_body))(CALLS["verify"])
            login, question = echo.said
            sent = login.body.decode()
            assert login.url.endswith("/oauth2/token")
            assert "client_credentials" in sent
            assert (login.headers.get("authorization") == f"Basic {BASIC}") is (credentials_in == "header")
            assert ("client_secret" in sent) is (credentials_in == "body")
            assert question.headers.get("authorization") == f"Bearer {TOKEN}"
            assert question.body == b""


def test_a_token_of_another_type_is_refused_without_being_named(either: Any) -> None:
    echo = Echo(Response(200, Headers(), TOKEN_ANSWERS[1]), None)
    with pytest.raises(AuthenticationFailed, match="not of type Bearer"):
        either(options=options(echo, "header", "form"))(CALLS["verify"])
    assert len(echo.said) == 1


@pytest.mark.parametrize("body", TOKEN_ANSWERS[2:])
def test_an_answer_without_a_token_says_so_and_how_long_it_was(either: Any, body: bytes) -> None:
    echo = Echo(Response(200, Headers(), body), None)
    with pytest.raises(UnexpectedResponse, match=f"no access token in {len(body)} bytes"):
        either(options=options(echo, "header", "form"))(CALLS["verify"])


def test_no_redirect_is_followed_with_credentials(either: Any) -> None:
    echo = Echo(Response(302, Headers([("location", "https://elsewhere.test/oauth2/token")])), None)
    with pytest.raises(UnexpectedResponse, match="another address"):
        either(options=options(echo, "body", "form"))(CALLS["verify"])
    assert ["emulated" in one.url for one in echo.said] == [True]


def exposing(secret: str) -> dict[str, Callable[[Any], Any]]:
    """Return calls that would put a secret into an address."""
    return {
        "a template": lambda client: client.native.start_journey(secret, own("m-1")),
        "a part": lambda client: client.request("GET", "/v1/{a}", kind=Kind.READ, parts={"a": f"x{secret}"}),
        "a value": lambda client: client.request("GET", "/v1/x", kind=Kind.READ, query={"q": secret}),
        "a part of one": lambda client: client.request(
            "GET", "/v1/x", kind=Kind.READ, query={"q": f"id:{secret}"}
        ),
        "a name": lambda client: client.request("GET", "/v1/x", kind=Kind.READ, query={secret: "1"}),
        "a route": lambda client: client.request("GET", f"/v1/x?q={quote(secret)}", kind=Kind.READ),
        "a form": lambda client: client.request("GET", f"/v1/x?q={quote_plus(secret)}", kind=Kind.READ),
        "login": lambda client: client.request(
            "POST", "/oauth2/token", kind=Kind.WRITE, query={"grant_type": "client_credentials", "q": secret}
        ),
    }


REFUSED = r"never travels in an address|routes stand in logs"
"""By the plugin where it signs, or before that where the route itself is none."""


@pytest.mark.parametrize("secret", [CLIENT_ID, CLIENT_SECRET, TOKEN])
def test_a_credential_that_somebody_puts_into_an_address_never_leaves(
    either: Any, caplog: Any, secret: str
) -> None:
    caplog.set_level(logging.DEBUG)
    for how, call in exposing(secret).items():
        echo = Echo(GOOD_LOGIN, reply(200, {}))
        talked = either(options=options(echo, "header", "form"))
        with pytest.raises(InvalidRequest, match=REFUSED) as refused:
            talked(call)
        assert [one.url.rpartition("/")[2] for one in echo.said] in (["token"], []), how
        assert_clean("".join(shown(refused.value)) + caplog.text)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "access_token", "Client_Secret"])
def test_whatever_is_called_a_credential_never_leaves_in_an_address(either: Any, name: str) -> None:
    echo = Echo(GOOD_LOGIN, reply(200, {}))
    with pytest.raises(InvalidRequest, match="never travels in an address"):
        either(options=options(echo, "header", "form"))(
            lambda client: client.request("GET", "/v1/x", kind=Kind.READ, query={name: "another account's"})
        )
    assert len(echo.said) == 1


def test_a_short_credential_forbids_no_address_that_happens_to_contain_it(either: Any) -> None:
    echo = Echo(GOOD_LOGIN, reply(200, {"templates": []}))
    talked = either(options={**options(echo, "header", "form"), "client_id": "v", "client_secret": "temp"})
    assert talked(CALLS["verify"]).ok


def test_the_pretended_vendor_never_sees_a_secret_in_an_address(either: Any) -> None:
    for credentials_in in ("header", "body"):
        talked = either(options={"credentials_in": credentials_in})
        for call in CALLS.values():
            try:
                talked(call)
            except MartechError:
                continue
        talked.emulator.ledger.assert_no_secret_in_urls()
        talked.emulator.assert_no_plain_http()
        assert talked(CALLS["verify"]).ok
