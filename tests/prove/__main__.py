"""The long proofs: `python3 bootstrap.py prove WHAT…`. Seeded; each prints what it counted."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable
from typing import Any

from tests.prove import bulk, consent, crash, dotdigital, ledger, limits, memory, plan, scale, tokens, workers

PROOFS = {
    "bulk": bulk.prove,
    "memory": memory.prove,
    "ledger": ledger.prove,
    "limits": limits.prove,
    "tokens": tokens.prove,
    "plan": plan.prove,
    "consent": consent.prove,
    "crash": crash.prove,
    "scale": scale.prove,
    "fleet": workers.prove,
    "dotdigital-list": dotdigital.prove_list,
    "dotdigital-import": dotdigital.prove_import,
    "dotdigital-backfill": dotdigital.prove_backfill,
}


def main(arguments: list[str]) -> int:
    """Run the proofs that are named, or all; `--minutes` and `--seed` go to those that take them."""
    reader = argparse.ArgumentParser(prog="prove", description=__doc__)
    reader.add_argument("names", nargs="*", metavar="WHAT", help=", ".join(PROOFS))
    reader.add_argument("--minutes", type=float, help="about how long each may take")
    reader.add_argument("--seed", type=int, help="what is drawn by lot is drawn from this")
    given = reader.parse_args(arguments)
    names = given.names or list(PROOFS)
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        print(f"there is no proof {', '.join(unknown)}; there are {', '.join(PROOFS)}")
        return 2
    settings = {"minutes": given.minutes, "seed": given.seed}
    return max(run(PROOFS[name], settings) for name in names)


def run(proof: Callable[..., int], settings: dict[str, Any]) -> int:
    """Run one proof with what was said and it takes."""
    taken = inspect.signature(proof).parameters
    return proof(**{name: value for name, value in settings.items() if value is not None and name in taken})


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
