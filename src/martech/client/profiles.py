"""Settings and secrets from outside of the program: profiles in a file, the environment, a keyring; or one URL.

::

    # martech.toml, in this folder or one above it, or in the platform's folder for settings
    [profiles.shop]
    provider = "acme"
    user = "apiuser-1"
    password = "env:SHOP_PASSWORD"      # or "keyring:shop/apiuser-1", or "file:/run/secrets/shop"
    state = "sqlite:///martech.db"
    sandbox = "allow=@example.org"
    http = { proxy = "env:PROXY", connect_timeout_seconds = 5 }

`MARTECH_<PROFILE>_<SETTING>` in the environment wins over the file, so that a profile may live in the environment
alone; `MARTECH_CONFIG` names another file. A relative path in the file starts at its folder, so that it means the
same wherever a process was started. What is wrong is said by profile and setting, never by value.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from martech.errors import ConfigurationError, MissingSetting

if TYPE_CHECKING:
    from martech.provider.contract import Provider

__all__ = ["Profile", "config_file", "from_url", "profile"]

PREFIX = "MARTECH_"
FILE = "martech.toml"
_NOT_PROFILES = ("MARTECH_CONFIG", "MARTECH_SANDBOX", "MARTECH_TEST_")
"""Variables of ours that are about no profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One account as it is configured: the provider, its settings, and the options of its client."""

    name: str
    """Empty for what came from a URL."""
    provider: str
    settings: Mapping[str, Any] = field(repr=False)
    options: Mapping[str, Any] = field(repr=False)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each setting came from, in words."""

    def broken(self, wrong: MissingSetting) -> MissingSetting:
        """Return the error of a setting that is missing or cannot be used, naming the profile."""
        return MissingSetting(f"{self.where}: {wrong.message}", provider=self.provider, hint=wrong.hint)

    @property
    def where(self) -> str:
        """What errors call it."""
        return f"profile {self.name!r}" if self.name else f"a URL of {self.provider}"


def profile(name: str) -> Profile:
    """Return a profile by name, its references resolved.

    Raises:
        ConfigurationError: There is none, it cannot be read, or it holds what is no setting.
        MissingSetting: A secret that it refers to is not there.
    """
    path = config_file()
    written = _read(path) if path is not None else {}
    given: dict[str, Any] = _beside(path, written.get(name, {}))
    sources = dict.fromkeys(given, f"{path.name}" if path is not None else "")
    for setting, value, variable in _of_environment(name, [*written, *_profiles_of_environment()]):
        given[setting] = value
        sources[setting] = f"the variable {variable}"
    if not given:
        known = sorted({*written, *_profiles_of_environment()})
        raise ConfigurationError(
            f"there is no profile {name!r}; there are {', '.join(known) or 'none'}",
            hint=f"write [profiles.{name}] into {path or FILE}, or set {_variable(name, 'provider')}",
        )
    provider = given.pop("provider", None)
    if not isinstance(provider, str):
        raise MissingSetting(f"profile {name!r}: provider is missing", hint='such as provider = "acme"')
    where = f"profile {name!r}"
    resolved = {
        setting: _resolved(value, f"{where}: {setting}", sources, setting) for setting, value in given.items()
    }
    settings, options = _told_apart(provider, resolved, where)
    options.setdefault("alias", name)
    return Profile(name=name, provider=provider, settings=settings, options=options, sources=sources)


