"""Runs both type checkers over `mistakes.py` and holds them to its marks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MISTAKES = HERE / "mistakes.py"
ROOT = HERE.parents[1]


def marked(checker: str) -> set[int]:
    """Return the lines a checker must report."""
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    found = {number: re.search(r"# mistake( \w+)?$", line) for number, line in enumerate(lines, 1)}
    return {number for number, mark in found.items() if mark and (mark[1] or "").strip() in ("", checker)}


def mypy() -> set[int]:
    """Return the lines mypy reports."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", str(MISTAKES)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {int(found[1]) for found in re.finditer(r"mistakes\.py:(\d+): error", said)}


def pyright() -> set[int]:
    """Return the lines pyright reports."""
    config = HERE / "pyrightconfig.json"
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(config)]
    said = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
    return {
        one["range"]["start"]["line"] + 1
        for one in said["generalDiagnostics"]
        if one["file"].endswith("mistakes.py") and one["severity"] == "error"
    }


def main() -> int:
    wrong = False
    for checker, reported in (("mypy", mypy()), ("pyright", pyright())):
        expected = marked(checker)
        missed, extra = sorted(expected - reported), sorted(reported - expected)
        print(f"{checker}: reports {len(expected) - len(missed)} of {len(expected)} deliberate mistakes")
        if missed or extra:
            wrong = True
            print(f"  not reported: {missed}; reported without a mark: {extra}")
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
