"""A PostgreSQL of the product's own, in a temporary folder, and programs that measure on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from yinuo.platform.postgres import hold_postgres

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
