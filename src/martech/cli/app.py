"""The commands, each in a module of its own that is imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from martech.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConsentRefused,
    InvalidRequest,
    JobFailed,
    JobTimedOut,
    ListingChanged,
    MartechError,
    MigrationStopped,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    RateLimited,
    SendRefused,
    StateError,
    TransportError,
    UnexpectedResponse,
    UnsupportedOperation,
)

__all__ = ["EXIT_CODES", "exit_code", "main"]

EXIT_CODES: Mapping[type[MartechError], int] = {
    ConfigurationError: 2,
    UnsupportedOperation: 3,
    InvalidRequest: 4,
    ConsentRefused: 5,
    StateError: 6,
    SendRefused: 7,
    AuthenticationFailed: 11,
    PermissionDenied: 12,
    NotFound: 13,
    RateLimited: 14,
    ProviderError: 10,
    TransportError: 20,
    UnexpectedResponse: 21,
    ListingChanged: 22,
    JobFailed: 23,
    JobTimedOut: 24,
    OutcomeUnknown: 30,
    MigrationStopped: 40,
    MartechError: 1,
}
"""One exit code per family of errors; the most particular family counts."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("martech.cli.check:check", "Say whether a profile works, what its account may do, and its limits."),
    "providers": ("martech.cli.providers:providers", "Show what is installed, and the settings of each."),
    "capabilities": ("martech.cli.capabilities:show", "Show what each provider can do, and why not the rest."),
    "doctor": ("martech.cli.doctor:doctor", "Show what rests on assumption, and the settings that put it right."),
    "emulate": ("martech.cli.emulate:emulate", "Serve pretended vendors on ports of this machine."),
    "sends": ("martech.cli.sends:sends", "Show what became of every send; settle those nobody knows of."),
    "demo": ("martech.cli.demo:demo", "Run one program on every provider, over real HTTP."),
    "bundle": ("martech.cli.bundle:bundle", "Write an account to a folder, read one in, compare two."),
    "migrate": ("martech.cli.migrate:migrate", "Move from one vendor to another, with proof."),
    "worker": ("martech.cli.worker:worker", "Work on migrations that others began."),
    "why": ("martech.cli.people:why", "Say what a person's state is on each side, and what set it."),
    "privacy": ("martech.cli.people:privacy", "Give or erase what is kept of a person."),
}
"""Every command: where it is, and what it does in a sentence."""


def exit_code(error: MartechError) -> int:
    """Return the exit code of an error's family."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    from cyclopts import App, CycloptsError

    app = App(
        name="martech", help="One typed Python API over any marketing platform.", version_flags=["--version"]
    )
    for name, (place, summary) in COMMANDS.items():
        app.command(place, name=name, help=summary)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app(given, exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:
        return 2
    except MartechError as error:
        _tell(error, as_json="--json" in given)
        return exit_code(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    return result if isinstance(result, int) else 0


def _tell(error: MartechError, *, as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps(error.details()), file=sys.stderr)
        return
    from rich.console import Console

    from martech.cli.showing import as_said

    head, _, rest = str(error).partition("\n")
    said = [as_said(f"{type(error).__name__}: {head}", "bold red"), *map(as_said, rest.splitlines())]
    # The terminal breaks long lines, so that a command that is to be copied stays one.
    Console(stderr=True).print(*said, sep="\n", soft_wrap=True)
