"""`martech sends`: the ledger of sends, to look at and to settle what nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from martech.cli.showing import console, print_json, table
from martech.errors import ConfigurationError, NotFound
from martech.pipeline import Fate

if TYPE_CHECKING:
    from martech.delivery.ledger import SendLedger
    from martech.pipeline.guarding import SendRecord

__all__ = ["forget", "list_sends", "sends", "settle", "show"]

sends = App(name="sends", help="Look at the ledger of sends, and settle those whose fate nobody knows.")

State = Annotated[str, Parameter(env_var="MARTECH_STATE")]
FateName = Literal["planned", "in_flight", "accepted", "refused", "unknown"]

COLOURS = {Fate.ACCEPTED: "green", Fate.REFUSED: "yellow", Fate.UNKNOWN: "bold red", Fate.IN_FLIGHT: "cyan"}
HIDDEN = {"attempt", "owner", "fingerprint", "result", "doubtful"}
"""What only the ledger itself has a use for."""


@sends.command(name="list")
def list_sends(
    *,
    state: State,
    fate: Sequence[FateName] = (),
    provider: str | None = None,
    days: float | None = None,
    limit: int = 100,
    json: bool = False,
) -> int:
    """List sends, the last changed first.

    Parameters
    ----------
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
    now = datetime.now(UTC)
    since = None if days is None else now - timedelta(days=days)
    found = _ledger(state).sends(
        now=now, fates=[Fate(one) for one in fate], provider=provider, since=since, limit=limit
    )
    if json:
        for one in found:
            print_json(_plain(one))
        return 0
    out = console()
    if not found:
        out.print("no such sends")
        return 0
    shown = table("key", "fate", "went out", "provider", "operation", "vendor id", "why")
    for one in found:
        shown.add_row(
            one.key,
            f"[{COLOURS.get(one.fate, 'default')}]{one.fate}[/]",
            _time(one.begun_at),
            one.provider,
            one.operation,
            one.vendor_id or "",
            one.detail or "",
        )
    out.print(shown)
    if any(one.fate is Fate.UNKNOWN for one in found):
        out.print("\nwhat is unknown does not send again until: martech sends settle KEY accepted|refused")
    return 0


@sends.command
def show(key: str, *, state: State, provider: str | None = None, json: bool = False) -> int:
    """Show everything the ledger holds of a send; it never holds its recipient or content.

    Parameters
    ----------
    key
        The key of the send.
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    provider
        Only at this provider, where several have sends under the key.
    json
        Print one line of JSON per send.
    """
    found = _ledger(state).find(key, now=datetime.now(UTC), provider=provider)
    if not found:
        raise NotFound("the ledger holds no send under this key", hint="martech sends list shows the last ones")
    _show(found, json=json)
    return 0


@sends.command
def settle(
    key: str,
    fate: Literal["accepted", "refused"],
    *,
    state: State,
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
    settled = _ledger(state).decide(
        key, Fate(fate), now=datetime.now(UTC), provider=provider, account=account, vendor_id=vendor_id
    )
    _show([settled], json=json)
    return 0


@sends.command
def forget(*, state: State, days: float, json: bool = False) -> int:
    """Remove what was settled long ago; its keys may then send again. What is unknown stays.

    Parameters
    ----------
    state
        Where the ledger is: sqlite:///file or postgresql://…; by default the environment's MARTECH_STATE.
    days
        Of how many days everything is kept.
    json
        Print one line of JSON.
    """
    gone = _ledger(state).forget(before=datetime.now(UTC) - timedelta(days=days))
    if json:
        print_json({"forgotten": gone})
    else:
        console().print(f"{gone} sends forgotten")
    return 0


def _ledger(state: str) -> SendLedger:
    from martech.delivery.ledger import ledger_for
    from martech.stores.database import Database

    file = Path(state.removeprefix("sqlite:///"))
    if state.startswith("sqlite:///") and not file.is_file():
        raise ConfigurationError(f"there is no state at {file}", hint="sqlite:///relative or sqlite:////absolute")
    return ledger_for(Database(state))


def _show(found: Sequence[SendRecord], *, json: bool) -> None:
    out = console()
    for one in found:
        if json:
            print_json(_plain(one))
            continue
        shown = table("", one.key)
        for name, value in _plain(one).items():
            if name != "key" and value is not None:
                shown.add_row(name.replace("_", " "), str(value))
        out.print(shown)


def _plain(record: SendRecord) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
        if name not in HIDDEN
    }


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds", sep=" ").removesuffix("+00:00") if at else "not yet"
