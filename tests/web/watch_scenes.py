"""What the pages about unusual times and the grounds of dates are looked at with."""

from __future__ import annotations

import datetime as dt

from tests import factories
from tests.contexts.promises.test_drift import found
from tests.factories import DAY, NOW
from yinuo.contexts.production.models import Resource
from yinuo.contexts.production.operations.reference import (
    Reference,
    save_launch_reference,
    state_reference,
)
from yinuo.contexts.promises.models import GuardWeek
from yinuo.contexts.promises.operations.drift import raise_alarm, reject_alarm
from yinuo.contexts.promises.queries.drift import list_open

MONDAY = dt.date(2026, 2, 9)
WEEK = dt.timedelta(days=7)


def build(world: factories.World) -> None:
    """One alarm that waits, one that was rejected, two references, and a guard that widens."""
    raise_alarm(found=found(place_id=world.centre.id), now=NOW)
    raise_alarm(found=found(code="TJ", name_zh="天津交付中心", name_en="Tianjin centre"), now=NOW)
    reject_alarm(
        alarm_id=list_open()["CENTRE", "TJ"].id,
        reason="两列车晚到，已经恢复",
        staff_id=world.manager.id,
        now=NOW + dt.timedelta(hours=1),
    )
    for code, zh, en in (("P1", "一厂", "Plant 1"), ("P2", "二厂", "Plant 2")):
        Resource.objects.create(code=code, kind="PLANT", name_zh=zh, name_en=en)
    state_reference(
        what=Reference(
            "P1", MONDAY, 67, 20, 3, "2021、2023、2024 年三次投产",
            "the launches of 2021, 2023 and 2024",
            ("2025 年 1 月爬坡复盘", "协会公布的每月交付量"),
        ),
        staff_id=world.manager.id,
        now=NOW - 3 * DAY,
    )  # fmt: skip
    save_launch_reference(
        resource_code="P2", from_date=MONDAY - 20 * WEEK, mean=-0.5, sd=0.3, launches=1,
        note_zh="2022 年那次", note_en="the one of 2022",
    )  # fmt: skip
    for cell, horizon, percent in (("P1", "WEEKS", 100), ("P1 + HOOD", "MONTHS", 115)):
        GuardWeek.objects.create(
            cell=cell, horizon=horizon, week_date=MONDAY - WEEK, known=212, missed=31,
            level=percent / 100 + 0.012, percent=percent,
        )  # fmt: skip
