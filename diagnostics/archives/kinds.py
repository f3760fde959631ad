"""Tells formats by their first bytes; names and content types are never asked."""

from __future__ import annotations

GZIP, ZIP, TAR, ZSTD = "gzip", "zip", "tar", "zstd"
PCAP, OTHER = "pcap", "other"

# Bytes that `kind_of` wants to see.
HEAD = 512

_MAGIC = (
    (b"\x1f\x8b\x08", GZIP),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"\xd4\xc3\xb2\xa1", PCAP),
    (b"\xa1\xb2\xc3\xd4", PCAP),
    (b"\x4d\x3c\xb2\xa1", PCAP),
    (b"\xa1\xb2\x3c\x4d", PCAP),
    (b"\x0a\x0d\x0d\x0a", PCAP),  # pcapng
    (b"BZh", OTHER),
    (b"\xfd7zXZ\0", OTHER),
    (b"7z\xbc\xaf\x27\x1c", OTHER),
    (b"Rar!\x1a\x07", OTHER),
)
_TAR_MAGIC = slice(257, 262)


def kind_of(head: bytes) -> str:
    """Name the format that the first 512 bytes show.

    gzip, zip, tar, zstd; pcap for both formats of network captures; other for packing that is not
    read here; "" for everything else.
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return TAR if head[_TAR_MAGIC] == b"ustar" else ""
