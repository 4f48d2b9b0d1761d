"""First step of `./run`, `./test` and `./yinuo`: makes `.venv` from the lock, then hands over.

Standard library only, since it runs before anything is installed. A start whose lock has not
changed costs a few milliseconds; a first start that was killed heals on the next one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = Path(os.environ.get("VENV_DIR", ROOT / ".venv")).resolve()
STAMP = VENV / ".stamp"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
BOOT_LOCK = ROOT / "requirements-boot.lock"
UNFINISHED = "unfinished"
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
DISK_MB_NEEDED = 1500


class BootError(Exception):
    """The environment cannot be made; the text is one sentence that says what to do."""


def say(text: str) -> None:
    """One line for the person who waits; on stderr, so that `--json` output stays clean."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the clone's own lock, so that two starts at once do not write the same `.venv`."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is preparing the environment; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def wanted_stamp(kind: str) -> dict[str, str]:
    """What the stamp must hold for `kind` (`runtime` or `dev`): Python, place, lock hashes."""
    kinds = ["runtime"] if kind == "runtime" else ["runtime", "dev"]
    hashes = {name: hashlib.sha256(LOCKS[name].read_bytes()).hexdigest() for name in kinds}
    return {"python": PYTHON_VERSION, "place": str(VENV)} | hashes


def read_stamp() -> dict[str, str] | str | None:
    """The stamp of a finished environment, `UNFINISHED` for a broken one, None if there is none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return UNFINISHED
    return stamp if isinstance(stamp, dict) else UNFINISHED


def is_ready(kind: str) -> bool:
    """Whether `.venv` holds all that `kind` needs and its Python still runs."""
    stamp = read_stamp()
    if not isinstance(stamp, dict) or not wanted_stamp(kind).items() <= stamp.items():
        return False
    probe = subprocess.run([venv_python(), "-c", ""], check=False, stderr=subprocess.DEVNULL)
    return probe.returncode == 0


def venv_python() -> str:
    """The environment's own interpreter."""
    return str(VENV / "bin" / "python")


def make_venv() -> None:
    """Create an empty environment, after clearing away what a killed start left behind."""
    stamp = read_stamp()
    same_python = isinstance(stamp, dict) and stamp.get("python") == PYTHON_VERSION
    if isinstance(stamp, dict) and same_python and Path(venv_python()).exists():
        return
    if stamp is not None:
        shutil.rmtree(VENV)
    VENV.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(json.dumps(UNFINISHED), encoding="utf-8")
    # --without-pip works where Debian has split ensurepip off, and is quicker everywhere.
    run_quietly([sys.executable, "-m", "venv", "--without-pip", str(VENV)])


def run_quietly(command: list[str], extra: dict[str, str] | None = None) -> None:
    """Run one step without its chatter; when it fails, show its last lines and raise."""
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **(extra or {})},
    )
    if done.returncode:
        raise BootError(explain(done.stdout))


def explain(output: str) -> str:
    """One sentence for a failed step, after the step's own last lines."""
    say("\n".join(output.strip().splitlines()[-12:]))
    if "No space left on device" in output:
        return f"The disk is full: free at least {DISK_MB_NEEDED} MB and start again."
    network = r"Connection|Temporary failure|timed? ?out|resolve|dns error|SSL|certificate"
    if re.search(network, output, re.IGNORECASE):
        return (
            "The packages could not be fetched: check the network, "
            "or name a mirror with PIP_INDEX_URL, and start again."
        )
    return "The environment could not be made; the lines above say why."


def pip(*words: str) -> list[str]:
    """A pip command for `.venv`, run straight from the vendored wheel."""
    wheels = sorted((ROOT / "tools" / "vendor").glob("pip-*.whl"))
    if not wheels:
        raise BootError("tools/vendor/pip-*.whl is missing: the clone is not complete.")
    return [venv_python(), str(wheels[-1] / "pip"), "--disable-pip-version-check", *words]


def mirror_settings() -> dict[str, str]:
    """The index and certificates that pip is configured with, in the words uv understands.

    uv reads no pip.conf; without this a machine that names a near mirror would not use it.
    """
    listed = subprocess.run(pip("config", "list"), check=False, capture_output=True, text=True)
    found = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip("'\"")
    words = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {
        words[name]: found[name]
        for name in words
        if name in found and words[name] not in os.environ
    }


def install(kind: str) -> None:
    """Install the lock of `kind` by uv, or by pip where uv cannot be had or fails."""
    if shutil.disk_usage(VENV).free < DISK_MB_NEEDED * 2**20 and read_stamp() == UNFINISHED:
        raise BootError(f"The disk is nearly full: free at least {DISK_MB_NEEDED} MB first.")
    say("Preparing the environment (the first time takes a minute or two) ...")
    lock = ["--require-hashes", "-r", str(LOCKS[kind])]
    try:
        uv = shutil.which("uv")
        if uv is None:
            run_quietly(pip("install", "-q", "--require-hashes", "-r", str(BOOT_LOCK)))
            uv = str(VENV / "bin" / "uv")
        run_quietly([uv, "pip", "install", "-q", "-p", venv_python(), *lock], mirror_settings())
    except (BootError, OSError) as failure:
        if "disk" in str(failure):
            raise
        say("uv could not install; trying pip.")
        run_quietly(pip("install", "-q", *lock))


def finish(kind: str) -> None:
    """Make `yinuo` importable and callable, then write the stamp that says all is there."""
    site = VENV / "lib" / f"python{PYTHON_VERSION}" / "site-packages"
    (site / "yinuo.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    script = VENV / "bin" / "yinuo"
    # A shell wrapper, since a #! line can hold neither blanks nor a long path.
    script.write_text(f'#!/bin/sh\nexec "{venv_python()}" -m yinuo "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    fresh = STAMP.with_suffix(".fresh")
    fresh.write_text(json.dumps(wanted_stamp(kind)), encoding="utf-8")
    fresh.replace(STAMP)


def prepare(kind: str) -> None:
    """Bring `.venv` to the state the lock describes.

    Raises BootError with one sentence when that is not possible.
    """
    if is_ready(kind):
        return
    with only_one():
        if is_ready(kind):
            return
        make_venv()
        STAMP.write_text(json.dumps(UNFINISHED), encoding="utf-8")
        install(kind)
        finish(kind)


def command_for(verb: str, words: list[str]) -> list[str]:
    """What runs inside the environment for `./run`, `./test` and `./yinuo`."""
    if verb == "test":
        return [venv_python(), str(ROOT / "tools" / "gates.py"), *words]
    return [venv_python(), "-m", "yinuo", *(["run"] if verb == "run" else []), *words]


def main(argv: list[str]) -> int:
    """Prepare and hand over; returns only when preparing failed."""
    verb, *words = argv
    if sys.version_info < (3, 11):
        say("Yinuo needs Python 3.11 or newer.")
        return 1
    try:
        prepare("dev" if verb == "test" else "runtime")
    except BootError as failure:
        say(str(failure))
        return 1
    except OSError as failure:
        full = failure.errno == errno.ENOSPC
        say("The disk is full: free some space." if full else f"Cannot write here: {failure}.")
        return 1
    paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    command = command_for(verb, words)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
