"""Ties a process to the life of its parent, so that a killed supervisor leaves no orphan.

Run as `python -m yinuo.config.tether PARENT_PID PROGRAM WORDS...`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
WATCH_SECONDS = 1.0


def follow_parent(parent: int) -> None:
    """Have this process asked to stop (SIGTERM) when `parent` dies.

    The kernel does it on Linux, and goes on doing it after an exec; elsewhere a thread looks.
    """
    if platform.system() == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        # It died before we asked.
        os.kill(os.getpid(), signal.SIGTERM)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main(argv: list[str]) -> int:
    """Become PROGRAM, tied to PARENT_PID."""
    parent, command = int(argv[0]), argv[1:]
    if platform.system() == "Linux":
        follow_parent(parent)
        os.execvp(command[0], command)
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: child.send_signal(got))
    follow_parent(parent)
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
