"""The provider through the client: logging in, regions, limits, bad days, and what it says it can do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from martech import Client
from martech.emulation import FaultKind
from martech.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    MissingSetting,
    PermissionDenied,
    ProviderUnavailable,
    RateLimited,
    UnexpectedResponse,
    UnsupportedOperation,
)
from martech.models import Channel, Contact, IdentifierKind, IfNew, ReportScope, email, own
from martech.provider import HttpRequest, Kind, Response, capabilities
from martech.testing.clock import ManualClock
from martech.wire import Headers
from martech_dotdigital.clients import AsyncDotdigital, Dotdigital
from martech_dotdigital.provider import Dotdigital as Provider

Talk = Any
Talker = Callable[..., Any]
REGIONS = {"r1": "https://r1-api.dotdigital.com", "r2": "https://r2-api.dotdigital.com"}


class Vendor:
    """Two regions that answer as little as it takes: the account lives in the one that its answer names."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.asked: list[str] = []

    def __call__(self, request: HttpRequest) -> Response:
        self.asked.append(request.url)
        if request.url.endswith("/v2/account-info"):
            body = f'{{"id":1,"properties":[{{"name":"ApiEndpoint","type":"String","value":"{self.endpoint}"}}]}}'
            return Response(200, Headers(), body.encode())
        if request.url.startswith(self.endpoint.rstrip("/")):
            return Response(200, Headers(), b"7")
        return Response(403, Headers(), b'{"message":"Access is denied"}')


def client(vendor: Vendor, **settings: Any) -> Client:
    return Client("dotdigital", user="u", password="p", app=vendor, clock=ManualClock(), **settings)


def test_the_region_is_asked_for_once_and_everything_goes_there() -> None:
    vendor = Vendor("https://r2-api.dotdigital.com/")
    with client(vendor) as one:
        assert [one.contacts.count(), one.contacts.count()] == [7, 7]
    assert vendor.asked == [
        f"{REGIONS['r1']}/v2/account-info", f"{REGIONS['r2']}/v2/contacts/count",
        f"{REGIONS['r2']}/v2/contacts/count",
    ]  # fmt: skip


def test_a_region_or_address_in_the_settings_skips_the_question() -> None:
    vendor = Vendor("https://r2-api.dotdigital.com/")
    with client(vendor, region="r2") as one:
        assert one.contacts.count() == 7
    with client(vendor, base_url="https://r2-api.dotdigital.com") as one:
        assert one.contacts.count() == 7
    assert not any(url.endswith("account-info") for url in vendor.asked)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://r2-api.dotdigital.com.evil.test/", "https://evil.test/r2-api.dotdigital.com/",
        "http://r2-api.dotdigital.com/", "https://r2-api.dotdigital.com:8443/", "https://u:p@r2-api.dotdigital.com/",
        "https://api.dotmailer.com/",
    ],
)  # fmt: skip
def test_credentials_go_to_no_host_that_is_not_the_vendors(endpoint: str) -> None:
    vendor = Vendor(endpoint)
    with client(vendor) as one, pytest.raises(ConfigurationError):
        one.contacts.count()
    assert vendor.asked == [f"{REGIONS['r1']}/v2/account-info"]


def test_an_account_that_names_no_endpoint_is_an_answer_nobody_can_read() -> None:
    with client(Vendor("")) as one, pytest.raises(UnexpectedResponse, match="ApiEndpoint"):
        one.contacts.count()


def test_the_wrong_region_says_what_to_do() -> None:
    with (
        client(Vendor("https://r2-api.dotdigital.com/"), region="r3") as one,
        pytest.raises(PermissionDenied) as denied,
    ):
        one.contacts.count()
    assert "region='auto'" in str(denied.value)


def test_wrong_credentials_are_said_and_never_shown(talk: Talker) -> None:
    with pytest.raises(AuthenticationFailed) as wrong:
        talk(password="wrong-S3cret").call(lambda c: c.account.verify())
    assert "wrong-S3cret" not in f"{wrong.value!r} {wrong.value}"


