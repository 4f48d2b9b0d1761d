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
# The variable that names the process whose children follow it.
SERVER = "YINUO_SERVER"
WATCH_SECONDS = 1.0


def follow_parent(parent: int, number: int = signal.SIGTERM) -> None:
    """Have this process sent the signal `number` when `parent` dies.

    The kernel does it on Linux, and goes on doing it after an exec; elsewhere a thread looks.
    """
    if platform.system() == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent, number), daemon=True).start()
    if os.getppid() != parent:
        # It died before we asked; nothing has begun here that could be finished.
        os.kill(os.getpid(), signal.SIGKILL)


def _watch(parent: int, number: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), number)


def main(argv: list[str]) -> int:
    """Become PROGRAM, tied to PARENT_PID."""
    parent, command = int(argv[0]), argv[1:]
    if platform.system() == "Linux":
        follow_parent(parent)
        # An exec keeps the number, so the program's own children can know whose they are.
        os.environ[SERVER] = str(os.getpid())
        os.execvp(command[0], command)
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: child.send_signal(got))
    follow_parent(parent)
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
