"""What a provider is: rooms put together."""

from __future__ import annotations

from functools import cached_property, lru_cache
from hashlib import blake2s, scrypt
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from martech.errors import ConfigurationError, MartechError, MissingSetting
from martech.provider.scrubbing import Scrub
from martech.wire import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from martech.models.base import Answer
    from martech.provider.keeping import Keeping
    from martech.provider.limits import Limit, LimitReading
    from martech.provider.operations import (
        AccountOperations,
        AttributeOperations,
        AutomationOperations,
        CampaignOperations,
        ConsentOperations,
        ContactOperations,
        DatasetOperations,
        EventOperations,
        JobOperations,
        ListOperations,
        MessageOperations,
        Operations,
        ReportOperations,
        TemplateOperations,
    )
    from martech.provider.resources import Resource
    from martech.wire import Auth, Host, Response

__all__ = ["Provider", "Settings"]


class Settings(BaseModel):
    """The settings of one account at one provider. Secrets are `SecretStr`; nothing secret is ever shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account: str | None = None
    """A name of your own for this account, for logs and shared limits; by default a digest of who it is."""


class Provider:
    """A marketing platform, seen through a plugin.

    A plugin subclasses it, names what the class variables ask for, and sets the rows it has in its constructor.
    Every other row is refused with a word for no (`no_row`).
    """

    name: ClassVar[str]
    """How it is called in code: `acme`."""
    title: ClassVar[str]
    """How it is called among people: `Acme`."""
    settings_model: ClassVar[type[Settings]] = Settings
    scrub: ClassVar[Scrub] = Scrub()
    """What must never be recorded of a conversation with this vendor."""
    timeout_seconds: ClassVar[float] = 30.0
    """How long to wait for an answer, unless a request or the client's options say otherwise."""

    contacts: ContactOperations
    attributes: AttributeOperations
    lists: ListOperations
    consent: ConsentOperations
    messages: MessageOperations
    templates: TemplateOperations
    campaigns: CampaignOperations
    automations: AutomationOperations
    reports: ReportOperations
    events: EventOperations
    datasets: DatasetOperations
    jobs: JobOperations
    account: AccountOperations

    auth: Auth
    hosts: Mapping[str, Host]
    limits: Sequence[Limit] = ()
    keeping: Keeping | None = None
    """What the vendor keeps of a contact that is written; None where the plugin does not say, and nothing can be
    migrated there."""
    shown_after_seconds: ClassVar[float] = 0.0
    """How long after it was written somebody may be missing from what the vendor shows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @classmethod
    def with_settings(cls, given: Mapping[str, Any]) -> Provider:
        """Make the provider from loose settings.

        Raises:
            MissingSetting: One is missing or cannot be used; says which, never its value.
        """
        try:
            settings = cls.settings_model(**given)
        except ValidationError as wrong:
            raise _setting_error(cls, wrong) from None
        try:
            return cls(settings)
        except MartechError as error:
            error.placed(provider=cls.name)
            raise

    @classmethod
    def for_looking(cls) -> Provider:
        """Make the provider with placeholders for settings, to look at what it can do; it reaches nobody."""
        given: dict[str, Any] = {}
        for name, field in cls.settings_model.model_fields.items():
            if field.is_required():
                given[name] = "placeholder"
        return cls.with_settings(given)

    def refusal(self, response: Response) -> MartechError | None:
        """Return the error an answer stands for, or None. Sees every answer, 2xx included."""
        del response
        raise ConfigurationError(f"the plugin {self.name} does not say how this vendor refuses")

    def learn(self, response: Response) -> LimitReading | None:
        """Return what an answer says about a limit, if anything."""
        del response
        return None

    async def recall(self, operation: str, *, key: str, begun_at: datetime) -> Answer | None:
        """Return what the vendor holds of a send in doubt, as the operation would have returned it.

        Defined where the vendor can be asked by our key. It only reads. None leaves the doubt: what a vendor does
        not show yet, it may still have taken.

        Args:
            operation: Which operation sent, as `row.verb`.
            key: Under which key.
            begun_at: When it went out.
        """
        del operation, key, begun_at
        return None

    def native(self) -> type[Resource[Any]] | None:
        """Return the class of `client.native`, imported only when asked for; None where there is nothing."""
        return None

    @property
    def account_key(self) -> str:
        """By what the account is told apart in shared state and logs: its given name, or a digest of who it is.

        Those are the settings it cannot do without and that are no secret, or the first where all are. So a new
        password makes no other account, to which every key of a send would be new; an emulator on this machine is
        another account than the vendor's.
        """
        return self.settings.account or self._account_digest

    @cached_property
    def _account_digest(self) -> str:
        needed = [name for name, field in self.settings_model.model_fields.items() if field.is_required()]
        shown = [name for name in needed if not isinstance(getattr(self.settings, name), SecretStr)]
        here = any(host.default and is_loopback(host.default) for host in self.hosts.values())
        said = _said(self.settings, shown or needed[:1]) + (b"here" if here else b"")
        # It stands in logs, so what is made of a secret is slow to guess from.
        return blake2s(said, digest_size=8, person=b"account").hexdigest() if shown else _slow(said, 8)

    @cached_property
    def credentials_key(self) -> str:
        """By what its token is told apart in shared state: a digest of every setting, so that no two share one.

        It is slow to guess a password from, and so to make.
        """
        return _slow(_said(self.settings, sorted(self.settings_model.model_fields)), 16)

    def rows(self) -> Iterator[tuple[str, Operations]]:
        """Iterate over the rows by name."""
        from martech.provider.grid import ROWS

        for row in ROWS:
            yield row, getattr(self, row)

    def __repr__(self) -> str:
        return f"<{self.title}>"


def _said(settings: Settings, names: Sequence[str]) -> bytes:
    digest = blake2s()
    for name in names:
        value = getattr(settings, name)
        shown = value.get_secret_value() if isinstance(value, SecretStr) else value
        digest.update(f"{name}={shown!r};".encode(errors="surrogatepass"))
    return digest.digest()


@lru_cache(maxsize=256)
def _slow(said: bytes, size: int) -> str:
    return scrypt(said, salt=b"martech account", n=2**14, r=8, p=1, dklen=size).hex()


def _setting_error(provider: type[Provider], wrong: ValidationError) -> MissingSetting:
    """Say which settings are missing, unknown or unusable. Values are never repeated."""
    lines: list[str] = []
    for problem in wrong.errors(include_input=False, include_url=False, include_context=False):
        name = ".".join(str(part) for part in problem["loc"]) or "settings"
        if problem["type"] == "missing":
            lines.append(f"{name} is missing")
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{name} is no setting of {provider.title}")
        else:
            lines.append(f"{name}: {problem['msg']}")
    known = ", ".join(sorted(provider.settings_model.model_fields))
    return MissingSetting("; ".join(lines), provider=provider.name, hint=f"the settings are {known}")
