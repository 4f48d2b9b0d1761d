"""Sharing one server between processes.

Three lock files in the server's home, all by flock, so a killed process lets go at once:

`launch.lock`  held alone by whoever starts or stops the server or joins it.
`holders.lock` held shared by each process that uses the server.
`guard.lock`   held by the guard, a small process that waits until it can have `holders.lock`
               alone, which is when the last holder has gone, and then stops the server.

A holder that leaves in order stops the server itself if it is the last; the guard is for those
that are killed.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from yinuo.platform.postgres.account import server_account
from yinuo.platform.postgres.binaries import find_programs, reachable_programs
from yinuo.platform.postgres.checks import check_server
from yinuo.platform.postgres.cluster import DATABASE, Cluster
from yinuo.platform.postgres.errors import LauncherError

ROOT_HOME = Path("/var/lib/yinuo")


def server_home(state_dir: Path) -> Path:
    """The folder of the server that belongs to `state_dir`; made, and owned by its account.

    Root's own folders are often closed to the account the server runs as; then the home is
    in /var/lib/yinuo under a name derived from `state_dir`.
    """
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    home = state_dir / "pg"
    account = server_account(home / "data")
    if account.lent and not account.may_enter(state_dir):
        home = ROOT_HOME / hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:16]
        account = server_account(home / "data")
    home.mkdir(parents=True, exist_ok=True)
    if home.stat().st_uid != account.uid:
        # Another start may have made it a moment ago and not given it away yet.
        os.chown(home, account.uid, account.gid)
    if home.stat().st_mode & 0o077:
        home.chmod(0o700)
    return home


def find_cluster(state_dir: Path, settings: Mapping[str, str] | None = None) -> Cluster:
    """The server that belongs to `state_dir`, whether or not it exists or runs yet."""
    try:
        home = server_home(state_dir)
        account = server_account(home / "data")
        with _launching(home):
            programs = reachable_programs(find_programs(), home, account)
    except PermissionError as failure:
        raise LauncherError(
            f"{state_dir} belongs to someone else: start as its owner or set STATE_DIR."
        ) from failure
    return Cluster(home=home, programs=programs, account=account, settings=dict(settings or {}))


class Hold:
    """A share in a running server; give it back with `release`."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.url = cluster.url()
        self._share: int | None = None

    def take(self) -> None:
        """Join the server, starting it and its guard where needed."""
        with _launching(self.cluster.home):
            # Waits here while a guard is stopping the server of holders that have gone.
            self._share = _lock(self.cluster.home / "holders.lock", fcntl.LOCK_SH)
            try:
                _ensure_guard(self.cluster)
                self.cluster.create()
                if self.cluster.start():
                    _ensure_database(self.cluster)
            except BaseException:
                self._let_go()
                raise

    def revive(self) -> bool:
        """Start the server again if it has died; True if it had to be."""
        if self.cluster.answers():
            return False
        with _launching(self.cluster.home):
            _ensure_guard(self.cluster)
            return self.cluster.start()

    def release(self) -> None:
        """Leave; the last one out stops the server. Safe to call twice."""
        if self._share is None:
            return
        with _launching(self.cluster.home):
            self._let_go()
            holders = os.open(self.cluster.home / "holders.lock", os.O_RDWR)
            try:
                fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.cluster.stop()
            except BlockingIOError:
                # Others still use it, or the guard was quicker: then wait until it is done.
                fcntl.flock(holders, fcntl.LOCK_SH)
            finally:
                os.close(holders)

    def _let_go(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None


def hold_postgres(state_dir: Path, settings: Mapping[str, str] | None = None) -> Hold:
    """Join the server of `state_dir`, started if need be; `settings` are PostgreSQL parameters.

    Raises LauncherError with one sentence that says what to do.
    """
    hold = Hold(find_cluster(state_dir, settings))
    hold.take()
    return hold


@contextlib.contextmanager
def running_postgres(state_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of a server that runs at least until the block ends.

    `DATABASE_URL` wins: it is checked and returned, and nothing is started.
    """
    external = os.environ.get("DATABASE_URL")
    if external:
        check_server(external)
        yield external
        return
    hold = hold_postgres(state_dir, settings)
    try:
        yield hold.url
    finally:
        hold.release()


def ensure_postgres(state_dir: Path, settings: Mapping[str, str] | None = None) -> str:
    """The URL of a server that runs at least until this process ends."""
    stack = contextlib.ExitStack()
    url = stack.enter_context(running_postgres(state_dir, settings))
    atexit.register(stack.close)
    return url


@contextlib.contextmanager
def _launching(home: Path) -> Iterator[None]:
    handle = _lock(home / "launch.lock", fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def _lock(path: Path, how: int) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, how)
    return handle


def _ensure_guard(cluster: Cluster) -> None:
    """Start a guard unless one is waiting. Called with a share of `holders.lock` in hand."""
    handle = os.open(cluster.home / "guard.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return
    source = Path(__file__).resolve().parents[3]
    try:
        # The guard inherits the lock itself, so there is no moment without one.
        subprocess.Popen(
            [sys.executable, "-m", "yinuo.platform.postgres.guard",
             str(cluster.home), str(cluster.programs), str(handle)],
            pass_fds=[handle],
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(source)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(handle)


def _ensure_database(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(query, [DATABASE]).fetchone():
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
            connection.execute(create)
    check_server(cluster.url())
