"""What can be seen of requests and operations: one record and one span each, hooks, and nothing of a person."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.fakes import Fake, Vendor, aclient, answer, client

from martech import AlreadySent, Client, EmailMessage, Kind, MartechError, SendRefused
from martech.errors import BrokenProvider, ConfigurationError, NotFound
from martech.pipeline.hooking import hooked
from martech.pipeline.observing import Observer
from martech.provider import Limit, LimitScope
from martech.provider.hooks import FinishedRequest, ProspectiveSend
from martech.testing.connecting import Bench
from martech.testing.faces import Drive, FaceName

ADA = answer({"email": "ada@example.org"})
LETTER = EmailMessage(to="ada@example.org", subject="s", html="h")
FACES = pytest.mark.parametrize("face", ["blocking", "asyncio"])


def records(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    return [record.__dict__["martech"] for record in caplog.records if record.name == f"martech.{name}"]


def test_an_operation_is_one_record_with_what_its_requests_took(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="martech")
    vendor = Vendor(answer({}, 503), answer({"email": "ada@example.org"}, X_Request_Id="req-7"))
    client(app=vendor, alias="shop").contacts.get("ada@example.org")
    (whole,) = records(caplog, "operations")
    assert (whole["provider"], whole["account"], whole["operation"]) == ("fake", "shop", "contacts.get")
    assert (whole["requests"], whole["request_id"]) == (2, "req-7")
    assert whole["waited_seconds"] > 0
    assert whole["waited_for"] == ("another attempt after ProviderUnavailable",)
    assert "error" not in whole
    first, second = records(caplog, "requests")
    assert "request_id" not in first
    assert second["request_id"] == "req-7"
    assert second["waited_for"] == whole["waited_for"]
    assert "ada" not in caplog.text


def test_waiting_in_line_says_that_it_was_for_a_limit(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="martech")
    slow = Fake(limits=[Limit(name="calls", calls=1, per_seconds=10, every=True, scope=LimitScope.ACCOUNT)])
    one = client(slow, Vendor(ADA))
    for _ in range(2):
        one.contacts.get("ada@example.org")
    assert records(caplog, "requests")[1]["waited_for"] == ("the vendor's limits",)
    assert records(caplog, "requests")[1]["waited_seconds"] == pytest.approx(10, abs=0.1)


def test_an_operation_that_fails_is_a_warning_unless_it_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="martech")
    for status in (404, 401):
        with pytest.raises(MartechError):
            client(app=Vendor(answer({}, status))).contacts.get("ada@example.org")
    levels = [
        (one.levelname, one.__dict__["martech"]["error"]) for one in caplog.records if "operations" in one.name
    ]
    assert levels == [("INFO", "NotFound"), ("WARNING", "AuthenticationFailed")]


def test_nobody_looking_costs_no_record() -> None:
    from opentelemetry.trace import NoOpTracer

    observer = Observer(provider="fake", account="a")
    observer._tracer = NoOpTracer()  # another test may have had the whole process traced
    logging.getLogger("martech").setLevel(logging.WARNING)
    try:
        assert observer.operation(type("Call", (), {"operation": "contacts.get"})()) is None
    finally:
        logging.getLogger("martech").setLevel(logging.NOTSET)


def test_spans_of_requests_are_below_the_span_of_their_operation() -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    spans = TracerProvider()
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    one = client(app=Vendor(answer({}, 503), ADA))
    one._blocking_engine.line.observer._tracer = spans.get_tracer("martech")
    one.contacts.get("ada@example.org")
    *requests, whole = exporter.get_finished_spans()
    assert whole.context is not None
    assert [span.parent.span_id for span in requests if span.parent] == [whole.context.span_id] * 2
    assert whole.attributes is not None
    assert whole.attributes["martech.requests"] == 2
    assert "ada" not in str([span.attributes for span in (*requests, whole)])
    assert trace


# ── hooks ────────────────────────────────────────────────────────────────────────────────────────────────────


class Watch:
    """Remembers what it is asked and told."""

    def __init__(self, refuse: str | None = None) -> None:
        self.sends: list[ProspectiveSend] = []
        self.requests: list[FinishedRequest] = []
        self.refuse = refuse

    def martech_before_send(self, send: ProspectiveSend) -> str | None:
        self.sends.append(send)
        return self.refuse

    def martech_request_finished(self, request: FinishedRequest) -> None:
        self.requests.append(request)


@FACES
def test_a_policy_sees_every_send_and_how_many_it_reaches(table: Bench, face: FaceName) -> None:
    watch = Watch()
    with Drive(table, face, hooks=[watch], alias="shop") as drive:
        drive.call(lambda one: one.messages.send_email(LETTER, key="k-1"))
        letter = {"to": "ada@example.org", "subject": "s", "body": "b", "nonce": "n"}
        drive.call(lambda one: one.request("POST", "/letters", kind=Kind.SEND, json=letter, key="k-2"))
        drive.call(lambda one: one.account.verify())
    first, second = watch.sends
    assert (first.provider, first.account, first.operation) == ("example", "shop", "messages.send_email")
    assert (first.route, first.send_key, first.recipients) == ("POST /letters", "k-1", 1)
    assert (second.operation, second.recipients) == ("client.request", None)
    assert "ada" not in repr(watch.sends)


@FACES
def test_a_policy_may_refuse_and_then_nothing_goes_out(table: Bench, face: FaceName) -> None:
    with Drive(table, face, hooks=[Watch("not on a Sunday")]) as drive:
        with pytest.raises(SendRefused, match="your policy refuses this send: not on a Sunday"):
            drive.call(lambda one: one.messages.send_email(LETTER, key="k-1"))
        assert drive.call(lambda one: one.account.verify()).ok
    assert table.emulator.ledger.count("letters") == 0
    with Drive(table, face) as drive:  # the key is not used up
        drive.call(lambda one: one.messages.send_email(LETTER, key="k-1"))
    assert len(table.emulator.outbox) == 1


def test_a_policy_that_breaks_lets_nothing_through(table: Bench) -> None:
    class Broken:
        def martech_before_send(self, send: ProspectiveSend) -> None:
            raise KeyError(f"no rule for ada@example.org in {send.provider}")

    with (
        table.client(hooks=[Broken()]) as client_,
        pytest.raises(SendRefused, match=r"broke \(KeyError\)") as refused,
    ):
        client_.messages.send_email(LETTER)
    assert "ada" not in str(refused.value)
    assert table.emulator.outbox == []


def test_a_policy_is_asked_once_for_a_send_however_often_it_is_tried(table: Bench) -> None:
    watch = Watch()
    table.emulator.faults.add("status", route="letters", status=429, headers={"X-Wait": "1"})
    with table.client(hooks=[watch]) as client_:
        client_.messages.send_email(LETTER, key="k-1")
        client_.messages.send_email(LETTER, key="k-1")
        with pytest.raises(AlreadySent):
            client_.messages.send_email(LETTER.model_copy(update={"subject": "t"}), key="k-1")
    assert len(watch.sends) == 1
    letters = [one for one in watch.requests if "letters" in one.route]
    assert [(one.status, one.attempt, one.error) for one in letters] == [(429, 1, "RateLimited"), (200, 2, None)]


def test_metrics_that_break_stop_nothing(table: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def martech_request_finished(self, request: FinishedRequest) -> None:
            raise ValueError(request.route)

    with table.client(hooks=[Broken()]) as client_:
        assert client_.account.verify().ok
    assert "a martech_request_finished hook broke: ValueError" in caplog.text


def test_asyncio_tells_the_same() -> None:
    import asyncio

    watch = Watch()

    async def ask() -> None:
        async with aclient(app=Vendor(answer({}, 404)), hooks=[watch]) as one:
            with pytest.raises(NotFound):
                await one.contacts.get("ada@example.org")

    asyncio.run(ask())
    (told,) = watch.requests
    assert (told.status, told.error, told.kind) == (404, "NotFound", "read")


async def _awaiting(self: object, request: FinishedRequest) -> None:
    """A hook that nobody would await."""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "implements none"),
        ({"martech_before_sent": lambda self, send: None}, "there is no such hook"),
        ({"martech_before_send": lambda self, sent: None}, "cannot be used"),
        ({"before_send": lambda self, send: None}, "implements none"),
        ({"martech_request_finished": _awaiting}, "not awaited"),
    ],
)
def test_a_hook_that_would_never_be_called_is_a_mistake(body: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        hooked([type("Mistake", (), body)()])


def test_hooks_may_be_registered_for_every_client(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "house_policy-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: house-policy\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[martech.hooks]\npolicy = house_policy\n")
    (tmp_path / "house_policy.py").write_text("def martech_before_send(send):\n    return 'closed'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from martech.testing.outbox import Outbox

    outbox = Outbox()
    with pytest.raises(SendRefused, match="closed"):
        outbox.client().messages.send_email(LETTER)
    (about / "entry_points.txt").write_text("[martech.hooks]\npolicy = house_policy_gone\n")
    monkeypatch.syspath_prepend(str(tmp_path / "again"))
    with pytest.raises(BrokenProvider, match="could not be loaded: ModuleNotFoundError"):
        outbox.client()
    assert Client
