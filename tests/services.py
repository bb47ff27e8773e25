"""PostgreSQL and Redis, where one answers on this machine."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest

POSTGRES_URL = os.environ.get("MARTECH_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("MARTECH_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
REQUIRED = os.environ.get("MARTECH_TEST_REQUIRE_SERVICES") == "1"


def answers(url: str) -> bool:
    """Return whether something listens at an address."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


def needed(name: str, url: str) -> str:
    """Return the address of a service; where none answers, skip with a sentence, or fail where it is required."""
    if answers(url):
        return url
    message = f"{name} does not answer on this machine, so what needs it was left out"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)
