"""What the promises share: a bench, a client of each face, people who do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from martech.errors import UnsupportedOperation
from martech.models import Contact, Identifier, IdentifierKind
from martech.registry import find
from martech.testing.connecting import Bench, bench
from martech.testing.faces import Drive, FaceName
from martech.testing.promises.samples import LISTINGS, SAMPLES

__all__ = ["Kit", "contactable"]

FIRST_NAMES = ("Ada", "Björk", "Chloë", "Đorđe", "Eun-ji", "Fatma", "Grace", "Hélène", "İpek", "José")


class Kit:
    """The ground the promises stand on. A plugin says who it is, and whatever of this does not fit it."""

    provider: ClassVar[str]
    """The provider's name."""
    switches: ClassVar[dict[str, Any]] = {}
    """Switches of the emulator to run under."""
    login: ClassVar[str | None] = None
    """The route of a login as a regular expression, where there is one."""

    def person(self, number: int) -> Contact:
        """Return an invented contact this provider can write."""
        settings = bench(self.provider, **self.switches).emulator.settings()
        kinds = find(self.provider).with_settings(settings).contacts.written_by
        given: dict[str, Any] = {
            "email": f"person-{number}@example.org",
            "first_name": FIRST_NAMES[number % len(FIRST_NAMES)],
            "last_name": f"Number {number}",
        }
        if IdentifierKind.OWN in kinds:
            given["own_id"] = f"c-{number}"
        return Contact(**given)

    @pytest.fixture
    def table(self) -> Bench:
        """A fresh emulator on a clock that stands still."""
        return bench(self.provider, **self.switches)

    @pytest.fixture(params=["blocking", "asyncio"])
    def drive(self, request: pytest.FixtureRequest, table: Bench) -> Iterator[Drive]:
        """A client of each face at the bench."""
        face: FaceName = request.param
        with Drive(table, face) as drive:
            yield drive

    def upsert(self, drive: Drive, contact: Contact) -> Any:
        """Write one contact in the safest way the provider has."""
        return drive.call(lambda client: client.contacts.upsert(contact, if_new=drive.if_new))

    def offers(self, drive: Drive, verb: str, **arguments: Any) -> bool:
        """Return whether the provider has a verb; where it has not, hold it to saying so and sending nothing."""
        if drive.client.supports(verb, **arguments):
            return True
        if arguments:
            return False
        ask = SAMPLES[verb]
        with pytest.raises(UnsupportedOperation):
            drive.all(ask) if verb in LISTINGS else drive.call(ask)
        assert drive.emulator.ledger.total == 0, f"{verb} is not offered and made requests"
        return False


def contactable(drive: Drive, ref: Identifier, channel: str = "email") -> bool | None:
    """Return the vendor's own truth about a person."""
    return drive.emulator.contactable(ref.value.removeprefix("+"), channel)
