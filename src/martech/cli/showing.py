"""What the commands share in showing things: one console, tables, words with a colour."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from martech.provider.words import Word

__all__ = ["WORDS", "as_said", "console", "print_json", "table"]

WORDS = {
    Word.NOT_OFFERED: ("not offered", "yellow"),
    Word.NOT_WRITTEN: ("not written", "magenta"),
    Word.NEVER: ("never", "red"),
    Word.NOT_ENABLED: ("not enabled", "cyan"),
}
"""How the four words for no are shown."""


def console() -> Console:
    """Return a console for people; colours only where the terminal has them."""
    return Console(highlight=False)


def table(*columns: str, title: str | None = None, wrap_first: bool = False) -> Table:
    """Return an empty table in the house's style; the first column is folded only with `wrap_first`."""
    made = Table(
        title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for place, column in enumerate(columns):
        keep = place == 0 and not wrap_first
        made.add_column(column, overflow="fold", no_wrap=keep, min_width=min(len(column), 10))
    return made


def as_said(words: object, style: str = "") -> Text:
    """Return what a vendor or a caller said as text, in which nothing is markup and nothing a control code."""
    return Text("".join(one if one.isprintable() else "·" for one in str(words)), style=style)


def print_json(value: Any) -> None:
    """Print a value for programs, on one line."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)
