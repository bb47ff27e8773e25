"""Canaries: every secret of every provider, and no place on the whole surface where one is seen."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from martech import Contact, EmailMessage, HttpOptions, IfNew, MartechError, RetryPolicy
from martech.cli.app import main
from martech.client import AsyncClient, Client
from martech.emulation import serve
from martech.registry import emulator, find, installed
from martech.testing.cassettes import recorded

NAMES = [one.name for one in installed() if one.has_emulator]
CANARY = "canary-Zq7+/%&='\"<x>"
BAD_DAYS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500, "times": 50},
    {"kind": "status", "status": 401, "times": 50},
    {"kind": "status", "status": 403, "times": 50},
    {"kind": "cut_before", "times": 50},
    {"kind": "cut_after", "times": 50},
    {"kind": "nonsense", "times": 50},
    {"kind": "truncate", "times": 50},
    {"kind": "redirect", "times": 50},
]


def secret_settings(name: str) -> list[str]:
    """Return which settings of a provider are secret."""
    fields = find(name).settings_model.model_fields
    return [one for one, about in fields.items() if "SecretStr" in str(about.annotation)]


def written(secret: str) -> set[str]:
    """Return in which ways a secret may be written."""
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    return plain | {base64.b64encode(secret.encode()).decode().rstrip("=")}


class Surface:
    """Collects everything that anybody may see of a client at work."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.seen: list[tuple[str, str]] = []
        self._caplog = caplog
        caplog.set_level(logging.DEBUG)
        self._exporter = InMemorySpanExporter()
        self._spans = TracerProvider()
        self._spans.add_span_processor(SimpleSpanProcessor(self._exporter))

    def show(self, where: str, *what: Any) -> None:
        self.seen += [(where, repr(one)) for one in what] + [(where, str(one)) for one in what]

    def work(self, client: Client) -> None:
        """Let a client do a little of everything, and keep what it says."""
        line = client._blocking_engine.line
        line.observer._tracer = self._spans.get_tracer("martech")
        self.show("repr", client, line.provider, line.provider.settings, line.provider.auth, line.options, line)
        self.show("repr", client.contacts, client.account, client._blocking_engine, vars(line.options.limits))
        for ask in (
            client.account.verify,
            lambda: client.contacts.upsert(Contact(email="ada@example.org"), if_new=IfNew.VENDOR_DEFAULT),
            lambda: client.contacts.get("nobody@example.org"),
            lambda: client.messages.send_email(
                EmailMessage(to="ada@example.org", subject="s", html="h"), key="k-1"
            ),
            lambda: next(iter(client.lists.list()), None),
        ):
            try:
                self.show("result", ask())
            except MartechError as error:
                self.error(error)

    def error(self, error: BaseException) -> None:
        """Keep everything that an error says, its causes included."""
        self.seen.append(("traceback", "".join(traceback.format_exception(error))))
        self.seen.append(("pickle", pickle.dumps(error).decode("latin-1")))
        if isinstance(error, MartechError):
            self.show("details", error.details(), error.args)

    def finish(self, but_not: str | None) -> list[tuple[str, str]]:
        """Return everything, the logs and spans included."""
        records = [one for one in self._caplog.records if but_not is None or not one.name.startswith(but_not)]
        self.seen += [("log", repr(record.__dict__)) for record in records]
        self.seen += [("log", record.getMessage()) for record in records]
        self.seen += [("span", span.to_json()) for span in self._exporter.get_finished_spans()]
        return self.seen

    def assert_free_of(self, secrets: list[str], *, but_not: str | None = None) -> None:
        """Fail where a secret is seen, and say where, not which."""
        shown = {way for secret in secrets for way in written(secret)}
        found = sorted({where for where, text in self.finish(but_not) for way in shown if way in text})
        assert found == [], f"a secret is seen in {found}"
        assert len(self.seen) > 10


@pytest.fixture
def surface(caplog: pytest.LogCaptureFixture) -> Surface:
    return Surface(caplog)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("day", BAD_DAYS, ids=lambda day: f"{day['kind']}-{day.get('status', '')}")
