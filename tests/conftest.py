"""What the tests of the core share."""

from __future__ import annotations

import pytest

from martech.testing.connecting import Bench, bench


@pytest.fixture
def table() -> Bench:
    """A client and the example emulator on a clock that stands still."""
    return bench("example")
