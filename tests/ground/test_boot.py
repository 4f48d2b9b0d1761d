"""The first step: a clone of its own with a one-package lock, installed for real, offline."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.ground.machine import ROOT
from tools import boot

NAME = "yinuo_boot_sample"


def make_wheel(folder: Path, version: str) -> str:
    """Write a small wheel into `folder`; its lock line."""
    path = folder / f"{NAME}-{version}-py3-none-any.whl"
    info = f"{NAME}-{version}.dist-info"
    files = {
        f"{NAME}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return f"{NAME}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Clone:
    """A clone whose product prints what it was given."""

    def __init__(self, root: Path, wheels: Path) -> None:
        self.root, self.wheels = root, wheels
        (root / "tools").mkdir(parents=True)
        wheels.mkdir()
        shutil.copy(ROOT / "tools" / "boot.py", root / "tools")
        shutil.copytree(ROOT / "tools" / "vendor", root / "tools" / "vendor")
        for name in ("run", "test", "yinuo"):
            shutil.copy(ROOT / name, root)
        product = root / "src" / "yinuo"
        product.mkdir(parents=True)
        (product / "__main__.py").write_text(
            f"import sys, {NAME} as s; print(s.VERSION, sys.argv[1:], repr(sys.stdin.read()))\n",
            encoding="utf-8",
        )
        (root / "requirements-boot.lock").write_text("", encoding="utf-8")
        self.lock("1.0")

    def lock(self, version: str) -> None:
        line = make_wheel(self.wheels, version)
        for name in ("requirements.lock", "requirements-dev.lock"):
            (self.root / name).write_text(line, encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        # Debian's own folders only: no uv there, so pip is proved too.
        keep = {"HOME": str(self.root), "PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
        return {**keep, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "CI": "true"}

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.root / words[0]), *words[1:]],
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **more: str) -> tuple[int, str, str]:
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "a clone", tmp_path / "wheels")


@pytest.mark.alone
def test_a_first_start_installs_and_a_second_does_not(clone: Clone) -> None:
    code, out, err = clone.run("run", "--no-demo")
    assert (code, out) == (0, "1.0 ['run', '--no-demo'] ''\n"), err
    assert "Preparing the environment" in err
    begun = time.monotonic()
    code, out, err = clone.run("yinuo", "doctor", "two words")
    assert (code, out, err) == (0, "1.0 ['doctor', 'two words'] ''\n", "")
    assert time.monotonic() - begun < 3


def test_a_changed_lock_is_installed(clone: Clone) -> None:
    clone.run("run")
    clone.lock("2.0")
    assert clone.run("run")[1].startswith("2.0 ")


def test_the_console_script_works_anywhere(clone: Clone, tmp_path: Path) -> None:
    clone.run("run")
    script = clone.root / ".venv" / "bin" / "yinuo"
    out = subprocess.run(
        [script, "doctor"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, check=True,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    ).stdout  # fmt: skip
    assert out == "1.0 ['doctor'] ''\n"


def test_a_killed_first_install_heals(clone: Clone) -> None:
    stamp = clone.root / ".venv" / ".stamp"
    process = clone.start("run")
    while not stamp.exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert json.loads(stamp.read_text(encoding="utf-8")) == boot.UNFINISHED
    (clone.root / ".venv" / "half").write_text("", encoding="utf-8")
    assert clone.run("run")[0] == 0
    assert not (clone.root / ".venv" / "half").exists()


def test_two_starts_at_once_both_work(clone: Clone) -> None:
    starts = [clone.start("run") for _ in range(2)]
    for process in starts:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out) == (0, "1.0 ['run'] ''\n"), err


def test_a_package_with_another_hash_is_refused(clone: Clone) -> None:
    lock = clone.root / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8")[:-9] + "00000000\n", encoding="utf-8")
    code, out, err = clone.run("run")
    assert (code, out) == (1, "")
    assert "HASHES" in err
    assert clone.run("run")[0] == 1


def test_an_environment_of_ones_own_is_kept(clone: Clone, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept").write_text("", encoding="utf-8")
    assert clone.run("run", VENV_DIR=str(mine))[0] == 0
    assert (mine / "kept").exists()
    assert not (clone.root / ".venv").exists()


def test_an_old_python_is_named(clone: Clone, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    (old.parent / "sh").symlink_to("/bin/sh")
    (old.parent / "dirname").symlink_to("/usr/bin/dirname")
    code, _, err = clone.run("run", PATH=str(old.parent), PYTHON="python3")
    assert code == 1
    assert "needs Python 3.11 or newer" in err


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("Connection refused", "check the network"),
        ("Temporary failure in name resolution", "check the network"),
        ("something else", "the lines above say why"),
    ],
)
def test_a_failure_is_explained(
    output: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in boot.explain(f"first\n{output}\n")
    assert output in capsys.readouterr().err


def test_the_vendored_pip_is_what_its_note_says() -> None:
    note = (ROOT / "tools" / "vendor" / "README.md").read_text(encoding="utf-8")
    (wheel,) = (ROOT / "tools" / "vendor").glob("pip-*.whl")
    assert wheel.name in note
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in note
