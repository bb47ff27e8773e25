"""`martech check`: whether a profile works, and what its account may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from martech.cli.showing import as_said, console, print_json, table
from martech.client import Client
from martech.client.profiles import Profile, profile
from martech.delivery.ledger import ledger_for
from martech.errors import MartechError, NotFound, PermissionDenied, UnsupportedOperation
from martech.stores import State, open_state

if TYPE_CHECKING:
    from martech.models import LimitReport

__all__ = ["check"]


def check(name: str, /, *, need: tuple[str, ...] = (), json: bool = False) -> int:
    """Verify a profile: its settings, credentials, region and permissions, and show its limits. Reads only.

    It logs in anew, whatever token the shared state holds, and makes up to ten small requests. The exit code is
    that of the first error's family.

    Parameters
    ----------
    name
        The profile, as in martech.toml or the environment.
    need
        A verb the program needs, such as campaigns.list; the check fails if it is not permitted.
    json
        Print one line of JSON instead of tables.
    """
    from martech.cli.app import exit_code

    found = profile(name)
    state = _state(found)
    with Client.from_profile(name, read_only=True, **({} if state is None else {"state": state})) as client:
        client.account.verify()
        about = _about(client)
        permissions = [*_permissions(client, need)]
        limits = client.account.limits()
    sends = _sends(found)
    failed = next((one.error for one in permissions if one.error is not None and one.counts(need)), None)
    if json:
        print_json(
            {
                "profile": name,
                "provider": found.provider,
                "ok": failed is None,
                "settings": {setting: shown for setting, shown, _ in _settings(found)},
                "sources": dict(found.sources),
                "account": about,
                "state": None if state is None else state.shown,
                "sends": sends,
                "permissions": {one.verb: one.word for one in permissions},
                "limits": [one.model_dump(mode="json", exclude_none=True) for one in limits],
            }
        )
    else:
        _show(found, about, permissions, limits)
        _show_state(found, state, sends)
    return 0 if failed is None else exit_code(failed)


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────

_PROBES: Mapping[str, Callable[[Client], Any]] = {
    "contacts.list": lambda client: client.contacts.list(page_size=1),
    "attributes.list": lambda client: client.attributes.list(),
    "lists.list": lambda client: client.lists.list(),
    "consent.topics": lambda client: client.consent.topics(),
    "templates.list": lambda client: client.templates.list(),
    "campaigns.list": lambda client: client.campaigns.list(),
    "automations.list": lambda client: client.automations.list(),
    "datasets.list": lambda client: client.datasets.list(),
    "account.senders": lambda client: client.account.senders(),
}
"""Readings that cost one small request each, one for each sort of permission that vendors give."""


@dataclass(frozen=True, slots=True)
class _Permission:
    verb: str
    word: str
    error: MartechError | None = None

    def counts(self, need: tuple[str, ...]) -> bool:
        """Return whether it makes the check fail: it is needed, or something else than a permission is wrong."""
        return self.verb in need or not isinstance(self.error, (PermissionDenied, UnsupportedOperation, NotFound))


def _state(found: Profile) -> State | None:
    """Return the profile's shared state without its tokens: one that is still good says nothing of a password."""
    url = found.options.get("state")
    return None if url is None else replace(open_state(url), tokens=None)


def _sends(found: Profile) -> dict[str, Any] | None:
    """Return where the sends of a profile are kept and how many are in doubt; None where nobody keeps them."""
    url = found.options.get("ledger") or found.options.get("state")
    kept = None if url is None else open_state(url)
    if kept is None or kept.database is None:
        return None
    ledger = ledger_for(kept.database, kept=kept)
    return {"ledger": kept.shown, "in_doubt": ledger.in_doubt(now=datetime.now(UTC))}


def _about(client: Client) -> dict[str, Any]:
    if not client.supports("account.get"):
        return {}
    account = client.account.get()
    known = {"id": account.id, "name": account.name, "region": account.region, "timezone": account.timezone}
    return {word: value for word, value in known.items() if value is not None}


def _permissions(client: Client, need: tuple[str, ...]) -> Iterator[_Permission]:
    for verb in (*_PROBES, *(verb for verb in need if verb not in _PROBES)):
        try:
            reason = client.why_not(verb)
        except KeyError:
            missing = UnsupportedOperation("there is no such verb", word="never", operation=verb)
            yield _Permission(verb, "no such verb", missing)
            continue
        if reason is not None:
            yield _Permission(
                verb, "not offered", UnsupportedOperation(reason, word="not_offered", operation=verb)
            )
        elif verb not in _PROBES:
            yield _Permission(verb, "not tried")
        else:
            yield _probed(client, verb)


def _probed(client: Client, verb: str) -> _Permission:
    try:
        next(_PROBES[verb](client).pages(), None)
    except PermissionDenied as denied:
        return _Permission(verb, "denied", denied)
    except MartechError as error:
        return _Permission(verb, f"failed: {type(error).__name__}", error)
    return _Permission(verb, "yes")


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────


def _settings(found: Profile) -> Iterator[tuple[str, str, str]]:
    """Yield each setting and option, secrets hidden, and where it came from."""
    for name, value in sorted({**found.settings, **found.options}.items()):
        hidden = isinstance(value, SecretStr) or name in ("state", "ledger", "http")
        yield name, "set, not shown" if hidden else str(value), found.sources.get(name, "")


def _show(found: Profile, about: Mapping[str, Any], permissions: list[_Permission], limits: Any) -> None:
    out = console()
    out.print(as_said(f"the credentials of profile {found.name} are good", "green"))
    for word, value in about.items():
        out.print(as_said(f"  {word}: {value}"))
    shown = table("setting", "value", "from")
    for setting, value, source in _settings(found):
        shown.add_row(setting, as_said(value), as_said(source))
    out.print(shown)
    shown = table("permission", "")
    colours = {"yes": "green", "denied": "red"}
    for one in permissions:
        colour = colours.get(one.word, "yellow" if one.error is None else "dim")
        shown.add_row(one.verb, f"[{colour}]{one.word}[/{colour}]")
    out.print(shown)
    if not limits:
        out.print("the plugin declares no limits, and none were learned yet")
        return
    shown = table("limit", "calls", "in", "at once", "for each", "left")
    for limit in limits:
        shown.add_row(limit.name, *_limit(limit))
    out.print(shown)


def _show_state(found: Profile, state: State | None, sends: Mapping[str, Any] | None) -> None:
    out = console()
    if state is not None:
        out.print(as_said(f"limits and tokens are shared at {state.shown}"), soft_wrap=True)
    if sends is None:
        out.print(
            "no ledger keeps the sends: the same key may send again from another process, or after a restart"
        )
        return
    out.print(as_said(f"sends are kept at {sends['ledger']}"), soft_wrap=True)
    if sends["in_doubt"]:
        out.print(f"[bold red]in doubt: {sends['in_doubt']}[/]")
        command = f"martech sends list --profile {quote(found.name)} --fate unknown"
        out.print(as_said(f"  {command}"), soft_wrap=True)


def _limit(limit: LimitReport) -> tuple[str, ...]:
    calls = "unknown" if limit.calls is None else str(limit.calls)
    left = "" if limit.remaining is None else str(limit.remaining)
    at_once = "" if limit.at_once is None else str(limit.at_once)
    return (calls, f"{limit.per_seconds:g} s", at_once, limit.scope, left)
