"""Lets `python -m martech.cli` do what `martech` does."""

from martech.cli.app import main

if __name__ == "__main__":
    raise SystemExit(main())
