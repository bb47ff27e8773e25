"""Limits, leases and tokens in Redis: each a script or one command, so nobody comes between reading and writing.

Times come from the caller, as everywhere; Redis's own clock only throws away what nobody has used for long.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from martech.errors import ConfigurationError, StateBroken, StateUnavailable
from martech.pipeline.learning import PAUSE_SECONDS, Learned, Pace
from martech.pipeline.limits import BACKWARDS_SECONDS, Place, Rate

__all__ = ["RedisLeases", "RedisLimits", "RedisServer", "RedisTexts"]

KEEP_SECONDS = 30 * 24 * 3600
"""How long something is kept that nobody uses."""

_RESERVE = f"""
local now, longest, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local met, wait, fresh = {{}}, 0, 0
for n, key in ipairs(KEYS) do
    local interval, burst = tonumber(ARGV[2 + 2 * n]), tonumber(ARGV[3 + 2 * n])
    local row = redis.call('HMGET', key, 'arrival', 'interval', 'burst', 'seen', 'review_at', 'epoch', 'closed')
    local arrival, seen, review = tonumber(row[1] or '0'), tonumber(row[4] or '0'), tonumber(row[5] or '')
    if not row[1] then
        fresh = 1
        if interval == 0 then review = now end
    end
    interval, burst = tonumber(row[2] or '') or interval, tonumber(row[3] or '') or burst
    if seen > 0 and now > seen + {PAUSE_SECONDS} then
        redis.call('HINCRBYFLOAT', key, 'idle', string.format('%.17g', now - seen))
    end
    if now < seen - {BACKWARDS_SECONDS} then
        arrival = arrival - (seen - now)
        if review then review = now end
    end
    local one = arrival - now - (burst - 1) * interval
    if one > wait then wait = one end
    met[n] = {{arrival, interval, review, row[6] or '0', row[7] or '0'}}
end
local answer = {{string.format('%.17g', wait), fresh}}
for n, key in ipairs(KEYS) do
    local arrival, interval, review, epoch, closed = unpack(met[n])
    if wait <= longest then
        if arrival < now then arrival = now end
        arrival = arrival + interval
        redis.call('HINCRBY', key, 'taken', count)
    end
    redis.call('HSET', key, 'arrival', string.format('%.17g', arrival), 'seen', ARGV[1])
    if review then
        review = string.format('%.17g', review)
        redis.call('HSET', key, 'review_at', review)
    end
    redis.call('EXPIRE', key, {KEEP_SECONDS})
    answer[#answer + 1] = {{epoch, review or '', closed}}
end
return answer
"""

_REVISE = f"""
if (redis.call('HGET', KEYS[1], 'revision') or '0') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'revision', 1)
for n = 2, #ARGV, 2 do
    if ARGV[n + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[n])
    else redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end
