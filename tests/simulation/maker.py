"""A maker's weeks from one seed: what happens, and what is reported of it, late, twice and mixed.

Everything enters by the doors that real input takes. A report says when the thing happened; it
arrives up to two days later, some arrive twice, so they overtake one another.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from tests.simulation.world import CENTRES, Ground
from yinuo.contexts.orders.models import Order
from yinuo.contexts.production.models import Build, Plan, QualityHold
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.choices import save_deadline
from yinuo.platform.spoken import at_local, local_date
from yinuo.workflows import hold, replan
from yinuo.workflows.intake.run import run_feed

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
WEEK = dt.timedelta(days=7)
CARS_A_WEEK = 20
PLAN_WEEKS = 30
TRAIN_DAYS, RESCUE_DAYS = 6, 8
Record = dict[str, object]


@dataclass(order=True)
class Letter:
    """A report on its way; it arrives at `due`."""

    due: dt.datetime
    number: int
    feed: str = field(compare=False)
    record: Record = field(compare=False)


@dataclass
class Car:
    """What the maker knows of a car that left the queue."""

    order: str
    line: int
    batch: str
    built_at: dt.datetime


class Maker:
    """Decides once a day what happens, by lot, and what is said of it."""

    def __init__(self, seed: int, ground: Ground) -> None:
        self.lots = random.Random(seed)
        self.ground = ground
        self.numbers = count(1)
        self.letters: list[Letter] = []
        self.waiting: list[Car] = []
        self.handovers: list[tuple[dt.datetime, Car, str]] = []
        self.slow_until: dt.date | None = None

    def work(self, now: dt.datetime) -> None:
        """One day, at ten in the morning."""
        self._take_orders(now)
        self._build(now)
        if local_date(now).isoweekday() in (2, 5):
            self._send_trains(now)
        self._quality(now)
        self._plan(now)
        self._deadlines(now)

    def deliver(self, now: dt.datetime) -> None:
        """Hand over all reports that have arrived by now."""
        due = sorted(letter for letter in self.letters if letter.due <= now)
        self.letters = [letter for letter in self.letters if letter.due > now]
        for letter in due:
            done = run_feed(letter.feed, [letter.record], sender="maker", now=now)
            assert done.ok, done.as_json()

    def _say(self, feed: str, at: dt.datetime, lag: dt.timedelta, **said: object) -> None:
        """Report something that happened at `at`, after `lag` and perhaps a second time."""
        record = {"id": f"r{next(self.numbers)}", "at": at.isoformat(), **said}
        self._post(feed, at + lag, record)
        if self.lots.random() < 0.15:
            self._post(feed, at + lag + self.lots.uniform(0, 60) * HOUR, record)

    def _post(self, feed: str, due: dt.datetime, record: Record) -> None:
        self.letters.append(Letter(due, next(self.numbers), feed, record))

    def _carrier_says(self, at: dt.datetime, kind: str, **said: object) -> None:
        lag = self.lots.uniform(0.1, 2) * HOUR
        if self.lots.random() < 0.15:
            lag = self.lots.uniform(12, 48) * HOUR
        self._say("events", at, lag, kind=kind, **said)

    def _take_orders(self, now: dt.datetime) -> None:
        for _ in range(self.lots.randint(1, 4)):
            number = next(self.numbers)
            record: Record = {
                "id": f"o{number}",
                "locked_at": (
                    now - self.lots.uniform(0, 600) * dt.timedelta(seconds=1)
                ).isoformat(),
                "spec": "S7-A",
                "centre": self.lots.choice(CENTRES)[0],
                "name": f"新客户{number}",
                # Numbers that begin with 199 belong to nobody at the gateway: they bounce.
                "phone": f"{self.lots.choice(['139', '139', '139', '199'])}9{number:07d}",
                "owner": self.ground.staff.public_id,
            }
            self._post("orders", now, record)

    def _build(self, now: dt.datetime) -> None:
        today = local_date(now)
        if today.isoweekday() == 7:
            return
        if self.slow_until is None and self.lots.random() < 0.05:
            self.slow_until = today + 5 * DAY
        if self.slow_until is not None and today > self.slow_until:
            self.slow_until = None
        cars = self.lots.randint(0, 1) if self.slow_until else self.lots.randint(2, 5)
        done = {letter.record["order"] for letter in self.letters if letter.feed == "builds"}
        queue = Order.objects.filter(state="LOCKED").exclude(code__in=done)
        year, week, _ = today.isocalendar()
        for number, order in enumerate(queue.order_by("rank").select_related("line")[:cars]):
            at, batch = now + number * dt.timedelta(minutes=5), f"B{year % 100}{week:02d}"
            line = [line.id for line in self.ground.lines].index(order.line_id)
            self._say("builds", at, HOUR, order=order.code, kind="BUILT", batch=batch)
            self.waiting.append(Car(order.code, line, batch, at))

    def _send_trains(self, now: dt.datetime) -> None:
        held = set(QualityHold.objects.filter(released_at=None).values_list("batch", flat=True))
        ready = [car for car in self.waiting if car.built_at < now - DAY and car.batch not in held]
        self.waiting = [car for car in self.waiting if car not in ready]
        for line, (centre, _, _) in enumerate(CENTRES):
            if cars := [car for car in ready if car.line == line]:
                self._send_train(now, centre, cars)

    def _send_train(self, now: dt.datetime, centre: str, cars: list[Car]) -> None:
        code = f"T{next(self.numbers)}"
        leaves = now + 10 * HOUR
        arrives = leaves + TRAIN_DAYS * DAY
        self._post("shipments", now, {
            "id": code, "code": code, "origin": "P1", "destination": centre, "mode": "RAIL",
            "departs_at": leaves.isoformat(), "arrives_at": arrives.isoformat(),
            "orders": " ".join(car.order for car in cars),
        })  # fmt: skip
        self._carrier_says(leaves, "DEPARTED", shipment=code)
        fate = self.lots.random()
        if fate < 0.3:
            happened = leaves + self.lots.uniform(1, 4) * DAY
            self._carrier_says(happened, "CANCELLED", shipment=code, cause="TRAIN_CANCELLED",
                               place="ZZ", condition="INTACT")  # fmt: skip
            rescued = happened + self.lots.uniform(4, RESCUE_DAYS) * DAY
            for car in cars:
                self._carrier_says(rescued, "ARRIVED", order=car.order, place=centre)
            self._hand_over(rescued, cars)
            return
        if fate < 0.7:
            arrives += self.lots.uniform(1, 6) * DAY
            happened = leaves + self.lots.uniform(1, 5) * DAY
            self._carrier_says(happened, "DELAYED", shipment=code, cause="TRAIN_LATE",
                               place="ZZ", expected_at=arrives.isoformat())  # fmt: skip
        self._carrier_says(arrives, "ARRIVED", shipment=code, place=centre)
        self._hand_over(arrives, cars)

    def _hand_over(self, arrived: dt.datetime, cars: Iterable[Car]) -> None:
        for car in cars:
            # Some customers are away, and their cars wait.
            wait = self.lots.randint(*((1, 4) if self.lots.random() < 0.8 else (12, 30)))
            day = local_date(arrived) + wait * DAY
            self._carrier_says(at_local(day, 14), "HANDED_OVER", order=car.order)

    def _quality(self, now: dt.datetime) -> None:
        for held in QualityHold.objects.filter(
            released_at=None, expected_release_date__lte=local_date(now)
        ):
            hold.release(hold_id=held.id, now=now)
        if self.lots.random() < 0.12:
            free = Build.objects.exclude(order__state__in=["DELIVERED", "CANCELLED"])
            batches = sorted(set(free.values_list("batch", flat=True)) - self._ever_held())
            if batches:
                hold.place(
                    batch=self.lots.choice(batches),
                    evidence="后备箱应急拉手失效，检验单 24",
                    expected_release_date=local_date(now) + self.lots.randint(3, 12) * DAY,
                    staff_id=self.ground.staff.id,
                    now=now,
                )

    @staticmethod
    def _ever_held() -> set[str]:
        return set(QualityHold.objects.values_list("batch", flat=True))

    def _plan(self, now: dt.datetime) -> None:
        if self.lots.random() >= 0.07:
            return
        today = local_date(now)
        monday = today - today.weekday() * DAY
        lost = self.lots.randint(1, 3)
        name = f"plan-{next(self.numbers)}"
        rows: list[Record] = [
            {"plan": name, "resource": "P1", "week": (monday + n * WEEK).isoformat(),
             "cars": 0 if n == lost else CARS_A_WEEK + self.lots.randint(-2, 2)}
            for n in range(PLAN_WEEKS)
        ]  # fmt: skip
        assert run_feed("plan", rows, sender="planning", now=now).written
        plan = Plan.objects.get(external_id=name)
        if plan.state != Plan.State.UPLOADED:
            return
        replan.preview(plan_id=plan.id, now=now)
        replan.commit_plan(
            plan_id=plan.id,
            cause_code="PLANT_STOPPED",
            evidence=f"{name} 涂装线检修单",
            staff_id=self.ground.staff.id,
            now=now,
        )

    def _deadlines(self, now: dt.datetime) -> None:
        promised = Promise.objects.filter(state=Promise.State.ACTIVE).select_related("order")
        for promise in promised.order_by("order_id")[self.lots.randint(0, 120) :][:1]:
            save_deadline(
                person_id=promise.order.person_id,
                order_id=promise.order_id,
                date=local_date(now) + self.lots.randint(5, 90) * DAY,
                reason="PLATE",
                now=now,
            )
