"""The send ledger: what became of every send, kept where other processes, other machines and the next day find it.

It is the `SendGuard` of clients with a `state`. A row is written before a send leaves, and again afterwards. Each
is a transaction of its own, on disk before the next step is taken:

==============================  ==================================================================================
what is found under a key       what a call with that key does
==============================  ==================================================================================
nothing, planned, refused       it goes out; of several callers at once, one gets past
in flight                       `OutcomeUnknown` with `under_way`, as long as its process may be at work
in flight, its process died     unknown
accepted                        the first result where it was kept and the content is the same, else `AlreadySent`
unknown                         it goes out again if the vendor will know it by its key; else the vendor is asked
                                where it can be; else `OutcomeUnknown`, until somebody settles it
==============================  ==================================================================================

When the ledger cannot be written before a send, nothing is sent. When it cannot be written after, the row stays in
flight, which nobody takes for refused.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from itertools import islice
from shlex import quote
from typing import TYPE_CHECKING

from martech.delivery.owners import may_be_alive, this_process
from martech.errors import Conflict, InvalidRequest, MartechError, NotFound
from martech.masking import kept_key
from martech.pipeline.guarding import (
    DELIVERY,
    Fate,
    PlannedSend,
    SendRecord,
    admitted,
    is_over,
    refuse_the_same,
)
from martech.stores.state import again_if_cut_off

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from martech.stores.database import Database

__all__ = ["SendLedger", "ledger_for", "settling"]


class SendLedger:
    """The ledger in a database. May be shared between threads and clients, and used after a fork.

    Args:
        database: Where it is.
        owner: Names the process that has a send in hand.
        alive: Says of such a name whether the process may still be at work.
    """

    blocks = True

    def __init__(
        self,
        database: Database,
        *,
        owner: Callable[[], str] = this_process,
        alive: Callable[[str], bool] = may_be_alive,
    ) -> None:
        self._database = database
        self._owner, self._alive = owner, alive
        self._salt: bytes | None = None
        self.kept: object = None
        """Whatever has to live as long as the ledger does, such as the state that owns the database."""

    # ── what the pipeline says ───────────────────────────────────────────────────────────────────────────────

    def plan(self, send: PlannedSend) -> None:
        """Note that a send was asked for; refuse one whose key cannot send.

        One statement for a new key. It survives the death of the process; a power failure may take it, which is
        as if nobody had asked.
        """
        again_if_cut_off(partial(self._plan, send))

    def _plan(self, send: PlannedSend) -> None:
        from martech.stores import sends

        mark = self._fingerprint(send)
        with self._database.quick() as connection:
            if sends.planned(connection, send, mark):
                return
            before = sends.locked(connection, send)
        if before is not None and before.fate is Fate.REFUSED:
            with self._database.quick() as connection:
                sends.settled(connection, before, Fate.PLANNED, send.at, attempt="", settled_by=None)
        try:
            self._admit(before, send, mark)
        except MartechError:
            self._note_the_dead(before, send.at)
            raise

    def begin(self, send: PlannedSend) -> bool:
        """Note that an attempt goes out now. One transaction, on disk when this returns."""
        from martech.stores import sends

        mark = self._fingerprint(send)
        refused: MartechError | None = None
        doubtful = False
        with self._database.writing() as connection:
            before = sends.locked(connection, send)
            if before is None:
                sends.planned(connection, send, mark)
                before = sends.locked(connection, send)
            try:
                doubtful = self._admit(before, send, mark)
                if send.dedupe_within_seconds is not None and not doubtful:
                    sends.locked_content(connection, send, mark)
                    since = send.at - timedelta(seconds=send.dedupe_within_seconds)
                    other = sends.same_content(connection, send, mark, since)
                    if other is not None:
                        refuse_the_same(other, send, alive=self._alive, advice=self.advice)
            except MartechError as error:
                refused = error
            else:
                first_at = before.begun_at if before is not None and doubtful else None
                sends.begun(
                    connection,
                    send,
                    first_at=first_at or send.at,
                    owner=self._owner(),
                    doubtful=doubtful,
                    fingerprint=mark,
                )
        if refused is not None:
            self._note_the_dead(before, send.at)
            raise refused
        return doubtful

    def settle(
        self,
        send: PlannedSend,
        fate: Fate,
        *,
        detail: str | None = None,
        vendor_id: str | None = None,
        result: str | None = None,
    ) -> None:
        """Note what became of an attempt. One transaction."""
        more = {"detail": detail, "vendor_id": vendor_id, "result": result, "settled_by": None}
        again_if_cut_off(partial(self._settled, send, fate, more))

    def _settled(self, send: PlannedSend, fate: Fate, more: dict[str, str | None]) -> None:
        from martech.stores import sends

        with self._database.writing() as connection:
            before = sends.locked(connection, send)
            if before is None or before.attempt != send.attempt:
                return
            if fate is Fate.REFUSED and before.doubtful:
                fate = Fate.UNKNOWN
            if before.settled_by is not None and fate is Fate.UNKNOWN:
                return  # somebody has looked meanwhile, and knows more
            sends.settled(connection, before, fate, send.at, **more)

    def confirm(self, send: PlannedSend, *, vendor_id: str | None, result: str | None) -> None:
        """Note that the vendor was asked about a send in doubt, and has it."""
        from martech.stores import sends

        with self._database.writing() as connection:
            before = sends.locked(connection, send)
            if before is not None and before.fate in (Fate.IN_FLIGHT, Fate.UNKNOWN):
                more = {"vendor_id": vendor_id, "result": result, "settled_by": "the vendor, who was asked"}
                sends.settled(connection, before, Fate.ACCEPTED, send.at, **more)

    def advice(self, key: str) -> str:
        """Return how a person settles it."""
        return (
            f"find out at the vendor whether it went out, then say so: {settling(key, Fate.ACCEPTED)} "
            "(or refused, and the key may send again)"
        )

    # ── what people ask ──────────────────────────────────────────────────────────────────────────────────────

    def sends(
        self,
        *,
        now: datetime,
        fates: Collection[Fate] = (),
        provider: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[SendRecord]:
        """Return sends, the last changed first; what is in flight without anybody at it is unknown."""
        from martech.stores import sends

        # What is written as in flight may turn out to be unknown, so it is looked through for either.
        wanted = {*fates, Fate.IN_FLIGHT} if Fate.UNKNOWN in fates else set(fates)
        with self._database.reading() as connection:
            rows = sends.listed(connection, fates=wanted, provider=provider, since=since)
            seen = (self._as_seen(row, now) for row in rows)
            return list(islice((row for row in seen if not fates or row.fate in fates), limit))

    def in_doubt(self, *, now: datetime) -> int:
        """Return of how many sends nobody knows the fate, however long ago they went out."""
        from martech.stores import sends

        with self._database.reading() as connection:
            rows = sends.listed(connection, fates=[Fate.UNKNOWN, Fate.IN_FLIGHT])
            return sum(self._as_seen(row, now).fate is Fate.UNKNOWN for row in rows)

    def find(
        self, key: str, *, now: datetime, provider: str | None = None, account: str | None = None
    ) -> Sequence[SendRecord]:
        """Return the sends under a key: one per account that used it; none if there are none."""
        from martech.stores import sends

        with self._database.reading() as connection:
            rows = sends.found(connection, kept_key(key), provider=provider, account=account)
        return [self._as_seen(row, now) for row in rows]

    def decide(
        self,
        key: str,
        fate: Fate,
        *,
        now: datetime,
        provider: str | None = None,
        account: str | None = None,
        vendor_id: str | None = None,
    ) -> SendRecord:
        """Settle by hand a send whose fate is unknown; a key that was refused may send again.

        What `failover` and `route` hold of the same send in doubt is settled with it.

        Raises:
            NotFound: There is no such send.
            Conflict: It is under way, or its fate is known, or another provider has it.
            InvalidRequest: Several accounts used this key, and it was not said which.
        """
        if fate not in (Fate.ACCEPTED, Fate.REFUSED):
            raise InvalidRequest("a send is settled as accepted or as refused")
        every = self.find(key, now=now)
        row = _meant(every, provider, account)
        if fate is Fate.REFUSED:
            _refuse_if_sent_elsewhere(row, every)
        with self._database.writing() as connection:
            self._decided(connection, row, fate, now, vendor_id=vendor_id)
            for whole in _deliveries_of(row, every, fate):
                self._decided(connection, whole, fate, now, vendor_id=vendor_id)
        return next(iter(self.find(key, now=now, provider=row.provider, account=row.account)), row)

    def _decided(
        self, connection: Connection, row: SendRecord, fate: Fate, now: datetime, *, vendor_id: str | None
    ) -> None:
        from martech.stores import sends

        mark = PlannedSend(row.key, row.provider, row.account, row.operation, row.asked, now)
        before = sends.locked(connection, mark)
        in_doubt = before is not None and before.fate in (Fate.IN_FLIGHT, Fate.UNKNOWN)
        if before is None or not in_doubt or before.attempt != row.attempt:
            raise Conflict("this send has changed just now", hint="look at it again")
        more = {"vendor_id": vendor_id, "settled_by": "by hand", "doubtful": False}
        sends.settled(connection, before, fate, now, **more)

    def forget(self, *, before: datetime) -> int:
        """Remove what was settled before a moment and return how many; their keys may then send again.

        What is in flight or unknown stays.
        """
        from martech.stores import sends

        with self._database.writing() as connection:
            return sends.forgotten(connection, before=before)

    # ── within ───────────────────────────────────────────────────────────────────────────────────────────────

    def _admit(self, before: SendRecord | None, send: PlannedSend, mark: str) -> bool:
        return admitted(before, send, fingerprint=mark, alive=self._alive, advice=self.advice)

    def _note_the_dead(self, before: SendRecord | None, now: datetime) -> None:
        """Write down as unknown what is in flight without anybody at it, so that a list shows it as such."""
        from martech.stores import sends

        if before is not None and before.fate is Fate.IN_FLIGHT and is_over(before, now, self._alive):
            with self._database.quick() as connection:
                sends.settled(connection, before, Fate.UNKNOWN, now, detail=_DIED)

    def _as_seen(self, row: SendRecord, now: datetime) -> SendRecord:
        if row.fate is Fate.IN_FLIGHT and is_over(row, now, self._alive):
            return replace(row, fate=Fate.UNKNOWN, detail=row.detail or _DIED)
        return row

    def _fingerprint(self, send: PlannedSend) -> str:
        if self._salt is None:
            from martech.stores import sends

            with self._database.reading() as connection:
                kept = sends.salt(connection, _SALT)
            if kept is None:
                with self._database.writing() as connection:
                    sends.salted(connection, _SALT, secrets.token_hex(16))
                    kept = sends.salt(connection, _SALT)
            self._salt = bytes.fromhex(kept or "")
        return blake2b(send.digest, key=self._salt, digest_size=16).hexdigest()


# ── which send is meant ──────────────────────────────────────────────────────────────────────────────────────


def _meant(every: Sequence[SendRecord], provider: str | None, account: str | None) -> SendRecord:
    """Return the one send in doubt that was named; a client's before what a delivery holds of it."""
    rows = [row for row in every if provider in (None, row.provider) and account in (None, row.account)]
    if not rows:
        raise NotFound("the ledger holds no send under this key", hint="martech sends list shows the last ones")
    of_clients = [row for row in rows if row.provider != DELIVERY]
    in_doubt = [row for row in rows if row.fate is Fate.UNKNOWN]
    found = [row for row in in_doubt if row in of_clients] or in_doubt or of_clients or rows
    if len(found) > 1:
        known = ", ".join(f"{row.provider} {row.account}" for row in found)
        raise InvalidRequest(f"several accounts used this key: {known}", hint="say --provider and --account")
    (row,) = found
    if row.fate is Fate.IN_FLIGHT:
        raise Conflict("this send is under way right now", hint="wait until it has ended")
    if row.fate is not Fate.UNKNOWN:
        raise Conflict(f"the fate of this send is known: {row.fate}", hint="there is nothing to settle")
    return row


