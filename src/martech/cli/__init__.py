"""The command line: for people, and with `--json` for programs."""

from martech.cli.app import main

__all__ = ["main"]
