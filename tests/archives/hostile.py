"""Files that were made to do harm, or that broke on their way."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

MIB = 1024 * 1024


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def tar_of_everything() -> bytes:
    """Links, devices, paths that lead outside, and a log among them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind in (
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("device", tarfile.BLKTYPE),
            ("pipe", tarfile.FIFOTYPE),
            ("directory", tarfile.DIRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("../../outside.log", "/absolute.log", "long/" + "x" * 300 + ".log"):
            info = tarfile.TarInfo(name)
            info.size = 6
            archive.addfile(info, io.BytesIO(b"inside"))
    return out.getvalue()


def zeros_gz(size: int, zero: bytes = b"\0") -> bytes:
    """A gzip of this many bytes of nothing."""
    packer = zlib.compressobj(9, wbits=31)
    piece = zero * MIB
    return b"".join(packer.compress(piece) for _ in range(size // MIB)) + packer.flush()


class ZipOfTenMillion:
    """A zip whose table of contents names ten million files; each entry is made when it is read."""

    COUNT = 10_000_000
    ENTRY = struct.pack("<4s6H3I5H2I", b"PK\1\2", *[0] * 9, 8, *[0] * 6) + b"a name.log"[:8]
    LOCAL = struct.pack("<4s5H3I2H", b"PK\3\4", *[0] * 8, 8, 0) + b"a name.log"[:8]

    def __init__(self) -> None:
        start, length = len(self.LOCAL), len(self.ENTRY) * self.COUNT
        count = self.COUNT
        end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + length, 1)
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
        self._tail = end64 + locator + end
        self._entries_end = start + length
        self.size = self._entries_end + len(self._tail)

    def pieces(self) -> Iterator[bytes]:
        raise AssertionError("a zip is read by ranges")

    def read(self, start: int, end: int) -> bytes:
        assert end - start < 64 * MIB, "so much is never read at once"
        return bytes(self._byte(position) for position in range(start, end))

    def _byte(self, position: int) -> int:
        if position < len(self.LOCAL):
            return self.LOCAL[position]
        if position < self._entries_end:
            return self.ENTRY[(position - len(self.LOCAL)) % len(self.ENTRY)]
        return self._tail[position - self._entries_end]


def pax_bomb(claimed: int) -> bytes:
    """A tar whose extended header says that it is this long."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, claimed
    return info.tobuf(tarfile.USTAR_FORMAT) + bytes(MIB)


def nested(content: bytes, depth: int) -> bytes:
    """Packed again and again: a zip in a gz in a zip …"""
    for level in range(depth):
        content = gzip.compress(content) if level % 2 else zipped({f"{level}.zip": content})
    return content
