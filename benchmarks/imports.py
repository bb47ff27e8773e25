"""How long importing takes, and the first use of a client: each in a fresh process, the median of several."""

from __future__ import annotations

import statistics
import subprocess
import sys

STEPS = {
    "python itself": "pass",
    "import martech": "import martech",
    "a client, made": "import martech; martech.Client('example', name='n', passphrase='p')",
    "a typed client, made": "from martech_example.clients import Pigeonpost; Pigeonpost(name='n', passphrase='p')",
    "import httpx and pydantic": "import httpx, pydantic; pydantic.BaseModel",
}
CODE = "import time; t = time.perf_counter(); {step}; print((time.perf_counter() - t) * 1000)"


def main() -> None:
    for name, step in STEPS.items():
        times = [
            float(subprocess.check_output([sys.executable, "-c", CODE.format(step=step)], text=True))
            for _ in range(9)
        ]
        print(f"{name:<28}{statistics.median(times):>8.1f} ms")


if __name__ == "__main__":
    main()
