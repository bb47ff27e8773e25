"""A sample of the crash proof: stopped at some boundaries in process, and killed at some."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest
from tests.prove.crash.accounts import PLAIN, WHOLE
from tests.prove.crash.killing import Killing


def test_a_run_stopped_anywhere_ends_the_same_and_a_further_run_writes_nothing() -> None:
    code = (
        "from tests.prove.crash.accounts import PLAIN, WHOLE\n"
        "from tests.prove.crash.stopping import stopped\n"
        "for pair, every in ((PLAIN, 9), (WHOLE, 9)):\n"
        "    seen = []\n"
        "    dies = lambda _, new: new and (seen.append(_) or len(seen) % every == 0)\n"
        "    told = stopped(pair, 12, dies)\n"
        "    assert told.states > 40 and len(told.kinds) > 100, (told.states, len(told.kinds))\n"
        "    assert len(told.deaths) > 4 and told.again == 0\n"
        "    assert told.wrong == [], told.wrong\n"
    )
    # In a process of its own, since it forks at every death and the tests have threads.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("pair", [PLAIN, WHOLE], ids=" to ".join)
def test_a_run_that_is_killed_goes_on_where_it_was(pair: tuple[str, str]) -> None:
    with closing(Killing(pair, 10)) as killing:
        killing.usual()
        for kind in ("performed submit", next(one for one in killing.kinds if one.startswith("after target P"))):
            killing.kill(kind)
    assert killing.told.wrong == []
    assert sum(killing.told.deaths.values()) >= 2
    assert killing.told.verdict.startswith("verified: ")