def test_a_disabled_user_is_told_apart_from_a_missing_right(both: Talk) -> None:
    both.call(lambda c: c.account.verify())
    both.vendor.api_user_enabled = False
    with pytest.raises(AuthenticationFailed):
        both.call(lambda c: c.contacts.count())
    both.vendor.api_user_enabled = True
    both.vendor.foreign_region = True
    with pytest.raises(PermissionDenied):
        both.call(lambda c: c.contacts.count())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"user": "u"}, "password is missing"),
        ({"user": "u", "password": "p", "region": "europe"}, "region"),
        ({"user": "u", "password": "p", "sms_route": "pigeon"}, "sms_route"),
        ({"user": "u", "password": "p", "own_identifier": "a b"}, "own_identifier"),
        ({"user": "u", "password": "p", "colour": "red"}, "colour is no setting"),
    ],
)
def test_a_setting_that_is_wrong_is_named(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(MissingSetting, match=says):
        Client("dotdigital", **settings)


def test_a_new_password_does_not_make_it_another_account() -> None:
    keys = [
        Provider.with_settings({"user": "u", "password": word}).account_key for word in ("a1234567", "b1234567")
    ]
    assert keys[0] == keys[1]
    assert Provider.with_settings({"user": "other", "password": "a1234567"}).account_key != keys[0]
    assert Provider.with_settings({"user": "u", "password": "p", "account": "shop"}).account_key == "shop"


def test_requests_wait_two_minutes_for_an_answer_and_events_half_a_minute() -> None:
    provider = Provider.with_settings({"user": "u", "password": "p"})
    assert provider.timeout_seconds == 121
    assert first_request(provider.events.stream("95", None)).timeout_seconds == 30


def first_request(work: Any) -> Any:
    """Return the first effect of an operation, as a driver would see it."""
    request = work.send(None)
    work.close()
    return request


def test_the_partners_token_goes_with_every_request(talk: Talker) -> None:
    token = "5a96bc79-19a7-4544-973b-e2da0c9136f9"
    talked = talk(integration_token=token)
    talked.call(lambda c: c.contacts.count())
    assert [request.headers.get("x-ddg-integration-token") for request in talked.said] == [token, token]


# ── the account ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_account_tells_who_we_are(both: Talk) -> None:
    account = both.call(lambda c: c.account.get())
    assert account.timezone == "Europe/London"
    assert account.properties["Name"] == account.name
    assert both.call(lambda c: c.account.verify()).ok
    assert both.call(lambda c: c.account.server_time()) == both.bench.clock.now()


def test_identifiers_are_listed_and_the_users_own_is_told_from_the_others(both: Talk) -> None:
    both.seed()
    both.call(lambda c: c.native.account.create_custom_identifier("loyalty"))
    known = both.call(lambda c: c.account.identifiers())
    assert [(one.kind, one.name) for one in known] == [
        (IdentifierKind.EMAIL, None), (IdentifierKind.MOBILE, None), (IdentifierKind.VENDOR, None),
        (IdentifierKind.OWN, "crm-id"), (IdentifierKind.CUSTOM, "loyalty"),
    ]  # fmt: skip


def test_senders_are_addresses_then_numbers(both: Talk) -> None:
    senders = both.all(lambda c: c.account.senders())
    assert [one.channel for one in senders] == [Channel.EMAIL, Channel.EMAIL, Channel.SMS, Channel.SMS]


def test_an_account_without_text_messages_still_lists_its_addresses(one: Talk) -> None:
    one.emulator.faults.add(FaultKind.STATUS, route="GET /sms/", status=403, times=2)
    assert {sender.channel for sender in one.all(lambda c: c.account.senders())} == {Channel.EMAIL}


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_tier_is_learned_from_the_answers(both: Talk) -> None:
    both.call(lambda c: c.contacts.count())
    both.all(lambda c: c.contacts.list())
    both.all(lambda c: c.lists.list())
    limits = {one.name: one for one in both.client._runner.limits()}
    assert {name: limits[name].calls for name in ("low", "medium", "high")} == {
        "low": 75,
        "medium": 375,
        "high": 750,
    }
    assert all(limits[name].learned for name in ("low", "medium", "high"))
    assert limits["low"].remaining == 74
    assert limits["low"].resets_at == datetime(2026, 1, 5, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("reset_as_delta", [False, True])
def test_a_tier_that_is_used_up_is_waited_for(talk: Talker, reset_as_delta: bool) -> None:
    switches = {"rate_limits": {"lowCallRate": 3}, "reset_as_delta": reset_as_delta}
    talked = talk(switches=switches, max_wait_seconds=90)
    began = talked.bench.clock.now()
    for _ in range(7):
        talked.all(lambda c: c.contacts.list())
    assert (talked.bench.clock.now() - began).total_seconds() >= 60
    refused = [answer for answer in talked.answered if answer.status == 429]
    assert len(refused) <= 2
    low = next(one for one in talked.client._runner.limits() if one.name == "low")
    assert (low.calls, low.learned) == (3, True)


def test_a_429_carries_when_it_is_worth_asking_again(one: Talk) -> None:
    one.call(lambda c: c.account.verify())
    soon = int(one.bench.clock.now().timestamp()) + 600
    one.emulator.faults.add(FaultKind.STATUS, status=429, headers={"X-RateLimit-Reset": str(soon)}, times=9)
    with pytest.raises(RateLimited) as limited:
        one.call(lambda c: c.contacts.count())
    assert limited.value.retry_at == datetime.fromtimestamp(soon, UTC)


def test_the_flat_scheme_says_later_with_a_400_and_is_obeyed(talk: Talker) -> None:
    talked = talk(switches={"rate_scheme": "flat", "flat_calls_per_hour": 3}, rate_scheme="flat")
    talked.call(lambda c: c.contacts.count())
    talked.call(lambda c: c.contacts.count())
    with pytest.raises(RateLimited) as limited:
        talked.call(lambda c: c.contacts.count())
    assert limited.value.code == "ERROR_APIUSAGE_EXCEEDED"
    assert [one.name for one in talked.client._runner.limits()] == ["hour", "enrolments"]


def test_sends_and_questions_about_jobs_stand_in_no_line(one: Talk) -> None:
    job = one.call(
        lambda c: c.contacts.start_import(
            [Contact(email="a@example.org")], if_new=IfNew.VENDOR_DEFAULT, restore=True
        )
    )
    one.forget()
    for _ in range(100):
        one.call(lambda c: c.jobs.status(job))
    assert one.bench.clock.slept == []


# ── bad days ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_creation_cut_off_after_the_work_is_not_repeated(one: Talk) -> None:
    one.call(lambda c: c.account.verify())
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="POST /v2/address-books")
    with pytest.raises(ConnectionFailed):
        one.call(lambda c: c.lists.create("Friends"))
    assert one.emulator.ledger.count("POST /v2/address-books$") == 1


def test_a_vendor_that_is_down_is_said(both: Talk) -> None:
    both.call(lambda c: c.account.verify())
    both.emulator.faults.add(FaultKind.STATUS, status=503, times=100)
    with pytest.raises(ProviderUnavailable):
        both.all(lambda c: c.lists.list())


def test_an_import_whose_answer_was_lost_is_handed_over_again(one: Talk) -> None:
    one.emulator.faults.add(FaultKind.CUT_AFTER, route="PUT /contacts/v3/import")
    people = [Contact(email=f"p{number}@example.org") for number in range(3)]
    done = one.call(lambda c: c.contacts.upsert_many(people, if_new=IfNew.VENDOR_DEFAULT, restore=True))
    assert all(result.ok for result in done.items)
    assert one.call(lambda c: c.contacts.count()) == 3


# ── what it says it can do ───────────────────────────────────────────────────────────────────────────────────


def test_every_verb_is_there_or_has_a_whole_sentence_why_not() -> None:
    for verb, capability in capabilities(Provider.with_settings({"user": "u", "password": "p"})).items():
        assert not capability.undeclared, verb
        if capability.no is not None:
            assert capability.no.reason.endswith("."), verb


def test_what_is_not_there() -> None:
    told = capabilities(Provider.with_settings({"user": "u", "password": "p"}))
    assert sorted(verb for verb, one in told.items() if not one.supported) == [
        "campaigns.cancel", "campaigns.pause", "campaigns.resume", "messages.reports", "templates.delete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("consent.unsubscribe", {"channel": Channel.PUSH}),
        ("campaigns.send", {"channel": Channel.SMS}),
        ("messages.status", {"channel": Channel.EMAIL}),
        ("reports.counts", {"scope": ReportScope.SEND}),
        ("contacts.start_import", {"how": IfNew.NOT_CONTACTABLE}),
        ("contacts.start_import", {"restore": False}),
        ("lists.create", {"description": "x"}),
        ("templates.list", {"channel": Channel.SMS}),
    ],
)
def test_what_is_there_only_in_part_is_known_without_a_request(
    one: Talk, verb: str, arguments: dict[str, Any]
) -> None:
    assert one.client.supports(verb)
    assert not one.client.supports(verb, **arguments)
    assert one.emulator.ledger.total == 0


