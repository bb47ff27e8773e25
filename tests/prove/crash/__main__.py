"""One process's part of stopping or killing a run at its boundaries."""

from __future__ import annotations

import json
import sys

from tests.prove.crash.proof import kill, stop

if __name__ == "__main__":
    part = {"stop": stop, "kill": kill}[sys.argv[1]]
    mine, many, pair, *rest = json.loads(sys.argv[2])
    print(json.dumps(part(mine, many, tuple(pair), *rest)))
