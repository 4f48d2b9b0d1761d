"""Tickets and orders of one hot car over HTTP at the product's own server; every answer is durable.

    python bench/orders.py [--tickets 4000] [--reserves 300] [--orders 600] [--sold 100000]
                           [--sellouts 50] [--only NAME] [--json]

Reserve: POST of a ticket through the full API at concurrency 2 and 8. Burst: the same with 64 on
the way. Orders: signed-in customers with tickets post two pages each, at concurrency 2 and 8:
agree (law, quote, contract, bill, charge) and pay at the sandbox (money in the books). A worker
beside them makes the locked order of it: law again, rank, ledger. An order is counted once it is
locked, and the rate runs until the last one is; p50 and p95 are of a page.
Left: what is left, asked of the database as more is sold. Sell-outs: launches of 100 at concurrency
8 while a page process is killed; nobody is lost or sold twice. The processor's seconds are those of
page processes, worker and PostgreSQL; the sender's own are told beside them. PostgreSQL runs with
its fsync.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.burst import Burst, fire, post, spread
from bench.ordering import Seat, order_all
from bench.own_server import ROOT, measure_apart, own_server, wait_until_up

AT_ONCE: Final = 64
TICKS: Final = os.sysconf("SC_CLK_TCK")
GOALS: Final = {"per_s": 50.0, "p95": 250.0, "cpu_ms": 35.0, "burst_per_s": 1111.0, "left_ms": 2.0}


@dataclass(frozen=True)
class Server:
    """The page server and the folder of its PostgreSQL."""

    pid: int
    port: int
    key: str
    folder: str


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Build the world, start the server, run everything."""
    found: dict[str, Any] = {}
    with own_server() as environment:
        environment["PAY_MODE"] = "sandbox"
        migrate = [sys.executable, "-m", "django", "migrate", "-v", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        key = _world(environment, "make")["key"]
        for code in ("ONE", "TWO", "BURST"):
            _world(environment, "start", code, "10000000")
        with _serving(key, environment) as server:
            _run(server, "ONE", "warm", 60, 8)
            steps: dict[str, Callable[[], Any]] = {
                "reserve_2": lambda: _figures(server, "ONE", "two", asked.reserves, 2),
                "reserve_8": lambda: _figures(server, "TWO", "eight", asked.reserves, 8),
                "burst": lambda: _figures(server, "BURST", "many", asked.tickets, AT_ONCE),
                "orders_2": lambda: _orders(server, environment, "O2", asked.orders, 2),
                "orders_8": lambda: _orders(server, environment, "O8", asked.orders, 8),
                "sellouts": lambda: _sell_outs(server, environment, asked.sellouts),
                "left": lambda: [_left(environment, "BURST", n) for n in _stages(asked.sold)],
            }
            for name, step in steps.items():
                if asked.only and not name.startswith(asked.only):
                    continue
                found[name] = step()
                print(f"{name}: {json.dumps(found[name])}", file=sys.stderr, flush=True)
    return found


def _world(environment: dict[str, str], *words: str) -> dict[str, Any]:
    return measure_apart("bench.launch_world", *words, environment=environment)


@contextmanager
def _serving(key: str, environment: dict[str, str]) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-W", "ignore", "-m", "granian", "--interface", "wsgi"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error", "--no-ws"]
    command += ["--workers", "2", "--blocking-threads", "16", "--respawn-failed-workers"]
    command += ["--respawn-interval", "0.5", "yinuo.config.entry:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_until_up(port)
        yield Server(process.pid, port, key, environment["STATE_DIR"])
    finally:
        process.terminate()
        process.wait(timeout=60)


def _run(
    server: Server, launch: str, tag: str, count: int, at_once: int, *, again: bool = False
) -> Burst:
    path, body = f"/api/v1/launches/{launch}/tickets", b'{"spec":"B1-A","centre":"BC"}'
    requests = (
        post(
            path,
            body,
            Authorization=f"Bearer {server.key}",
            Content_Type="application/json",
            Idempotency_Key=f"{tag}-{number:08}",
        )
        for number in range(count)
    )
    return fire(server.port, requests, at_once=at_once, keep=again, again=again)


def _figures(server: Server, launch: str, tag: str, count: int, at_once: int) -> dict[str, Any]:
    used, own = _processor(server), sum(os.times()[:2])
    burst = _run(server, launch, tag, count, at_once)
    if burst.statuses != {201: count}:
        raise SystemExit(f"{launch}: {burst.statuses}")
    return {
        "count": count,
        "at_once": at_once,
        "per_s": round(count / burst.wall_s, 1),
        **spread(burst.took_ms),
        "cpu_ms": round(1e3 * (_processor(server) - used) / count, 2),
        "sender_cpu_ms": round(1e3 * (sum(os.times()[:2]) - own) / count, 2),
        "load": os.getloadavg()[0],
    }


def _orders(
    server: Server, environment: dict[str, str], launch: str, count: int, at_once: int
) -> dict[str, Any]:
    """Customers order and pay at the pages while a worker makes the orders."""
    warm = 8
    seats = measure_apart(
        "bench.order_world", "seat", launch, str(count + warm), environment=environment
    )["seats"]
    command = [sys.executable, "-m", "bench.order_world", "settle", launch, str(count + warm)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        order_all(server.port, [Seat(*one) for one in seats[:warm]], at_once=at_once)
        used, own, begun = _processor(server), sum(os.times()[:2]), time.perf_counter()
        made = order_all(server.port, [Seat(*one) for one in seats[warm:]], at_once=at_once)
        own = sum(os.times()[:2]) - own
        said = json.loads(worker.stdout.readline())
        wall = time.perf_counter() - begun
    if made.failed or said["locked"] != count + warm:
        raise SystemExit(f"{launch}: {said['locked']} locked, {made.failed[:3]}")
    worker_ms = 1e3 * said["cpu_s"] / (count + warm)
    return {
        "count": count,
        "at_once": at_once,
        "per_s": round(count / wall, 1),
        "paid_per_s": round(count / made.wall_s, 1),
        **spread([took for each in made.took_ms.values() for took in each]),
        "pages": {name: spread(each) for name, each in made.took_ms.items()},
        "cpu_ms": round(1e3 * (_processor(server) - used) / count + worker_ms, 1),
        "worker_cpu_ms": round(worker_ms, 1),
        "sender_cpu_ms": round(1e3 * own / count, 2),
        "load": os.getloadavg()[0],
    }


def _processor(server: Server) -> float:
    """Seconds that the page processes and PostgreSQL have used until now, as far as they live."""
    parents, used, ours = {}, {}, set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rsplit(")", 1)[1].split()
            words = (path / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        pid = int(path.name)
        parents[pid], used[pid] = int(stat[1]), sum(map(int, stat[11:15])) / TICKS
        if str(server.port) in words or server.folder in words:
            ours.add(pid)
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used[pid] for pid in ours if pid != os.getpid())


def _stages(sold: int) -> list[int]:
    return [sold, 5 * sold]


def _left(environment: dict[str, str], launch: str, more: int) -> dict[str, Any]:
    """What is left after `more` were sold besides; asked as the API asks it."""
    return _world(environment, "fill", launch, str(more)) | _world(environment, "left", launch, "0")


def _sell_outs(server: Server, environment: dict[str, str], count: int) -> dict[str, Any]:
    """Launches of 100, 130 requests each at concurrency 8, a page process killed in every fifth."""
    _world(environment, "starts", "K", str(count), "100")
    told: dict[str, dict[str, Any]] = {}
    lost = kills = 0
    for number in range(count):
        if number % 5 == 2:
            kills += _kill_worker(server)
        burst = _run(server, f"K{number}", f"k{number}", 130, 8, again=True)
        lost += burst.lost
        for body in burst.bodies:
            said = json.loads(body)
            told[said["ticket"]] = said
    seen = _world(environment, "look", "K")
    return {
        "launches": count,
        "kills": kills,
        "requests": 130 * count,
        "unanswered": lost,
        "oversold": seen["taken"] - seen["for_sale"],
        "sold": seen["taken"],
        "lost": len(set(told) - set(seen.pop("codes"))),
        "tickets": seen["tickets"],
        "gaps": seen["gaps"],
        "miscounts": seen["miscounts"],
    }


def _kill_worker(server: Server) -> int:
    """Kill one page process of the server; it starts another."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    if not children:
        return 0
    os.kill(int(children[0]), signal.SIGKILL)
    return 1


def print_table(found: dict[str, Any]) -> None:
    """Each figure with its goal."""
    for name in ("reserve_2", "reserve_8", "burst", "orders_2", "orders_8"):
        if one := found.get(name):
            print(
                f"{name:10} {one['count']}, {one['at_once']} at once: {one['per_s']}/s,"
                f" p50 {one['p50']} ms, p95 {one['p95']} ms, CPU {one['cpu_ms']} ms each,"
                f" sender {one['sender_cpu_ms']} ms, load {one['load']:.1f}"
            )
    for one in found.get("left", ()):
        print(f"left       {one['sold']} sold: p50 {one['p50']} ms, p95 {one['p95']} ms")
    if out := found.get("sellouts"):
        print(
            f"sell-outs  {out['launches']} of 100, {out['kills']} page processes killed: oversold"
            f" {out['oversold']}, lost {out['lost']}, gaps {out['gaps']},"
            f" miscounts {out['miscounts']}"
        )
    print(f"goals      {GOALS}")


def main() -> None:
    """Read the words, measure, print."""
    parser = argparse.ArgumentParser(description="Tickets and orders of one hot car over HTTP.")
    parser.add_argument("--tickets", type=int, default=4000)
    parser.add_argument("--reserves", type=int, default=300)
    parser.add_argument("--orders", type=int, default=600)
    parser.add_argument("--sold", type=int, default=100_000)
    parser.add_argument("--sellouts", type=int, default=50)
    parser.add_argument("--only", default="", help="orders, burst, left, ...")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked)
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        print_table(found)


if __name__ == "__main__":
    main()
