"""The readable copy of a packed file: its texts in blocks that are packed one by one.

One object for all members of a file, so that it comes and goes with it. Its key follows from that
of the file: a second examination replaces the copy instead of leaving two.
"""

from __future__ import annotations

from types import TracebackType

from zstandard import ZstdCompressor, ZstdDecompressor

from diagnostics.models import LogFile
from diagnostics.storage import Upload, get_log_store

# Fast rather than small: a worker waits for it, and logs pack well at any level.
_LEVEL = 1


class Copy:
    """Collects blocks; the object begins with the first one and is there after `complete`.

    Used as a context manager it forgets what was not completed. Raises StorageError.
    """

    def __init__(self, file: LogFile) -> None:
        self._key = f"{file.key}.text"
        self._upload: Upload | None = None
        self._pack = ZstdCompressor(level=_LEVEL)

    def __enter__(self) -> Copy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._upload is not None:
            self._upload.abort()

    @property
    def position(self) -> int:
        """Where the next block will lie."""
        return self._upload.size if self._upload else 0

    def add(self, data: bytes) -> int:
        """Append a block; returns the bytes it takes."""
        if self._upload is None:
            self._upload = get_log_store().open_upload(self._key)
        packed = self._pack.compress(data)
        self._upload.write(packed)
        return len(packed)

    def complete(self) -> str:
        """The key of the copy, or "" where there was nothing to copy."""
        if self._upload is None:
            return ""
        stored = self._upload.complete()
        self._upload = None
        return stored.key


def unpack_block(data: bytes, length: int) -> bytes:
    """One block of a copy, as it was."""
    return ZstdDecompressor().decompress(data, max_output_size=length)
