"""Writes the matrix into the README: `python -m tests.write_matrix`."""

from __future__ import annotations

import re
from pathlib import Path

from martech.cli.capabilities import markdown
from martech.provider.capabilities import capabilities
from martech.registry import find, installed

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """Write it."""
    known = {one.name: capabilities(find(one.name).for_looking()) for one in installed() if one.provider}
    text = README.read_text(encoding="utf-8")
    between = f"<!-- matrix -->\n{markdown(known)}\n<!-- /matrix -->"
    README.write_text(
        re.sub(r"<!-- matrix -->.*<!-- /matrix -->", between, text, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
