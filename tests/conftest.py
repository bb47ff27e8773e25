"""What the tests of the core share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from martech.testing.connecting import Bench, bench

# A busy machine is no reason for a test to fail.
settings.register_profile("martech", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("martech")


@pytest.fixture
def table() -> Bench:
    """A client and the example emulator on a clock that stands still."""
    return bench("example")
