"""Customers who order at the same time: agree, pay; two posts one after the other."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

# Any value of the right length; the form sends the same one as the cookie.
CSRF: Final = "c" * 32


@dataclass(frozen=True)
class Seat:
    """A customer at the page of the contract: ticket, session, and the page's own sign."""

    ticket: str
    session: str
    page: str


@dataclass
class Ordered:
    """Milliseconds of each post by its name, and the wall seconds of all."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: {"agree": [], "pay": []})
    failed: list[str] = field(default_factory=list)
    wall_s: float = 0.0


def order_all(port: int, seats: Sequence[Seat], *, at_once: int) -> Ordered:
    """Every seat orders and pays, `at_once` of them at any time."""
    made, waiting = Ordered(), iter(seats)
    lock = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                seat = next(waiting, None)
            if seat is None:
                connection.close()
                return
            _order(connection, seat, made)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.wall_s = time.perf_counter() - begun
    return made


def _order(connection: http.client.HTTPConnection, seat: Seat, made: Ordered) -> None:
    own = f"/t/{seat.ticket}"
    steps = (
        ("agree", f"{own}/confirm", {"page": seat.page}, "/pay/"),
        ("pay", "", {"do": "pay"}, own),
    )
    address = ""
    for name, path, fields, begins in steps:
        begun = time.perf_counter()
        status, address = _post(connection, path or address, fields, seat.session)
        made.took_ms[name].append(1e3 * (time.perf_counter() - begun))
        if status != 302 or not address.startswith(begins):
            made.failed.append(f"{name}: {status} {address}")
            return


def _post(
    connection: http.client.HTTPConnection, path: str, fields: dict[str, str], session: str
) -> tuple[int, str]:
    """Status, and the path of where it leads."""
    body = urlencode({**fields, "csrfmiddlewaretoken": CSRF})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={session}; csrftoken={CSRF}",
    }
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status, urlsplit(response.headers.get("Location", "")).path
