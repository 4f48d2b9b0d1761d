"""Eight weeks from one seed under a false clock, with jobs dropped, repeated and failing."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.platform.channel_peers import AliyunPeer, http_peer
from tests.simulation import invariants, told_in_time
from tests.simulation.maker import CARS_A_WEEK, Maker
from tests.simulation.world import NOW, make_ground, make_orders
from yinuo.contexts.notices.operations import release, send
from yinuo.contexts.production.operations import holds, plans
from yinuo.contexts.promises.operations import forecasting, outcomes, watching
from yinuo.contexts.promises.operations import ticks as promise_ticks
from yinuo.contexts.transit.operations import delays
from yinuo.jobs import schedule
from yinuo.platform import clock
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows import delay, fairness, outlook, progress, tell

SEED = 11
DAYS = 56
DAY = dt.timedelta(days=1)
# The sweeps of a day, in Shanghai. At 8:45 everything runs that was dropped or failed before.
HOURS = ((0, 10), (2, 10), (8, 5), (8, 45), (10, 30), (14, 0), (18, 10), (20, 58), (21, 30))
SURE = (8, 45)
# What breaks, and how often of a hundred calls it does before its work and after it.
FRAGILE = (
    (forecasting, "record_series", 5),
    (promise_ticks, "record_many", 20),
    (watching, "record_many", 20),
    (outcomes, "record_many", 5),
    (progress, "record_many", 5),
    (tell, "mark_told", 5),
    (tell, "_letters", 5),
    (delay, "hold_orders", 25),
    (delays, "finish_event", 25),
    (plans, "finish_plan", 60),
    (holds, "finish_hold", 60),
    (release, "record_sent", 2),
    (send, "keep_outcome", 2),
)


# The world must be rough enough that each of these has happened.
SEEN = ("promise.revised", "promise.at_risk", "promise.recovered", "promise.broken",
        "promise.kept", "promise.kept_as_is", "deadline.at_risk", "notice.bounced",
        "queue.released", "car.handed_over")  # fmt: skip


class Sabotage(Exception):
    """Something broke between two steps."""


class Saboteur:
    """Breaks calls by lot, before or after they did their work."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lots = random.Random(seed)
        self.asleep = False
        self.without: set[str] = set()
        self.days_without = 0
        self.struck: Counter[str] = Counter()
        for module, name, percent in FRAGILE:
            fragile = self._fragile(f"{module.__name__}.{name}", getattr(module, name), percent)
            monkeypatch.setattr(module, name, fragile)

    def _fragile(self, name: str, function: Callable[..., Any], percent: int) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            chance = 0 if self.asleep else percent / 100
            if self.lots.random() < chance:
                self._strike(name)
            answer = function(*words, **named)
            if self.lots.random() < chance:
                self._strike(name)
            return answer

        return call

    def _strike(self, name: str) -> None:
        self.struck[name] += 1
        raise Sabotage(name)

    def rise(self) -> None:
        """A new day: now and then the nightly look is out of order for ten days."""
        self.days_without -= 1
        if self.days_without < -4 and self.lots.random() < 0.15:
            self.days_without = 10
        self.without = {"promises.night"} if self.days_without > 0 else set()

    def sweep(self, now: dt.datetime) -> None:
        """The steps of one minute: some dropped, some done twice, some broken."""
        for name, step in schedule.STEPS.items():
            if name in self.without:
                continue
            times = 1 if self.asleep else self.lots.choice((0, 1, 1, 1, 1, 1, 1, 2))
            for _ in range(times):
                try:
                    step(now)
                except Sabotage:
                    continue


def live(maker: Maker, saboteur: Saboteur, unfair: list[object]) -> dt.datetime:
    """Eight weeks; returns the moment at which they end."""
    now = NOW
    for day in range(DAYS):
        saboteur.rise()
        for hour, minute in HOURS:
            now = at_local(local_date(NOW) + day * DAY, hour, minute)
            if now < NOW:
                continue
            clock.set_test_clock(at=now, running=False)
            if (hour, minute) == (10, 30):
                maker.work(now)
            maker.deliver(now)
            saboteur.asleep = (hour, minute) == SURE
            saboteur.sweep(now)
            # A car that leaves the queue joins others; the nightly look keeps the order among them.
            if saboteur.asleep and not saboteur.without:
                unfair += fairness.check(now)
    return now


@pytest.fixture
def asked(fresh_database: str) -> Iterator[invariants.Ask]:
    """Questions to the database of the test."""
    with psycopg.connect(fresh_database, autocommit=True, row_factory=dict_row) as line:
        yield lambda question: line.execute(question.encode()).fetchall()


@pytest.mark.need(1, 12, 26)
def test_eight_weeks(asked: invariants.Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """P10, P11, P12 over months: no inversion, no move without a fact, nobody late untold."""
    monkeypatch.setattr(outlook, "SCENARIOS", 64)
    gateway = AliyunPeer(now=clock.machine_now(), limit_per_number=1000)
    unfair: list[object] = []
    ground = make_ground(cars_a_week=CARS_A_WEEK, handovers_a_week=60)
    for line in (0, 1):
        make_orders(ground, line, 45, state="LOCKED", locked_at=NOW - 100 * DAY)
    maker = Maker(SEED, ground)
    with http_peer(gateway) as address:
        secret = gateway.secret.replace("/", "%2F")
        monkeypatch.setenv(
            "SMS_URL", f"aliyun://{gateway.key}:{secret}@{address}/?sign=云帆&template=S&https=0"
        )
        schedule.sweep(NOW)
        saboteur = Saboteur(SEED, monkeypatch)
        end = live(maker, saboteur, unfair)
        saboteur.asleep = True
        for hours in (12, 14, 17):
            schedule.sweep(end + hours * dt.timedelta(hours=1))
    assert unfair == []
    assert set(saboteur.struck) == {f"{module.__name__}.{name}" for module, name, _ in FRAGILE}
    facts = Counter(row["kind"] for row in asked(invariants.ENTRIES))
    causes = {cause for cause, _ in invariants.changes(asked)}
    assert {"TRAIN_CANCELLED", "TRAIN_LATE", "QUALITY_HOLD", "PLANT_STOPPED"} <= causes
    assert min(facts[kind] for kind in SEEN) > 0, facts
    invariants.check_all(asked)
    told_in_time.check_all(asked, end)
