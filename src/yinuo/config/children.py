"""The supervised processes: start them, notice when one dies, start it again, stop them all."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from yinuo.platform.speech import say

QUICK_DEATH_SECONDS = 10.0
DELAY_SECONDS_MIN = 0.5
DELAY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 15.0


class Child:
    """One process under supervision, tied to our life and leading its own process group.

    `zh` and `en` name it on the screen; `command` follows the interpreter. What it says goes to
    the screen too, or into the file `output`, which begins anew with each start.
    """

    def __init__(
        self, zh: str, en: str, command: Sequence[str], *, output: Path | None = None
    ) -> None:
        self.zh, self.en = zh, en
        self.command = list(command)
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0
        self._delay = 0.0

    def start(self) -> None:
        """Start it now."""
        tether = [sys.executable, "-m", "yinuo.config.tether", str(os.getpid())]
        with contextlib.ExitStack() as stack:
            said = stack.enter_context(self.output.open("wb")) if self.output else None
            # Its own session keeps a terminal's Ctrl-C for us, who then stop all in order.
            self.process = subprocess.Popen(
                [*tether, sys.executable, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def tend(self) -> None:
        """Start it again if it died; wait longer each time if it keeps dying at once."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._due:
                self.start()
                say(f"{self.zh}已重新启动。", f"The {self.en} runs again.")
            return
        code = self.process.poll()
        if code is None:
            return
        self.sweep()
        quick = now - self._started < QUICK_DEATH_SECONDS
        self._delay = min(max(self._delay * 2, DELAY_SECONDS_MIN), DELAY_SECONDS_MAX)
        if not quick:
            self._delay = 0.0
        self._due = now + self._delay
        self.process = None
        how_zh, how_en = _wording(code)
        say(
            f"{self.zh}意外退出（{how_zh}），{self._delay:g} 秒后重新启动。",
            f"The {self.en} went away ({how_en}); it starts again in {self._delay:g} s.",
        )

    def ask_to_stop(self) -> None:
        """Ask it to finish what it is doing and go."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def sweep(self) -> None:
        """Kill whatever is left of its process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to stop, wait, then make sure; nothing of them is left afterwards."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.sweep()
            child.process.wait()


def _wording(code: int) -> tuple[str, str]:
    if code < 0:
        return f"信号 {-code}", f"signal {-code}"
    return f"退出码 {code}", f"exit code {code}"
