"""Golden pairs: what the vendor's pages print, letter by letter, against what is said and understood.

Each answer is one from the pages, and each request is held against one. Where the pretended vendor takes part, it
is held against them too.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from martech.emulation import reply
from martech.models import (
    Channel,
    Contact,
    IfNew,
    ItemOutcome,
    Subscription,
    SubscriptionStatus,
    email,
    own,
)
from martech.wire import HttpRequest, Response
from martech_digital_onboarding import public
from martech_digital_onboarding.emulator import vocabulary
from martech_digital_onboarding.objectives import COMPLETION_WORDS, Completion

DEFAULT = IfNew.VENDOR_DEFAULT
NO_SMS = Subscription(channel=Channel.SMS, status=SubscriptionStatus.UNSUBSCRIBED)
AT = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
TOKEN = '{"access_token": "tk_01", "expires_in": 900, "token_type": "Bearer"}'
TEMPLATES = '{"templates": [{"id": "tpl-9", "name": "Welcome"}]}'
OBJECTIVES = """{"objectives": [
    {"key": "debit-card-activation", "name": "Debit Card", "id": "ob-2", "team_id": null},
    {"key": "direct-deposit", "name": "Direct Deposit", "id": "ob-1", "team_id": null},
    {"key": "first-branch-visit", "name": "First Visit", "id": "ob-3", "team_id": "tm-1"}
]}"""
JOURNEY = """{"id": "jr-1", "slug": "ada-4f2", "web_client_url": "https://hub.example-bank.test/ada-4f2"}"""
KNOWN = """{"id": "0b0c0000-0000-4000-8000-000000000001", "unique_id": "m-1", "name_first": "Ada",
    "email": "ada@example.org", "unsubscribe_email": false, "unsubscribe_sms": true,
    "meta_public": {"branch": "North"},
    "inserted_at": "2024-05-01T10:00:00Z", "updated_at": "2024-05-01T10:00:00Z"}"""


class Pages:
    """Answers each request with what the pages print for it."""

    def __init__(self, **answers: str) -> None:
        self.said: list[HttpRequest] = []
        self._answers = {"token": TOKEN, "templates": TEMPLATES, "objectives": OBJECTIVES, **answers}

    def __call__(self, request: HttpRequest) -> Response:
        self.said.append(request)
        return reply(200, body=self._answers[request.url.rpartition("/")[2]].encode())

    @property
    def last(self) -> Any:
        return json.loads(self.said[-1].body)


@pytest.fixture
def with_pages(either: Any) -> Callable[..., Any]:
    """Return a talk with a vendor that answers so; options are the client's."""

    def make(options: dict[str, Any] | None = None, **answers: str) -> Any:
        pages = Pages(**answers)
        credentials = {"client_id": "ci_7", "client_secret": "cs_7"}
        talked = either(options={**credentials, **(options or {}), "app": pages})
        talked.pages = pages
        return talked

    return make


@pytest.mark.parametrize(
    ("credentials_in", "token_body", "authorization", "body"),
    [
        ("header", "form", b"ci_7:cs_7", "grant_type=client_credentials"),
        ("body", "form", None, "grant_type=client_credentials&client_id=ci_7&client_secret=cs_7"),
        ("header", "json", b"ci_7:cs_7", '{"grant_type":"client_credentials"}'),
        ("body", "json", None, '{"grant_type":"client_credentials","client_id":"ci_7","client_secret":"cs_7"}'),
    ],
)
def test_a_token_request_is_the_printed_one(
    with_pages: Any, credentials_in: str, token_body: str, authorization: bytes | None, body: str
) -> None:
    talked = with_pages({"credentials_in": credentials_in, "token_body": token_body})
    talked(lambda client: client.account.verify())
    login, question = talked.pages.said
    assert (login.method, login.url.partition(".test")[2]) == ("POST", "/oauth2/token")
    assert login.body.decode() == body
    sort = "application/json" if token_body == "json" else "application/x-www-form-urlencoded"
    assert login.headers.get("content-type") == sort
    basic = None if authorization is None else f"Basic {b64encode(authorization).decode()}"
    assert login.headers.get("authorization") == basic
    assert question.headers.get("authorization") == "Bearer tk_01"


