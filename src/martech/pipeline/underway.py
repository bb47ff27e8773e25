"""One send on its way: what is written before it leaves, and what after, whatever happens in between."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from martech.errors import (
    AlreadySent,
    ConfigurationError,
    MartechError,
    OutcomeUnknown,
    StateError,
    UnexpectedResponse,
)
from martech.masking import kept_key
from martech.pipeline.guarding import Fate, PlannedSend, digest_of, kept_result, vendor_id_of
from martech.pipeline.retrying import provably_not_processed, response_came_late
from martech.wire import Consult, Now, SendKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from martech.pipeline.guarding import SendGuard
    from martech.provider.contract import Provider
    from martech.wire import Request

__all__ = ["Underway"]

_MARGIN_SECONDS = 60.0
"""How much longer than its timeout an exchange may take before certainly nobody is at it any more: a connection
may be waited for (30 s) and made (10 s), and the request be written, before the answer's own time begins."""
_DETAIL = 200
"""How many characters of an error are kept."""


class Underway:
    """One send, and what the guard is told of it.

    The answer of a vendor that took it is written down once the operation has read it, so that one write says
    everything: accepted, as what, or unreadable. Nothing is waited for between the answer and that write.
    """

    __slots__ = (
        "_ever_left", "_guard", "_left", "_noted", "_planned", "_provider", "_request", "_send", "_taken",
        "_thrown_away", "doubtful",
    )  # fmt: skip

    def __init__(
        self,
        guard: SendGuard,
        provider: Provider,
        request: Request,
        *,
        operation: str,
        timeout_seconds: float,
        at: datetime,
    ) -> None:
        key = request.send_key
        if not key:
            raise ConfigurationError("a request that may reach a person must carry the key it was given")
        self.doubtful = False
        """Whether an attempt may have been accepted without our knowing."""
        self._guard = guard
        self._provider = provider.name
        self._request = request
        self._planned = self._left = self._ever_left = self._taken = self._noted = self._thrown_away = False
        self._send = PlannedSend(
            kept_key(str(key)),
            provider.name,
            provider.account_key,
            operation,
            request.asked,
            at,
            digest=digest_of(request),
            may_last_seconds=(request.timeout_seconds or timeout_seconds) + _MARGIN_SECONDS,
            known_again_seconds=request.known_again_seconds,
            dedupe_within_seconds=key.dedupe_within_seconds if isinstance(key, SendKey) else None,
        )

    # ── before ───────────────────────────────────────────────────────────────────────────────────────────────

    async def plan(self) -> None:
        """Note that it was asked for; raises if the key cannot send."""
        await self._consulted(partial(self._guard.plan, self._send))
        self._planned = True

    async def begin(self) -> None:
        """Note that an attempt goes out now; raises if it must not."""
        self._left = False
        self._send = replace(self._send, at=await Now(), attempt=secrets.token_hex(8))
        in_doubt = await self._consulted(partial(self._guard.begin, self._send))
        self.doubtful = self.doubtful or in_doubt
        self._left = self._ever_left = True

    # ── after ────────────────────────────────────────────────────────────────────────────────────────────────

    async def failed(self, error: BaseException) -> None:
        """Note what an attempt without an answer means: it provably never arrived, or nobody can tell."""
        self._thrown_away = isinstance(error, GeneratorExit)
        if not self._left:
            if self._send.attempt and not isinstance(error, (AlreadySent, OutcomeUnknown)):
                # Nothing went out, and the note that it would may have been written all the same.
                await self._noted_if_possible(Fate.REFUSED, "stopped before it left")
            return
        self._left = False
        self.doubtful = self.doubtful or not provably_not_processed(error)
        fate = Fate.UNKNOWN if self.doubtful else Fate.REFUSED
        if isinstance(error, MartechError):
            await self._note(fate, f"{type(error).__name__}: {error.message}", cause=error)
        else:
            await self._noted_if_possible(fate, f"{type(error).__name__} while under way")

    async def answered(self, refused: MartechError | None, *, turned_away: bool) -> None:
        """Note what a refusal means; an acceptance is noted by `accepted` or `unreadable`."""
        if refused is None and not turned_away:
            self._taken = True
            return
        late = self._request.may_stop_midway and refused is not None and response_came_late(refused)
        provable = turned_away or (refused is not None and provably_not_processed(refused) and not late)
        self._left = False
        self.doubtful = self.doubtful or not provable
        detail = refused.message if refused is not None else "the vendor did not take our token"
        await self._note(Fate.UNKNOWN if self.doubtful else Fate.REFUSED, detail, cause=refused)

    async def stopped(self, error: BaseException) -> None:
        """Note whatever is still to be noted, once an error is on its way to whoever asked for the send."""
        self._thrown_away = isinstance(error, GeneratorExit)
        # The vendor may have taken it, and something of ours stumbled before the operation could read that.
        await self.accepted()
        if self._left and not self._taken:
            # An answer came, and something of ours stumbled before anybody knew what it says.
            self.doubtful = True
            await self._noted_if_possible(Fate.UNKNOWN, f"{type(error).__name__} over the answer")
        known = error.send_key if isinstance(error, (AlreadySent, OutcomeUnknown)) else None
        if known == self._send.key or (known is None and self._ever_left):
            return  # the guard knows of it, and perhaps better
        if not self._planned and isinstance(error, StateError):
            return  # there is nowhere to note it, and asking again takes as long as it took to find out
        # It never left: it stood in line, or the same content went out under another key.
        self._send = replace(self._send, attempt="")
        said = f": {error.message}" if isinstance(error, MartechError) else ""
        await self._noted_if_possible(Fate.REFUSED, f"never left ({type(error).__name__}{said})")

    async def accepted(self, result: Any = None) -> None:
        """Note that the vendor took it, and what the operation made of the answer; only the first time counts.

        Raises:
            OutcomeUnknown: It could not be noted: the guard will not let the key send again.
        """
        if not self._taken or self._noted:
            return
        self._noted = True
        try:
            await self._settle(Fate.ACCEPTED, vendor_id=vendor_id_of(result), result=kept_result(result))
        except Exception as broken:
            raise self._not_noted("the vendor accepted this send", broken) from broken

    async def unreadable(self, error: UnexpectedResponse) -> OutcomeUnknown:
        """Note that an answer came which nobody can read, and return what that is to the caller."""
        self._noted = True
        await self._note(Fate.UNKNOWN, str(error), cause=error)
        return self._said(
            error, "the vendor answered a send with something that cannot be read; it may have gone out"
        )

    async def confirm(self, result: Any) -> AlreadySent:
        """Note that the vendor was asked and has it, and return that as what the operation's `await` raises."""
        vendor_id = vendor_id_of(result)
        confirm = partial(self._guard.confirm, self._send, vendor_id=vendor_id, result=kept_result(result))
        with suppress(Exception):  # the vendor's word counts, whether or not it could be written down
            await self._consulted(confirm)
        return AlreadySent(
            "nobody could tell whether this send went out, so the vendor was asked, and has it",
            send_key=self._send.key,
            vendor_id=vendor_id,
            same_content=True,
            result=result,
        )

    def told(self, error: BaseException) -> BaseException:
        """Return what the caller hears of an error: nothing says "not sent" of what may have gone out before."""
        if not isinstance(error, MartechError) or isinstance(error, (AlreadySent, OutcomeUnknown)):
            return error
        if self._taken:
            return self._said(error, "the vendor accepted this send, and its answer was lost on this side")
        return self.unknown(error) if self.doubtful else error

    def unknown(self, cause: MartechError) -> OutcomeUnknown:
        """Return what a caller hears of a send whose fate nobody knows."""
        return OutcomeUnknown(
            "nobody can tell whether the vendor carried out this send; it will not be repeated by itself",
            send_key=self._send.key,
            cause=cause,
            account=self._send.account,
            begun_at=self._send.at,
            provider=self._provider,
            operation=self._send.operation,
            asked=self._send.asked,
            hint=self._guard.advice(self._send.key),
        )

    # ── telling the guard ────────────────────────────────────────────────────────────────────────────────────

    async def _consulted(self, function: Callable[[], Any]) -> Any:
        return await Consult(function) if self._guard.blocks else function()

    async def _settle(self, fate: Fate, **more: str | None) -> None:
        note = partial(self._guard.settle, self._send, fate, **more)
        if self._thrown_away:
            # The coroutine is being closed and may not await any more; the record matters more than a wait.
            note()
            return
        try:
            note = partial(self._guard.settle, replace(self._send, at=await Now()), fate, **more)
            await self._consulted(note)
        except Exception:
            raise
        except GeneratorExit:
            with suppress(Exception):
                note()
            raise
        except BaseException:
            # Interrupted just now; whoever did it waits for one more note, and then is heard.
            await self._consulted(note)
            raise

    async def _note(self, fate: Fate, detail: str, *, cause: MartechError | None) -> None:
        try:
            await self._settle(fate, detail=detail[:_DETAIL])
        except Exception as broken:  # noqa: BLE001 - whatever is wrong with the ledger, the caller hears of the send
            refused = fate is Fate.REFUSED
            known = "the vendor refused this send" if refused else "nobody can tell whether it went out"
            raise self._not_noted(known, broken) from (cause or broken)

    async def _noted_if_possible(self, fate: Fate, detail: str) -> None:
        """Note it where something else is already on its way to the caller, which nothing may hide."""
        with suppress(Exception):
            await self._settle(fate, detail=detail[:_DETAIL])

    def _not_noted(self, known: str, broken: Exception) -> OutcomeUnknown:
        cause = broken if isinstance(broken, MartechError) else ConfigurationError(type(broken).__name__)
        return self._said(cause, f"{known}, and that could not be written down; it will not be repeated by itself")

    def _said(self, cause: MartechError, message: str) -> OutcomeUnknown:
        unknown = self.unknown(cause)
        unknown.message = message
        unknown.args = (message,)
        return unknown