end
redis.call('EXPIRE', KEYS[1], {KEEP_SECONDS})
return 1
"""

_TAKE = f"""
local now, seconds, at_most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + seconds + {BACKWARDS_SECONDS}, '+inf')
if not redis.call('ZSCORE', KEYS[1], ARGV[4]) and redis.call('ZCARD', KEYS[1]) >= at_most then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.17g', now + seconds), ARGV[4])
redis.call('EXPIRE', KEYS[1], {KEEP_SECONDS})
return 1
"""

_REVISIONS = 200
"""How often a change is tried that others keep coming before."""


class RedisServer:
    """A Redis by its URL, and the scripts it is given. `?prefix=` sets its keys apart from those of others."""

    def __init__(self, url: str, *, busy_seconds: float = 5.0) -> None:
        try:
            import redis
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "a state in Redis needs the package redis", hint="install martech[redis]"
            ) from error
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.prefix = query.pop("prefix", ["martech"])[0]
        host = f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""
        self.shown = f"{parts.scheme}://{host}{parts.path}"
        """The URL without credentials, for messages."""
        try:
            self.client: Any = redis.Redis.from_url(
                urlunsplit(parts._replace(query=urlencode(query, doseq=True))),
                decode_responses=True,
                socket_timeout=busy_seconds,
                socket_connect_timeout=busy_seconds,
                health_check_interval=30,
            )
        except ValueError as error:
            raise ConfigurationError(f"the state {self.shown} is no address of a Redis") from error
        self.reserve = self.client.register_script(_RESERVE)
        self.revise = self.client.register_script(_REVISE)
        self.take = self.client.register_script(_TAKE)

    @contextmanager
    def translated(self) -> Generator[None]:
        """Raise what the driver raises as an error of ours."""
        import redis

        try:
            yield
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise StateUnavailable(f"the state {self.shown} does not answer: {type(error).__name__}") from error
        except redis.RedisError as error:
            said = str(error)
            if said.startswith(("OOM", "MISCONF")):
                raise StateUnavailable(f"the state {self.shown} is full", hint="Redis has no room left") from error
            if said.startswith(("READONLY", "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH")):
                raise StateUnavailable(f"the state {self.shown} cannot be written at present: {said}") from error
            raise StateBroken(f"the state {self.shown} holds something that is not ours: {said}") from error

    def close(self) -> None:
        """Let go of every connection."""
        self.client.close()

    def __repr__(self) -> str:
        return f"<RedisServer {self.shown}>"


class RedisLimits:
    """Reservations shared by all who share the Redis."""

    blocks = True

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def reserve(self, rates: Sequence[Rate], *, now: float, longest_wait: float, again: bool = False) -> Place:
        """Take a place in line, or say how long the line is. One command."""
        arguments: list[Any] = [repr(now), repr(longest_wait), 0 if again else 1]
        for rate in rates:
            arguments += [repr(rate.interval), rate.burst]
        with self._server.translated():
            wait, fresh, *rows = self._server.reserve(keys=[self._key(rate) for rate in rates], args=arguments)
        reviews = [float(row[1]) for row in rows if row[1]]
        return Place(
            float(wait),
            float(wait) <= longest_wait,
            tuple(int(row[0]) for row in rows),
            min(reviews, default=None),
            any(row[2] == "1" for row in rows),
            bool(fresh),
        )

    def still(self, rates: Sequence[Rate], epochs: Sequence[int]) -> bool:
        """Return whether a place of these epochs is still good. One round trip."""
        with self._server.translated(), self._server.client.pipeline(transaction=False) as batch:
            for rate in rates:
                batch.hget(self._key(rate), "epoch")
            found = batch.execute()
        return [int(one or 0) for one in found] == list(epochs)

    def revise(self, rate: Rate, change: Callable[[Pace], Pace]) -> Pace:
        """Change what is kept of a limit. Two commands, again if somebody came in between."""
        key = self._key(rate)
        with self._server.translated():
            for _ in range(_REVISIONS):
                row = self._server.client.hgetall(key)
                before = _pace(row)
                after = change(before)
                if after is before or self._server.revise(keys=[key], args=_changes(row, before, after)):
                    return after
        raise StateUnavailable(f"the state {self._server.shown} is changed faster than it can be read")

    def _key(self, rate: Rate) -> str:
        return f"{self._server.prefix}:limit:{rate.key}"


def _pace(row: dict[str, str]) -> Pace:
    def number(name: str) -> float | None:
        return float(row[name]) if row.get(name) else None

    return Pace(
        number("arrival") or 0.0,
        number("interval"),
        int(row["burst"]) if row.get("burst") else None,
        int(row.get("taken", 0)),
        int(row.get("epoch", 0)),
        number("review_at"),
        Learned.from_json(row.get("learned")),
        number("idle") or 0.0,
    )


def _changes(row: dict[str, str], before: Pace, after: Pace) -> list[Any]:
    def text(value: float | None) -> str:
        return "" if value is None else repr(value)

    fields: list[Any] = [row.get("revision", "0")]
    fields += ["interval", text(after.interval), "burst", text(after.burst), "epoch", after.epoch]
    fields += ["review_at", text(after.review_at), "closed", int(after.learned.closed)]
    fields += ["learned", after.learned.to_json()]
    if after.arrival != before.arrival:
        fields += ["arrival", text(after.arrival)]
    return fields


class RedisLeases:
    """Leases shared by all who share the Redis: a sorted set per name, with the end of each lease."""

    blocks = True

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def take(self, name: str, holder: str, *, at_most: int, now: float, seconds: float) -> bool:
        """Take a lease, or renew it, unless as many others as may do hold it. One command."""
        arguments: list[str | int] = [repr(now), repr(seconds), at_most, holder]
        with self._server.translated():
            return bool(self._server.take(keys=[f"{self._server.prefix}:lease:{name}"], args=arguments))

    def give_back(self, name: str, holder: str) -> None:
        """End a lease. One command."""
        with self._server.translated():
            self._server.client.zrem(f"{self._server.prefix}:lease:{name}", holder)


class RedisTexts:
    """Texts by key, which `martech.stores.sealing` makes of tokens."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def get(self, key: str) -> str | None:
        """Return the text under a key, or None."""
        with self._server.translated():
            found: str | None = self._server.client.get(f"{self._server.prefix}:token:{key}")
        return found

    def put(self, key: str, content: str) -> None:
        """Keep a text instead of the one before."""
        with self._server.translated():
            self._server.client.set(f"{self._server.prefix}:token:{key}", content, ex=KEEP_SECONDS)
