"""Sorting more lines than fit into memory: sorted stretches on disk, then one merge."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

__all__ = ["SortedLines"]

MOST_BYTES = 8 << 20
MOST_STRETCHES = 64


class SortedLines:
    """Takes lines in any order and gives them back in that of their bytes; at most `most_bytes` are in memory."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most = folder, most_bytes
        self._lines: list[bytes] = []
        self._size = 0
        self._stretches: list[BinaryIO] = []
        self._stack = ExitStack()

    def add(self, line: bytes) -> None:
        """Take one line, which holds no line break."""
        self._lines.append(line)
        self._size += len(line) + 50
        if self._size >= self._most:
            self._spill(sorted(self._lines))
            self._lines, self._size = [], 0

    def __iter__(self) -> Iterator[bytes]:
        mine = sorted(self._lines)
        if not self._stretches:
            yield from mine
            return
        yield from heapq.merge(*(_rewound(file) for file in self._stretches), mine)

    def _spill(self, lines: list[bytes]) -> None:
        if len(self._stretches) >= MOST_STRETCHES:
            # Many stretches become one, so that the number of open files stays small however much comes.
            earlier, self._stretches = self._stretches, []
            merged = self._file()
            for line in heapq.merge(*(_rewound(file) for file in earlier)):
                merged.write(line + b"\n")
            for file in earlier:
                file.close()
            self._stretches.append(merged)
        file = self._file()
        file.writelines(line + b"\n" for line in lines)
        self._stretches.append(file)

    def _file(self) -> BinaryIO:
        opened = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - the stack closes it
        return self._stack.enter_context(opened)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _rewound(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    for line in file:
        yield line[:-1]
