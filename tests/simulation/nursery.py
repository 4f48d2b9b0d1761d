"""Brings up job workers in milliseconds: a process that has everything imported and forks.

Run as `python -m tests.simulation.nursery LOG`. It first does all that is due in the database of
`DATABASE_URL`, in its own process. Then each line of its standard input is a command in JSON, and
each line of its output the answer: `{"start": DATABASE, "words": {...}, "environment": {...}}`
gives `{"pid": ...}`, and `{"wait": PID, "seconds": ...}` gives `{"code": ...}`, null while the
worker still runs.

A worker is the product's own command in a process of its own, and dies like any other.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from tests.simulation import apps_ready  # noqa: F401 -- before anything that has tables
from yinuo.jobs import schedule
from yinuo.platform import clock

POLL_SECONDS = 0.01
POOL = {"min_size": 0, "max_size": 10, "timeout": 20}


def main(argv: list[str]) -> None:
    """Answer commands until the input ends; workers that still run are then killed."""
    log = os.open(argv[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    # No pool here: its threads would not survive a fork. Each worker makes its own.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    # Loads all that a story needs, compiled kernels included.
    schedule.sweep(clock.now())
    alive: set[int] = set()
    _answer({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        if "start" in command:
            pid = _fork(command, log)
            alive.add(pid)
            _answer({"pid": pid})
        else:
            code = _wait(command["wait"], command["seconds"])
            if code is not None:
                alive.discard(command["wait"])
            _answer({"code": code})
    for pid in alive:
        os.kill(pid, 9)


def _answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


def _fork(command: dict[str, Any], log: int) -> int:
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(command["environment"])
        connection.settings_dict["NAME"] = command["start"]
        connection.settings_dict["OPTIONS"]["pool"] = POOL
        call_command("worker", **command["words"])
        code = 0
    except BaseException:  # noqa: BLE001 -- the fork must never return into its parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _wait(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
