"""The end of a text that still comes in."""

from __future__ import annotations

from collections import deque

from diagnostics.texts.block import BLOCK_SIZE, Block
from diagnostics.texts.encodings import count_newlines


class Tail:
    """Keeps the last bytes of a stream, and counts the lines before them. Encodings in which a
    line feed is one byte."""

    def __init__(self, most: int = BLOCK_SIZE) -> None:
        self._most = most
        self._pieces: deque[bytes] = deque()
        self._held = self._offset = self._line = 0

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        while self._held - len(self._pieces[0]) >= self._most:
            gone = self._pieces.popleft()
            self._held -= len(gone)
            self._offset += len(gone)
            self._line += count_newlines(gone)

    def block(self) -> Block:
        """What is kept, from the beginning of a line on where any begins in it."""
        data = b"".join(self._pieces)
        start = max(len(data) - self._most, 0)
        if self._offset + start:
            start = data.find(b"\n", start) + 1
        line = self._line + count_newlines(data, 0, start)
        return Block(self._offset + start, line, data[start:])
