"""The account the server runs as. PostgreSQL refuses to run as root, so root lends it another."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yinuo.platform.postgres.errors import LauncherError

SYSTEM_USER = "yinuo"


@dataclass(frozen=True)
class Account:
    """A user the tools run as; `lent` when that is not who we are."""

    name: str
    uid: int
    gid: int
    lent: bool

    def run(self, command: Sequence[str], cwd: Path | None = None) -> str:
        """Run `command` as this account and return what it printed.

        Raises subprocess.CalledProcessError when it fails, LauncherError when the system does
        not let us run as this account.
        """
        drop = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.lent else {}
        try:
            done = subprocess.run(
                command,
                check=True,
                cwd=cwd or "/",
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                **drop,  # type: ignore[call-overload]
            )
        except PermissionError as failure:
            raise LauncherError(
                f"This system does not let root run {command[0]} as {self.name}: "
                "start Yinuo as an ordinary user instead."
            ) from failure
        return str(done.stdout)

    def may_enter(self, folder: Path) -> bool:
        """Whether this account can walk into `folder` (every parent lets it through)."""
        return self._test("-x", folder)

    def may_run(self, program: Path) -> bool:
        """Whether this account can execute `program`."""
        return self._test("-x", program)

    def own(self, folder: Path) -> None:
        """Give `folder` and all in it to this account, when that is not who we are."""
        if not self.lent:
            return
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _test(self, flag: str, path: Path) -> bool:
        if not self.lent:
            return os.access(path, os.X_OK)
        try:
            self.run(["/bin/sh", "-c", f'test {flag} "$1"', "sh", str(path)])
        except subprocess.CalledProcessError:
            return False
        return True


def own_account() -> Account:
    """Who we are."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        # Containers start with a bare number that has no name.
        name = str(uid)
    return Account(name=name, uid=uid, gid=os.getgid(), lent=False)


def server_account(data: Path) -> Account:
    """The account that runs the server whose data folder is, or will be, `data`.

    An ordinary user runs it as themselves. Root runs it as the owner of existing data, else as
    the system user `yinuo`, which is made when absent. Raises LauncherError when that fails.
    """
    if os.getuid() != 0:
        return own_account()
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(name=str(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, lent=True)
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _make_system_user()
    return Account(name=SYSTEM_USER, uid=entry.pw_uid, gid=entry.pw_gid, lent=True)


def _make_system_user() -> pwd.struct_passwd:
    advice = "start Yinuo as an ordinary user, or create a system user named yinuo."
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if useradd is None:
        raise LauncherError(f"PostgreSQL does not run as root and there is no useradd: {advice}")
    shell = "/usr/sbin/nologin"
    made = subprocess.run(
        [useradd, "--system", "--user-group", "--no-create-home", "--shell", shell, SYSTEM_USER],
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        # Another start may have made the user at the same moment; only the result counts.
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as failure:
        said = made.stderr.strip()
        raise LauncherError(f"useradd could not make a user ({said}): {advice}") from failure
