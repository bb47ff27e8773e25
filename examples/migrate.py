"""Moves one account into another, is killed in the middle on purpose, goes on, and shows that nobody was lost."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from martech.migration.journal import Journal

PAIR = ("dotdigital", "dengage")
"""From where to where; any two of which the first can be read will do."""
MAPPING = '[people]\nown_id_from = "email"  # the second names people by a key, which the first has not\n'
Say = Callable[[str, Mapping[str, Any]], object]
"""Is told of each stage by its name, with what it came to."""


def migrate(source: Mapping[str, Any], target: Mapping[str, Any], folder: Path, say: Say = print) -> str:
    """Return the verdict. A side is what `martech emulate` prints of it: `provider` and `settings`."""
    (folder / "mapping.toml").write_text(MAPPING)
    sides = [_side(source, folder / "from.toml"), _side(target, folder / "to.toml")]
    plan = _said("plan", *sides, "--mapping", "mapping.toml", "--json", folder=folder)
    say("planned", plan["people"])
    _said("plan", "--approve", "plan.json", "--by", "the example", "--json", folder=folder)
    say("killed", _killed("run", "plan.json", *sides, "--json", folder=folder))
    run = _said("status", "--json", folder=folder)["run"]
    say("resumed", _said("resume", run, "--json", folder=folder))
    told = _said("verify", run, "--html", "report.html", "--json", folder=folder)
    say("verified", told["classes"])
    return str(told["line"])


def _side(told: Mapping[str, Any], settings: Path) -> str:
    settings.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in told["settings"].items()))
    return f"{told['provider']}:{settings}"


def _begun(*arguments: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "martech.cli", "migrate", *arguments]
    if arguments[0] not in ("plan", "map"):
        command += ["--state", f"sqlite:///{folder / 'journal.db'}"]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _said(*arguments: str, folder: Path) -> Any:
    """Return what a command says as JSON."""
    process = _begun(*arguments, folder=folder)
    said, wrong = process.communicate()
    if not said:
        raise SystemExit(f"martech migrate {arguments[0]} ended with {process.returncode}: {wrong}")
    return json.loads(said.splitlines()[-1])


def _killed(*arguments: str, folder: Path) -> Mapping[str, Any]:
    """Begin a command, and kill it once it has written some people and not others."""
    process = _begun(*arguments, folder=folder)
    journal = Journal(f"sqlite:///{folder / 'journal.db'}")
    while process.poll() is None:
        time.sleep(0.02)
        run = next(iter(journal.runs()), None)
        if run is not None and run["phase"] == "others":
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return journal.counts(run["run"])
    raise SystemExit(f"the run ended before it could be killed: {process.communicate()[1]}")


if __name__ == "__main__":
    lines = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    here = {line["provider"]: line for line in lines}
    print(migrate(here[PAIR[0]], here[PAIR[1]], Path(sys.argv[2]).absolute()))
