"""`martech sends`, and clients whose sends go to the ledger because they have a state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import LETTER, Plain

from martech.cli.app import main
from martech.errors import OutcomeUnknown, TimedOut


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