def test_what_is_refused_names_the_substitute(one: Talk) -> None:
    with pytest.raises(UnsupportedOperation) as no:
        one.call(lambda c: c.messages.status("m-1"))
    assert (no.value.word, no.value.instead) == ("not_offered", "events.stream")
    assert one.emulator.ledger.total == 0


def test_any_request_can_be_sent_by_hand(both: Talk) -> None:
    reply = both.call(lambda c: c.request("GET", "/v2/server-time", kind=Kind.READ))
    assert reply.status == 200


def test_the_typed_pair_takes_every_setting_by_name() -> None:
    from martech.testing.connecting import bench

    table = bench("dotdigital")
    options: dict[str, Any] = {"app": table.emulator, "clock": table.clock}
    with Dotdigital(**table.emulator.settings(), sms_route="v2", **options) as typed:
        assert typed.native.account.create_custom_identifier("till-id").name == "till-id"
        assert typed.contacts.find(own("nobody")) is None
        assert typed.contacts.find(email("nobody@example.org")) is None
    assert set(Dotdigital.__init__.__kwdefaults__ or ()) <= set(Provider.settings_model.model_fields)
    assert issubclass(AsyncDotdigital, AsyncDotdigital.__mro__[1])


def test_the_readme_names_only_what_is_there(one: Talk) -> None:
    tests = Path(__file__).parent
    text = (tests.parent / "README.md").read_text(encoding="utf-8")
    written = "".join(file.read_text(encoding="utf-8") for file in tests.glob("test_*.py"))
    for name in set(re.findall(r"`(test_\w+)`", text)):
        assert f"def {name}(" in written, name
    verbs = set(one.client.capabilities())
    rows = {verb.partition(".")[0] for verb in verbs}
    for row, verb in set(re.findall(r"`([a-z]+)\.([a-z_]+)(?:\(\))?`", text)):
        assert row not in rows or verb == "py" or f"{row}.{verb}" in verbs, f"{row}.{verb}"
    for area, verb in set(re.findall(r"`native\.([a-z]+)\.([a-z_]+)`", text)):
        assert callable(getattr(getattr(one.client.native, area), verb)), f"{area}.{verb}"
    for setting in Provider.settings_model.model_fields:
        assert f"`{setting}`" in text, setting
