"""A file of any size is read in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.workflows.feeds import ORDER_HEADER


def test_a_hundred_megabytes_in_bounded_memory(fresh_database: str, tmp_path: Path) -> None:
    """Checked to its last row by a process of its own, whose memory is measured."""
    path = tmp_path / "orders.csv"
    name = "赵钱孙李周吴郑王" * 12
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{ORDER_HEADER},email\n")
        number = 0
        while file.tell() < 100_000_000:
            file.writelines(
                f"big-{n},2025-10-01T09:{n % 60:02d}:00+08:00,S7-A,NC,{name},"
                f"139{n:08d},{'m' * 80}{n}@example.cn\n"
                for n in range(number, number + 10_000)
            )
            number += 10_000
        file.write(f"last,2025-10-01T09:00:00+08:00,S7-A,XX,{name},13900000000,\n")
    code = (
        "import django, pathlib, resource, sys; django.setup();"
        "import datetime as dt;"
        "from yinuo.workflows.intake import run_feed;"
        "from tests.workflows.feeds import NOW, make_catalogue; make_catalogue();"
        "r = run_feed('orders', pathlib.Path(sys.argv[1]), sender='big', now=NOW);"
        # The kernel's own high-water mark of this process: the one that getrusage gives begins at
        # the size of the process that started it.
        "own = pathlib.Path('/proc/self/status');"
        "high = int(own.read_text().split('VmHWM:')[1].split()[0]) if own.exists()"
        " else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "print(r.rows, r.refused, r.written, r.problems.kept[0].line, high // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    rows, refused, written, line, megabytes = done.stdout.split()
    assert (int(rows), refused, written) == (number + 1, "1", "False")
    assert int(line) == number + 2
    assert int(megabytes) < 500
