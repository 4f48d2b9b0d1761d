"""Milliseconds from the question to the quote: in the engine, and over HTTP at the real server.

    python bench/quote.py [--orders 12000] [--scale full] [--no-promises] [--json]

Engine: one lock is appended to every scenario and the next one of its class is quoted, with all
quantiles and the way to the customer. HTTP: POST /api/v1/quotes on the product's own server, one
question after another and four at a time; each answer holds the asked car beside up to eleven other
configurations and eleven other centres, and is kept in the database. Goals: p95 of 10 ms and 50 ms.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import ROOT, measure_apart, own_server, wait_until_up

FULL: Final = 600_000
ASKED: Final = 400
GOALS: Final = {"engine": 10.0, "http": 50.0}


def measure(orders: int, *, promises: bool) -> dict[str, Any]:
    """Build the world, start the server, ask."""
    with own_server() as environment:
        migrate = [sys.executable, "-m", "django", "migrate", "-v", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        kind = "promised" if promises else "bare"
        found = measure_apart("bench.quote_world", str(orders), kind, environment=environment)
        return found | _ask_server(found.pop("key"), environment)


def _ask_server(key: str, environment: dict[str, str]) -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4"]
    server = subprocess.Popen(
        [*command, "yinuo.config.wsgi:application"], cwd=ROOT, env=environment
    )
    try:
        wait_until_up(port)
        first = _ask(port, key, 1, seed=1)[0]
        one = _ask(port, key, ASKED, seed=2)
        with ThreadPoolExecutor(4) as pool:
            four = list(pool.map(lambda seed: _ask(port, key, ASKED // 4, seed=seed), range(4)))
    finally:
        server.terminate()
        server.wait(timeout=30)
    return {
        "http_first_ms": round(first, 1),
        "http_ms": _spread(one),
        "http_four_at_once_ms": _spread([took for some in four for took in some]),
    }


def _ask(port: int, key: str, count: int, *, seed: int) -> list[float]:
    """Ask for random cars at random centres; milliseconds each."""
    rng, took = random.Random(seed), []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    for _ in range(count):
        wanted = {"spec": f"S7-{rng.randrange(12):02d}", "centre": f"C{rng.randrange(2):02d}"}
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/quotes", json.dumps(wanted), headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        took.append(1e3 * (time.perf_counter() - begun))
        if answer.status != 201 or said["window"] is None:
            raise SystemExit(f"{answer.status}: {said}")
    return took


def _spread(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    at = {"p50": len(ordered) // 2, "p95": len(ordered) * 95 // 100}
    return {name: round(ordered[place], 1) for name, place in at.items()}


def print_table(found: dict[str, Any]) -> None:
    """Each figure with its goal."""
    print(f"{found['orders']} open orders, {'with' if found['promised'] else 'without'} promises")
    print(f"  tables worked out and kept   {found['refresh_s']} s, CPU {found['refresh_cpu_s']} s")
    print(f"  archive {found['archive_mb']} MB, unpacked in {found['unpack_s']} s")
    for name, title, goal in (
        ("engine_ms", "lock appended, next quoted", GOALS["engine"]),
        ("http_ms", "HTTP, one at a time", GOALS["http"]),
        ("http_four_at_once_ms", "HTTP, four at a time", None),
    ):
        spread = found[name]
        met = "" if goal is None else ("met" if spread["p95"] <= goal else "not met")
        marks = f"  goal {goal:.0f} ms: {met}" if goal else ""
        print(f"  {title:28} p50 {spread['p50']} ms, p95 {spread['p95']} ms{marks}")
    print(f"  first question of a process  {found['http_first_ms']} ms")


def main() -> None:
    """Read the words, measure, print."""
    parser = argparse.ArgumentParser(description="Milliseconds from the question to the quote.")
    parser.add_argument("--orders", type=int, default=12_000)
    parser.add_argument("--scale", choices=["full"], help=f"full: {FULL} orders")
    parser.add_argument("--no-promises", action="store_true", help="leave first promises out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    orders = FULL if asked.scale else asked.orders
    found = measure(orders, promises=not asked.no_promises)
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        print_table(found)


if __name__ == "__main__":
    main()
