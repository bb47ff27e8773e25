"""One request from the wish to the answer."""

import asyncio
import logging
import threading
from typing import Any

import pytest
from pydantic import SecretStr
from tests.fakes import Fake, FakeContacts, Vendor, aclient, answer, client

from martech.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    InvalidRequest,
    MartechError,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    UnexpectedResponse,
)
from martech.models import Contact, Identifier
from martech.pipeline import Fate, MemoryGuard, RetryPolicy
from martech.provider import (
    Auth,
    Host,
    HttpRequest,
    Kind,
    Response,
    Token,
    get,
    post,
    send,
)

ADA = answer({"email": "ada@example.org"})


class Door(Auth):
    """Logs in by asking; a token is refused by 401."""

    def __init__(self, *, in_body: bool = False) -> None:
        self.in_body = in_body

    async def login(self) -> Token:
        reply = await post("/login", json={"password": "hunter2"}, kind=Kind.READ)
        return Token(SecretStr(reply.json()["token"]))

    def sign(self, request: HttpRequest, token: Token | None) -> HttpRequest:
        assert token is not None
        return request.with_header("authorization", token.secret.get_secret_value())

    def refused(self, response: Response) -> bool:
        return response.status == 401


class Tokens:
    """A vendor whose tokens count up; the ones in `dead` are refused."""

    def __init__(self) -> None:
        self.logins = 0
        self.calls = 0
        self.dead: set[str] = set()
        self.always_refuse = False
        self.login_status = 200

    def __call__(self, request: HttpRequest) -> Response:
        if request.url.endswith("/login"):
            assert request.headers.get("authorization") is None
            self.logins += 1
            return answer({"token": f"t{self.logins}"}, self.login_status)
        self.calls += 1
        if self.always_refuse or request.headers.get("authorization") in self.dead:
            return answer({"error": "token"}, 401)
        return ADA


def ask(one: Any) -> Any:
    return one.contacts.get("ada@example.org")


@pytest.mark.parametrize("face", ["blocking", "asyncio"])
def test_fifty_callers_with_a_dead_token_make_one_login_and_each_is_replayed_once(face: str) -> None:
    vendor = Tokens()

    async def tasks() -> list[Contact]:
        one = aclient(Fake(auth=Door()), vendor)
        await ask(one)
        vendor.dead = {"t1"}
        return list(await asyncio.gather(*(ask(one) for _ in range(50))))

    if face == "asyncio":
        got = asyncio.run(tasks())
    else:
        from concurrent.futures import ThreadPoolExecutor

        one = client(Fake(auth=Door()), vendor)
        ask(one)
        vendor.dead = {"t1"}
        with ThreadPoolExecutor(50) as pool:
            got = list(pool.map(lambda _: ask(one), range(50)))
    assert len(got) == 50
    assert vendor.logins == 2
    assert vendor.calls <= 1 + 2 * 50


def test_a_token_that_is_refused_as_soon_as_given_is_asked_for_twice_and_no_more() -> None:
    vendor = Tokens()
    vendor.always_refuse = True
    with pytest.raises(AuthenticationFailed):
        ask(client(Fake(auth=Door()), vendor))
    assert vendor.calls == 2


def test_a_failed_login_is_told_to_everybody_who_waited_and_not_tried_by_each() -> None:
    from concurrent.futures import ThreadPoolExecutor

    vendor = Tokens()
    vendor.login_status = 403
    waiting = threading.Barrier(20)

    def app(request: HttpRequest) -> Response:
        threading.Event().wait(0.05)
        return vendor(request)

    one = client(Fake(auth=Door()), app)

    def call(_: int) -> BaseException | None:
        waiting.wait()
        try:
            ask(one)
        except MartechError as error:
            return error
        return None

    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(call, range(20)))
    assert all(isinstance(error, MartechError) for error in got)
    assert vendor.logins <= 2


def test_when_the_one_who_logs_in_is_cancelled_another_does_it() -> None:
    vendor = Tokens()
    slow = {"first": True}

    async def scenario() -> int:
        def app(request: HttpRequest) -> Response:
            if request.url.endswith("/login") and slow["first"]:
                slow["first"] = False
                raise asyncio.CancelledError
            return vendor(request)

        one = aclient(Fake(auth=Door()), app)
        got = await asyncio.gather(*(ask(one) for _ in range(10)), return_exceptions=True)
        return sum(isinstance(one, Contact) for one in got)

    assert asyncio.run(scenario()) == 9
    assert vendor.logins == 1


