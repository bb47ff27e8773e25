#!/usr/bin/env python3
"""Sets everything up and runs it: `python3 bootstrap.py demo`, `test`, `check` or `prove …`.

Needs Python 3.11 or newer and pip, nothing else; also where Debian left out ensurepip and forbids `pip install`.
The environment is `.venv` beside this file. It is made once, against `constraints.txt`, and made again when the
interpreter or anything it was made from has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENV = HERE / ".venv"
BIN = ENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PLUGINS = sorted(path.parent for path in HERE.glob("plugins/*/pyproject.toml"))
USAGE = """usage: python3 bootstrap.py COMMAND [ARGUMENTS]

  demo              the same program on every provider, over real HTTP on this machine
  test [PYTEST…]    the tests
  check             lint, format and both type checkers
  prove [WHAT…]     the long proofs
  setup [EXTRA…]    only make the environment (extras: test, check)"""


def main(arguments: list[str]) -> int:
    """Do what the command says and return its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs it with an older one deserves a sentence
        print("martech needs Python 3.11 or newer; this is", sys.version.split()[0])
        return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "demo":
        set_up("demo")
        return run("-m", "martech.cli", "demo", *rest)
    if command == "test":
        set_up("test")
        return run("-m", "pytest", "-n", "auto", *rest)
    if command == "check":
        set_up("check")
        return max(run("-m", *step) for step in CHECKS)
    if command == "prove":
        set_up("test")
        return run("-m", "tests.prove", *rest)
    if command == "setup":
        set_up(*(rest or ["demo"]))
        return 0
    print(USAGE)
    return 2


CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pyright", "--warnings"),
    ("tests.typing.check_mistakes",),
)


def set_up(*extras: str) -> None:
    """Make the environment unless it is there and made from the same things."""
    wanted = {"demo": (), "test": ("test",), "check": ("test", "check")}
    files = [f"requirements/{extra}.txt" for name in extras for extra in wanted.get(name, ())]
    stamp = ENV / ".made-from"
    made = made_from(files)
    if PYTHON.exists() and stamp.exists() and set(made) <= set(stamp.read_text().splitlines()):
        return
    print("setting up .venv (once) …", flush=True)
    known = stamp.read_text().splitlines() if stamp.exists() else []
    if not PYTHON.exists() or known[:1] != made[:1]:
        venv.create(ENV, clear=True, symlinks=os.name != "nt", with_pip=False)
        known = []
    install = ["install", "--quiet", "--disable-pip-version-check", "-c", str(HERE / "constraints.txt")]
    for plugin in (HERE, *PLUGINS):
        install += ["-e", str(plugin)]
    for file in files:
        install += ["-r", str(HERE / file)]
    pip(*install)
    stamp.write_text("\n".join([*made, *(line for line in known[1:] if line not in made)]) + "\n")


def made_from(files: list[str]) -> list[str]:
    """Return one line per thing that the environment is made from; the first is the interpreter."""
    lines = [f"python {sys.version_info[0]}.{sys.version_info[1]} {os.path.realpath(sys.executable)}"]
    sources = [
        "constraints.txt",
        "pyproject.toml",
        *(str(p.relative_to(HERE) / "pyproject.toml") for p in PLUGINS),
    ]
    digests = {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest()[:16] for name in [*sources, *files]}
    return lines + [f"{name} {digest}" for name, digest in digests.items()]


def pip(*arguments: str) -> None:
    """Install into the environment with whichever pip there is."""
    quiet = {**os.environ, "PIP_NO_INPUT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(PYTHON), *arguments], env=quiet, check=False
    )
    if done.returncode:
        raise SystemExit("pip could not install what is needed; see above")


def run(*arguments: str) -> int:
    """Run the environment's Python and return its exit code."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(
        [str(PYTHON), *arguments], cwd=HERE, env={**os.environ, "PATH": path}, check=False
    ).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
