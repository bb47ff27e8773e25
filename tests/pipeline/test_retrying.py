"""Whether to try again is a pure decision."""

from datetime import UTC, datetime, timedelta

import pytest

from martech.errors import (
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidInput,
    MartechError,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    TimedOut,
    UnexpectedResponse,
)
from martech.pipeline import RetryPolicy
from martech.pipeline.retrying import provably_not_processed, response_came_late, worth_repeating
from martech.wire import Request, get, post, send

NOW = datetime(2026, 1, 5, tzinfo=UTC)
READ, WRITE, SEND = get("/x"), post("/x"), send("/x", send_key="k")
NOT_SENT = ConnectionFailed("no", maybe_processed=False)
CUT = ConnectionFailed("cut", maybe_processed=True)
LATE = TimedOut("late", maybe_processed=True)
DOWN = ProviderUnavailable("down", status=503)
LIMITED = RateLimited("slow", status=429)


@pytest.mark.parametrize(
    ("request_", "error", "again"),
    [
        (READ, NOT_SENT, True), (READ, CUT, True), (READ, LATE, True), (READ, DOWN, True),
        (READ, LIMITED, True),
        (WRITE, NOT_SENT, True), (WRITE, CUT, False), (WRITE, LATE, False), (WRITE, DOWN, False),
        (WRITE, LIMITED, True),
        (SEND, NOT_SENT, True), (SEND, CUT, False), (SEND, LATE, False), (SEND, DOWN, False),
        (SEND, LIMITED, True),
        (READ, InvalidInput("bad"), False), (READ, NotFound("no"), False), (READ, Conflict("no"), False),
        (READ, AuthenticationFailed("no"), False), (READ, UnexpectedResponse("html"), False),
    ],
)  # fmt: skip
def test_only_what_is_safe_and_may_help_is_tried_again(
    request_: Request, error: MartechError, again: bool
) -> None:
    assert worth_repeating(request_, error) is again


@pytest.mark.parametrize(
    ("error", "proven"),
    [
        (NOT_SENT, True), (LIMITED, True), (InvalidInput("bad"), True), (AuthenticationFailed("no"), True),
        (CUT, False), (LATE, False), (DOWN, False), (UnexpectedResponse("html"), False),
        (OutcomeUnknown("?", send_key="k"), False), (KeyboardInterrupt(), False), (ValueError(), False),
    ],
)  # fmt: skip
def test_what_proves_that_nothing_was_done(error: BaseException, proven: bool) -> None:
    assert provably_not_processed(error) is proven


@pytest.mark.parametrize(
    ("error", "late"),
    [
        (InvalidInput("bad", status=422), True), (NotFound("no", status=404), True), (DOWN, True),
        (InvalidInput("too much", status=413), False), (LIMITED, False),
        (AuthenticationFailed("no", status=401), False), (CUT, False),
    ],
)  # fmt: skip
def test_what_may_have_come_after_a_part_of_a_batch_was_done(error: MartechError, late: bool) -> None:
    assert response_came_late(error) is late


def wait(error: MartechError, *, attempt: int = 1, waited: float = 0, jitter: float = 0.5) -> float | None:
    policy = RetryPolicy(attempts=4, total_seconds=60, first_wait_seconds=1, longest_wait_seconds=8)
    return policy.next_wait(READ, error, attempt=attempt, waited_seconds=waited, now=NOW, jitter=jitter)


def test_the_wait_doubles_with_jitter_and_has_a_bound() -> None:
    assert [wait(DOWN, attempt=n, jitter=1) for n in (1, 2, 3)] == [1, 2, 4]
    assert [wait(DOWN, attempt=n, jitter=0) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert wait(DOWN, attempt=4) is None


def test_what_the_vendor_asks_for_is_followed_and_never_shortened() -> None:
    asked = RateLimited("slow", retry_at=NOW + timedelta(seconds=20))
    for jitter in (0.0, 0.5, 1.0):
        said = wait(asked, jitter=jitter)
        assert said is not None
        assert 20 <= said <= 21
    past = RateLimited("slow", retry_at=NOW - timedelta(seconds=20))
    assert wait(past, jitter=0) == 0


def test_all_waiting_together_has_a_bound() -> None:
    assert wait(RateLimited("slow", retry_at=NOW + timedelta(seconds=61))) is None
    assert wait(DOWN, waited=59.9) is None