class Where(Auth):
    """Finds the account's host by asking another one."""

    def __init__(self, found: str, *, through: str = "locator") -> None:
        self.found, self.through = found, through

    async def locate(self) -> str:
        await get("/where", host=self.through)
        return self.found


HOSTS = {
    "api": Host(None, r"https://r[0-9]+\.fake\.test", located=True),
    "locator": Host("https://r1.fake.test"),
}


def test_an_account_is_located_once_and_calls_go_there() -> None:
    vendor = Vendor(ADA)
    one = client(Fake(auth=Where("https://r2.fake.test/"), hosts=HOSTS), vendor)
    ask(one)
    ask(one)
    hosts = [request.url.split("/")[2] for request in vendor.asked]
    assert hosts == ["r1.fake.test", "r2.fake.test", "r2.fake.test"]


@pytest.mark.parametrize(
    "found",
    [
        "https://evil.test",
        "https://r2.fake.test.evil.test",
        "http://r2.fake.test",
        "https://r2.fake.test@evil.test",
    ],
)
def test_credentials_go_to_no_host_that_was_not_declared(found: str) -> None:
    vendor = Vendor(ADA)
    with pytest.raises(ConfigurationError):
        ask(client(Fake(auth=Where(found), hosts=HOSTS), vendor))
    assert [request.url for request in vendor.asked] == ["https://r1.fake.test/where"]


def test_locating_through_the_host_to_be_found_is_a_mistake_that_is_named() -> None:
    with pytest.raises(ConfigurationError, match="the very host"):
        ask(client(Fake(auth=Where("https://r2.fake.test", through="api"), hosts=HOSTS), Vendor(ADA)))


def test_a_redirect_is_not_followed_and_its_target_gets_nothing() -> None:
    vendor = Vendor(answer(None, 302, location="https://evil.test/?token=x"))
    with pytest.raises(UnexpectedResponse, match="another address"):
        ask(client(app=vendor))
    assert len(vendor.asked) == 1


def test_a_plugin_that_stumbles_over_an_answer_gives_an_error_about_the_answer() -> None:
    def stumbling(response: Response) -> MartechError | None:
        raise KeyError("code")

    with pytest.raises(UnexpectedResponse, match="KeyError"):
        ask(client(Fake(refusal=stumbling), Vendor(ADA)))


def test_an_error_status_is_an_error_even_if_the_plugin_says_nothing() -> None:
    with pytest.raises(NotFound):
        ask(client(Fake(refusal=lambda response: None), Vendor(answer({}, 404))))


def test_a_short_accident_is_tried_again_and_a_long_one_has_an_end() -> None:
    vendor = Vendor(answer({}, 503), answer({}, 502), ADA)
    assert ask(client(app=vendor)).email == "ada@example.org"
    down = Vendor(answer({}, 503))
    with pytest.raises(ProviderUnavailable):
        ask(client(app=down, retry=RetryPolicy(attempts=3)))
    assert len(down.asked) == 3


class Sending(FakeContacts):
    """Its `get` sends."""

    key: str | None = "k-1"
    several = False

    async def get(self, ref: Identifier) -> Contact:
        reply = await send("/letters", json={}, send_key=self.key, may_stop_midway=self.several)
        return Contact(email=reply.json()["email"])


def test_a_send_without_a_key_is_a_mistake_of_the_plugin() -> None:
    contacts = Sending()
    contacts.key = None
    with pytest.raises(ConfigurationError, match="key"):
        ask(client(Fake(contacts=contacts), Vendor(ADA)))


def guarded(*answers: Any) -> tuple[MemoryGuard, Vendor, Any]:
    guard, vendor = MemoryGuard(), Vendor(*answers)
    return guard, vendor, client(Fake(contacts=Sending()), vendor, guard=guard)


def test_an_accepted_send_is_noted_and_not_sent_again() -> None:
    guard, vendor, one = guarded(ADA)
    ask(one)
    assert guard.fate("k-1") is Fate.ACCEPTED
    with pytest.raises(Conflict):
        ask(one)
    assert len(vendor.asked) == 1


