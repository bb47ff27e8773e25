"""`martech check` against every emulator: what it verifies, what it prints, how it fails."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from martech import Client, EmailMessage, OutcomeUnknown
from martech.cli.app import main
from martech.emulation import Served, serve
from martech.registry import emulator, find, installed

NAMES = [one.name for one in installed() if one.has_emulator]


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith("MARTECH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=NAMES)
def vendor(request: pytest.FixtureRequest, clean: Path) -> Iterator[Served]:
    with serve(emulator(request.param)()) as served:
        write(clean, served, served.emulator.settings())
        yield served


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)


def write(folder: Path, vendor: Served, settings: dict[str, Any], **more: Any) -> None:
    lines = [f'[profiles.lab]\nprovider = "{vendor.emulator.name}"']
    lines += [f"{name} = {toml(value)}" for name, value in {**settings, **more}.items()]
    (folder / "martech.toml").write_text("\n".join(lines) + "\n")


def test_a_good_profile_passes_and_shows_what_the_account_may_do(
    vendor: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "lab"]) == 0
    shown = capsys.readouterr().out
    assert "the credentials of profile lab are good" in shown
    assert "set, not shown" in shown
    assert main(["check", "lab", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["profile"], said["provider"], said["ok"]) == ("lab", vendor.emulator.name, True)
    assert bool(said["limits"]) == bool(find(vendor.emulator.name).limits)
    assert set(said["permissions"].values()) <= {"yes", "not offered"}
    assert not [secret for secret in vendor.emulator.secrets() if secret in shown or secret in json.dumps(said)]
    assert vendor.emulator.outbox == []


def test_wrong_credentials_have_the_exit_code_of_their_family(
    vendor: Served, clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = find(vendor.emulator.name).settings_model.model_fields
    wrong = {name: "s3cr3t-wrong" for name, about in fields.items() if "SecretStr" in str(about.annotation)}
    write(clean, vendor, {**vendor.emulator.settings(), **wrong})
    assert main(["check", "lab"]) == 11
    assert main(["check", "lab", "--json"]) == 11
    said = capsys.readouterr()
    assert "AuthenticationFailed" in said.err
    assert "s3cr3t" not in said.out + said.err


def test_a_vendor_that_does_not_answer_is_a_transport_error(clean: Path) -> None:
    served = serve(emulator("example")())
    write(clean, served, served.emulator.settings())
    with (clean / "martech.toml").open("a") as file:
        file.write("retry = { attempts = 1 }\n")
    served.close()
    assert main(["check", "lab"]) == 20


def test_a_profile_that_is_not_there_is_a_mistake_of_configuration(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nobody"]) == 2
    assert "no profile" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("need", "code"), [("lists.list", 0), ("campaigns.list", 3), ("messages.send_email", 0), ("no.such", 3)]
)
def test_what_a_program_needs_can_be_demanded(clean: Path, need: str, code: int) -> None:
    with serve(emulator("example")()) as served:
        write(clean, served, served.emulator.settings())
        assert main(["check", "lab", "--need", need]) == code


def test_a_permission_that_is_denied_is_shown_and_fails_only_where_it_is_needed(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(emulator("example")()) as served:
        write(clean, served, served.emulator.settings())
        served.emulator.faults.add("status", route="GET /circles$", status=403, times=2)
        assert main(["check", "lab", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["permissions"]["lists.list"] == "denied"
        assert main(["check", "lab", "--need", "lists.list"]) == 12


def test_a_password_that_was_changed_is_noticed_though_a_token_is_still_good(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(emulator("example")()) as served:
        write(clean, served, served.emulator.settings(), state="sqlite:///state.db")
        with Client.from_profile("lab") as client:
            client.account.verify()
        served.emulator.faults.add("status", route="session", status=401, times=2)
        with Client.from_profile("lab") as client:
            assert client.account.verify().ok, "the token in the state still serves"
        assert main(["check", "lab"]) == 11
    assert "AuthenticationFailed" in capsys.readouterr().err


def test_it_says_where_sends_are_kept_and_how_many_are_in_doubt(
    clean: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = EmailMessage(to="ada@example.org", subject="s", html="<p>h</p>")
    with serve(emulator("example")()) as served:
        write(clean, served, served.emulator.settings())
        assert main(["check", "lab"]) == 0
        assert "no ledger keeps the sends" in capsys.readouterr().out
        write(clean, served, served.emulator.settings(), state="sqlite:///state.db", retry={"attempts": 1})
        served.emulator.faults.add("cut_after", route="letters")
        with Client.from_profile("lab") as client, pytest.raises(OutcomeUnknown):
            client.messages.send_email(letter, key="k")
        assert main(["check", "lab"]) == 0
        said = capsys.readouterr().out
        assert f"sends are kept at sqlite:///{clean}/state.db" in said
        assert "in doubt: 1" in said
        assert "martech sends list --profile lab --fate unknown" in said
        assert main(["check", "lab", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["sends"]["in_doubt"] == 1
