"""What happens by the clock. The rows are the work; this finds those whose nudge was lost."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable

from django.conf import settings

from yinuo.contexts.handover.operations import missed
from yinuo.contexts.handover.operations.evidence import drop_stale
from yinuo.contexts.orders.operations import allocating
from yinuo.contexts.orders.operations.draws import close_windows
from yinuo.contexts.payments.operations.earning import earn
from yinuo.contexts.production.operations.holds import list_holds_to_apply
from yinuo.contexts.production.operations.plans import list_plans_to_apply
from yinuo.contexts.promises.operations.figures import refresh_figures
from yinuo.contexts.transit.operations.delays import list_delays_to_apply
from yinuo.platform import clock, outbox
from yinuo.platform.channels.configure import configured_channels
from yinuo.platform.pay.configure import installed_providers
from yinuo.platform.pay.port import Provider
from yinuo.workflows import (
    absence,
    anchors,
    buyer_change,
    cancellation,
    claims,
    cold_orders,
    configuration,
    delay,
    delivery_by,
    erasure,
    explain,
    fairness,
    first_promise,
    handover,
    hold,
    integrity,
    inverse,
    late_train,
    launch,
    login,
    money,
    other_car,
    owed,
    postpone,
    progress,
    quote,
    replan,
    settled,
    slots,
    studies,
    tell,
    three_ways,
    ticks,
    transient,
    void_clauses,
)
from yinuo.workflows.demo import papers


def apply_delays(now: dt.datetime) -> int:
    """Every delaying event that waits."""
    return sum(delay.apply(event_id=event_id, now=now) for event_id in list_delays_to_apply())


def apply_plans(now: dt.datetime) -> int:
    """Every plan in force whose dates wait."""
    return sum(replan.apply(plan_id=plan_id, now=now) for plan_id in list_plans_to_apply())


def apply_holds(now: dt.datetime) -> int:
    """Every hold whose dates wait."""
    return sum(hold.apply(hold_id=hold_id, now=now) for hold_id in list_holds_to_apply())


def issue_notices(now: dt.datetime) -> int:
    """Entries become notices."""
    return tell.issue_notices(now=now)


def send_notices(now: dt.datetime) -> int:
    """Notices whose time has come go out."""
    channels = configured_channels(os.environ, clock=clock.machine_now)
    released = tell.release_notices(
        address=settings.SHORT_ADDRESS,
        site=settings.SITE_URL,
        providers={name: type(channel).__name__ for name, channel in channels.items()},
        now=now,
    )
    return released + tell.send_messages(channels=channels, now=now)


def pay_desks() -> dict[str, Provider]:
    """The payment providers that are set up here."""
    return installed_providers(os.environ, site=settings.SITE_URL)


def send_codes(now: dt.datetime) -> int:
    """Login codes go out."""
    channels = configured_channels(os.environ, clock=clock.machine_now)
    return login.send_codes(channels=channels, now=now)


def keep_visits(now: dt.datetime) -> int:
    """Visits that cannot be kept are owned up to, and tomorrow's are recalled."""
    owned = missed.own_up(expected=late_train.expected_near(now=now), now=now)
    return owned + missed.remind(now=now)


# In the order in which one step makes work for the next; the names are those of the jobs.
STEPS: dict[str, Callable[[dt.datetime], int]] = {
    "direct.send": send_codes,
    "demo.papers": lambda now: papers.bring(now=now),
    "amendments.watch": lambda now: buyer_change.watch(now=now),
    "moves.apply": lambda now: configuration.apply(now=now),
    # Before the clock calls a date broken that its customer has put off.
    "orders.postponed": lambda now: postpone.run(now=now),
    "cars.run_out": lambda now: other_car.let_run_out(now=now),
    "promises.first": lambda now: first_promise.run(now=now),
    # Before anything moves a date: a promise that passed unnoticed is told as broken, not revised.
    "promises.overdue": lambda now: ticks.break_promises(now=now),
    # Before what the plant reports is applied: nothing is scheduled before its buyer asks.
    "terms.slots": lambda now: slots.run(now=now),
    "terms.dates": lambda now: delivery_by.run(now=now),
    "progress.apply": lambda now: progress.run(now=now),
    # A week's batches are closed when what was reported in it has been applied.
    "queue.batches": lambda now: allocating.close_batches(now=now),
    "queue.figures": lambda now: fairness.watch_weeks(now=now),
    "delay.sweep": apply_delays,
    "handover.uploads": lambda now: drop_stale(now=now),
    "replan.sweep": apply_plans,
    "hold.sweep": apply_holds,
    "promises.night": lambda now: ticks.look_again(now=now),
    "quotes.refresh": lambda now: quote.refresh(now=now),
    "launches.windows": lambda now: close_windows(now=now),
    "orders.exits": lambda now: cold_orders.run(now=now),
    "orders.refunds": lambda now: cancellation.settle_undecided(now=now),
    "orders.places": lambda now: cancellation.return_places(now=now),
    "promises.tick": lambda now: ticks.run(now=now),
    "promises.figures": lambda now: refresh_figures(now=now),
    "promises.owed": lambda now: owed.run(now=now),
    "planning.explain": lambda now: explain.run(now=now),
    "planning.night": lambda now: inverse.every_night(now=now),
    "planning.studies": lambda _now: studies.run(clock=clock.now),
    "log.anchors": lambda now: anchors.run(now=now),
    "privacy.erase": lambda now: erasure.run(now=now),
    "privacy.transient": lambda now: transient.every_night(now=now),
    "integrity.night": lambda now: integrity.every_night(now=now),
    "terms.night": lambda now: void_clauses.every_night(now=now),
    "claims.night": lambda now: claims.every_night(now=now),
    "claims.blobs": lambda _now: claims.write_texts(folder=settings.LOG_DIR),
    "terms.tell": lambda now: void_clauses.tell(now=now),
    # What providers said comes before what they are asked, and both before what follows.
    "payments.messages": lambda now: money.apply_messages(now=now),
    "payments.close": lambda now: money.close_attempts(providers=pay_desks(), now=now),
    "payments.ask": lambda now: money.ask_providers(providers=pay_desks(), now=now),
    "payments.refunds": lambda now: money.send_refunds(providers=pay_desks(), now=now),
    "payments.settled": lambda now: settled.run(now),
    "handover.balance": lambda now: handover.ask_again(now=now),
    "payments.earned": lambda now: earn(now=now),
    "visits.late": lambda now: late_train.run(now=now),
    "visits.absent": lambda now: absence.run(now=now),
    "visits.keep": keep_visits,
    "handover.ways": lambda now: three_ways.run(now=now),
    # After the money: a deposit that came in time locks, and its ticket does not lapse.
    "tickets.tend": lambda now: launch.run(now=now),
    "notices.issue": issue_notices,
    "notices.send": send_notices,
    "notices.follow_up": lambda now: tell.follow_up(now=now),
}


def beat(_now: dt.datetime) -> None:
    """Once a minute: a nudge for each step, so that one that fails does not stop the others."""
    for name in STEPS:
        outbox.nudge(name)


def give_out(now: dt.datetime) -> int:
    """What was recorded becomes notices, and those whose time has come go out."""
    return issue_notices(now) + send_notices(now)


def sweep(now: dt.datetime) -> dict[str, int]:
    """Do everything that is due, here and now; returns how much each step did.

    Safe beside running workers: every step takes its rows with locks and is safe to repeat.
    """
    return {name: step(now) for name, step in STEPS.items()}