def test_a_refused_send_is_noted_and_may_be_made_again() -> None:
    guard, _, one = guarded(answer({}, 400), ADA)
    with pytest.raises(MartechError):
        ask(one)
    assert guard.fate("k-1") is Fate.REFUSED
    ask(one)
    assert guard.fate("k-1") is Fate.ACCEPTED


@pytest.mark.parametrize(("status", "fate"), [(422, Fate.UNKNOWN), (403, Fate.UNKNOWN), (413, Fate.REFUSED)])
def test_a_batch_of_sends_that_is_refused_may_have_begun_unless_it_was_too_large(status: int, fate: Fate) -> None:
    guard, vendor, one = guarded(answer({}, status), ADA)
    one._provider.contacts.several = True
    with pytest.raises(OutcomeUnknown if fate is Fate.UNKNOWN else MartechError):
        ask(one)
    assert guard.fate("k-1") is fate
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_send_whose_answer_proves_nothing_is_unknown_and_stays_so(status: int) -> None:
    guard, vendor, one = guarded(answer({}, status), ADA)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as unknown:
            ask(one)
        assert unknown.value.send_key == "k-1"
    assert guard.fate("k-1") is Fate.UNKNOWN
    assert len(vendor.asked) == 1


def test_a_send_answered_unreadably_is_unknown() -> None:
    guard, _, one = guarded(Response(200, body=b"<html>"))
    with pytest.raises(OutcomeUnknown):
        ask(one)
    assert guard.fate("k-1") is Fate.UNKNOWN


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, MemoryError])
def test_a_send_that_is_stopped_is_unknown(stop: type[BaseException]) -> None:
    guard, _, one = guarded(stop)
    with pytest.raises(stop):
        ask(one)
    assert guard.fate("k-1") is Fate.UNKNOWN


def test_one_structured_record_per_attempt_without_any_value(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="martech")
    ask(client(app=Vendor(answer({}, 503), ADA)))
    fields = [record.__dict__["martech"] for record in caplog.records if record.name == "martech.requests"]
    assert [(one["status"], one["attempt"]) for one in fields] == [(503, 1), (200, 2)]
    assert fields[0]["error"] == "ProviderUnavailable"
    assert fields[1]["waited_seconds"] > 0
    assert {one["operation"] for one in fields} == {"contacts.get"}
    assert {one["route"] for one in fields} == {"GET /people/{email}"}
    assert "ada" not in caplog.text


def test_a_span_per_attempt_where_the_application_uses_opentelemetry() -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    ask(client(app=Vendor(ADA)))
    span, whole = exporter.get_finished_spans()
    assert whole.name == "martech contacts.get"
    assert span.name == "martech GET /people/{email}"
    assert span.attributes is not None
    assert span.attributes["martech.route"] == "GET /people/{email}"
    assert "ada" not in str(span.attributes)


def test_any_request_can_be_sent_with_the_providers_credentials() -> None:
    vendor = Tokens()
    one = client(Fake(auth=Door()), vendor)
    got = one.request("get", "/anything/{id}", kind=Kind.READ, parts={"id": "a/b"})
    assert got.json() == {"email": "ada@example.org"}
    assert vendor.logins == 1


@pytest.mark.parametrize(
    "route",
    ["/people/ada@example.org", "/people/ada%40example.org", "/people?phone=%2B447700900123", "/x?token=abc"],
)
def test_a_route_that_holds_a_value_is_refused_since_routes_stand_in_logs(
    route: str, caplog: pytest.LogCaptureFixture
) -> None:
    vendor = Vendor(answer({}))
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(InvalidRequest, match="holds an address, a number or a secret") as refused,
    ):
        client(app=vendor).request("GET", route, kind=Kind.READ)
    assert vendor.asked == []
    assert "ada" not in str(refused.value) + caplog.text
    client(app=vendor).request("GET", "/v2/campaigns/123456789", kind=Kind.READ, query={"since": "2026-01-05"})
    assert len(vendor.asked) == 1


def test_plain_http_off_this_machine_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigurationError, match="http://"):
        client(Fake(hosts={"api": Host("http://api.fake.test")}))
