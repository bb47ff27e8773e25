"""The pytest plugin of martech: conversations with a vendor, played from cassettes.

::

    def test_somebody_is_written_and_read(conversation):
        with conversation("acme", "contacts") as client:
            ...

plays `cassettes/acme/contacts.yaml`. With `--record-emulated` the conversation is held with the provider's
emulator over HTTP and recorded again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from martech.client import Client
    from martech.testing.outbox import Outbox

Conversation = Callable[..., AbstractContextManager["Client"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("martech")
    group.addoption(
        "--record-emulated", action="store_true", help="record cassettes again, from the providers' emulators"
    )
    group.addoption(
        "--cassettes", default="cassettes", help="the folder of cassettes, below the root of the project"
    )


@pytest.fixture
def conversation(request: pytest.FixtureRequest) -> Conversation:
    """Give conversations by provider and name: played from a cassette, or recorded again."""
    folder = Path(request.config.rootpath) / str(request.config.getoption("--cassettes"))

    def hold(provider: str, name: str, **switches: Any) -> AbstractContextManager[Client]:
        from martech.testing.cassettes import played, recorded

        path = folder / provider / f"{name}.yaml"
        if request.config.getoption("--record-emulated"):
            return recorded(provider, path, **switches)
        if not path.is_file():
            pytest.fail(f"there is no cassette {provider}/{name}; record it with --record-emulated")
        return played(provider, path)

    return hold


@pytest.fixture
def outbox() -> Outbox:
    """Collect what an application would have sent; see `martech.testing.outbox`."""
    from martech.testing.outbox import Outbox

    return Outbox()
