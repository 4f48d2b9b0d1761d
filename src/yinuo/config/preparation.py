"""Makes a started database fit to be served: tables, demo data if it is empty, static files.

Run by the supervisor as `python -m yinuo.config.preparation`, so that the memory of it all goes
back when it is done. Prints the lines that say who can log in.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import django
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection

from yinuo.config.installation import state_dir
from yinuo.config.tether import follow_parent
from yinuo.platform import schema
from yinuo.platform.speech import say

DEMO_SEED = "20260211"
DEMO_MODULE = "yinuo.jobs.management.commands.demo"
LOG_MODULE = "yinuo.jobs.log_loop"


def main(argv: list[str]) -> int:
    """Prepare; `--no-demo` leaves an empty database empty, `--look-at-log` where there is a log."""
    follow_parent(int(argv[0]))
    django.setup()
    if schema.ensure_schema():
        say("表结构已更新。", "The tables are up to date.")
    has_demo = importlib.util.find_spec(DEMO_MODULE) is not None
    if has_demo and "--no-demo" not in argv and is_empty():
        say("数据库是空的，正在载入演示数据……", "The database is empty; loading the demo data ...")
        demo = [sys.executable, "-m", "yinuo", "demo", "load", "--seed", DEMO_SEED]
        loaded = subprocess.run(demo, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        if loaded.returncode:
            say("演示数据没有载入，原因见上文。", "The demo data was not loaded; see above.")
            return 1
    if "--look-at-log" in argv and not importlib.import_module(LOG_MODULE).look_at_start():
        return 1
    collect_static()
    if has_demo:
        who = getattr(importlib.import_module(DEMO_MODULE), "who_to_log_in_as", list)
        print("\n".join(who()))
    return 0


def is_empty() -> bool:
    """Whether nobody has said yet what this database is for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM platform_installation)")
        row = cursor.fetchone()
    return bool(row and row[0])


def collect_static() -> None:
    """Bring the served copies of the static files up to date, when any file changed."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    # Also when there is nothing to serve: the server looks for the folder at its start.
    (state_dir() / "static").mkdir(parents=True, exist_ok=True)
    stamp = state_dir() / "static.stamp"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest.hexdigest(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