def test_the_documented_refusal_of_a_token_leads_to_one_more_token_and_one_replay(either: Any) -> None:
    said: list[str] = []

    def refusing(request: HttpRequest) -> Response:
        said.append(request.url.partition(".test")[2])
        if said[-1] == "/oauth2/token":
            token = TOKEN.replace("tk_01", f"tk_{len(said)}")
            return reply(200, body=token.encode())
        if request.headers.get("authorization") == "Bearer tk_1":
            return reply(401, body=b'{"error": "invalid_token"}')
        return reply(200, body=TEMPLATES.encode())

    assert either(options={"app": refusing})(lambda client: client.account.verify()).ok
    assert said == ["/oauth2/token", "/v1/templates", "/oauth2/token", "/v1/templates"]


def test_one_contact_is_the_printed_object_both_ways(with_pages: Any) -> None:
    talked = with_pages(contacts=KNOWN)
    ada = Contact(
        own_id="m-1",
        first_name="Ada",
        email="ada@example.org",
        subscriptions=(NO_SMS,),
        attributes={"branch": "North"},
    )
    kept = talked(lambda client: client.native.save(ada, if_new=DEFAULT))
    assert talked.pages.last == {
        "unique_id": "m-1",
        "name_first": "Ada",
        "email": "ada@example.org",
        "unsubscribe_sms": True,
        "meta_public": {"branch": "North"},
    }
    assert (kept.own_id, kept.vendor_id) == ("m-1", "0b0c0000-0000-4000-8000-000000000001")
    assert (kept.first_name, kept.email, kept.attributes) == ("Ada", "ada@example.org", {"branch": "North"})
    assert (kept.status(Channel.EMAIL), kept.status(Channel.SMS)) == ("unknown", "unsubscribed")
    assert kept.created_at == kept.updated_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_every_documented_field_is_written_under_its_name(with_pages: Any) -> None:
    talked = with_pages(contacts='{"new_contacts": [{"id": "x", "unique_id": "m-1"}], "existing_contacts": []}')
    named = {
        "name_title": "Dr",
        "name_suffix": "II",
        "address": "1 North Street",
        "address2": "Floor 2",
        "city": "Northtown",
        "state": "ME",
        "county": "Kent",
        "country": "US",
        "post_code": "04000",
        "timezone": "America/New_York",
        "phone_home": "+12025550101",
        "phone_work": "+12025550103",
    }
    ada = Contact(
        own_id="m-1",
        email="ada@example.org",
        mobile="+12025550102",
        first_name="Ada",
        last_name="Ames",
        attributes={**named, "branch": "North"},
        subscriptions=(NO_SMS, NO_SMS.model_copy(update={"channel": Channel.EMAIL})),
    )
    assert talked(lambda client: client.contacts.upsert(ada, if_new=DEFAULT)).outcome is ItemOutcome.CREATED
    (written,) = talked.pages.last["contacts"]
    assert written == {
        **named,
        "unique_id": "m-1",
        "email": "ada@example.org",
        "phone_mobile": "+12025550102",
        "name_first": "Ada",
        "name_last": "Ames",
        "unsubscribe_email": True,
        "unsubscribe_sms": True,
        "meta_public": {"branch": "North"},
    }


def test_a_batch_is_told_by_its_member_and_answered_in_two_lists(with_pages: Any) -> None:
    answer = """{"new_contacts": [{"id": "i-2", "unique_id": "b@example.org", "email": "b@example.org"}],
        "existing_contacts": [{"id": "i-1", "unique_id": "a@example.org", "email": "a@example.org"}]}"""
    talked = with_pages({"identity": "email"}, contacts=answer)
    people = [Contact(email="a@example.org"), Contact(email="b@example.org"), Contact(email="c@example.org")]
    items = talked(lambda client: client.contacts.upsert_many(people, if_new=DEFAULT)).items
    assert talked.pages.last == {
        "contacts": [{"unique_id": f"{name}@example.org", "email": f"{name}@example.org"} for name in "abc"]
    }
    assert [(one.outcome, one.vendor_id, one.contactable) for one in items] == [
        (ItemOutcome.UPDATED, "i-1", None),
        (ItemOutcome.CREATED, "i-2", True),
        (ItemOutcome.UNKNOWN, None, None),
    ]
    assert [one.identifier for one in items] == [email(f"{name}@example.org") for name in "abc"]


@pytest.mark.parametrize("answer", [TEMPLATES, '[{"id": "tpl-9", "name": "Welcome"}]'])
def test_templates_are_read_as_printed_and_as_they_were_seen(with_pages: Any, answer: str) -> None:
    found = with_pages(templates=answer).all(lambda client: client.automations.list())
    assert [(one.id, one.name) for one in found] == [("tpl-9", "Welcome")]


