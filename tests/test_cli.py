"""The command line, as people and programs use it."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from martech import Client
from martech.cli.app import COMMANDS, main
from martech.registry import installed

ROOT = Path(__file__).parents[1]
MARTECH = [sys.executable, "-m", "martech.cli"]


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in COMMANDS if f"martech {command}" not in readme] == []


def test_providers_are_shown_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["providers"]) == 0
    assert "Pigeonpost" in capsys.readouterr().out
    assert main(["providers", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["example"]["has_emulator"] is True
    assert found["example"]["needs"] == ["name", "passphrase"]
    assert main(["providers", "example"]) == 0
    assert "base_url" in capsys.readouterr().out
    assert main(["providers", "example", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["example"]["name"] == {"required": True, "default": None}


def test_capabilities_are_shown_side_by_side_in_words_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capabilities"]) == 0
    assert "not offered" in capsys.readouterr().out
    assert main(["capabilities", "example"]) == 0
    assert "Pigeonpost keeps no templates." in " ".join(capsys.readouterr().out.split())
    assert main(["capabilities", "example", "--json"]) == 0
    known = json.loads(capsys.readouterr().out)["example"]
    assert known["lists.clear"]["instead"] == "lists.remove"
    assert known["messages.status"]["assumption"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["capabilities", "nobody"], 2),
        (["emulate", "nobody"], 2),
        (["emulate", "example", "--speed", "0"], 2),
        (["emulate", "example", "--contacts", "nowhere.csv"], 4),
        (["demo", "--examples", "nowhere"], 4),
        (["teleport"], 2),
        (["capabilities", "--colour"], 2),
    ],
)
def test_a_mistake_has_the_exit_code_of_its_family_and_no_traceback(
    arguments: list[str], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err
    assert out + err


def test_a_mistake_can_be_told_to_a_program(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["capabilities", "nobody", "--json"]) == 2
    assert json.loads(capfd.readouterr().err)["error"] == "UnknownProvider"


def asked(url: str) -> tuple[int, bytes]:
    """Return what a vendor says to somebody without credentials."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_emulators_serve_until_told_to_stop(tmp_path: Path) -> None:
    names = [one.name for one in installed() if one.has_emulator]
    people = tmp_path / "people.csv"
    people.write_text("key,email,first_name,unsubscribed_email\nc-1,ada@example.org,Ada,true\n")
    command = [*MARTECH, "emulate", *names, "--contacts", str(people), "--speed", "60"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in names]
        assert [line["provider"] for line in lines] == names
        for line in lines:
            assert line["settings"]["speed"] == 60
            with Client(line["provider"], **line["settings"]) as client:
                assert client.account.verify().ok
            status, body = asked(line["url"] + "/nothing/here")
            assert status >= 400 or b'"ok":false' in body
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors.count("1 people are there") == len(names)


def test_a_port_that_is_taken_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["emulate", "example", "--port", str(taken.getsockname()[1])]) == 2
    assert "cannot be served" in capfd.readouterr().err


def test_the_demo_runs_and_its_numbers_add_up(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--examples", str(ROOT / "examples"), "--speed", "600"]) == 0
    out = capfd.readouterr().out
    assert "demo: ok" in out
    assert "killed in the middle" in out
    assert "no opt-out lost" in out
    for one in installed():
        assert one.provider is not None
        assert one.provider.title in out


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("swap.py", ("        watch(result)\n", "        len(people) % 2 or watch(result)\n")),
        ("migrate.py", ('"verify", run', '"status", run')),
        ("migrate.py", ('str(told["line"])', '"not " + str(told["line"])')),
    ],
)
def test_the_demo_fails_when_a_number_does_not_add_up(
    file: str, wrong: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("swap.py", "migrate.py"):
        (tmp_path / name).write_bytes((ROOT / "examples" / name).read_bytes())
    some = (ROOT / "examples" / "contacts.csv").read_text().splitlines()[:200]
    (tmp_path / "contacts.csv").write_text("\n".join(some) + "\n")
    program = (tmp_path / file).read_text()
    assert wrong[0] in program
    (tmp_path / file).write_text(program.replace(*wrong))
    assert main(["demo", "--examples", str(tmp_path), "--speed", "600"]) == 1
    assert "demo: failed" in capfd.readouterr().out


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every emulator on a port of its own, and the file with their settings."""
    lines = tmp_path_factory.mktemp("emulators") / "emulators.json"
    with lines.open("w") as out:
        process = subprocess.Popen([*MARTECH, "emulate", "--speed", "600"], stdout=out)
    try:
        while lines.read_text().count("\n") < len(installed()):
            assert process.poll() is None
            time.sleep(0.05)
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


@pytest.mark.parametrize("program", ["swap.py", "swap_async.py"])
@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_the_example_program_runs_on_its_own_by_changing_one_argument(
    name: str, program: str, emulators: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few.csv"
    few.write_text("\n".join((ROOT / "examples" / "contacts.csv").read_text().splitlines()[:40]) + "\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / program), name, str(few), str(emulators)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["rows"].values()) == 39
