"""Places for a state that nobody else uses, on the services of this machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import POSTGRES_URL, REDIS_URL, needed


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty state: a new file, a schema of its own, or a name space of its own."""
    name = f"martech_{uuid.uuid4().hex[:12]}"
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.db"
    elif kind == "postgresql":
        with _schema(name) as url:
            yield url
    else:
        with _name_space(name) as url:
            yield url


@contextmanager
def _schema(name: str) -> Iterator[str]:
    import psycopg

    url = needed("PostgreSQL", POSTGRES_URL)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"'.encode())
        try:
            yield f"{url}?options=-csearch_path%3D{name}"
        finally:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


@contextmanager
def _name_space(name: str) -> Iterator[str]:
    import redis

    url = needed("Redis", REDIS_URL)
    try:
        yield f"{url}?prefix={name}"
    finally:
        with redis.Redis.from_url(url) as connection:
            for key in connection.scan_iter(f"{name}:*"):
                connection.delete(key)
