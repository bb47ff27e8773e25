"""What the tests of the ledger share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.fakes import Vendor, answer, client
from tests.prove.ledger_world import Plain

from martech.client import Client
from martech.delivery.ledger import SendLedger
from martech.errors import (
    TimedOut,
)
from martech.models import (
    EmailMessage,
)
from martech.pipeline import SendGuard

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OTHER = EmailMessage(to="bob@example.org", subject="Hello", text="Hello")
TAKEN = answer({"letter": "m-1"})
Opening = Callable[..., SendLedger]
LATE = TimedOut("no answer in time", maybe_processed=True)


def sender(guard: SendGuard, *answers: Any, known_seconds: float = 0.0, **options: Any) -> tuple[Vendor, Client]:
    """Return a vendor that answers so, and a client whose sends that guard watches."""
    vendor = Vendor(*answers)
    return vendor, client(Plain(known_seconds), vendor, guard=guard, **options)
