"""The guard that every send passes: what it is told, what it decides, and the simplest one, which keeps to memory.

::

    planned → in flight → accepted     the vendor took it: the key never sends again
                        → refused      it provably did not: the key may be used again
                        → unknown      nobody can tell: the key does not send until somebody has looked
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from martech.errors import AlreadySent, OutcomeUnknown
from martech.pipeline.forking import free_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from martech.wire import Request

__all__ = [
    "DELIVERY",
    "Fate",
    "MemoryGuard",
    "PlannedSend",
    "SendGuard",
    "SendRecord",
    "admitted",
    "digest_of",
    "kept_result",
    "refuse_a_known_one",
    "refuse_the_same",
    "vendor_id_of",
]


DELIVERY = "delivery"
"""What stands for the provider in the record of a send that several clients may carry."""


class Fate(StrEnum):
    """What is known of a send."""

    PLANNED = "planned"
    """It was asked for and has not left: it stands in line, or its process died before."""
    IN_FLIGHT = "in_flight"
    """The request went out; nothing came back yet. Once its process has died this is as good as unknown."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The vendor said no, or it provably never reached it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """One send that is about to go out, without its content or recipient."""

    key: str
    provider: str
    account: str
    operation: str
    asked: str
    at: datetime
    attempt: str = ""
    """A fresh mark of this one attempt: only who holds it may say what became of it."""
    digest: bytes = field(default=b"", repr=False)
    """A digest of recipient and content, to tell another send under the same key; kept only with a salt."""
    may_last_seconds: float = 60.0
    """After how long an attempt without an ending is certainly over."""
    known_again_seconds: float = 0.0
    """For how long the vendor recognises this key and does not act twice."""
    dedupe_within_seconds: float | None = None
    """Whether the same content under any other key counts as this send, and for how long."""


@dataclass(frozen=True, slots=True)
class SendRecord:
    """What a guard remembers of a send. Nothing personal: neither recipient nor content."""

    key: str
    provider: str
    account: str
    operation: str
    asked: str
    fate: Fate
    planned_at: datetime
    changed_at: datetime
    begun_at: datetime | None = None
    """When the attempt went out that counts; of several in doubt, the first."""
    over_at: datetime | None = None
    """When an attempt without an ending is certainly over."""
    attempt: str = field(default="", repr=False)
    owner: str = field(default="", repr=False)
    """Which process has it in hand."""
    doubtful: bool = False
    """Whether an earlier attempt may have been accepted, so that a refusal of a later one proves nothing."""
    fingerprint: str = field(default="", repr=False)
    detail: str | None = None
    vendor_id: str | None = None
    result: str | None = field(default=None, repr=False)
    settled_by: str | None = None
    """Who decided, where it was not the pipeline."""


class SendGuard(Protocol):
    """Keeps a record of sends around their exchange, and may refuse one."""

    blocks: bool
    """Whether calls may block, so that the asyncio driver makes them in a thread."""

    def plan(self, send: PlannedSend) -> None:
        """Note that a send was asked for, before it stands in line; refuse one that cannot go out anyway.

        Raises:
            AlreadySent: It was accepted before, under the same key; nothing goes out.
            OutcomeUnknown: It went out before under the same key: it still is under way, or its fate is unknown.
        """
        ...

    def begin(self, send: PlannedSend) -> bool:
        """Note that an attempt goes out now; of several callers with one key, one gets past.

        Returns:
            Whether an earlier attempt under this key may have been accepted; the vendor will recognise it.

        Raises:
            AlreadySent: It was accepted before; nothing goes out.
            OutcomeUnknown: Its fate is not known, or it is under way; nothing goes out.
        """
        ...

    def settle(
        self,
        send: PlannedSend,
        fate: Fate,
        *,
        detail: str | None = None,
        vendor_id: str | None = None,
        result: str | None = None,
    ) -> None:
        """Note what became of an attempt. Twice is once; of an attempt that is not the last one it is ignored."""
        ...

    def confirm(self, send: PlannedSend, *, vendor_id: str | None, result: str | None) -> None:
        """Note that the vendor was asked about a send in doubt, and has it, whoever had attempted it."""
        ...

    def advice(self, key: str) -> str:
        """Return what a person does about a send whose fate is unknown."""
        ...


# ── decisions, the same for every guard ──────────────────────────────────────────────────────────────────────


def admitted(
    before: SendRecord | None,
    send: PlannedSend,
    *,
    fingerprint: str,
    alive: Callable[[str], bool],
    advice: Callable[[str], str],
) -> bool:
    """Return whether an earlier attempt may have been accepted, if a further one may go out.

    Args:
        before: What is remembered of this key, if anything.
        send: What is to go out.
        fingerprint: Of its content, as the guard keeps them.
        alive: Says of an owner whether its process may still be at work.
        advice: Says what to do about a key whose fate is unknown.

    Raises:
        AlreadySent: It was accepted.
        OutcomeUnknown: It is under way, or nobody knows what became of it.
    """
    if before is None or before.fate in (Fate.PLANNED, Fate.REFUSED):
        return False
    same = before.fingerprint == fingerprint
    refuse_a_known_one(before, same=same)
    under_way = before.fate is Fate.IN_FLIGHT and not is_over(before, send.at, alive)
    if not under_way and same and _known_again(before, send):
        return True
    raise _unknown(before, under_way=under_way, advice=advice)


def refuse_a_known_one(before: SendRecord, *, same: bool) -> None:
    """Raise `AlreadySent` if a send was accepted: with its result if it has the same content."""
    if before.fate is not Fate.ACCEPTED:
        return
    named = f" as {before.vendor_id}" if before.vendor_id else ""
    when = (before.begun_at or before.changed_at).isoformat(timespec="seconds")
    raise AlreadySent(
        f"this send key was used before: it went out at {when} and the vendor accepted it{named}; "
        + ("nothing was sent now" if same else "that was another send, and nothing was sent now"),
        send_key=before.key,
        vendor_id=before.vendor_id,
        accepted_at=before.changed_at,
        same_content=same,
        result=_restored(before.result) if same else None,
        hint=None if same else "a key names one send: give each recipient and content a key of its own",
    )


def refuse_the_same(before: SendRecord, send: PlannedSend, *, alive: Callable[[str], bool], advice: Any) -> None:
    """Raise for a send of the same content that went out a moment ago under another key, as if it had ours."""
    refuse_a_known_one(before, same=before.operation == send.operation)
    raise _unknown(before, under_way=not is_over(before, send.at, alive), advice=advice)


def is_over(before: SendRecord, now: datetime, alive: Callable[[str], bool]) -> bool:
    """Return whether nobody works at an attempt any more."""
    if before.fate is not Fate.IN_FLIGHT:
        return True
    return not alive(before.owner) or (before.over_at is not None and now >= before.over_at)


def _known_again(before: SendRecord, send: PlannedSend) -> bool:
    """Return whether the vendor would recognise a further attempt; a clock that was set back says no."""
    if before.begun_at is None or send.known_again_seconds <= 0:
        return False
    return timedelta(0) <= send.at - before.begun_at < timedelta(seconds=send.known_again_seconds)


def _unknown(before: SendRecord, *, under_way: bool, advice: Callable[[str], str]) -> OutcomeUnknown:
    if under_way:
        return OutcomeUnknown(
            "another call with this send key is under way; nothing was sent now",
            send_key=before.key,
            account=before.account,
            begun_at=before.begun_at,
            under_way=True,
            hint="ask again in a moment: it then is accepted, refused or unknown",
        )
    return OutcomeUnknown(
        "this send key was used before and its fate is not known; nothing was sent now",
        send_key=before.key,
        account=before.account,
        begun_at=before.begun_at,
        hint=advice(before.key),
    )


# ── what is remembered of content and result ─────────────────────────────────────────────────────────────────


def digest_of(request: Request) -> bytes:
    """Return a digest of where a request goes and what it says, the send key left out.

    Raises:
        InvalidRequest: It holds what JSON cannot carry.
    """
    body, _ = request.body()
    said = [request.method, request.route, request.host]
    said += [f"{name}={value}" for name, value in sorted(request.parts.items())]
    said += [f"{name}={value}" for name, value in sorted(request.query.items())]
    whole = "\x00".join(said).encode(errors="surrogatepass") + b"\x00" + body
    key = (request.send_key or "").encode(errors="surrogatepass")
    if len(key) >= _LONG_ENOUGH:
        # Many vendors are told the key; a fresh one must not make the same content look like another.
        whole = whole.replace(key, b"")
    return blake2b(whole, digest_size=20).digest()


_LONG_ENOUGH = 12
"""From how many characters on a key is surely nothing that the content happens to say."""

_KEPT = ("Receipt", "Send")
"""Results that name no person, so that they can be kept and given to who asks again."""


def kept_result(result: Any) -> str | None:
    """Return what an operation gave as JSON, if it can be kept."""
    kind = type(result).__name__
    if kind not in _KEPT or not type(result).__module__.startswith("martech.models"):
        return None
    return json.dumps({"kind": kind, "value": result.model_dump(mode="json", exclude_unset=True)})


def _restored(kept: str | None) -> Any:
    if kept is None:
        return None
    from pydantic import ValidationError

    from martech.models import Receipt, Send

    try:
        written = json.loads(kept)
        model: type[Receipt | Send] = Receipt if written["kind"] == "Receipt" else Send
        return model.model_validate_json(json.dumps(written["value"]))
    except (ValueError, KeyError, TypeError, ValidationError):  # written by another version; the key still counts
        return None


def vendor_id_of(result: Any) -> str | None:
    """Return under which id the vendor holds what a send gave, if the result says so."""
    for name in ("message_id", "id"):
        found = getattr(result, name, None)
        if isinstance(found, str) and found:
            return found
    several: Iterable[Any] = getattr(result, "ids", None) or ()
    first = next(iter(several), None)
    return first if isinstance(first, str) else None


# ── in memory ────────────────────────────────────────────────────────────────────────────────────────────────


class MemoryGuard:
    """Remembers the last sends of this process. The ledger of `martech.delivery` remembers for good."""

    blocks = False

    def __init__(self, *, keep: int = 10_000) -> None:
        self._keep = keep
        self._sends: OrderedDict[tuple[str, str, str], SendRecord] = OrderedDict()
        self._lock = Lock()
        free_after_fork(self)
        self._salt = secrets.token_bytes(16)

    def plan(self, send: PlannedSend) -> None:
        """Refuse what cannot go out; a plan dies with the process, so it is not kept."""
        with self._lock:
            self._admit(send)

    def begin(self, send: PlannedSend) -> bool:
        """Note that an attempt goes out now; refuse one that already did."""
        with self._lock:
            before, doubtful = self._admit(send)
            self._sends[_place(send)] = SendRecord(
                send.key,
                send.provider,
                send.account,
                send.operation,
                send.asked,
                Fate.IN_FLIGHT,
                planned_at=before.planned_at if before else send.at,
                changed_at=send.at,
                begun_at=before.begun_at if before and doubtful else send.at,
                over_at=send.at + timedelta(seconds=send.may_last_seconds),
                attempt=send.attempt,
                doubtful=doubtful,
                fingerprint=self._fingerprint(send),
            )
            if len(self._sends) > self._keep:
                self._forget_the_oldest()
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
        """Note what became of it."""
        with self._lock:
            before = self._sends.get(_place(send))
            if before is not None and before.attempt == send.attempt:
                self._sends[_place(send)] = replace(
                    before,
                    fate=Fate.UNKNOWN if fate is Fate.REFUSED and before.doubtful else fate,
                    changed_at=send.at,
                    detail=detail,
                    vendor_id=vendor_id,
                    result=result,
                )

    def confirm(self, send: PlannedSend, *, vendor_id: str | None, result: str | None) -> None:
        """Note that the vendor has it."""
        with self._lock:
            before = self._sends.get(_place(send))
            if before is not None and before.fate in (Fate.IN_FLIGHT, Fate.UNKNOWN):
                self._sends[_place(send)] = replace(
                    before, fate=Fate.ACCEPTED, vendor_id=vendor_id, result=result, settled_by="the vendor"
                )

    def advice(self, key: str) -> str:
        """Return what a person does about it."""
        del key
        return "look at the vendor before sending again; the same send key will not send twice"

    def remembered(self) -> list[str]:
        """Return the keys that are remembered, oldest first."""
        return [record.key for record in self._sends.values()]

    def fate(self, key: str) -> Fate | None:
        """Return what is known of a send, or None if it is not remembered."""
        return next((record.fate for record in self._sends.values() if record.key == key), None)

    def _admit(self, send: PlannedSend) -> tuple[SendRecord | None, bool]:
        before = self._sends.get(_place(send))
        mark = self._fingerprint(send)
        doubtful = admitted(before, send, fingerprint=mark, alive=_always, advice=self.advice)
        if send.dedupe_within_seconds is not None and not doubtful:
            since = send.at - timedelta(seconds=send.dedupe_within_seconds)
            for other in reversed(self._sends.values()):
                alike = other.fingerprint == mark and _place(other) != _place(send)
                if alike and other.fate is not Fate.REFUSED and (other.begun_at or other.changed_at) >= since:
                    refuse_the_same(other, send, alive=_always, advice=self.advice)
        return before, doubtful

    def _forget_the_oldest(self) -> None:
        """Forget the oldest send whose fate is known; one that is under way or in doubt must not go out again."""
        known = (Fate.ACCEPTED, Fate.REFUSED)
        oldest = next((place for place, record in self._sends.items() if record.fate in known), None)
        if oldest is not None:
            del self._sends[oldest]

    def _fingerprint(self, send: PlannedSend) -> str:
        return blake2b(send.digest, key=self._salt, digest_size=16).hexdigest()


def _always(owner: str) -> bool:
    del owner
    return True


def _place(send: PlannedSend | SendRecord) -> tuple[str, str, str]:
    return (send.provider, send.account, send.key)
