"""Promises about sends: never twice, never lost, never silently unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from martech.emulation import FaultKind
from martech.errors import Conflict, OutcomeUnknown
from martech.models import EmailMessage
from martech.pipeline import Fate, MemoryGuard
from martech.testing.connecting import Bench
from martech.testing.faces import Drive, FaceName
from martech.testing.promises.base import Kit
from martech.testing.promises.consent import row
from martech.wire import HttpRequest, Response

__all__ = ["SendingPromises"]

Ask = Callable[[Any], Any]


class SendingPromises(Kit):
    """Whatever reaches a person, by message or by enrolment."""

    send_route = r"^POST (?!.*(session|login|token))"
    """The route of the send below as a regular expression: whatever posts and is no login."""

    vendor_knows_keys = False
    """Whether the send below may be told again after an accident, since the vendor recognises its key."""

    def sending(self, drive: Drive, key: str) -> Ask:
        """Return a call that sends one thing to one person: a message, or an enrolment where that is the way."""
        person = self.person(1)
        drive.emulator.seed_people([row(person)])
        if drive.client.supports("messages.send_email"):
            message = self.email(person.email or "")
            return lambda client: client.messages.send_email(message, key=key)
        automation = drive.all(lambda client: client.automations.list())[0]
        return lambda client: client.automations.enrol(automation.id, [drive.ref(person)], key=key)

    def email(self, to: str) -> EmailMessage:
        """Return a message this provider can send."""
        return EmailMessage(to=to, subject="A promise", html="<p>Kept.</p>", text="Kept.")

    def sent(self, drive: Drive) -> int:
        """Return how many messages would have reached people."""
        return len(drive.emulator.outbox)

    def test_a_send_goes_out_once(self, drive: Drive) -> None:
        """One call, one message, and the guard knows it was accepted."""
        drive.call(self.sending(drive, "k-1"))
        assert self.sent(drive) == 1

    def test_the_same_key_does_not_send_twice(self, drive: Drive) -> None:
        """A second call with the key of the first sends nothing."""
        ask = self.sending(drive, "k-1")
        drive.call(ask)
        self._repeat(drive, ask)
        assert self.sent(drive) == 1

    def test_a_send_cut_off_after_the_work_goes_out_once(self, drive: Drive) -> None:
        """The vendor acted and the answer was lost: it went out once, and the caller hears that nobody knows.

        Where the vendor knows the key again it is asked again, and gives its first answer.
        """
        ask = self.sending(drive, "k-1")
        drive.emulator.faults.add(FaultKind.CUT_AFTER, route=self.send_route)
        if self.vendor_knows_keys:
            drive.call(ask)
        else:
            self._unknown(drive, ask)
        assert self.sent(drive) == 1
        self._repeat(drive, ask)
        assert self.sent(drive) == 1

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_send_answered_by_an_accident_is_unknown(self, drive: Drive, status: int) -> None:
        """A 5xx does not say whether it went out, so it is tried again only where the vendor knows the key."""
        ask = self.sending(drive, "k-1")
        drive.emulator.faults.add(FaultKind.STATUS, route=self.send_route, status=status)
        if self.vendor_knows_keys:
            drive.call(ask)
            assert self.sent(drive) == 1
            return
        self._unknown(drive, ask)
        assert self.sent(drive) == 0

    @pytest.mark.parametrize("kind", [FaultKind.NONSENSE, FaultKind.TRUNCATE])
    def test_a_send_answered_unreadably_is_unknown(self, drive: Drive, kind: FaultKind) -> None:
        """An answer came and nobody can read it."""
        ask = self.sending(drive, "k-1")
        drive.emulator.faults.add(kind, route=self.send_route)
        try:
            given = drive.call(ask)
        except OutcomeUnknown:
            pass
        else:
            self._accepts_without_reading(given)
        assert self.sent(drive) == 1

    def test_a_send_that_was_turned_away_is_tried_again(self, drive: Drive) -> None:
        """429 means that nothing was done; the send goes out once."""
        ask = self.sending(drive, "k-1")
        drive.emulator.faults.add(FaultKind.STATUS, route=self.send_route, status=429)
        drive.call(ask)
        assert self.sent(drive) == 1

    @pytest.mark.parametrize("face", ["blocking", "asyncio"])
    def test_a_cancelled_send_is_recorded_as_unknown(self, table: Bench, face: FaceName) -> None:
        """Stopped while the vendor works, the send is unknown, not forgotten, and does not go out again."""
        guard = MemoryGuard()
        stop = KeyboardInterrupt if face == "blocking" else asyncio.CancelledError
        stopping = {"now": False}

        def app(request: HttpRequest) -> Response:
            answer = table.emulator(request)
            if stopping["now"] and request.method == "POST":
                raise stop
            return answer

        with Drive(table, face, guard=guard, app=app) as drive:
            ask = self.sending(drive, "k-1")
            drive.call(lambda client: client.account.verify())
            stopping["now"] = True
            with pytest.raises(stop):
                drive.call(ask)
            stopping["now"] = False
            fates = {key: guard.fate(key) for key in guard.remembered()}
            assert list(fates.values()) == [Fate.UNKNOWN], fates
            self._repeat(drive, ask)
            assert self.sent(drive) == 1

    def _unknown(self, drive: Drive, ask: Ask) -> None:
        """Hold the call to saying that nobody knows: as an error, or in the result of the one person."""
        try:
            given = drive.call(ask)
        except OutcomeUnknown as unknown:
            assert unknown.send_key
        else:
            assert [str(item.outcome) for item in given.items] == ["unknown"]

    def test_whoever_repeats_a_message_under_its_key_gets_the_first_receipt(self, drive: Drive) -> None:
        """What was accepted is given again, without asking the vendor."""
        ask = self.sending(drive, "k-1")
        if not drive.client.supports("messages.send_email"):
            pytest.skip("what this provider sends names people, so its result is not kept")
        first = drive.call(ask)
        before = drive.emulator.ledger.total
        assert drive.call(ask) == first
        assert drive.emulator.ledger.total - before <= 1, "asking who sends is all that may be asked"
        assert self.sent(drive) == 1

    def _repeat(self, drive: Drive, ask: Ask) -> None:
        """Make the call again; it may refuse, and must not send."""
        try:
            drive.call(ask)
        except (Conflict, OutcomeUnknown):
            return

    def _accepts_without_reading(self, given: Any) -> None:
        """Some vendors give an empty answer to a send, so an unreadable one tells as little as the usual one."""
        items = getattr(given, "items", None)
        if items is not None:
            assert [str(item.outcome) for item in items] == ["unknown"]
        else:
            assert given.state == "accepted"