def from_url(url: str) -> Profile:
    """Return what a URL says: `acme://user:password@host/?setting=value`.

    User and password stand for the first two settings that the provider cannot do without, in their order; a host
    for its `base_url`. A secret may stand there and nowhere else, or as a reference (`?password=env:NAME`).

    Raises:
        ConfigurationError: It says what cannot be said so. The URL is never repeated.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("this is no URL of a client, such as acme://user:password@/?region=eu") from None
    if not parts.scheme or parts.fragment or parts.path not in ("", "/"):
        raise ConfigurationError("this is no URL of a client, such as acme://user:password@/?region=eu")
    from martech.registry import find

    name = parts.scheme.replace("-", "_")
    model = find(name).settings_model.model_fields
    needed = [setting for setting, about in model.items() if about.is_required()]
    given: dict[str, Any] = {}
    for setting, value in zip(needed, (parts.username, parts.password), strict=False):
        if value is not None:
            given[setting] = unquote(value)
    if parts.password is not None and len(needed) < 2:
        raise ConfigurationError(f"a client for {name} takes no password in its URL", provider=name)
    if host:
        scheme = "http" if host in ("localhost", "::1") or host.startswith("127.") else "https"
        shown = f"[{host}]" if ":" in host else host
        given["base_url"] = f"{scheme}://{shown}" + (f":{port}" if port else "")
    for setting, value in parse_qsl(parts.query, keep_blank_values=True):
        if setting in given:
            raise ConfigurationError(f"a URL of a client says {setting} twice", provider=name)
        if _is_secret(find(name), setting) and not _REFERENCE.match(value):
            raise ConfigurationError(
                f"{setting} is a secret; in a URL it stands before the @, or as a reference such as env:NAME",
                provider=name,
            )
        given[setting] = value
    where = f"a URL of {name}"
    resolved = {setting: _resolved(value, f"{where}: {setting}", {}, setting) for setting, value in given.items()}
    settings, options = _told_apart(name, resolved, where)
    return Profile(name="", provider=name, settings=settings, options=options)


# ── where settings are ───────────────────────────────────────────────────────────────────────────────────────


def config_file() -> Path | None:
    """Return the file of profiles: the named one, the nearest above the working folder, or that of the platform.

    Raises:
        ConfigurationError: The named one is not there, or the one that was found is somebody else's.
    """
    if named := os.environ.get("MARTECH_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigurationError("MARTECH_CONFIG names a file that is not there")
        return path
    here = Path.cwd()
    for folder in (here, *here.parents, _platform_folder()):
        path = folder / FILE
        if path.is_file():
            return _ours(path)
    return None


def _ours(path: Path) -> Path:
    """Return the file if nobody else could have put it there: it decides where our credentials go."""
    if hasattr(os, "getuid"):
        about = path.stat()
        if about.st_uid not in (0, os.getuid()) or about.st_mode & 0o002:
            raise ConfigurationError(
                f"{path} was written by somebody else, or anybody may write it; it is not used",
                hint="set MARTECH_CONFIG to use it all the same",
            )
    return path


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "martech"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "martech"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "martech"


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    import tomllib

    try:
        with path.open("rb") as file:
            written = tomllib.load(file)
    except tomllib.TOMLDecodeError as broken:
        place = re.search(r"\(at .*\)$", str(broken))  # the rest of the message may repeat a value
        raise ConfigurationError(f"{path} is no TOML {place[0] if place else ''}".strip()) from None
    except (OSError, UnicodeDecodeError) as broken:
        raise ConfigurationError(f"{path} cannot be read: {type(broken).__name__}") from None
    profiles = written.get("profiles", {})
    unknown = set(written) - {"profiles"}
    if unknown or not isinstance(profiles, dict) or not all(isinstance(one, dict) for one in profiles.values()):
        named = ", ".join(sorted(unknown)) or "profiles"
        raise ConfigurationError(f"{path}: {named} is nothing we know", hint="profiles are [profiles.NAME]")
    return profiles


_SQLITE = "sqlite:///"


def _beside(path: Path | None, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with their relative paths made to start at the folder of the file they stand in.

    Two processes that were started in different folders would otherwise keep two ledgers, and send twice.
    """
    if path is None:
        return dict(written)
    folder = path.absolute().parent
    placed: dict[str, Any] = {}
    for setting, value in written.items():
        placed[setting] = value
        if isinstance(value, dict):
            placed[setting] = _beside(path, value)
        elif not isinstance(value, str):
            continue
        elif setting in ("state", "ledger") and value.startswith(_SQLITE) and value != _SQLITE:
            placed[setting] = f"{_SQLITE}{folder / value.removeprefix(_SQLITE)}"
        elif value.startswith("file:"):
            placed[setting] = f"file:{folder / Path(value.removeprefix('file:').strip()).expanduser()}"
        elif setting == "ca_file" and not _REFERENCE.match(value):
            placed[setting] = str(folder / Path(value).expanduser())
    return placed


def _variable(name: str, setting: str) -> str:
    return f"{PREFIX}{re.sub(r'[^A-Z0-9]', '_', name.upper())}_{setting.upper()}"


def _profiles_of_environment() -> list[str]:
    found = (re.fullmatch(rf"{PREFIX}([A-Z0-9_]+)_PROVIDER", name) for name in os.environ)
    return [one[1].lower() for one in found if one]