def _deliveries_of(row: SendRecord, every: Sequence[SendRecord], fate: Fate) -> list[SendRecord]:
    """Return what deliveries hold in doubt of a client's send, as far as the same is to be said of it."""
    if row.provider == DELIVERY or (fate is Fate.REFUSED and _sent_elsewhere(row, every)):
        return []
    return [one for one in every if one.provider == DELIVERY and one.fate is Fate.UNKNOWN]


def _refuse_if_sent_elsewhere(row: SendRecord, every: Sequence[SendRecord]) -> None:
    """Refuse to let a delivery send again what a provider has, or may have: another one might get it too."""
    elsewhere = _sent_elsewhere(row, every)
    if row.provider == DELIVERY and elsewhere:
        raise Conflict(
            f"of this send {elsewhere[0].provider} says: {elsewhere[0].fate}; it cannot be settled as refused",
            hint="settle that one first, or say accepted",
        )


def _sent_elsewhere(row: SendRecord, every: Sequence[SendRecord]) -> list[SendRecord]:
    sent = (Fate.ACCEPTED, Fate.IN_FLIGHT, Fate.UNKNOWN)
    others = [one for one in every if one is not row and one.provider != DELIVERY]
    return [one for one in others if one.fate in sent]


def settling(key: str, fate: Fate, options: str = "") -> str:
    """Return the command by which a person settles a send."""
    dashes = "-- " if key.startswith("-") else ""
    return f"martech sends settle {options}{dashes}{quote(key)} {fate}"


_SALT = "sends"
_DIED = "its process ended while it was under way"


def ledger_for(database: Database, *, kept: object = None) -> SendLedger:
    """Return the ledger that a database holds, as the guard of a client; `kept` lives as long as the ledger."""
    ledger = SendLedger(database)
    ledger.kept = kept
    return ledger
