"""The long proofs: `python3 bootstrap.py prove WHAT…`. Seeded; each prints what it counted."""

from __future__ import annotations

import sys

from tests.prove import memory

PROOFS = {"memory": memory.prove}


def main(arguments: list[str]) -> int:
    """Run the proofs that are named, or all."""
    names = arguments or list(PROOFS)
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        print(f"there is no proof {', '.join(unknown)}; there are {', '.join(PROOFS)}")
        return 2
    return max(PROOFS[name]() for name in names)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