def _of_environment(name: str, profiles: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each setting of a profile in the environment: a variable belongs to the longest name that fits it."""
    mine = _variable(name, "")
    others = {_variable(one, "") for one in profiles} - {mine}
    for variable, value in sorted(os.environ.items()):
        if variable.startswith(_NOT_PROFILES) or not variable.startswith(mine) or variable == mine:
            continue
        if any(variable.startswith(other) and len(other) > len(mine) for other in others):
            continue
        yield variable.removeprefix(mine).lower(), value, variable


# ── what stands for a value ──────────────────────────────────────────────────────────────────────────────────

_REFERENCE = re.compile(r"(env|keyring|file|plain):(.+)", re.DOTALL)


def _resolved(value: Any, where: str, sources: Any, setting: str) -> Any:
    """Return what a reference stands for; anything else as it is."""
    if isinstance(value, dict):
        return {name: _resolved(one, f"{where}.{name}", {}, name) for name, one in value.items()}
    found = _REFERENCE.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    kind, rest = found[1], found[2].strip()
    if setting in sources and kind != "plain":
        sources[setting] = f"{kind}:{rest}"
    return _READERS[kind](rest, where)


def _from_env(name: str, where: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise MissingSetting(f"{where} is to come from the variable {name}, which is not set") from None


def _from_file(name: str, where: str) -> str:
    try:
        return Path(name).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise MissingSetting(
            f"{where} is to come from the file {name}, which cannot be read: {type(broken).__name__}"
        ) from None


def _from_keyring(name: str, where: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise MissingSetting(
            f"{where} is to come from the keyring, which is an extra", hint="pip install 'martech[keyring]'"
        ) from None
    service, _, user = name.partition("/")
    try:
        found = keyring.get_password(service, user)
    except KeyringError as broken:
        raise MissingSetting(f"{where} is to come from the keyring: {type(broken).__name__}") from None
    if found is None:
        raise MissingSetting(
            f"{where} is to come from the keyring, which has nothing under {name}",
            hint=f"keyring set {service} {user}",
        )
    return found


def _from_itself(value: str, where: str) -> str:
    del where
    return value


_READERS: Mapping[str, Callable[[str, str], str]] = {
    "env": _from_env, "file": _from_file, "keyring": _from_keyring, "plain": _from_itself,
}  # fmt: skip
"""What a reference may begin with; `plain:` is for a value that looks like one."""


# ── what is a setting, and what an option ────────────────────────────────────────────────────────────────────


def _told_apart(provider: str, given: Mapping[str, Any], where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the provider's settings and the client's options.

    Raises:
        ConfigurationError: Something is neither, or cannot be used; named, never repeated.
    """
    from martech.registry import find

    kind = find(provider)
    model = kind.settings_model.model_fields
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in given.items():
        if name in model:
            settings[name] = (
                SecretStr(value) if _is_secret(kind, name) and isinstance(value, str) else _parsed(value)
            )
        elif name in _OPTIONS:
            try:
                options[name] = _OPTIONS[name](value)
            except (TypeError, ValueError):
                raise ConfigurationError(f"{where}: {name} cannot be used", provider=provider) from None
            except ConfigurationError as wrong:
                raise ConfigurationError(f"{where}: {name}: {wrong.message}", provider=provider) from None
        else:
            close = difflib.get_close_matches(name, [*model, *_OPTIONS], n=1)
            raise ConfigurationError(
                f"{where}: {name} is no setting of {kind.title} and no option of a client",
                provider=provider,
                hint=f"did you mean {close[0]!r}?" if close else f"the settings are {', '.join(sorted(model))}",
            )
    return settings, options


def _is_secret(provider: type[Provider], name: str) -> bool:
    about = provider.settings_model.model_fields.get(name)
    return about is not None and "SecretStr" in str(about.annotation)


def _parsed(value: Any) -> Any:
    """Return a list or table that the environment gives as text; anything else as it is."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    from pydantic_core import from_json

    try:
        return from_json(value)
    except ValueError:
        return value


def _made(kind: Callable[[], type[Any]]) -> Callable[[Any], Any]:
    """Return a reader of a table that stands for a dataclass, its numbers given as text or not."""

    def read(value: Any) -> Any:
        made = kind()
        value = _parsed(value)
        if not isinstance(value, dict):
            raise ConfigurationError("this is to be a table")
        known = {one.name: str(one.type) for one in fields(made)}
        if unknown := set(value) - set(known):
            raise ConfigurationError(f"{', '.join(sorted(unknown))}: there are {', '.join(sorted(known))}")
        return made(**{name: _number(one, known[name]) for name, one in value.items()})

    return read


def _number(value: Any, kind: str) -> Any:
    if kind.startswith("float"):
        return float(value)
    return int(value) if kind.startswith("int") else value


def _yes(value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    return words[str(value).strip().lower()] if str(value).strip().lower() in words else _refuse_word()


def _refuse_word() -> bool:
    raise ValueError("this is to be true or false")


def _http() -> type[Any]:
    from martech.drivers.http import HttpOptions

    return HttpOptions


def _retry() -> type[Any]:
    from martech.pipeline import RetryPolicy

    return RetryPolicy


def _sandbox(value: Any) -> Any:
    from martech.delivery.sandbox import Sandbox

    return Sandbox.of(_parsed(value))


_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "alias": str,
    "http": _made(_http),
    "ledger": str,
    "max_wait_seconds": float,
    "patience_seconds": float,
    "read_only": _yes,
    "retry": _made(_retry),
    "sandbox": _sandbox,
    "speed": float,
    "speed_since": str,
    "state": str,
    "state_key": SecretStr,
    "timeout_seconds": float,
}
"""The options of a client that a profile may hold, and how each is read."""
