"""What the public pages are looked at with: tables of a quote, figures of some months, a debt."""

from __future__ import annotations

import datetime as dt

import numpy as np

from tests import factories
from tests.contexts.promises.test_owed_rules import table
from yinuo.contexts.catalogue.models import CarModel, Option, Spec
from yinuo.contexts.promises.models import KeptFigures
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.promises.operations.quotes import keep_base
from yinuo.contexts.promises.queries.quotes import Launches, Tables
from yinuo.contexts.promises.rules.figures import Kept, write_kept
from yinuo.engines.forecast import ForecastParameters, Lanes, map_next
from yinuo.engines.queue import quote_all, simulate
from yinuo.workflows import etas, owed, quote
from yinuo.workflows.next_lock import NextLocks

MONDAY = dt.date(2026, 2, 9)


def build(world: factories.World) -> None:
    """Everything that the public pages show."""
    _quotes(world)
    _figures()
    store_table(table=table(also_ours=["TRAIN_CANCELLED"]), now=factories.NOW)
    owed.run(now=factories.NOW)


def _quotes(world: factories.World) -> None:
    """Four configurations of one car: plain, a long wait, and two that cannot be dated."""
    car = CarModel.objects.get(code="S7")
    hood = Option.objects.create(code="HOOD", name_zh="碳纤维前盖", name_en="Carbon hood")
    specs = [world.line.spec]
    for code, zh, en, fen in (
        ("S7-H", "碳纤维前盖版", "Carbon hood", 28_790_000),
        ("S7-R", "赛道版", "Track", 35_990_000),
        ("S7-T", "旅行版", "Tourer", 23_590_000),
    ):
        spec = Spec.objects.create(code=code, car_model=car, name_zh=zh, name_en=en, price_fen=fen)
        spec.options.add(hood)
        specs.append(spec)
    keep_base(
        tables=Tables(
            MONDAY,
            factories.today(),
            dt.date(2029, 2, 5),
            np.array([spec.id for spec in specs[:3]], np.int64),
            np.arange(3),
            np.array([world.centre.id, world.other_line.centre_id], np.int64),
            _live().to_bytes(),
            np.array([12, 0, 12]),
            np.ones(3, np.bool_),
            np.array([-1, 0, -1]),
            (
                Launches(
                    3, 47, 87, "2021、2023、2024 年三次投产", "the launches of 2021, 2023 and 2024"
                ),
            ),
            np.full((3, 3), 100),
        ),
        cause_ref="first:scenes",
        now=factories.NOW,
    )
    etas.run(now=factories.NOW)
    asked = quote.ask(spec_code="S7-H", centre_code="NC", now=factories.NOW)
    quote.give(answer=etas.in_public(asked), now=factories.NOW)


def _live() -> NextLocks:
    """Three classes: a free one, one that waits for a part, one that is never built."""
    capacity = np.zeros((20, 2, 156), np.int32)
    for number in range(20):
        capacity[number, 0, 8 + number // 5 :] = 50
        capacity[number, 1, 36 + number :] = 1
    run = simulate(
        np.zeros(0, np.int32),
        np.ones(3, np.int32),
        np.array([[[0, -1, -1]], [[0, 1, -1]], [[0, 1, 2]]], np.int32),
        np.concatenate([capacity, np.zeros((20, 1, 156), np.int32)], axis=1),
        keep_state=True,
    )
    assert run.state is not None
    weeks = quote_all(run.state)
    ways, others = map_next(
        run,
        weeks,
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        Lanes(np.ones((2, 7), np.bool_), np.array([4.0, 9.0]), np.ones(2), np.ones(2)),
        np.full((2, 156 * 7), 100.0),
        ForecastParameters(),
        np.random.default_rng(1),
    )
    return NextLocks(run.state, ways, weeks.astype(np.int64), others, 10**9)


def _figures() -> None:
    whole = _kept(1240, 1102, 31)
    months = [("2025-11", 402, 371, 5), ("2025-12", 398, 331, 4), ("2026-01", 440, 400, 5)]
    centres = [
        ("NC", "南昌交付中心", "Nanchang centre", 640, 570, 22),
        ("TJ", "天津交付中心", "Tianjin centre", 600, 532, 21),
    ]
    models = [("S7", "云帆 S7", "Yunfan S7", 1240, 1102, 31)]
    figures = {
        "until": factories.today().isoformat(),
        "orders_min": 20,
        "weeks_min": 6,
        "all": write_kept(whole),
        "quarters": [
            {"code": code, "zh": "", "en": "", **write_kept(_kept(due, kept, weeks))}
            for code, due, kept, weeks in (("2025-Q4", 800, 702, 9), ("2026-Q1", 440, 400, 5))
        ],
        "months": [
            {"code": code, "zh": "", "en": "", **write_kept(_kept(due, kept, weeks))}
            for code, due, kept, weeks in months
        ],
        **{
            name: [
                {"code": code, "zh": zh, "en": en, **write_kept(_kept(due, kept, weeks))}
                for code, zh, en, due, kept, weeks in rows
            ]
            for name, rows in (("centres", centres), ("models", models))
        },
    }
    KeptFigures.objects.create(date=factories.today(), made_at=factories.NOW, figures=figures)


def _kept(due: int, kept: int, weeks: int) -> Kept:
    late = due - kept
    parts = [late // 2, late // 4, late // 8, late // 16]
    return Kept(
        due=due,
        cancelled=due // 12,
        handed_over=due - late // 5,
        kept=kept,
        kept_last=kept + late // 2,
        early=due // 20,
        in_range=due * 79 // 100,
        open_late=late // 5,
        late=(*parts, late - sum(parts)),
        width_days=21,
        ahead_days=140,
        weeks=weeks,
    )
