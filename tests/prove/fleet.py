"""Several real processes that share one account, and what they saw."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.services import POSTGRES_URL, REDIS_URL, answers
from tests.stores.places import fresh

__all__ = ["STORES", "Fleet", "Meet", "ask", "fleet", "places"]

STORES = ("sqlite", "postgresql", "redis")
Meet = Callable[[], float]
"""Waits until all are ready; gives the time at which they are to end."""
Work = Callable[[int, str, str, Meet, dict[str, Any]], Any]


def places(wanted: Sequence[str] = STORES) -> Iterator[tuple[str, str]]:
    """Yield each kind of store that is there, with the URL of an empty one."""
    urls = {"postgresql": POSTGRES_URL, "redis": REDIS_URL}
    for kind in wanted:
        if kind in urls and not answers(urls[kind]):
            print(f"  {kind} does not answer on this machine and is left out")
            continue
        with tempfile.TemporaryDirectory() as folder, fresh(kind, Path(folder)) as url:
            yield kind, url


def ask(url: str, path: str) -> dict[str, Any]:
    """Ask the vendor something that it does not count."""
    with urllib.request.urlopen(url + path, timeout=10) as response:
        told: dict[str, Any] = json.loads(response.read())
    return told


def _member(work: Work, number: int, vendor: str, state: str, told: Connection, settings: dict[str, Any]) -> None:
    def meet() -> float:
        told.send("ready")
        until: float = told.recv()
        return until

    try:
        told.send(("done", work(number, vendor, state, meet, settings)))
    except BaseException as error:
        told.send(("failed", f"{type(error).__name__}: {error}"))
        raise


class Fleet:
    """Processes that do the same work at the same time."""

    def __init__(self, processes: list[BaseProcess], pipes: list[Connection]) -> None:
        self.processes, self._pipes = processes, pipes

    def ready(self, *, longest: float = 120.0) -> None:
        """Wait until all have come to the next place where they meet."""
        until = time.time() + longest
        for pipe in self._pipes:
            if not pipe.poll(max(0.0, until - time.time())):
                raise TimeoutError("a process was not ready in time")
            said = pipe.recv()
            if said != "ready":
                raise RuntimeError(f"a process ended before the others: {said}")

    def go(self, seconds: float) -> float:
        """Let them go on, for so long; returns when they are to end."""
        until = time.time() + seconds
        for pipe in self._pipes:
            pipe.send(until)
        return until

    def results(self, *, longest: float) -> list[Any]:
        """Return what each of them has to say; None for one that died."""
        until, results = time.time() + longest, []
        for pipe in self._pipes:
            try:
                said = pipe.recv() if pipe.poll(max(0.0, until - time.time())) else ("failed", "it took too long")
            except EOFError:
                said = ("done", None)
            if said[0] != "done":
                raise RuntimeError(f"a process failed: {said[1]}")
            results.append(said[1])
        return results


@contextmanager
def fleet(work: Work, vendor: str, state: str, *, size: int = 8, **settings: Any) -> Iterator[Fleet]:
    """Give processes that do some work; `ready` waits until they may begin."""
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    pipes: list[Connection] = []
    for number in range(size):
        mine, theirs = context.Pipe()
        process = context.Process(
            target=_member, args=(work, number, vendor, state, theirs, settings), daemon=True
        )
        process.start()
        theirs.close()
        processes.append(process)
        pipes.append(mine)
    try:
        yield Fleet(processes, pipes)
    finally:
        for process in processes:
            process.kill()
            process.join()
