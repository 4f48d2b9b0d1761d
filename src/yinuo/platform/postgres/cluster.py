"""One PostgreSQL data folder: make it, start it, see whether it lives, stop it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from yinuo.platform.postgres import binaries, processes
from yinuo.platform.postgres.account import Account
from yinuo.platform.postgres.errors import LauncherError

ROLE = "yinuo"
DATABASE = "yinuo"
PORT = 5432
# The kernel's limit for a socket path is 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_BYTES_MAX = 100
START_SECONDS_MAX = 15
RECOVERY_SECONDS_MAX = 300
STOP_SECONDS_MAX = 60
RETRY_SECONDS = 0.3
LOG_BYTES_MAX = 10 * 2**20
# The builtin provider needs no system locale for sorting; lc_ctype must still know letters, or
# pg_trgm drops every Chinese character. Older macOS has no C.UTF-8.
LOCALES = (
    ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
    (
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--lc-ctype=en_US.UTF-8",
    ),
    # PostgreSQL before 17, named with PG_BIN_DIR, has no builtin provider.
    ("--locale=C.UTF-8",),
)


@dataclass(frozen=True)
class Cluster:
    """The server of one state folder: its home, its programs, the account that runs it.

    `settings` are PostgreSQL parameters for this start, over the product's own.
    """

    home: Path
    programs: Path
    account: Account
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def socket_folder(self) -> Path:
        """A private folder for the socket, short enough for the kernel, the same each time."""
        near = self.home / "s"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_BYTES_MAX:
            return near
        return Path("/tmp") / f"yinuo-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    def url(self, database: str = DATABASE) -> str:
        """The address of `database` for psycopg and for `DATABASE_URL`."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql:///{database}?host={host}&port={PORT}&user={ROLE}"

    def create(self) -> None:
        """Make the data folder if it is not there; a killed attempt leaves nothing behind."""
        if self.data.exists():
            self._check_major()
            return
        fresh = self.home / "data.tmp"
        shutil.rmtree(fresh, ignore_errors=True)
        self._initdb(fresh)
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude_if_exists = 'yinuo.conf'\n")
        if self.settings.get("fsync") != "off":
            self._sync(fresh)
        fresh.rename(self.data)

    def start(self) -> bool:
        """Have the server answer; True if it had to be started, False if it was there.

        After a kill the dying children keep the data folder locked for a moment, and another
        process may be starting it just now, so the start is repeated until it works.
        Raises LauncherError after START_SECONDS_MAX, or after RECOVERY_SECONDS_MAX when a server
        lives and is still replaying its log.
        """
        if self.answers():
            return False
        begun = time.monotonic()
        while True:
            self._drop_stale_pid()
            if not self.pid():
                self._pg_ctl_start()
            if self.answers():
                return True
            patience = RECOVERY_SECONDS_MAX if self.pid() else START_SECONDS_MAX
            if time.monotonic() - begun > patience:
                raise LauncherError(
                    f"PostgreSQL did not start within {patience} s; "
                    f"its last words are in {self.log}."
                )
            time.sleep(RETRY_SECONDS)

    def stop(self) -> None:
        """Stop the server, rolling back what is under way; nothing happens if it is down."""
        self._drop_stale_pid()
        if not self.pid():
            return
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tool(
                "pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w",
                "-t", str(STOP_SECONDS_MAX), "-s",
            )  # fmt: skip
        if self.pid():
            raise LauncherError(f"PostgreSQL did not stop; its last words are in {self.log}.")

    def answers(self) -> bool:
        """Whether a server on our socket takes connections and serves our data folder."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=5) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.data

    def pid(self) -> int:
        """The live postmaster's process id, else 0; a zombie or another program is not one."""
        pid = self._noted_pid()
        return pid if pid and processes.is_postgres(pid) else 0

    @property
    def log(self) -> Path:
        """Where the server writes what it has to say."""
        return self.home / "server.log"

    def _tool(self, program: str, *words: str) -> str:
        return self.account.run([str(self.programs / program), *words], cwd=self.home)

    def _initdb(self, folder: Path) -> None:
        said = ""
        for locale in LOCALES:
            try:
                self._tool(
                    "initdb", "-D", str(folder), "-U", ROLE, "-A", "trust", "-E", "UTF8",
                    "--no-sync", *locale,
                )  # fmt: skip
            except subprocess.CalledProcessError as failure:
                said = failure.stderr.strip()
                shutil.rmtree(folder, ignore_errors=True)
            else:
                return
        if "No space left" in said:
            raise LauncherError("The disk is full: PostgreSQL needs 200 MB in the state folder.")
        last = said.splitlines()[-1] if said else "no reason given"
        raise LauncherError(f"PostgreSQL could not make its data folder in {self.home}: {last}")

    def _sync(self, folder: Path) -> None:
        words = ["--sync-only", "-D", str(folder)]
        try:
            self._tool("initdb", *words, "--sync-method=syncfs")
        except subprocess.CalledProcessError:
            # Only Linux has syncfs, and only newer PostgreSQL knows the option.
            self._tool("initdb", *words)

    def _check_major(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        ours = binaries.major_version(self.programs, self.account)
        if made_by != str(ours):
            raise LauncherError(
                f"{self.data} belongs to PostgreSQL {made_by} and this is {ours}: "
                f"dump it with PostgreSQL {made_by}, move the folder away, and load the dump."
            )

    def _pg_ctl_start(self) -> None:
        self._prepare_socket_folder()
        self._write_conf()
        self._rotate_log()
        # Whether it worked is asked of the server itself; the reason of a failure is in its log.
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tool(
                "pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-w",
                "-t", str(RECOVERY_SECONDS_MAX), "-s",
            )  # fmt: skip

    def _prepare_socket_folder(self) -> None:
        folder = self.socket_folder
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.account.own(folder)
        found = folder.lstat()
        # Anyone may have put something at a known name in /tmp: trust only what is ours alone.
        ours = found.st_uid == self.account.uid and stat.S_ISDIR(found.st_mode)
        if not ours or found.st_mode & 0o077:
            raise LauncherError(f"{folder} is not private to {self.account.name}: remove it.")

    def _write_conf(self) -> None:
        wanted = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": f'"{self.socket_folder}"',
            "shared_buffers": f"{shared_buffers_mb()}MB",
            "max_connections": "100",
            # One event for the whole fleet writes 2 to 3 GB: a checkpoint in the middle of it would
            # have every page written whole once more.
            "max_wal_size": "6GB",
            # Its files are kept for the next one: new ones are filled with zeros first.
            "min_wal_size": "2GB",
            # Of a great event as much as comes before it is written out behind the work.
            "wal_buffers": f"{shared_buffers_mb() // 16}MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if sys.platform == "linux":
            wanted["recovery_init_sync_method"] = "syncfs"
        lines = [
            "{} = '{}'\n".format(name, value.replace("'", "''"))
            for name, value in {**wanted, **self.settings}.items()
        ]
        path = self.data / "yinuo.conf"
        path.write_text("".join(lines), encoding="utf-8")
        self.account.own(path)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _noted_pid(self) -> int:
        """The process id in the server's own file, 0 without one."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return 0

    def _drop_stale_pid(self) -> None:
        """Remove the file of a dead server whose number a zombie or another program has now.

        PostgreSQL itself would take that for a running server and refuse for ever; in
        containers, where numbers are low and nobody reaps, this is common. As long as a child
        of the dead server is attached to its memory the file stays: it keeps a second server
        from writing beside that child.
        """
        pid = self._noted_pid()
        if not pid or processes.is_postgres(pid) or not processes.exists(pid):
            return
        path = self.data / "postmaster.pid"
        words = path.read_text(encoding="utf-8").splitlines()
        segment = words[6].split()[-1] if len(words) > 6 and words[6].split() else ""
        if not processes.is_segment_attached(segment):
            path.unlink(missing_ok=True)


def shared_buffers_mb() -> int:
    """An eighth of the machine's memory, between 64 MB and 2 GB."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return max(64, min(2048, pages * size // 8 // 2**20))
