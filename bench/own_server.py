"""A PostgreSQL of the product's own, in a temporary folder, and programs that measure on it."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from yinuo.platform.postgres import hold_postgres

FULL: Final = 600_000
ROOT: Final = Path(__file__).resolve().parents[1]


@contextmanager
def own_server() -> Iterator[dict[str, str]]:
    """The environment of a program that uses a fresh server; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="yinuo-bench-"))
    folder.chmod(0o755)
    hold = hold_postgres(folder)
    try:
        yield {
            "NUMBA_CACHE_DIR": str(folder / "numba"),
            **os.environ,
            "STATE_DIR": str(folder),
            "DATABASE_URL": hold.url,
            "DJANGO_SETTINGS_MODULE": "yinuo.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
    finally:
        hold.release()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_up(port: int) -> None:
    """Come back once the site on this port answers; the last failure is raised after 120 s."""
    until = time.monotonic() + 120
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def measure_apart(module: str, *words: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a module in a process of its own, so that the peak of memory is its own.

    Returns the JSON in the last line that it prints.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure_and_print(
    description: str,
    measure: Callable[[int], dict[str, Any]],
    print_table: Callable[[dict[str, Any]], None],
) -> None:
    """Read how many orders from the command line, measure, print a table or JSON."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--orders", type=int, default=12_000)
    parser.add_argument("--scale", choices=["full"], help=f"full: {FULL} orders")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measure(FULL if asked.scale else asked.orders)
    if asked.json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        print_table(result)
