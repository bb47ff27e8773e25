"""`martech sends`, and clients whose sends go to the ledger because they have a state."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import LETTER, Plain

from martech.cli.app import main
from martech.delivery.ledger import ledger_for
from martech.errors import OutcomeUnknown, TimedOut
from martech.pipeline.guarding import PlannedSend
from martech.stores.database import Database


@pytest.fixture
def state(tmp_path: Path) -> str:
    """A state in which one send was accepted and one is in doubt."""
    url = f"sqlite:///{tmp_path}/state.db"
    vendor = Vendor(answer({"letter": "m-1"}), TimedOut("no answer", maybe_processed=True))
    one = client(Plain(), vendor, state=url)
    one.messages.send_email(LETTER, key="welcome-1")
    with pytest.raises(OutcomeUnknown):
        one.messages.send_email(LETTER, key="order-7")
    return url


def test_another_client_on_the_same_state_knows_what_was_sent(state: str) -> None:
    vendor = Vendor()
    receipt = client(Plain(), vendor, state=state).messages.send_email(LETTER, key="welcome-1")
    assert receipt.message_id == "m-1"
    assert vendor.asked == []


def test_the_list_shows_what_is_in_doubt_and_what_to_do(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sends", "list", "--state", state]) == 0
    said = capsys.readouterr().out
    assert "order-7" in said
    assert "in doubt: 1." in said
    assert "martech sends settle KEY" in said
    assert main(["sends", "list", "--state", state, "--fate", "unknown", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) | {"key": "order-7", "fate": "unknown", "asked": "POST /letters"} == json.loads(line)
    assert main(["sends", "list", "--state", state, "--provider", "nobody"]) == 0
    assert "no such sends" in capsys.readouterr().out


def test_one_send_is_shown_with_everything_but_the_person(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sends", "show", "welcome-1", "--state", state]) == 0
    said = capsys.readouterr().out
    assert "m-1" in said
    assert "ada" not in said
    assert main(["sends", "show", "nothing", "--state", state]) == 13


def test_a_send_in_doubt_is_settled_once(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sends", "settle", "order-7", "refused", "--state", state, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settled_by"] == "by hand"
    assert main(["sends", "settle", "order-7", "accepted", "--state", state]) == 10
    vendor = Vendor(answer({"letter": "m-2"}))
    assert client(Plain(), vendor, state=state).messages.send_email(LETTER, key="order-7").message_id == "m-2"


def test_old_sends_are_forgotten_when_asked(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sends", "forget", "--days", "0", "--state", state]) == 0
    assert "1 sends forgotten" in capsys.readouterr().out


def test_a_state_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTECH_STATE", f"sqlite:///{tmp_path}/none.db")
    assert main(["sends", "list"]) == 2
    assert list(tmp_path.iterdir()) == []


def in_flight(state: str, number: int) -> None:
    """Let the ledger hold many sends that are under way right now."""
    database = Database(state)
    ledger, now = ledger_for(database), datetime.now(UTC)
    for place in range(number):
        ledger.begin(PlannedSend(f"now-{place}", "fake", "a", "op", "POST /x", now, attempt=str(place)))
    database.close()


def test_what_is_in_doubt_is_found_however_much_happened_since(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    in_flight(state, 12)
    assert main(["sends", "list", "--state", state, "--fate", "unknown", "--limit", "5", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["key"] == "order-7"
    assert main(["sends", "list", "--state", state, "--limit", "5"]) == 0
    said = capsys.readouterr().out
    assert "order-7" not in said
    assert "these are the last 5; there may be more" in said
    assert "in doubt: 1." in said


@pytest.mark.parametrize("key", ["order[/]7", "[red]x[/red]", "-x", "a b", "it's"])
def test_a_key_of_any_form_is_shown_as_it_is_and_with_a_command_that_settles_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    state = f"sqlite:///{tmp_path}/state.db"
    late = TimedOut("no [/] answer \x1b[2J", maybe_processed=True)
    with pytest.raises(OutcomeUnknown) as unknown:
        client(Plain(), Vendor(late), state=state).messages.send_email(LETTER, key=key)
    advised = shlex.split(str(unknown.value).partition("say so: ")[2].partition(" (")[0])
    assert main(["sends", "list", "--state", state]) == 0
    assert key in capsys.readouterr().out
    assert main(["sends", "show", "--state", state, "--", key]) == 0
    shown = capsys.readouterr().out
    assert key in shown
    assert "\x1b" not in shown
    assert shlex.join(advised) in shown
    assert main([*advised[1:3], "--state", state, *advised[3:]]) == 0
    assert "settled as accepted: the key never sends again" in capsys.readouterr().out


def test_a_profile_says_where_its_ledger_is(
    state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MARTECH_STATE", raising=False)
    text = '[profiles.shop]\nprovider = "example"\nname = "robin"\npassphrase = "x"\n'
    (tmp_path / "martech.toml").write_text(text + 'state = "sqlite:///state.db"\n')
    assert main(["sends", "list", "--profile", "shop"]) == 0
    assert "martech sends settle --profile shop KEY accepted" in capsys.readouterr().out
    assert main(["sends", "show", "order-7", "--profile", "shop"]) == 0
    assert "martech sends settle --profile shop order-7 refused" in capsys.readouterr().out
    ledger = 'state = "redis://127.0.0.1:1"\nledger = "sqlite:///state.db"\n'
    (tmp_path / "martech.toml").write_text(text + ledger)
    assert main(["sends", "settle", "order-7", "refused", "--profile", "shop"]) == 0
    capsys.readouterr()
    (tmp_path / "martech.toml").write_text(text)
    assert main(["sends", "list", "--profile", "shop"]) == 2
    assert "has no state" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [([], "--profile NAME or --state URL"), (["--state", "redis://127.0.0.1:1"], "Redis keeps no")],
)
def test_where_there_is_no_ledger_it_says_what_to_name(
    asked: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MARTECH_STATE", raising=False)
    assert main(["sends", "list", *asked]) == 2
    assert said in capsys.readouterr().err
