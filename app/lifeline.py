"""Runs a program that dies with its parent, however the parent dies.

A `kill -9` gives a parent no chance to take its children along, so on Linux the kernel is asked to do it
(PR_SET_PDEATHSIG). That has to be asked inside the child. This file is therefore both a module and a tiny
program that asks and then becomes the real one: `preexec_fn` would run Python between fork and exec, which is
unsafe with threads and warned about since Python 3.12, and util-linux' `setpriv` is not everywhere.

The kernel watches the *thread* that started the child: start children from the main thread.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def command(argv: Sequence[str], *, last_signal: signal.Signals = signal.SIGKILL) -> list[str]:
    """`argv`, wrapped so that the program gets `last_signal` when the calling process is gone."""
    return [sys.executable, "-I", "-S", __file__, str(int(last_signal)), str(os.getpid()), *argv]


def follow_parent(last_signal: int = signal.SIGKILL) -> None:
    """Let this process get `last_signal` when its parent is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)


def _become(last_signal: int, parent: int, argv: list[str]) -> None:
    follow_parent(last_signal)
    if os.getppid() != parent:  # it died before we could ask
        sys.exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
