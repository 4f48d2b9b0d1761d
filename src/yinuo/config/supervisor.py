"""`yinuo run`: the whole system as one command, watched over until it is told to stop.

PostgreSQL, tables, demo data on an empty database, static files, a look at the log; then the
children: the web server, the job worker, the scheduler, the log's loop and its signer. A child
that dies is started again, and so is PostgreSQL. SIGTERM or Ctrl-C stops all of it; `kill -9`
leaves nothing behind either.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from yinuo.config.children import Child, stop_all
from yinuo.config.installation import set_environment, state_dir
from yinuo.config.notaries import Notaries
from yinuo.platform.postgres import Hold, LauncherError, check_server, hold_postgres
from yinuo.platform.speech import say, word

PORT_DEFAULT = 8000
PORTS_TRIED = 50
TICK_SECONDS = 0.5
PREPARE_POLL_SECONDS = 0.05
FIRST_PAGE_SECONDS_MAX = 120.0


class AlreadyRunningError(Exception):
    """Another supervisor has this state folder; the text is its address."""


class AddressUnfitError(Exception):
    """Nothing can be served where it was asked for; the text says what to change."""


def main(argv: list[str]) -> int:
    """Run until told to stop; 0 after an orderly stop, 1 when it could not start."""
    parser = argparse.ArgumentParser(
        prog="yinuo run", description=word("启动整个系统。", "Start the whole system.")
    )
    parser.add_argument(
        "--no-demo",
        action="store_true",
        help=word("数据库为空时不载入演示数据", "load no demo data into an empty database"),
    )
    words = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        with only_supervisor() as note:
            return run(stop, note, demo_wanted=not words.no_demo)
    except AddressUnfitError as unfit:
        print(unfit, file=sys.stderr)
    except AlreadyRunningError as running:
        say(f"系统已在运行：{running}", f"It is running already: {running}")
    except LauncherError as failure:
        say(f"数据库无法使用：{failure}", str(failure))
    return 1


@contextlib.contextmanager
def only_supervisor() -> Iterator[Path]:
    """Hold the state folder as its one supervisor; yields the file for our address."""
    state = state_dir()
    state.mkdir(parents=True, exist_ok=True)
    path = state / "run.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = path.read_text(encoding="utf-8").strip()
            raise AlreadyRunningError(address or word("正在启动", "it is just starting")) from None
        path.write_text("", encoding="utf-8")
        yield path
    finally:
        os.close(handle)


def run(stop: threading.Event, note: Path, *, demo_wanted: bool) -> int:
    """Start everything in order, watch it, stop everything in order."""
    with database() as hold:
        host, port = choose_address()
        os.environ.setdefault("SITE_URL", f"http://{host}:{port}")
        # Before the look at the log, which asks what was signed.
        notaries = Notaries(state_dir())
        notaries.tend()
        logins = prepare(stop, demo_wanted=demo_wanted, look=notaries.is_any_log())
        if logins is None:
            notaries.stop()
            return 0 if stop.is_set() else 1
        children = make_children(host, port)
        try:
            notaries.tend()
            notaries.begin_loop()
            for child in children:
                child.start()
            if wait_for_page(host, port, stop, children):
                note.write_text(f"http://{host}:{port}\n", encoding="utf-8")
                welcome(host, port, logins)
            while not stop.wait(TICK_SECONDS):
                watch(children, hold)
                notaries.tend()
        finally:
            say("正在停止……", "Stopping ...")
            note.write_text("", encoding="utf-8")
            stop_all(children)
            notaries.stop()
    say("已全部停止。", "All stopped.")
    return 0


@contextlib.contextmanager
def database() -> Iterator[Hold | None]:
    """Our own server, or None when `DATABASE_URL` names another; the environment is set."""
    external = os.environ.get("DATABASE_URL")
    if external:
        check_server(external)
        set_environment(external)
        yield None
        return
    hold = hold_postgres(state_dir())
    set_environment(hold.url)
    try:
        yield hold
    finally:
        hold.release()


def choose_address() -> tuple[str, int]:
    """Host and port to serve at: `HOST` and `PORT`, or the first free port from 8000 on.

    Raises AddressUnfitError when the one that was asked for cannot be had.
    """
    host = os.environ.get("HOST", "127.0.0.1")
    if "PORT" in os.environ:
        port = named_port(os.environ["PORT"])
        if not is_free(host, port):
            raise AddressUnfitError(
                word(
                    f"端口 {port} 已被占用，请用 PORT 另选一个。",
                    f"Port {port} is taken: choose another with PORT.",
                )
            )
        return host, port
    for port in range(PORT_DEFAULT, PORT_DEFAULT + PORTS_TRIED):
        if is_free(host, port):
            if port != PORT_DEFAULT:
                say(
                    f"端口 {PORT_DEFAULT} 已被占用，改用 {port}。",
                    f"Port {PORT_DEFAULT} is taken; using {port}.",
                )
            return host, port
    raise AddressUnfitError(
        word(
            f"{PORT_DEFAULT} 起的端口都被占用，请用 PORT 指定一个。",
            f"No port from {PORT_DEFAULT} on is free: choose one with PORT.",
        )
    )


def named_port(text: str) -> int:
    """The port that `PORT` names. Raises AddressUnfitError when it is none."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65_536:
        return int(text)
    raise AddressUnfitError(
        word(
            f"PORT 要写 1 到 65535 的数字，不是“{text}”。",
            f"PORT is a number from 1 to 65535, not “{text}”.",
        )
    )


