"""Text of any size in constant memory: blocks, an index over them, lines, times and levels.

Pure: bytes come in, bytes and numbers go out. Lines and offsets count from 0; an offset is that
of an unpacked byte, in the file's own encoding.
"""

from diagnostics.texts.block import BLOCK_SIZE, Block
from diagnostics.texts.index import Index
from diagnostics.texts.lines import Line

__all__ = ["BLOCK_SIZE", "Block", "Index", "Line"]
