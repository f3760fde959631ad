"""Looks into packed files from stations, which are hostile until shown otherwise.

Pure: bytes come from an iterator or from a `read(start, end)` function. Whatever unpacks gives its
pieces one by one, so that who asks for the first megabyte of a terabyte of zeros pays for one
megabyte; `Budget` says when it is enough. Paths are only shown, never opened; nothing is run.
"""

from diagnostics.archives.errors import ArchiveError, Budget, Problem
from diagnostics.archives.kinds import kind_of
from diagnostics.archives.walk import Found, Packed, leads_outside, walk

__all__ = [
    "ArchiveError",
    "Budget",
    "Found",
    "Packed",
    "Problem",
    "kind_of",
    "leads_outside",
    "walk",
]