def is_free(host: str, port: int) -> bool:
    """Whether nobody serves at this address.

    Raises AddressUnfitError when this machine cannot serve there at all.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                return False
            raise AddressUnfitError(
                word(
                    f"不能用 {host}:{port} 提供服务（{failure.strerror}），请改 HOST 或 PORT。",
                    f"This machine cannot serve at {host}:{port} ({failure.strerror}):"
                    " change HOST or PORT.",
                )
            ) from None
    return True


def prepare(stop: threading.Event, *, demo_wanted: bool, look: bool) -> list[str] | None:
    """Have everything made ready; the lines on who can log in, or None if it failed or we stop."""
    words = [str(os.getpid()), *([] if demo_wanted else ["--no-demo"])]
    words += ["--look-at-log"] if look else []
    process = subprocess.Popen(
        [sys.executable, "-m", "yinuo.config.preparation", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    while process.poll() is None:
        if stop.wait(PREPARE_POLL_SECONDS):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    lines = process.communicate()[0].splitlines()
    return None if process.returncode else lines


def make_children(host: str, port: int) -> list[Child]:
    """The processes the system consists of beside PostgreSQL and those of the log."""
    web = [
        "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "2", "--blocking-threads", "16", "--no-ws", "--log-level", "warning",
        "--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "5",
        "yinuo.config.entry:application",
    ]  # fmt: skip
    return [
        Child("网页服务", "web server", web),
        Child("任务进程", "job worker", ["-m", "yinuo", "worker"]),
        Child("定时进程", "scheduler", ["-m", "yinuo", "scheduler"]),
    ]


def watch(children: list[Child], hold: Hold | None) -> None:
    """One look at everything; whatever died is started again."""
    if hold is not None and not hold.cluster.pid():
        say("数据库意外退出，正在重新启动……", "PostgreSQL went away; starting it again ...")
        try:
            hold.revive()
        except LauncherError as failure:
            say(f"数据库没能启动：{failure}", str(failure))
        else:
            say("数据库已重新启动。", "PostgreSQL runs again.")
    for child in children:
        child.tend()


def wait_for_page(host: str, port: int, stop: threading.Event, children: list[Child]) -> bool:
    """Wait until the first page is served; False if told to stop or nothing came."""
    deadline = time.monotonic() + FIRST_PAGE_SECONDS_MAX
    while time.monotonic() < deadline and not stop.is_set():
        page = http.client.HTTPConnection(host, port, timeout=5)
        try:
            page.request("GET", "/healthz")
            if page.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            page.close()
        watch(children, None)
        stop.wait(0.1)
    if not stop.is_set():
        say("网页服务还没有应答，继续等待。", "The web server does not answer yet; waiting on.")
    return False


def welcome(host: str, port: int, logins: list[str]) -> None:
    """Say where to look and who to log in as."""
    print(word(f"系统已就绪：http://{host}:{port}", f"Ready: http://{host}:{port}"))
    for line in filter(None, logins):
        print(f"  {line}")
    print(word("按 Ctrl-C 停止。", "Ctrl-C stops it."), flush=True)
