"""The rows of a client, each made when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from martech.client.options import OPTION_NAMES
from martech.errors import ConfigurationError, InvalidRequest, MissingSetting
from martech.flows.sending import key_for
from martech.masking import mask
from martech.provider.capabilities import capabilities, capability
from martech.provider.resources import M, Resource, operation
from martech.wire import Kind, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martech.client.account import AccountResource
    from martech.client.attributes import Attributes
    from martech.client.automations import Automations
    from martech.client.campaigns import Campaigns
    from martech.client.consent import ConsentResource
    from martech.client.contacts import Contacts
    from martech.client.datasets import Datasets
    from martech.client.engine import Engine
    from martech.client.events import Events
    from martech.client.jobs import Jobs
    from martech.client.lists import ListResource
    from martech.client.messages import Messages
    from martech.client.profiles import Profile
    from martech.client.reports import Reports
    from martech.client.templates import Templates
    from martech.provider.capabilities import Capability
    from martech.provider.contract import Provider

__all__ = ["ROW_CLASSES", "Rows"]

ROW_CLASSES: Mapping[str, str] = {
    "account": "martech.client.account:AccountResource",
    "attributes": "martech.client.attributes:Attributes",
    "automations": "martech.client.automations:Automations",
    "campaigns": "martech.client.campaigns:Campaigns",
    "consent": "martech.client.consent:ConsentResource",
    "contacts": "martech.client.contacts:Contacts",
    "datasets": "martech.client.datasets:Datasets",
    "events": "martech.client.events:Events",
    "jobs": "martech.client.jobs:Jobs",
    "lists": "martech.client.lists:ListResource",
    "messages": "martech.client.messages:Messages",
    "reports": "martech.client.reports:Reports",
    "templates": "martech.client.templates:Templates",
}
"""Where the class of each row is."""


class Rows(Resource[M]):
    """The rows of a client, the same on every provider."""

    row = "client"

    account: AccountResource[M]
    attributes: Attributes[M]
    automations: Automations[M]
    campaigns: Campaigns[M]
    consent: ConsentResource[M]
    contacts: Contacts[M]
    datasets: Datasets[M]
    events: Events[M]
    jobs: Jobs[M]
    lists: ListResource[M]
    messages: Messages[M]
    reports: Reports[M]
    templates: Templates[M]
    native: Any
    """The provider's own operations, typed by its typed pair; see the provider's README."""

    def __init__(self, provider: str | Provider, /, **settings_and_options: Any) -> None:
        options = {name: value for name, value in settings_and_options.items() if name in OPTION_NAMES}
        settings = {name: value for name, value in settings_and_options.items() if name not in OPTION_NAMES}
        self._open(provider, settings, options)

    def _open(self, provider: str | Provider, settings: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        """Set the client up. A typed pair calls this with its own settings."""
        if isinstance(provider, str):
            from martech.registry import find

            provider = find(provider).with_settings(settings)
        elif settings:
            raise ConfigurationError(
                f"{', '.join(sorted(settings))}: no option of a client, and settings came made"
            )
        super().__init__(self._engine(provider, options))

    @classmethod
    def from_profile(cls, name: str, /, **overrides: Any) -> Self:
        """Return a client for a profile in `martech.toml` or the environment; see `martech.client.profiles`.

        `overrides` are settings and options that win over the profile's.

        Raises:
            ConfigurationError: There is none, or it cannot be used; says which setting, never its value.
        """
        from martech.client.profiles import profile

        return cls._of_profile(profile(name), overrides)

    @classmethod
    def from_url(cls, url: str, /, **overrides: Any) -> Self:
        """Return a client for a URL, `acme://user:password@/?region=eu`. It is never shown again.

        Raises:
            ConfigurationError: It cannot be used; says why, and never repeats it.
        """
        from martech.client.profiles import from_url

        return cls._of_profile(from_url(url), overrides)

    @classmethod
    def _of_profile(cls, found: Profile, overrides: Mapping[str, Any]) -> Self:
        options = {name: value for name, value in overrides.items() if name in OPTION_NAMES}
        settings = {name: value for name, value in overrides.items() if name not in OPTION_NAMES}
        settings, options = {**found.settings, **settings}, {**found.options, **options}
        made, fits = cls.__new__(cls), True
        try:
            if cls.__init__ is Rows.__init__:
                made._open(found.provider, settings, options)  # noqa: SLF001 - of the very class
            else:
                # A typed pair is of one provider, and says itself what it takes.
                typed: Any = made
                typed.__init__(**settings, **options)
        except MissingSetting as wrong:
            raise found.broken(wrong) from None
        except TypeError:
            fits = False
        if not fits or made.provider != found.provider:
            raise ConfigurationError(f"{found.where} is of {found.provider}, which is not for {cls.__name__}")
        return made

    if not TYPE_CHECKING:  # hidden from type checkers, or a misspelt row would pass

        def __getattr__(self, name: str) -> object:
            """Make a row when it is first used; importing all of them would cost each program the time of most."""
            if name == "native":
                made = self._provider.native()
            elif name in ROW_CLASSES:
                module, _, kind = ROW_CLASSES[name].partition(":")
                made = getattr(importlib.import_module(module), kind)
            else:
                made = None
            if made is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            row = self.__dict__[name] = made(self._runner)
            return row

    def _engine(self, provider: Provider, options: Mapping[str, Any]) -> Engine:
        del provider, options
        raise ConfigurationError("make a Client or an AsyncClient")

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self._provider.name

    def capabilities(self) -> Mapping[str, Capability]:
        """Return every verb with what the provider says about it. No request."""
        return capabilities(self._provider)

    def supports(self, verb: str, **arguments: Any) -> bool:
        """Return whether the provider has a verb, `row.verb`, with these arguments. No request.

        Raises:
            KeyError: There is no such verb on any provider.
        """
        return self.why_not(verb, **arguments) is None

    def why_not(self, verb: str, **arguments: Any) -> str | None:
        """Return why the provider does not have a verb with these arguments, or None if it has. No request."""
        no = capability(self._provider, verb).refusal(**arguments)
        return None if no is None else no.reason

    @operation
    async def request(
        self,
        method: str,
        route: str,
        *,
        kind: Kind,
        parts: Mapping[str, str | int] | None = None,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        host: str = "api",
        key: str | None = None,
    ) -> Response:
        """Send any request with the provider's credentials, limits and retries.

        Args:
            method: `GET`, `POST`, …
            route: A path with named parts, `/things/{id}`.
            kind: What it may do: `READ` and `WRITE` as they say; `SEND` if it may reach a person.
            parts: The values of the named parts.
            query: Query parameters.
            json: A body.
            host: Which of the provider's hosts.
            key: The key of a send.

        Raises:
            InvalidRequest: The route holds what belongs into `parts` or `query`, since it stands in logs.
            MartechError: Whatever the vendor's answer stands for.
        """
        if mask(unquote(route)) != unquote(route):
            raise InvalidRequest(
                "this route holds an address, a number or a secret; routes stand in logs and in the ledger",
                hint='values go into parts or query: request("GET", "/people/{email}", parts={"email": …})',
            )
        return await Request(
            method.upper(),
            route,
            kind,
            parts=parts or {},
            query=query or {},
            json=json,
            host=host,
            repeatable=kind is Kind.READ,
            send_key=await key_for(key) if kind is Kind.SEND else None,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self._provider.title}>"
