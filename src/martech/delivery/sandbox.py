"""Safe outside production: only these people, everything to one address, or nothing at all.

::

    Client("acme", …, sandbox=Sandbox(allow=["@example.org"]))            # anybody else is refused
    Client("acme", …, sandbox=Sandbox(redirect_to="dev@example.org"))     # anybody else's mail goes there
    Client("acme", …, sandbox=Sandbox(dry_run=True))                      # everything but the send itself

It holds for every send: messages, campaign sends, enrolments, and a yes, which may have the vendor ask a person
to confirm. What it cannot bound (a list, a segment, everyone, a send through `client.native`) it refuses. The
variable `MARTECH_SANDBOX` puts every client of the environment into a sandbox, whatever the program says; where
both speak, both hold. Writing contacts is no send and goes through: what a vendor's own automation makes of that
is its affair.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martech.errors import ConfigurationError, SendRefused
from martech.flows.reaching import Message
from martech.masking import mask_email
from martech.models import (
    EmailMessage,
    Identifier,
    IdentifierKind,
    Mailbox,
    People,
    SmsMessage,
    email,
    mobile,
)
from martech.models.base import hidden

if TYPE_CHECKING:
    from martech.models import Audience

__all__ = ["VARIABLE", "Sandbox", "sandboxes"]

VARIABLE = "MARTECH_SANDBOX"
_WORDS = "allow=@example.org,ada@example.org; redirect=dev@example.org; dry-run"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sandbox:
    """Whom a client may reach. Without any argument: nobody.

    Args:
        allow: Addresses, mobile numbers with their country code, domains (`@example.org`) and identifiers that may
            be reached.
        redirect_to: An address, a number, or both, that get what was meant for anybody else.
        dry_run: Whether everything is done (mapping, checks, reads) but the send itself.

    Raises:
        ConfigurationError: One of them is no address, number or domain.
    """

    allow: Sequence[str | Identifier] | str = ()
    redirect_to: Sequence[str | Identifier] | str = ()
    dry_run: bool = False

    def __post_init__(self) -> None:
        allowed = [_allowed(one) for one in _several(self.allow)]
        object.__setattr__(self, "allow", tuple(allowed))
        object.__setattr__(self, "redirect_to", tuple(_named(one) for one in _several(self.redirect_to)))

    @classmethod
    def read(cls, text: str) -> Sandbox:
        """Return the sandbox that a text describes, as in the variable: `allow=@example.org; redirect=…; dry-run`.

        Raises:
            ConfigurationError: It says something else. A sandbox that cannot be read is never taken for none.
        """
        given: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            word, _, values = part.partition("=")
            several = [value.strip() for value in values.split(",") if value.strip()]
            match word.strip().replace("_", "-"):
                case "dry-run" if not values:
                    given["dry_run"] = True
                case "allow" if several:
                    given["allow"] = several
                case "redirect" | "redirect-to" if several:
                    given["redirect_to"] = several
                case _:
                    raise ConfigurationError("a sandbox cannot be read", hint=f"write it as: {_WORDS}")
        if not given:
            raise ConfigurationError("a sandbox says nothing", hint=f"write it as: {_WORDS}")
        return cls(**given)

    @classmethod
    def of(cls, given: Sandbox | str | Mapping[str, Any]) -> Sandbox:
        """Return a sandbox from what settings hold: one, its text, or its arguments by name."""
        if isinstance(given, Sandbox):
            return given
        if isinstance(given, str):
            return cls.read(given)
        unknown = set(given) - {"allow", "redirect_to", "dry_run"}
        if unknown:
            raise ConfigurationError(f"{', '.join(sorted(unknown))}: a sandbox has allow, redirect_to and dry_run")
        return cls(**given)

    # ── what the client asks ─────────────────────────────────────────────────────────────────────────────────

    def message(self, message: Message) -> Message:
        """Return the message, to those who may get it; raises SendRefused if somebody may not."""
        if self.dry_run:
            return message
        if isinstance(message, SmsMessage):
            return self._by_number(message, message.to)
        if isinstance(message.to, str):
            return self._by_number(message, message.to)
        kept: dict[str, tuple[Mailbox, ...]] = {}
        others: list[Mailbox] = []
        for name in ("to", "cc", "bcc"):
            boxes: tuple[Mailbox, ...] = getattr(message, name)
            kept[name] = tuple(box for box in boxes if self._allows(email(box.address)))
            others += [box for box in boxes if box not in kept[name]]
        if not others:
            return message
        instead = self._instead(IdentifierKind.EMAIL)
        if instead is None:
            raise _refused([email(box.address) for box in others])
        kept["to"] = (*kept["to"], Mailbox(address=instead))
        changed: dict[str, Any] = dict(kept)
        if isinstance(message, EmailMessage):
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            changed["subject"] = f"[for {mask_email(others[0].address)}{more}] {message.subject}"
        return message.model_copy(update=changed)

    def audience(self, to: Audience) -> Audience:
        """Return the audience if every person in it is named and may be reached."""
        if self.dry_run:
            return to
        if not isinstance(to, People):
            raise _boundless(f"a campaign to {to.kind}")
        others = [ref for ref in to.refs if not self._allows(ref)]
        if not others:
            return to
        instead = self._instead(IdentifierKind.EMAIL)
        if instead is None:
            raise _refused(others)
        return People([*(ref for ref in to.refs if self._allows(ref)), email(instead)])

    def people(self, people: Sequence[Identifier]) -> None:
        """Let people be reached who are allowed; raises SendRefused for anybody else."""
        others = [ref for ref in people if not self._allows(ref)]
        if others and not self.dry_run:
            raise _refused(others)

    def unbounded(self, what: str) -> None:
        """Refuse what reaches people whom nobody named."""
        raise _boundless(what)

    # ── how it decides ───────────────────────────────────────────────────────────────────────────────────────

    def _by_number(self, message: Message, number: str) -> Message:
        if self._allows(mobile(number)):
            return message
        instead = self._instead(IdentifierKind.MOBILE)
        if instead is None:
            raise _refused([mobile(number)])
        return message.model_copy(update={"to": instead})

    def _allows(self, ref: Identifier) -> bool:
        for one in self.allow:
            if isinstance(one, Identifier) and one.key == ref.key:
                return True
            is_address = ref.kind is IdentifierKind.EMAIL
            if isinstance(one, str) and is_address and ref.value.rpartition("@")[2].casefold() == one:
                return True
        return any(isinstance(one, Identifier) and one.key == ref.key for one in self.redirect_to)

    def _instead(self, kind: IdentifierKind) -> str | None:
        found = (one for one in self.redirect_to if isinstance(one, Identifier))
        return next((one.value for one in found if one.kind is kind), None)

    def __repr__(self) -> str:
        parts = [f"{len(self.allow)} allowed"] if self.allow else []
        parts += ["others redirected"] if self.redirect_to else []
        parts += ["dry run"] if self.dry_run else []
        return f"<Sandbox: {', '.join(parts) or 'nobody may be reached'}>"


def sandboxes(given: Sandbox | str | Mapping[str, Any] | None) -> list[Sandbox]:
    """Return every sandbox that holds for a client: the given one, and that of the environment."""
    said = os.environ.get(VARIABLE, "").strip()
    found = [] if given is None else [Sandbox.of(given)]
    if said:
        found.append(Sandbox.read(said))
    return found


def _several(given: Sequence[Any] | str | Identifier) -> Iterable[Any]:
    return (given,) if isinstance(given, (str, Identifier)) else given


def _allowed(one: str | Identifier) -> str | Identifier:
    """Return an identifier, or a domain in lower case."""
    if isinstance(one, str) and one.startswith("@") and "." in one[1:] and "@" not in one[1:]:
        return one[1:].casefold()
    return _named(one)


def _named(one: str | Identifier) -> Identifier:
    if isinstance(one, Identifier):
        return one
    try:
        return mobile(one) if one.startswith("+") else email(one)
    except ValueError:
        raise ConfigurationError(
            "a sandbox names somebody who is neither an e-mail address nor a number",
            hint="write ada@example.org, @example.org or +44…",
        ) from None


def _refused(others: Sequence[Identifier]) -> SendRefused:
    shown = ", ".join(hidden(ref.value) for ref in others[:3]) + (" …" if len(others) > 3 else "")
    return SendRefused(
        f"the sandbox does not let {len(others)} of the recipients be reached ({shown}); nothing was sent",
        hint="allow them, redirect, or send outside of the sandbox",
    )


def _boundless(what: str) -> SendRefused:
    return SendRefused(
        f"the sandbox cannot tell whom {what} would reach; nothing was sent",
        hint="name the people (People([…])), try it with dry_run, or send outside of the sandbox",
    )
