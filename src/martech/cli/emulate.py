"""`martech emulate`: pretended vendors on ports of this machine."""

from __future__ import annotations

import csv
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from martech.cli.showing import print_json
from martech.emulation import Emulator, EmulatorClock, Served, serve
from martech.errors import BrokenInput, ConfigurationError
from martech.registry import emulator, installed

__all__ = ["emulate", "started"]


def emulate(
    *providers: str,
    port: int | None = None,
    contacts: Path | None = None,
    speed: float = 1.0,
    seed: int = 0,
) -> int:
    """Serve emulators until told to stop, printing one line of JSON for each.

    A line has `provider`, `url` and the `settings` to connect with.

    Parameters
    ----------
    providers
        Which ones; by default all that are installed.
    port
        The port of the first, the others following; by default free ones.
    contacts
        A CSV file of people who are there from the beginning. Columns: key, email, phone, first_name, last_name,
        unsubscribed_email, unsubscribed_sms.
    speed
        How fast the emulators' clocks run.
    seed
        What everything random is drawn from.
    """
    names = providers or tuple(one.name for one in installed() if one.has_emulator)
    stop = Event()
    for what in (signal.SIGINT, signal.SIGTERM):
        signal.signal(what, lambda *_: stop.set())
    with ExitStack() as stack:
        for index, name in enumerate(names):
            served = started(name, port=(port + index) if port else 0, speed=speed, seed=seed)
            stack.callback(served.close)
            if contacts is not None:
                count = served.emulator.seed_people(_people(contacts))
                print(f"{name}: {count} people are there", file=sys.stderr)
            print_json(served.line())
        stop.wait()
    return 0


def started(name: str, *, port: int = 0, speed: float = 1.0, seed: int = 0) -> Served:
    """Return the emulator of a provider on a port of this machine.

    Raises:
        ConfigurationError: The port is taken, or the speed is not above zero.
    """
    try:
        made: Emulator = emulator(name)(clock=EmulatorClock(speed=speed), seed=seed)
        return serve(made, port=port)
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"the emulator cannot be served: {error}", provider=name) from error


def _people(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenInput(f"{path.name} cannot be read: {error}") from error
