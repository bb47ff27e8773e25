"""Where worlds are kept while they live."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.migration.worlds import fast_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: a journal commits often, and tests need no power failure."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as made:
        yield Path(made)
