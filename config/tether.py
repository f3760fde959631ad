"""Run a program that ends when its parent ends: `python tether.py PARENT_PID PROGRAM ARGUMENT…`.

Started as a plain script, without the project, so that it costs milliseconds. Linux only: elsewhere
the program just runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; survives the exec below


def tether(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; exit if it is dead already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("The parent is gone.")


if __name__ == "__main__":
    tether(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  the supervisor's own argument list, no shell
