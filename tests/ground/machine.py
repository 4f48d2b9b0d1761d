"""Starting the product as a person would, and looking at what runs."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROC = Path("/proc")


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a start that uses only `state_dir`."""
    keep = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    own = {"STATE_DIR": str(state_dir), "PYTHONPATH": str(ROOT / "src"), "LANG": "C"}
    return {**keep, **own, **more}


def yinuo(words: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one `yinuo` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "yinuo", *words],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int, path: str = "/healthz") -> int:
    """The status of a page, 0 when nobody answers."""
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        page.request("GET", path)
        return page.getresponse().status
    except OSError:
        return 0
    finally:
        page.close()


def wait_until(holds: Callable[[], object], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def processes(state_dir: Path) -> dict[int, str]:
    """Every live process that belongs to `state_dir`: its number and command line."""
    mark = f"STATE_DIR={state_dir}".encode()
    found = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = words
        except OSError:
            # It ended while we looked, or is not ours to look at.
            continue
    return found


def numbers(state_dir: Path, part: str) -> list[int]:
    """The processes of `state_dir` whose command line has `part`, oldest first."""
    return sorted(pid for pid, words in processes(state_dir).items() if part in words)
