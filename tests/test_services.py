"""The services that tests of shared state need are there, or it is said that they are not."""

import pytest
from tests.services import POSTGRES_URL, REDIS_URL, needed


@pytest.mark.postgres
def test_postgresql_answers() -> None:
    import psycopg

    with psycopg.connect(needed("PostgreSQL", POSTGRES_URL)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.redis
def test_redis_answers() -> None:
    import redis

    with redis.Redis.from_url(needed("Redis", REDIS_URL)) as connection:
        assert connection.ping()
