"""Processes that do a run and may be killed: forked from one that has everything loaded, and nothing open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.prove.crash.accounts import PLAIN, WHOLE, begun, client_of, journal_in, order_for

from martech.migration.engines import PlainEngine
from martech.migration.order import utc_now
from martech.registry import find

__all__ = ["Nursery"]


class Nursery:
    """Where the processes come from."""

    def __init__(self) -> None:
        code = "from tests.prove.crash.dying import serve; serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: Path, run: str, kind: str, times: int, born: Callable[[int], object]) -> bool:
        """Have a process do a run, or go on with it, and return whether it was killed.

        It kills itself the so-manieth time it comes to a boundary of its own. Before it begins, `born` is told its
        id.
        """
        born(int(self._said([str(folder), run, kind, times])))
        code, said = json.loads(self._said("go"))
        if code not in (0, -signal.SIGKILL):
            raise AssertionError(said)
        return bool(code)

    def _said(self, told: Any) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


def serve() -> None:
    """Be that process: fork for every line that comes in."""
    for name in {*PLAIN, *WHOLE}:
        find(name)
    while line := sys.stdin.readline():
        begin, said = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(begin[1])
            os.read(begin[0], 1)
            os._exit(_lived(json.loads(line), said[1]))
        os.close(said[1])
        print(child, flush=True)
        sys.stdin.readline()
        os.write(begin[1], b"g")
        with os.fdopen(said[0]) as words:
            told = words.read()
        _, status = os.waitpid(child, 0)
        for end in begin:
            os.close(end)
        print(json.dumps([os.waitstatus_to_exitcode(status), told]), flush=True)


def _lived(order: list[Any], said: int) -> int:
    try:
        _live(Path(order[0]), *order[1:])
    except BaseException:  # nothing of a child may come back into the process it came from
        os.write(said, traceback.format_exc()[-3000:].encode())
        return 1
    return 0


def _live(folder: Path, run: str, kind: str, times: int) -> None:
    """Do a run in this process, and kill it at a boundary of its steps."""
    lines, pair = json.loads((folder / "sides.json").read_text())
    passed: Counter[str] = Counter()

    def boundary(where: str, step: str) -> None:
        label = f"{where} {json.loads(step)[0]}"
        passed[label] += 1
        if label == kind and passed[label] == times:
            os.kill(os.getpid(), signal.SIGKILL)

    source, target = (client_of(line) for line in lines)
    work = begun(journal_in(folder), order_for(source, target, tuple(pair)), run, utc_now)
    PlainEngine(watch=boundary).run(work)
    (folder / "passed.json").write_text(json.dumps(passed))
