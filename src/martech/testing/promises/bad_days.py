"""Promises about bad days: a clear error of our tree each, nothing lost, nothing done twice."""

from __future__ import annotations

import pytest

from martech.emulation import FaultKind
from martech.errors import (
    ConnectionFailed,
    MartechError,
    ProviderUnavailable,
    RateLimited,
    TransportError,
    UnexpectedResponse,
)
from martech.testing.faces import Drive
from martech.testing.promises.base import Kit

__all__ = ["BadDayPromises"]

ANYTHING = ""


class BadDayPromises(Kit):
    """Broken networks, broken vendors, broken answers."""

    def test_a_short_accident_is_not_noticed(self, drive: Drive) -> None:
        """One 503 on a read is tried again."""
        drive.call(lambda client: client.account.verify())
        drive.emulator.faults.add(FaultKind.STATUS, status=503)
        assert drive.call(lambda client: client.account.verify()).ok

    def test_an_accident_that_stays_is_said(self, drive: Drive) -> None:
        """The vendor is down: ProviderUnavailable, after a bounded number of attempts."""
        drive.call(lambda client: client.account.verify())
        before = drive.emulator.ledger.total
        drive.emulator.faults.add(FaultKind.STATUS, status=503, times=100)
        with pytest.raises(ProviderUnavailable) as down:
            drive.call(lambda client: client.account.verify())
        assert down.value.retryable
        assert 1 < drive.emulator.ledger.total - before < 10

    @pytest.mark.parametrize("seconds", [2, 20])
    def test_too_many_requests_are_waited_out(self, drive: Drive, seconds: int) -> None:
        """A 429 that names a time is obeyed exactly."""
        drive.call(lambda client: client.account.verify())
        before = drive.bench.clock.now()
        headers = {"Retry-After": str(seconds)}
        drive.emulator.faults.add(FaultKind.STATUS, status=429, headers=headers)
        assert drive.call(lambda client: client.account.verify()).ok
        assert (drive.bench.clock.now() - before).total_seconds() >= seconds

    def test_a_wait_longer_than_allowed_is_an_error_with_the_time(self, drive: Drive) -> None:
        """Nobody sleeps an hour silently."""
        drive.call(lambda client: client.account.verify())
        headers = {"Retry-After": "3600"}
        drive.emulator.faults.add(FaultKind.STATUS, status=429, headers=headers, times=9)
        with pytest.raises(RateLimited) as limited:
            drive.call(lambda client: client.account.verify())
        assert limited.value.retry_at is not None
        wait = (limited.value.retry_at - drive.bench.clock.now()).total_seconds()
        assert 3500 < wait <= 3601

    @pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER])
    def test_a_cut_connection_on_a_read_is_tried_again(self, drive: Drive, kind: FaultKind) -> None:
        """Reading twice harms nobody."""
        drive.call(lambda client: client.account.verify())
        drive.emulator.faults.add(kind)
        assert drive.call(lambda client: client.account.verify()).ok

    def test_a_connection_that_is_always_cut_is_an_error(self, drive: Drive) -> None:
        """ConnectionFailed, which is a TransportError and may be tried later."""
        drive.call(lambda client: client.account.verify())
        drive.emulator.faults.add(FaultKind.CUT_BEFORE, times=100)
        with pytest.raises(ConnectionFailed) as broken:
            drive.call(lambda client: client.account.verify())
        assert isinstance(broken.value, TransportError)
        assert broken.value.retryable

    @pytest.mark.parametrize("kind", [FaultKind.NONSENSE, FaultKind.REDIRECT])
    def test_an_answer_nobody_can_read_is_an_error_of_ours(self, drive: Drive, kind: FaultKind) -> None:
        """HTML where data was expected, or a way to another host: nothing is followed, nothing is guessed."""
        drive.emulator.faults.add(kind, times=100)
        person = self.person(1)
        with pytest.raises(MartechError) as unreadable:
            self.upsert(drive, person)
        assert isinstance(unreadable.value, UnexpectedResponse), repr(unreadable.value)

    def test_a_truncated_answer_is_an_error_of_ours(self, drive: Drive) -> None:
        """Half an answer is no answer."""
        drive.emulator.faults.add(FaultKind.TRUNCATE, times=100)
        person = self.person(1)
        with pytest.raises(UnexpectedResponse):
            self.upsert(drive, person)

    def test_a_bulk_write_survives_accidents(self, drive: Drive) -> None:
        """Cuts and 5xx in the middle: every input has its result, and none is lost."""
        people = [self.person(number) for number in range(60)]
        drive.call(lambda client: client.account.verify())
        for after, kind in enumerate([FaultKind.CUT_AFTER, FaultKind.STATUS, FaultKind.CUT_BEFORE]):
            drive.emulator.faults.add(kind, after=after)
        done = drive.call(lambda client: client.contacts.upsert_many(people, if_new=drive.if_new))
        assert len(done.items) == 60
        for person, result in zip(people, done.items, strict=True):
            if result.ok:
                assert drive.emulator.contactable(drive.ref(person).value) is not None
            else:
                assert result.reason
