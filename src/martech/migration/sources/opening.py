"""Opening a source by a line of text, as the command line says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from martech.errors import BrokenInput, ConfigurationError
from martech.migration.sources.accounts import ProviderSource
from martech.migration.sources.files import FileSource, Layout, read_keys

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.sources.contract import Source

__all__ = ["layout_from", "open_account", "open_source", "preset"]

_FILES = ("csv", "ndjson", "parquet")


def open_source(text: str, settings: Mapping[str, Any] | None = None, *, read_only: bool = True) -> Source:
    """Return the source that a text names.

    `bundle:folder`; `csv:file`, `ndjson:file` and `parquet:file`, with settings as of `Layout` or a `preset`;
    `profile:name`; else a provider, with its settings: `acme`, or `acme:settings.toml` where they are in a file.
    With an account, `keys` names a file of keys and `keys_kind` their kind (`own`).

    Raises:
        ConfigurationError: The text or a setting names nothing that is there.
        BrokenInput: A file cannot be read.
    """
    kind, _, rest = text.partition(":")
    given = dict(settings or {})
    if kind == "bundle":
        from martech.migration.bundle import BundleSource

        return BundleSource(Path(rest), **given)
    if kind in _FILES:
        return FileSource(Path(rest), kind, layout=layout_from(given))
    keys = given.pop("keys", None)
    keys_kind = given.pop("keys_kind", "own")
    client = open_account(text, given, read_only=read_only)
    return ProviderSource(client, keys=read_keys(Path(keys), keys_kind) if keys is not None else None)


def open_account(text: str, settings: Mapping[str, Any] | None = None, *, read_only: bool = True) -> Client:
    """Return a client for the account that a text names: `profile:name`, `acme`, or `acme:settings.toml`.

    Raises:
        ConfigurationError: It names no profile and no provider, or a setting is missing.
        BrokenInput: The file of settings cannot be read.
    """
    from martech.client import Client

    name, _, rest = text.partition(":")
    if name == "profile":
        return Client.from_profile(rest, read_only=read_only, **(settings or {}))
    given = {**(read_settings(Path(rest)) if rest else {}), **(settings or {})}
    return Client(name, read_only=read_only, **given)


def read_settings(path: Path) -> Mapping[str, Any]:
    """Return the settings in a TOML file.

    Raises:
        BrokenInput: It is not there, or is no TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BrokenInput(f"{path.name} cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenInput(f"{path.name} is no TOML: {error}") from None


def preset(name: str) -> Mapping[str, Any]:
    """Return how the files that a vendor's panel exports are laid out: `presets.toml` in its plugin's package.

    Raises:
        UnknownProvider: There is no such plugin.
        ConfigurationError: It brings no preset.
    """
    from martech.registry import find

    package = find(name).__module__.partition(".")[0]
    file = resources.files(package) / "presets.toml"
    if not file.is_file():
        raise ConfigurationError(f"the plugin {name!r} brings no preset for files", hint="say columns instead")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def layout_from(given: Mapping[str, Any]) -> Layout:
    """Return the layout that settings describe; what they say goes before what their preset says.

    Raises:
        ConfigurationError: A setting is none, or a word for a state is none of ours.
    """
    from martech.models import Channel, SubscriptionStatus

    said = dict(given)
    named = said.pop("preset", None)
    base = dict(preset(named)) if named is not None else {}
    unknown = sorted({*base, *said} - set(Layout.__dataclass_fields__))
    if unknown:
        raise ConfigurationError(f"{', '.join(unknown)}: no setting of a file")
    whole = {**base, **said}
    for name in ("columns", "states"):
        whole[name] = {**base.get(name, {}), **said.get(name, {})}
    try:
        whole["states"] = {word.casefold(): SubscriptionStatus(ours) for word, ours in whole["states"].items()}
        whole["subscribed"] = tuple(Channel(one) for one in whole.get("subscribed", ()))
    except ValueError as wrong:
        raise ConfigurationError(f"a word of a file's layout is none of ours: {wrong}") from None
    return Layout(**whole)
