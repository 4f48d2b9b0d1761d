"""A public log for the pages: a signer, three witnesses, an order whose date moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django import conf

from tests import factories
from tests.logs import LocalWitness, running_signer
from yinuo.contexts.ledger.models import QueueFigures
from yinuo.contexts.ledger.operations.sealing import begin, integrate, publish
from yinuo.contexts.orders.models import Order, ShareLink
from yinuo.contexts.orders.operations import records
from yinuo.notary import witnessing
from yinuo.notary.client import SignerClient
from yinuo.platform.spoken import write_instant

SHARED = "SHAREDSCENESHAREDSCE"
ORIGIN = "log.yunfan.example"
NOW = factories.NOW


@contextmanager
def running_log(folder: Path, settings: Any, *, witnesses: int = 3) -> Iterator[None]:
    """A log that has begun, with its signer and so many witnesses, all in this folder."""
    settings.LOG_DIR, settings.SIGNER_DIR = folder / "log", folder / "signer"
    with witnessed(folder, witnesses):
        yield


@contextmanager
def witnessed(folder: Path, witnesses: int = 3) -> Iterator[None]:
    """The same in the folders that the settings name; the witnesses live below `folder`."""
    with ExitStack() as stack:
        held = [LocalWitness(folder / f"witness-{n}", f"w{n}") for n in range(witnesses)]
        begin(origin=ORIGIN, witnesses=_started(held, stack), now=NOW)
        stack.enter_context(running_signer())
        vkey = SignerClient(conf.settings.SIGNER_DIR).state().vkey
        for one in held:
            witnessing.trust(one.folder, vkey)
        yield


def _started(held: list[LocalWitness], stack: ExitStack) -> list[Any]:
    for one in held:
        # Their clocks stand where the story begins.
        (one.folder / "clock").write_text(f"={int(NOW.timestamp())}")
        one.start()
        stack.callback(one.stop)
    return [one.in_policy() for one in held]


def build() -> None:
    """The log of the browser's scenes: everything that was recorded for them, published."""
    for code in ("NC26LU", "EX26AA"):
        order = Order.objects.get(code=code)
        at = write_instant(order.locked_at)
        factories.record_of(order, "order.locked", {"locked_at": at}, line=f"S7-A {code}")
    keep_figures()
    with witnessed(Path(conf.settings.LOG_DIR).parent):
        publish_all()
    records.share(person_id=order.person_id, order_id=order.id, days=30, now=NOW)
    ShareLink.objects.update(token=SHARED)


def keep_figures() -> None:
    """Three closed weeks: one in order, one with exceptions, one of small lines."""
    week = {"allocated": 24, "excepted": {}, "passed": {}, "held": {}, "unexplained": 0}
    passed = {"excepted": {"ACCIDENT_REPLACEMENT": 1}, "passed": {"ACCIDENT_REPLACEMENT": 12}}
    QueueFigures.objects.create(
        size=118,
        made_at=NOW,
        said={
            "locks": {"S7-A@NC": 400, "S7-A@TJ": 300, "S7-R@TJ": 5},
            "holds": {"QUALITY_HOLD": 3},
            "weeks": [
                {**week, "line": "S7-A@NC", "batch": "2026-W05"},
                {
                    **week,
                    **passed,
                    "held": {"QUALITY_HOLD": 4, "CAME_BACK": 1},
                    "line": "S7-A@TJ",
                    "batch": "2026-W06",
                },
                {**week, "allocated": 2, "line": "S7-R@TJ", "batch": "2026-W06"},
            ],
        },
    )


def moved_order(world: factories.World, code: str = "NC26LU") -> Order:
    """An order of Alice's: locked, promised, promised anew for a cancelled train."""
    order = factories.make_order(world, code, state="IN_TRANSIT", line=world.other_line)
    factories.record_of(
        order, "order.locked", {"locked_at": "2025-12-03T01:20:00Z"}, line=f"S7-A {code}"
    )
    factories.make_promise(order)
    factories.move_promise(world, order)
    return order


def publish_all(now: dt.datetime = NOW) -> int:
    """Give every entry its number and publish; returns how many there are."""
    integrate(now=now)
    published = publish(now=now)
    assert published is not None
    return published.size
