"""Why a packed file cannot be read, or not to its end, and how much may be read at all."""

from __future__ import annotations

from enum import StrEnum

from diagnostics.exceptions import DiagnosticsError


class Problem(StrEnum):
    """What is wrong with a file or with one of its members. Kept in the database; the sentences
    for operators are in `wording.files`."""

    CUT = "cut"  # the bytes end too early
    DAMAGED = "damaged"  # they do not follow the format from here on
    ENCRYPTED = "encrypted"
    METHOD = "method"  # packed in a way that is not known here
    RATIO = "ratio"  # it unpacks to absurdly more than it is
    TOO_LARGE = "too_large"  # it unpacks to more than is read at all
    TOO_MANY = "too_many"  # more members than are listed
    DIRECTORY = "directory"  # a table of contents that nobody reads
    NESTED = "nested"  # an archive in an archive in an archive …
    LINK = "link"  # to another file, which is not followed
    SPECIAL = "special"  # a device, a pipe


class ArchiveError(DiagnosticsError):
    """Reading ends here, after whatever could be read; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Budget:
    """Counts the bytes that come out of all the packing of one file, of `packed` bytes itself.

    Real logs pack to a tenth, rarely to a hundredth. What is far beyond was made to do harm.
    """

    MOST_RATIO = 300
    # Beneath this nobody cares: a small file of blanks is no attack.
    FREE = 128 * 1024 * 1024

    def __init__(self, packed: int, most: int) -> None:
        self._most = most
        self._suspicious = max(self.FREE, packed * self.MOST_RATIO)
        self.spent = 0

    def spend(self, octets: int) -> None:
        """Raises ArchiveError when it is too much."""
        self.spent += octets
        if self.spent > self._most:
            raise ArchiveError(Problem.TOO_LARGE)
        if self.spent > self._suspicious:
            raise ArchiveError(Problem.RATIO)
