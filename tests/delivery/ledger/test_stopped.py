"""Stopped in the middle, by whatever means."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from tests.delivery.ledger.cases import NOW, TAKEN, Opening
from tests.fakes import aclient
from tests.prove.ledger_world import LETTER, Caller, Plain, Post

from martech.errors import (
    OutcomeUnknown,
)
from martech.pipeline import Fate
from martech.provider import HttpRequest, Response
from martech.testing.clock import ManualClock


def test_a_cancelled_task_leaves_the_send_unknown_and_not_forgotten(opened: Opening) -> None:
    ledger = opened()

    async def scenario() -> None:
        def app(request: HttpRequest) -> Response:
            raise asyncio.CancelledError

        one = aclient(Plain(), app, guard=ledger)
        task = asyncio.ensure_future(one.messages.send_email(LETTER, key="k"))
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(OutcomeUnknown):
            await one.messages.send_email(LETTER, key="k")
        await one.close()

    asyncio.run(scenario())
    assert [row.fate for row in ledger.find("k", now=NOW)] == [Fate.UNKNOWN]


@pytest.mark.parametrize("how", ["interrupted", "cancelled", "dropped"])
@pytest.mark.parametrize("place", range(8))
def test_stopped_anywhere_it_ends_as_refused_accepted_or_unknown(opened: Opening, how: str, place: int) -> None:
    ledger = opened()
    post = Post("plain")
    Caller("one", ledger, post, ManualClock(), "k", dies_at=place, how=how).run()
    fates = [row.fate for row in ledger.find("k", now=NOW)]
    expected = {0: [[]], 1: [[Fate.REFUSED]], 2: [[Fate.REFUSED]], 3: [[Fate.REFUSED]]}
    assert fates in expected.get(place, [[Fate.UNKNOWN]] if place < 6 else [[Fate.ACCEPTED]])
    assert len(post.letters()) == (1 if place > 4 else 0)


def test_a_task_cancelled_at_any_moment_leaves_the_truth_in_the_ledger(opened: Opening) -> None:
    ledger = opened()

    async def cancelled(turns: int) -> None:
        letters: list[str] = []

        def app(request: HttpRequest) -> Response:
            letters.append(request.url)
            return TAKEN

        one, key = aclient(Plain(), app, guard=ledger), f"k-{turns}"
        task = asyncio.ensure_future(one.messages.send_email(LETTER, key=key))
        for _ in range(turns):
            await asyncio.sleep(0.0003)
        task.cancel()
        (told,) = await asyncio.gather(task, return_exceptions=True)
        fates = [row.fate for row in ledger.find(key, now=NOW)]
        if letters:
            assert fates in ([Fate.ACCEPTED], [Fate.UNKNOWN]), (turns, told)
        else:
            assert fates in ([], [Fate.REFUSED]), (turns, told)
            await one.messages.send_email(LETTER, key=key)
        with suppress(OutcomeUnknown):
            await one.messages.send_email(LETTER, key=key)
        assert len(letters) == 1
        await one.close()

    async def scenario() -> None:
        for turns in range(40):
            await cancelled(turns)

    asyncio.run(scenario())
