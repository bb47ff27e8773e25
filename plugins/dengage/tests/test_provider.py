"""The provider as a whole: both faces, logging in, what it says of itself, and the small rows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from martech import (
    AuthenticationFailed,
    Channel,
    ConfigurationError,
    Contact,
    CustomEvent,
    EmailMessage,
    IfNew,
    ItemOutcome,
    MissingSetting,
    PermissionDenied,
    Segments,
    UnsupportedOperation,
    own,
)
from martech.provider import HttpRequest, Kind, Response, Word, capabilities, native_capabilities
from martech.testing.connecting import bench, collect
from martech_dengage import assumed
from martech_dengage.clients import AsyncDengage, Dengage

Start = Callable[..., Any]
ROUND = Contact(own_id="c-1", email="ada@example.org", mobile="+447700900123", first_name="Ada")


# ── both faces ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_core_of_it_works_blocking() -> None:
    table = bench("dengage")
    with table.client(max_wait_seconds=3600) as client:
        assert client.account.verify().ok
        assert client.contacts.upsert(ROUND, if_new=IfNew.NOT_CONTACTABLE).contactable is False
        assert client.contacts.get(own("c-1")).first_name == "Ada"
        made = client.lists.create("weekly")
        assert client.lists.add(made.id, own("c-1")).items[0].ok
        assert [one.id for one in client.lists.list()] == [made.id]
        receipt = client.messages.send_email(EmailMessage(to="ada@example.org", subject="s", html="<p></p>"))
        table.clock.advance(60)
        assert client.messages.status(receipt.message_id).engagements
        assert client.consent.unsubscribe(own("c-1"), channel=Channel.EMAIL).ok
        assert len(list(client.account.senders())) >= 2
    table.emulator.ledger.assert_no_secret_in_urls()


def test_the_core_of_it_works_on_asyncio() -> None:
    async def work() -> None:
        table = bench("dengage")
        async with table.aclient(max_wait_seconds=3600) as client:
            assert (await client.account.verify()).ok
            assert (await client.contacts.upsert(ROUND, if_new=IfNew.NOT_CONTACTABLE)).contactable is False
            assert (await client.contacts.get(own("c-1"))).first_name == "Ada"
            made = await client.lists.create("weekly")
            assert (await client.lists.add(made.id, own("c-1"))).items[0].ok
            assert [one.id for one in await collect(client.lists.list())] == [made.id]
            receipt = await client.messages.send_email(
                EmailMessage(to="ada@example.org", subject="s", html="<p></p>")
            )
            table.clock.advance(60)
            assert (await client.messages.status(receipt.message_id or "")).engagements
            assert (await client.consent.unsubscribe(own("c-1"), channel=Channel.EMAIL)).ok
            assert len(await collect(client.account.senders())) >= 2

    asyncio.run(work())


def test_the_typed_pair_is_the_same_client(talk: Start) -> None:
    conversation = talk()
    settings = conversation.emulator.settings()
    with Dengage(
        userkey=settings["userkey"],
        password=SecretStr(settings["password"]),
        base_url=settings["base_url"],
        look_first=False,
        app=conversation.app,
        clock=conversation.clock,
    ) as client:
        assert client.native.settings.email_froms()["emailFroms"]
        assert client.account.verify().ok

    async def work() -> None:
        async with AsyncDengage(**settings, app=conversation.app, clock=conversation.clock) as client:
            assert (await client.native.settings.sms_froms())["smsFroms"]

    asyncio.run(work())


# ── logging in ───────────────────────────────────────────────────────────────────────────────────────────────


def test_one_login_serves_any_number_of_calls_until_the_token_ends(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    for _ in range(5):
        client.account.verify()
    assert conversation.count("POST /login") == 1
    conversation.clock.advance(3600)
    client.account.verify()
    assert conversation.count("POST /login") == 2
    conversation.emulator.expire_tokens()
    client.account.verify()
    assert conversation.count("POST /login") == 3
    assert conversation.bodies("POST /login")[0].keys() == {"userkey", "password"}


def test_one_login_serves_callers_that_come_at_once(talk: Start) -> None:
    conversation = talk()

    async def work() -> None:
        async with conversation.aclient() as client:
            await asyncio.gather(*(client.account.verify() for _ in range(12)))

    asyncio.run(work())
    assert conversation.count("POST /login") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_said_so_once_and_never_tried_in_a_loop(talk: Start, status: int) -> None:
    conversation = talk({"password": "wrong"}, bad_login_status=status)
    with pytest.raises(AuthenticationFailed) as caught:
        conversation.client().account.verify()
    assert "wrong" not in str(caught.value).replace("wrong credentials", "")
    assert conversation.count("POST /login") == 1


@pytest.mark.parametrize("empty", [False, True])
def test_an_address_off_the_allow_list_is_said_so_before_anything_else(talk: Start, *, empty: bool) -> None:
    conversation = talk(allowed_ips=["198.51.100.1"], empty_ip_refusal=empty)
    with pytest.raises((PermissionDenied, AuthenticationFailed)) as caught:
        conversation.client().account.verify()
    assert "address" in str(caught.value)
    assert "203.0.113.7" not in str(caught.value)
    assert isinstance(caught.value, AuthenticationFailed) is empty


def test_a_token_is_refused_at_most_once_for_one_call(talk: Start) -> None:
    conversation = talk(token_seconds=0)
    with pytest.raises(AuthenticationFailed):
        conversation.client().account.verify()
    assert conversation.count("GET /email/froms") <= 2


def test_no_secret_is_in_any_repr_error_or_address(talk: Start) -> None:
    conversation = talk()
    client = conversation.client()
    client.account.verify()
    password = conversation.emulator.settings()["password"]
    provider = client._provider
    for shown in (
        repr(client),
        repr(provider),
        repr(provider.settings),
        repr(provider.auth),
        provider.account_key,
    ):
        assert password not in shown
    conversation.emulator.ledger.assert_no_secret_in_urls()


# ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────


def test_every_verb_is_there_or_has_a_word_and_a_sentence(talk: Start) -> None:
    provider = talk().client()._provider
    said = capabilities(provider)
    instead = {**said, **native_capabilities(provider)}
    for verb, capability in said.items():
        assert not capability.undeclared, verb
        for no in filter(None, (capability.no, *(way.no for way in capability.ways))):
            assert no.reason.endswith("."), verb
            assert len(no.reason) > 20, verb
            if no.instead is not None:
                assert instead[no.instead].supported, (verb, no.instead)


def test_what_rests_on_assumption_says_so(talk: Start) -> None:
    said = capabilities(talk().client()._provider)
    resting = {verb for verb, capability in said.items() if capability.assumption}
    assert {
        "contacts.create", "contacts.start_import", "attributes.list", "consent.subscribe", "consent.release",
        "consent.changes", "templates.create", "campaigns.create", "campaigns.send", "campaigns.pause",
        "reports.counts", "reports.engagements", "events.track", "jobs.status",
    } <= resting  # fmt: skip
    assert not {
        "contacts.get", "contacts.update", "consent.unsubscribe", "consent.suppress", "lists.create",
        "messages.send_email", "messages.send_sms", "messages.reports", "templates.list", "account.senders",
    } & resting  # fmt: skip


def test_nobody_is_put_into_a_flow(talk: Start) -> None:
    conversation = talk()
    with pytest.raises(UnsupportedOperation) as caught:
        conversation.client().automations.enrol("flow", [own("c-1")])
    assert caught.value.word == Word.NOT_OFFERED
    assert conversation.said == []


def test_limits_are_declared_with_their_sources(talk: Start) -> None:
    limits = {limit.name: limit for limit in talk().client().account.limits()}
    assert (limits["calls"].calls, limits["calls"].scope) == (30, "ip")
    assert (limits["bulk"].calls, limits["bulk"].scope) == (1, "account")
    assert limits["bulk"].source == "D4"


def test_thirty_calls_a_second_are_not_exceeded_by_callers_that_come_at_once(talk: Start) -> None:
    conversation = talk()
    people = [own(f"c-{number}") for number in range(200)]
    conversation.emulator.seed_people([{"key": ref.value} for ref in people])

    async def work() -> None:
        async with conversation.aclient() as client:
            made = await client.lists.create("x")
            assert all(one.ok for one in (await client.lists.add(made.id, people)).items)

    asyncio.run(work())
    assert not [one for one in conversation.emulator.ledger.recent if one.status == 429]


def test_no_seventh_read_is_under_way_whatever_is_read(talk: Start) -> None:
    conversation = talk({"contact_columns": ()}, reads_at_once=6)
    crowd, arrived, most = 0, threading.Condition(), 0

    def together(request: HttpRequest) -> None:
        """Let a read wait a moment for a seventh one, so that one would be seen."""
        nonlocal crowd, most
        if request.method != "GET":
            return
        with arrived:
            crowd += 1
            most = max(most, crowd)
            arrived.notify_all()
            arrived.wait_for(lambda: crowd > 6, timeout=0.02)
        with arrived:
            crowd -= 1

    conversation.emulator.seed_people([{"key": "c-1"}])
    content = conversation.emulator.add_content(
        "email", "News", [{"language": "EN", "subject": "s", "content": "<p></p>"}]
    )
    client = conversation.client()
    send = client.campaigns.send(content, to=Segments([conversation.emulator.add_segment("all")]))
    job = client.contacts.start_import([ROUND], if_new=IfNew.VENDOR_DEFAULT)
    span: dict[str, Any] = {"since": conversation.clock.now(), "until": conversation.clock.now()}
    reads: list[Callable[[], Any]] = [
        lambda: client.contacts.get(own("c-1")),
        lambda: list(client.lists.list()),
        lambda: list(client.attributes.list()),
        lambda: list(client.templates.list()),
        lambda: client.templates.get(content),
        lambda: list(client.account.senders()),
        lambda: client.jobs.status(job),
        lambda: client.messages.status("11111111-2222-4333-8444-555555555555"),
        lambda: list(client.messages.reports(recipients=("ada@example.org",), **span)),
        lambda: client.campaigns.send_status(send.id),
        lambda: list(client.reports.engagements(send_id=send.id)),
        lambda: list(client.consent.changes(since=span["since"])),
        lambda: client.native.settings.bulk_vmtas(),
        lambda: client.native.logs.emails(send.id),
    ]
    conversation.answer = together
    with ThreadPoolExecutor(len(reads)) as pool:
        for one in [pool.submit(read) for read in reads]:
            one.result()
    assert most == 6
    assert not [one for one in conversation.emulator.ledger.recent if one.status == 429]


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "settings",
    [
        {"timezone": "Mars/Olympus"},
        {"assumed_paths": {"no_such_path": "/x"}},
        {"assumed_paths": {"send": "/sends/{channel}"}},
        {"assumed_paths": {"web_event": "@elsewhere.test/event"}},
        {"assumed_paths": {"email_logs": "/logs?kind=email"}},
        {"assumed_fields": {"sendId": "id", "contentId": "id"}},
        {"assumed_fields": {"sendId": ""}},
        {"assumed_words": {"COMPLETED": "FINISHED"}},
        {"update_contact": "sometimes"},
        {"userKey": "x"},
    ],
)
def test_a_setting_that_cannot_be_used_is_said_so_without_its_value(talk: Start, settings: dict[str, Any]) -> None:
    with pytest.raises(MissingSetting) as caught:
        talk(settings).client()
    assert "Olympus" not in str(caught.value)


def test_every_assumed_path_can_be_replaced() -> None:
    paths = {name: f"/v9{path}" for name, path in assumed.PATHS.items()}
    from martech_dengage.settings import DengageSettings

    settings = DengageSettings(userkey="u", password=SecretStr("p"), assumed_paths=paths)
    for name, path in paths.items():
        parts = dict.fromkeys(assumed.parts_of(path), "x")
        assert assumed.ask(settings, name, "GET", Kind.READ, **parts).route == path


# ── the small rows ───────────────────────────────────────────────────────────────────────────────────────────


def test_columns_of_the_contact_table_are_attributes(talk: Start) -> None:
    conversation = talk()
    conversation.emulator.add_contact_column("shoe_size", "INTEGER")
    found = {one.name: one for one in conversation.client().attributes.list()}
    assert found["shoe_size"].type == "integer"
    assert not found["shoe_size"].is_built_in
    assert found["email"].is_built_in


def test_senders_of_both_channels_are_listed_with_their_ids(talk: Start) -> None:
    found = list(talk().client().account.senders())
    assert {one.channel for one in found} == {Channel.EMAIL, Channel.SMS}
    assert all(one.id and one.address for one in found)
    assert sum(one.is_default or False for one in found) == 2


def test_the_contact_key_is_the_only_identifier(talk: Start) -> None:
    conversation = talk()
    (one,) = conversation.client().account.identifiers()
    assert (one.kind, one.name) == ("own", "contact_key")
    assert conversation.said == []


def test_events_are_accepted_by_a_host_of_their_own_that_gets_no_token(talk: Start) -> None:
    conversation = talk({"event_account_id": "acc-1"})
    event = CustomEvent(type="page_view_events", contact=own("c-1"), data={"page_url": "https://example.org"})
    seen: list[tuple[str, bool]] = []

    def watch(request: Any) -> None:
        seen.append((request.url, "authorization" in request.headers))

    conversation.answer = watch
    bad = event.model_copy(update={"id": "e-1"})
    accepted, refused = conversation.client().events.track([event, bad]).items
    assert (accepted.outcome, accepted.identifier) == (ItemOutcome.ACCEPTED, own("c-1"))
    assert refused.outcome is ItemOutcome.REFUSED
    told = [with_token for url, with_token in seen if url.endswith("/api/web/event")]
    assert told == [False]
    body = next(one.json for one in conversation.said if one.path.endswith("/api/web/event"))
    assert body == {
        "accountId": "acc-1",
        "eventTable": "page_view_events",
        "key": "c-1",
        "eventDetails": {"page_url": "https://example.org"},
    }


def test_an_event_at_a_replaced_path_gets_no_token_and_is_accepted_without_an_envelope(talk: Start) -> None:
    conversation = talk({"event_account_id": "acc-1", "assumed_paths": {"web_event": "/v2/events"}})
    tokens: list[bool] = []

    def elsewhere(request: HttpRequest) -> Response | None:
        if not request.url.endswith("/v2/events"):
            return None
        tokens.append("authorization" in request.headers)
        return Response(200, asked=request.asked)

    conversation.answer = elsewhere
    event = CustomEvent(type="page_view_events", contact=own("c-1"))
    assert conversation.client().events.track(event).items[0].outcome is ItemOutcome.ACCEPTED
    assert tokens == [False]


def test_events_without_their_settings_say_which_are_missing(talk: Start) -> None:
    conversation = talk()
    with pytest.raises(ConfigurationError, match="event_account_id"):
        conversation.client().events.track(CustomEvent(type="x", contact=own("c-1")))
    assert conversation.said == []


def test_an_event_is_not_told_twice(talk: Start) -> None:
    conversation = talk({"event_account_id": "acc-1"})
    conversation.emulator.faults.add("cut_after", route="POST /api/web/event")
    (result,) = conversation.client().events.track(CustomEvent(type="x", contact=own("c-1"))).items
    assert result.outcome is ItemOutcome.UNKNOWN
    assert len([one for one in conversation.said if one.path.endswith("/api/web/event")]) == 1