def test_what_a_vendor_accepts_is_seen_nowhere_on_a_bad_day(
    name: str, day: dict[str, Any], surface: Surface
) -> None:
    made = emulator(name)()
    with serve(made) as served:
        settings = served.emulator.settings()
        options: dict[str, Any] = {"retry": RetryPolicy(attempts=1), "max_wait_seconds": 0.1}
        with Client(name, **settings, **options) as client:
            with suppress(MartechError):
                client.account.verify()  # so that there is a token
            made.faults.add(**day)
            surface.work(client)
    surface.assert_free_of(
        [secret for secret in made.secrets() if len(secret) > 5]
        + [value for setting, value in settings.items() if setting in secret_settings(name)]
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_vendor_refuses_is_seen_nowhere(name: str, surface: Surface) -> None:
    with serve(emulator(name)()) as served:
        settings = served.emulator.settings() | dict.fromkeys(secret_settings(name), CANARY)
        with Client(name, **settings, retry=RetryPolicy(attempts=1)) as client:
            surface.work(client)
    surface.assert_free_of([CANARY])


@pytest.mark.parametrize("name", NAMES)
def test_a_vendor_that_repeats_what_it_was_told_gives_nothing_away(name: str, surface: Surface) -> None:
    with serve(emulator(name)()) as served:
        settings = served.emulator.settings() | dict.fromkeys(secret_settings(name), CANARY)
        said = json.dumps({"error": {"code": CANARY, "text": f"no such {CANARY}"}, "message": CANARY, "ok": False})
        headers = {"X-Request-Id": CANARY, "Content-Type": "application/json"}
        for status in (200, 400, 401, 403):
            served.emulator.faults.add("status", status=status, body=said, headers=headers, times=20)
            with Client(name, **settings, retry=RetryPolicy(attempts=1)) as client:
                surface.work(client)
            served.emulator.faults.clear()
    # The HTTP library logs the headers of answers at DEBUG, in loggers of its own; what a vendor writes there is
    # none of our saying.
    surface.assert_free_of([CANARY], but_not="httpcore")


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_cannot_be_used_is_not_repeated(name: str, surface: Surface) -> None:
    fields = find(name).settings_model.model_fields
    for setting in fields:
        for value in (CANARY, {"a": CANARY}, [CANARY]):
            given = {one: "x" for one, about in fields.items() if about.is_required()} | {setting: value}
            try:
                surface.show("repr", Client(name, **given)._blocking_engine.line.provider)
            except MartechError as error:
                surface.error(error)
    surface.assert_free_of([CANARY])


@pytest.mark.parametrize("name", NAMES)
def test_check_shows_no_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with serve(emulator(name)()) as served:
        lines = [f"{one} = {json.dumps(value)}" for one, value in served.emulator.settings().items()]
        for secrets in ([], [f"{one} = {json.dumps(CANARY)}" for one in secret_settings(name)]):
            named = {line.split(" ")[0] for line in secrets}
            kept = [line for line in lines if line.split(" ")[0] not in named]
            (tmp_path / "martech.toml").write_text(
                "\n".join([f'[profiles.lab]\nprovider = "{name}"', *kept, *secrets, f'state_key = "{CANARY}"'])
            )
            for command in (["check", "lab"], ["check", "lab", "--json"]):
                main(command)
        secret = [one for one in served.emulator.secrets() if len(one) > 5]
    shown = capfd.readouterr()
    text = shown.out + shown.err
    assert len(text) > 100
    assert not [one for one in (*secret, CANARY) for way in written(one) if way in text]


@pytest.mark.parametrize("name", NAMES)
def test_a_cassette_holds_no_secret(name: str, tmp_path: Path) -> None:
    with recorded(name, tmp_path / "talk.yaml") as client:
        client.account.verify()
        with suppress(MartechError):
            client.contacts.get("ada@example.org")
    text = (tmp_path / "talk.yaml").read_text()
    assert not [one for one in emulator(name)().secrets() if len(one) > 5 for way in written(one) if way in text]


@pytest.mark.parametrize("transport", ["httpx", "httpx2", "aiohttp"])
def test_the_password_of_a_proxy_is_seen_nowhere(transport: Any, surface: Surface) -> None:
    import asyncio

    http = HttpOptions(proxy=f"http://robin:{quote(CANARY, safe='')}@127.0.0.1:9", transport=transport)
    surface.show("repr", http)

    async def ask() -> None:
        async with AsyncClient("example", name="robin", passphrase=CANARY, http=http, retry=NO_RETRY) as client:
            surface.show("repr", client, client._async_engine.line.options)
            try:
                await client.account.verify()
            except MartechError as error:
                surface.error(error)
                surface.error(error)
                surface.error(error)

    asyncio.run(ask())
    surface.assert_free_of([CANARY])


NO_RETRY = RetryPolicy(attempts=1)


def test_the_urls_that_hold_secrets_are_seen_nowhere(surface: Surface) -> None:
    for state in (
        f"postgresql://u:{quote(CANARY, safe='')}@127.0.0.1:9/x",
        f"redis://:{quote(CANARY, safe='')}@127.0.0.1:9",
    ):
        url = f"example://robin:{quote(CANARY, safe='')}@127.0.0.1:9/?state={quote(state, safe='')}"
        if state.startswith("redis"):
            ledger = f"postgresql://u:{quote(CANARY, safe='')}@127.0.0.1:9/x"
            url += f"&ledger={quote(ledger, safe='')}"
        try:
            with Client.from_url(url, retry=NO_RETRY) as client:
                surface.work(client)
        except MartechError as error:
            surface.error(error)
    surface.assert_free_of([CANARY])


@pytest.fixture(autouse=True)
def _nothing_of_ours_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARTECH_SANDBOX", "MARTECH_CONFIG"):
        monkeypatch.delenv(name, raising=False)
