"""One process's part of stopping a run at its boundaries."""

from __future__ import annotations

import json
import sys

from tests.prove.crash.proof import share

if __name__ == "__main__":
    pair, *rest = json.loads(sys.argv[1])
    print(json.dumps(share(tuple(pair), *rest)))
