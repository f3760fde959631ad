"""gzip and zstd as streams: pieces in, pieces out, never more than some megabytes at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from zstandard import ZstdDecompressor, ZstdError

from diagnostics.archives.errors import ArchiveError, Problem
from diagnostics.archives.kinds import GZIP, ZSTD

PIECE = 64 * 1024  # what is lost, at most, where damage begins
# Four bytes of zstd may stand for 128 KiB: what goes in at once bounds what comes out.
_ZSTD_STEP = 256
# Memory that a zstd frame may ask for; the zstd program refuses more, too, unless told otherwise.
_ZSTD_WINDOW = 128 * 1024 * 1024


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, also several streams one after another. Raises ArchiveError midway, after
    whatever could be read."""
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
                if not rest.startswith(b"\x1f"):
                    return  # padding after the last stream, as gzip itself allows
            try:
                piece = unpacker.decompress(rest, PIECE)
            except zlib.error as error:
                raise ArchiveError(Problem.DAMAGED) from error
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if piece:
                yield piece
    if not unpacker.eof:
        raise ArchiveError(Problem.CUT)


def unzstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack zstd, also several frames one after another. Raises ArchiveError midway."""
    context = ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    unpacker = context.decompressobj()
    gathered, size = [], 0
    try:
        for step in _steps(chunks):
            rest = step
            while rest:
                if unpacker.eof:
                    unpacker = context.decompressobj()
                gathered.append(unpacker.decompress(rest))
                size += len(gathered[-1])
                rest = unpacker.unused_data if unpacker.eof else b""
            if size >= PIECE:
                yield b"".join(gathered)
                gathered, size = [], 0
    except ZstdError as error:
        yield b"".join(gathered)
        raise ArchiveError(Problem.DAMAGED) from error
    if size:
        yield b"".join(gathered)
    if not unpacker.eof:
        raise ArchiveError(Problem.CUT)


def _steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _ZSTD_STEP):
            yield chunk[start : start + _ZSTD_STEP]


UNPACK = {GZIP: gunzip, ZSTD: unzstd}
