"""The migrated empty database that the tests copy, kept as a file between the sessions of a run.

`python -m tests.template FILE` makes the file; `YINUO_TEMPLATE` names it to the sessions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from tests.session import URL
from yinuo.platform.postgres.binaries import find_programs

KEPT_IN = "YINUO_TEMPLATE"
SOURCE = "yinuo_test_source"


def make_tables(url: str) -> None:
    """Give the empty database at `url`, Django's present one, all tables."""
    kept = Path(os.environ.get(KEPT_IN, "-"))
    if kept.is_file():
        _ask("psql", "-q", "-X", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(kept), url)
    else:
        call_command("migrate", interactive=False, verbosity=0)


def keep(url: str, path: Path) -> None:
    """Write the database at `url` into the file `path`."""
    part = path.with_suffix(".part")
    _ask("pg_dump", "--no-owner", "-f", str(part), url)
    part.replace(path)


def _ask(program: str, *words: str) -> None:
    subprocess.run([str(find_programs() / program), *words], check=True, stdout=subprocess.DEVNULL)


def main(path: Path) -> None:
    """Migrate an empty database on a server of our own, and keep what came of it."""
    django.setup()
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {SOURCE}")
    connection.settings_dict["NAME"] = SOURCE
    url = make_conninfo(URL, dbname=SOURCE)
    make_tables(url)
    keep(url, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