def test_a_journey_is_asked_for_and_answered_as_printed(with_pages: Any) -> None:
    talked = with_pages(journeys=JOURNEY)
    ada = Contact(own_id="m-1", email="ada@example.org")
    started = talked(lambda client: client.native.start_journey("tpl-9", ada, name="Welcome Ada"))
    assert talked.pages.said[-1].url.endswith("/v1/templates/tpl-9/journeys")
    assert talked.pages.last == {
        "name": "Welcome Ada",
        "contact": {"unique_id": "m-1", "email": "ada@example.org"},
    }
    assert started.enrolment_id == "jr-1"
    assert started.link.get_secret_value() == "https://hub.example-bank.test/ada-4f2"


@pytest.mark.parametrize(
    ("flat", "member"),
    [(False, {"journey": {"template_id": "tpl-9"}}), (True, {"journey.template_id": "tpl-9"})],
)
def test_a_template_on_a_contact_is_nested_or_flat(with_pages: Any, flat: bool, member: dict[str, Any]) -> None:
    answer = '{"new_contacts": [], "existing_contacts": [{"id": "i-1", "unique_id": "m-1"}]}'
    talked = with_pages({"flat_journey_key": flat}, contacts=answer)
    people = [Contact(own_id="m-1", email="a@example.org")]
    assert talked(lambda client: client.native.enrol_in_bulk("tpl-9", people)).items[0].ok
    assert talked.pages.last == {"contacts": [{"unique_id": "m-1", "email": "a@example.org", **member}]}


def test_objectives_are_read_as_printed(with_pages: Any) -> None:
    found = with_pages()(lambda client: client.native.objectives())
    assert [(one.key, one.name, one.id, one.team_id) for one in found] == [
        ("debit-card-activation", "Debit Card", "ob-2", None),
        ("direct-deposit", "Direct Deposit", "ob-1", None),
        ("first-branch-visit", "First Visit", "ob-3", "tm-1"),
    ]


def test_completions_are_the_printed_members_of_a_contact(with_pages: Any) -> None:
    answer = '{"new_contacts": [], "existing_contacts": [{"id": "i-1", "unique_id": "m-1"}]}'
    talked = with_pages(contacts=answer)
    done = [
        Completion(own("m-1"), "debit-card-activation", AT),
        Completion(own("m-1"), "direct-deposit", "true"),
    ]
    results = talked(lambda client: client.native.complete_objectives(done))
    assert [one.outcome for one in results.items] == [ItemOutcome.UPDATED] * 2
    assert talked.pages.last == {
        "contacts": [
            {"unique_id": "m-1", "debit-card-activation": "2024-05-01T09:30:00+00:00", "direct-deposit": "true"}
        ]
    }


CSV = "unique_id,email,debit-card-activation,direct-deposit\nm-1,ada@example.org,2024-05-01T09:30:00+0000,true\n"


def test_a_file_is_the_printed_one_but_for_the_colon_that_json_has_in_an_offset(talk: Any) -> None:
    talked = talk()
    people = [Contact(own_id="m-1", email="ada@example.org")]
    done = [
        Completion(own("m-1"), "debit-card-activation", AT),
        Completion(own("m-1"), "direct-deposit", "true"),
    ]
    (text,) = talked.client.native.csv_files(people, now=AT, completions=done)
    assert text == CSV.replace("+0000", "+00:00")
    for one in (text, CSV):
        assert talked.emulator.import_csv(one).refused == {}
        assert talked.person("m-1").completed["debit-card-activation"] == AT


PLATFORM_KEYS = [
    "debit-card-activation", "direct-deposit", "online-bill-pay", "online-banking", "mobile-banking",
    "estatements", "open-cross-sell-account", "corporate-card-activation", "merchant-access", "ach-payroll",
    "remote-deposit", "automate-payments",
]  # fmt: skip
WORDS = {"true", "t", "1", "y", "yes", "complete", "completed", "done"}


def test_the_platforms_objectives_and_words_for_done_are_the_documented_ones_on_both_sides() -> None:
    assert list(public.OBJECTIVE_KEYS) == list(vocabulary.PLATFORM_OBJECTIVES) == PLATFORM_KEYS
    assert WORDS == COMPLETION_WORDS == vocabulary.COMPLETION_WORDS
