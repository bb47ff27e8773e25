"""A sample of each long proof."""

import subprocess
import sys


def test_memory_does_not_grow_with_the_input_of_a_stream() -> None:
    # In a process of its own: what other tests left in memory grows at its own pace.
    sample = "from tests.prove.memory import prove; raise SystemExit(prove((2_000, 5_000)))"
    done = subprocess.run([sys.executable, "-c", sample], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5000 contacts hold" in done.stdout
