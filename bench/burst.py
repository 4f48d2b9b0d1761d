"""A burst of requests from one process: many connections, one request each at a time."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Burst:
    """What came back: milliseconds of each request, statuses, bodies, and the wall seconds."""

    took_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    lost: int = 0
    wall_s: float = 0.0


@dataclass
class _Line:
    """One connection."""

    sock: socket.socket
    begun: float = 0.0
    got: bytes = b""
    sent: bytes = b""


def fire(
    port: int, requests: Iterator[bytes], *, at_once: int, keep: bool = False, again: bool = False
) -> Burst:
    """Send every request, `at_once` on the way at any time; `keep` collects the bodies.

    A connection that breaks is opened again; its request is counted as lost, or with `again` sent
    once more, as a customer's browser would.
    """
    burst = Burst()
    chooser = selectors.DefaultSelector()
    begun = time.perf_counter()
    open_lines = 0
    for _ in range(at_once):
        open_lines += _next(chooser, port, requests)
    while open_lines:
        for key, _ in chooser.select(timeout=30):
            line: _Line = key.data
            part = _receive(line.sock)
            line.got += part
            if part and not _whole(line.got):
                continue
            if part:
                _count(burst, line, keep)
                open_lines += _send(chooser, line, requests) - 1
                continue
            chooser.unregister(line.sock)
            line.sock.close()
            burst.lost += not again
            pending = iter([line.sent]) if again else iter(())
            open_lines += _reopen(chooser, port, pending, requests) - 1
    burst.wall_s = time.perf_counter() - begun
    return burst


def _next(chooser: selectors.BaseSelector, port: int, requests: Iterator[bytes]) -> int:
    line = _Line(_connect(port))
    chooser.register(line.sock, selectors.EVENT_READ, line)
    return _send(chooser, line, requests)


def _reopen(
    chooser: selectors.BaseSelector, port: int, pending: Iterator[bytes], requests: Iterator[bytes]
) -> int:
    def rest() -> Iterator[bytes]:
        yield from pending
        yield from requests

    line = _Line(_connect(port))
    chooser.register(line.sock, selectors.EVENT_READ, line)
    first = next(rest(), None)
    return _send(chooser, line, iter([first]) if first is not None else iter(()))


def _connect(port: int) -> socket.socket:
    until = time.monotonic() + 30
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock


def _send(chooser: selectors.BaseSelector, line: _Line, requests: Iterator[bytes]) -> int:
    raw = next(requests, None)
    if raw is None:
        chooser.unregister(line.sock)
        line.sock.close()
        return 0
    line.got, line.sent, line.begun = b"", raw, time.perf_counter()
    line.sock.sendall(raw)
    return 1


def _receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except OSError:
        return b""


def _whole(got: bytes) -> bool:
    head, mark, body = got.partition(b"\r\n\r\n")
    if not mark:
        return False
    at = head.lower().find(b"content-length:")
    return at < 0 or len(body) >= int(head[at + 15 :].split(b"\r\n", 1)[0])


def _count(burst: Burst, line: _Line, keep: bool) -> None:
    burst.took_ms.append(1e3 * (time.perf_counter() - line.begun))
    status = int(line.got[9:12])
    burst.statuses[status] = burst.statuses.get(status, 0) + 1
    if keep:
        burst.bodies.append(line.got.partition(b"\r\n\r\n")[2])


def spread(took_ms: list[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile in milliseconds."""
    ordered = sorted(took_ms)
    at = {"p50": 50, "p95": 95, "p99": 99}
    return {
        name: round(ordered[min(len(ordered) * share // 100, len(ordered) - 1)], 1)
        for name, share in at.items()
    }


def post(path: str, body: bytes, **headers: str) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, **headers: str) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


Measure = Callable[[], dict[str, Any]]
