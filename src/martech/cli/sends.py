"""`martech sends`: the ledger of sends, to look at and to settle what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from martech.cli.showing import as_said, console, print_json, table
from martech.errors import ConfigurationError, NotFound
from martech.pipeline import Fate

if TYPE_CHECKING:
    from rich.table import Table

    from martech.delivery.ledger import SendLedger
    from martech.pipeline.guarding import SendRecord

__all__ = ["forget", "list_sends", "sends", "settle", "show"]

sends = App(name="sends", help="Look at the ledger of sends, and settle those whose fate nobody knows.")

State = Annotated[str | None, Parameter(env_var="MARTECH_STATE")]
FateName = Literal["planned", "in_flight", "accepted", "refused", "unknown"]

COLOURS = {Fate.ACCEPTED: "green", Fate.REFUSED: "yellow", Fate.UNKNOWN: "bold red", Fate.IN_FLIGHT: "cyan"}
HIDDEN = {"attempt", "owner", "fingerprint", "result", "doubtful"}
"""What only the ledger itself has a use for."""
_STATEMENT_SECONDS = 600.0
"""How long one statement about every send of some years may take."""


@sends.command(name="list")
def list_sends(
    *,
    profile: str | None = None,
    state: State = None,
    fate: Sequence[FateName] = (),
    provider: str | None = None,
    days: float | None = None,
    limit: int = 100,
    json: bool = False,
) -> int:
    """List sends, the last changed first, and say of how many nobody knows the fate.

    Parameters
    ----------
    profile
        Whose ledger: the one of a profile in martech.toml or the environment.
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    fate
        Only these: planned, in_flight, accepted, refused, unknown.
    provider
        Only this provider.
    days
        Only what changed in the last days.
    limit
        At most so many.
    json
        Print one line of JSON per send instead of a table.
    """
    ledger = _ledger(profile, state)
    now = datetime.now(UTC)
    since = None if days is None else now - timedelta(days=days)
    fates = [Fate(one) for one in fate]
    found = ledger.sends(now=now, fates=fates, provider=provider, since=since, limit=limit)
    if json:
        for one in found:
            print_json(_plain(one))
        return 0
    out = console()
    if found:
        out.print(_listed(found))
    else:
        out.print("no such sends")
    if len(found) == limit:
        out.print(f"\nthese are the last {limit}; there may be more: --limit")
    doubts = ledger.in_doubt(now=now)
    if doubts:
        out.print(
            f"\n[bold red]in doubt: {doubts}[/]. A key in doubt does not send until somebody has looked at the "
            "vendor and says what became of it:"
        )
        out.print(as_said(f"  martech sends list {_whose(profile)}--fate unknown"), soft_wrap=True)
        out.print(as_said(f"  martech sends settle {_whose(profile)}KEY accepted (or refused)"), soft_wrap=True)
    return 0


def _listed(found: Sequence[SendRecord]) -> Table:
    shown = table("key", "fate", "went out (UTC)", "provider", "operation", "why")
    shown.columns[2].no_wrap = True
    for one in found:
        shown.add_row(
            as_said(one.key),
            as_said(one.fate, COLOURS.get(one.fate, "")),
            _time(one.begun_at),
            as_said(one.provider),
            as_said(one.operation.removeprefix("messages.")),
            as_said(_why(one)),
        )
    return shown


def _why(one: SendRecord) -> str:
    """Return in a few words what is known beside the fate; everything is in `show`."""
    if one.fate is Fate.ACCEPTED:
        return f"as {one.vendor_id}" if one.vendor_id else one.settled_by or ""
    return (one.detail or "").partition(":")[0]


@sends.command
def show(
    key: str,
    *,
    profile: str | None = None,
    state: State = None,
    provider: str | None = None,
    json: bool = False,
) -> int:
    """Show everything the ledger holds of a send; it never holds its recipient or content.

    Parameters
    ----------
    key
        The key of the send.
    profile
        Whose ledger: the one of a profile in martech.toml or the environment.
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    provider
        Only at this provider, where several have sends under the key.
    json
        Print one line of JSON per send.
    """
    found = _ledger(profile, state).find(key, now=datetime.now(UTC), provider=provider)
    if not found:
        raise NotFound("the ledger holds no send under this key", hint="martech sends list shows the last ones")
    _show(found, json=json)
    in_doubt = [one for one in found if one.fate is Fate.UNKNOWN]
    if in_doubt and not json:
        _advise(in_doubt[0], profile)
    return 0


@sends.command
def settle(
    key: str,
    fate: Literal["accepted", "refused"],
    *,
    profile: str | None = None,
    state: State = None,
    provider: str | None = None,
    account: str | None = None,
    vendor_id: str | None = None,
    json: bool = False,
) -> int:
    """Say what became of a send whose fate is unknown, once you have looked at the vendor.

    Parameters
    ----------
    key
        The key of the send.
    fate
        accepted: it went out, and the key never sends again. refused: it did not, and the key may send again.
    profile
        Whose ledger: the one of a profile in martech.toml or the environment.
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    provider
        At which provider, where several have sends under the key.
    account
        Of which account, where several have sends under the key.
    vendor_id
        Under which id the vendor has it.
    json
        Print one line of JSON.
    """
    ledger = _ledger(profile, state)
    settled = ledger.decide(
        key, Fate(fate), now=datetime.now(UTC), provider=provider, account=account, vendor_id=vendor_id
    )
    _show([settled], json=json)
    if not json:
        what = "the key never sends again" if settled.fate is Fate.ACCEPTED else "the key may send again"
        console().print(f"\nsettled as {settled.fate}: {what}")
    return 0


@sends.command
def forget(*, days: float, profile: str | None = None, state: State = None, json: bool = False) -> int:
    """Remove what was settled long ago; its keys may then send again. What is unknown stays.

    Parameters
    ----------
    profile
        Whose ledger: the one of a profile in martech.toml or the environment.
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    days
        Of how many days everything is kept.
    json
        Print one line of JSON.
    """
    gone = _ledger(profile, state).forget(before=datetime.now(UTC) - timedelta(days=days))
    if json:
        print_json({"forgotten": gone})
    else:
        console().print(f"{gone} sends forgotten")
    return 0


def _ledger(profile: str | None, state: str | None) -> SendLedger:
    from martech.delivery.ledger import ledger_for
    from martech.stores.database import Database

    if profile is not None:
        state = _state_of(profile)
    if state is None:
        raise ConfigurationError(
            "it was not said whose ledger is meant", hint="say --profile NAME or --state URL, or set MARTECH_STATE"
        )
    if state.startswith(("redis:", "rediss:", "unix:")):
        raise ConfigurationError(
            "Redis keeps no ledger of sends", hint="name the database that keeps them beside it, as ledger= does"
        )
    file = Path(state.removeprefix("sqlite:///").partition("?")[0])
    if state.startswith("sqlite:///") and not file.is_file():
        raise ConfigurationError(f"there is no state at {file}", hint="sqlite:///relative or sqlite:////absolute")
    return ledger_for(Database(state, answer_seconds=_STATEMENT_SECONDS))


def _state_of(profile: str) -> str:
    from martech.client.profiles import profile as found_profile

    options = found_profile(profile).options
    state: str | None = options.get("ledger") or options.get("state")
    if state is None:
        raise ConfigurationError(
            f"profile {profile!r} has no state, so no ledger remembers its sends",
            hint='state = "sqlite:///martech.db" in martech.toml',
        )
    return state


def _whose(profile: str | None) -> str:
    """Return what a further command needs to find the same ledger; a state may hold a password."""
    return "" if profile is None else f"--profile {quote(profile)} "


def _advise(one: SendRecord, profile: str | None) -> None:
    from martech.delivery.ledger import settling

    out = console()
    out.print("\nnobody knows whether it went out; look at the vendor, then say what you found")
    for fate, means in ((Fate.ACCEPTED, "it did"), (Fate.REFUSED, "it did not, and the key may send again")):
        out.print(f"{means}:")
        out.print(as_said(f"  {settling(one.key, fate, _whose(profile))}"), soft_wrap=True)


def _show(found: Sequence[SendRecord], *, json: bool) -> None:
    out = console()
    for one in found:
        if json:
            print_json(_plain(one))
            continue
        shown = table("key", "value")
        shown.show_header = False
        for name, value in asdict(one).items():
            if value is not None and name not in HIDDEN:
                style = COLOURS.get(one.fate, "") if name == "fate" else ""
                said = f"{_time(value)} UTC" if isinstance(value, datetime) else value
                shown.add_row(name.replace("_", " "), as_said(said, style))
        out.print(shown)


def _plain(record: SendRecord) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
        if name not in HIDDEN
    }


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds", sep=" ").removesuffix("+00:00") if at else "not yet"
