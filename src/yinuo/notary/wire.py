"""How the signer is spoken to: a Unix socket private to the user, one JSON object on each line."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socketserver
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from yinuo.notary.keeping import KeepingError

SOCKET = "s"
# The kernel gives a socket's path 108 bytes at most, with the zero at its end.
PATH_BYTES_MAX = 103
LINE_BYTES_MAX = 2_000_000
IDLE_SECONDS_MAX = 60.0
CALLERS_MAX = 32

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def socket_path(folder: Path) -> Path:
    """Where the signer of `folder` is reached; the same for both ends.

    In the folder itself, or, when that path is too long for a socket, under a short name made
    from it in the user's own folder among the temporary files.
    """
    path = folder.resolve() / SOCKET
    if len(os.fsencode(path)) <= PATH_BYTES_MAX:
        return path
    short = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"yinuo-{os.getuid()}" / short


def serve(path: Path, answer: Answer) -> None:
    """Answer at `path` until SIGTERM or SIGINT; the caller holds the folder, so it is ours alone.

    Raises KeepingError when others could put a socket of theirs in its place.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    check_own(path.parent)
    # Whoever died here left its socket behind.
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = _Server(str(path), _Caller)
    finally:
        os.umask(before)
    server.answer = answer
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever(poll_interval=0.2)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def check_own(folder: Path) -> None:
    """Raise KeepingError unless `folder` is ours and nobody else may write into it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise KeepingError(
            f"{folder} 别人也能写，不能放签名进程的接口。",
            f"Others may write into {folder}: chmod 700 it.",
        )


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    answer: Answer

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self._places = threading.Semaphore(CALLERS_MAX)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no matter of ours."""


class _Caller(socketserver.StreamRequestHandler):
    timeout = IDLE_SECONDS_MAX

    def handle(self) -> None:
        server = cast(_Server, self.server)
        while line := self.rfile.readline(LINE_BYTES_MAX):
            if not line.endswith(b"\n"):
                return
            try:
                request = json.loads(line)
            except (ValueError, RecursionError):
                request = None
            asked = request if isinstance(request, dict) else {}
            self.wfile.write(json.dumps(server.answer(asked)).encode() + b"\n")
