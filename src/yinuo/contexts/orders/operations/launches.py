"""Opening a launch and saying how much of it may be sold, from the planner's figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup
from yinuo.contexts.orders.operations.places import give_to_waiting
from yinuo.platform.refusals import Refusal


class TooFewForSale(Refusal):
    """More are taken than this; what people hold is not taken from them."""

    code = "too_few_for_sale"
    zh = "已经有 {taken} 个号拿到了位置，可售数不能少于这个数。"
    en = "{taken} places are held already; fewer than that cannot be for sale."


class LaunchRuns(Refusal):
    """Somebody holds a ticket of it: when it opened and what it sells stay as they were told."""

    code = "launch_runs"
    zh = "已经有人拿了号，开始时间和这一组的配置不能再改。"
    en = "Tickets were taken; its beginning and the cars of this group cannot be changed."


@transaction.atomic
def open_launch(
    *,
    code: str,
    car_model_id: int,
    opens_at: dt.datetime,
    closes_at: dt.datetime | None = None,
    finish_hours: int = 48,
    deposit_fen: int = 500_000,
    template_code: str = "",
    now: dt.datetime,
) -> int:
    """The launch `code`, made or changed; returns its row.

    Raises
    ------
    LaunchRuns
        It has tickets and would begin at another moment.
    """
    launch = Launch.objects.select_for_update(no_key=True).filter(code=code).first()
    figures = {
        "closes_at": closes_at,
        "finish_hours": finish_hours,
        "deposit_fen": deposit_fen,
        "template_code": template_code,
    }
    if launch is None:
        return Launch.objects.create(
            code=code, car_model_id=car_model_id, opens_at=opens_at, created_at=now, **figures
        ).id
    fixed = (launch.car_model_id, launch.opens_at) != (car_model_id, opens_at)
    if launch.numbers_given and fixed:
        raise LaunchRuns
    Launch.objects.filter(id=launch.id).update(
        car_model_id=car_model_id, opens_at=opens_at, **figures
    )
    return launch.id


@transaction.atomic
def offer(
    *,
    launch_id: int,
    group_code: str,
    spec_ids: Sequence[int],
    for_sale: int,
    day: dt.date | None = None,
    now: dt.datetime,
) -> int:
    """Set how many of a group may be sold (on `day`, or at all); returns how many of those who
    waited got a place by it.

    Raises
    ------
    LaunchRuns
        The group has tickets and would sell other cars.
    TooFewForSale
        More places than that are held.
    """
    launch = Launch.objects.select_for_update(no_key=True).get(id=launch_id)
    group, fresh = SalesGroup.objects.get_or_create(launch=launch, code=group_code)
    if fresh or not group.tickets.exists():
        group.specs.set(spec_ids)
    elif set(group.specs.values_list("id", flat=True)) != set(spec_ids):
        raise LaunchRuns
    cell = SalesCell.objects.select_for_update().filter(group=group, day=day).first()
    if cell is None:
        SalesCell.objects.create(group=group, day=day, for_sale=for_sale)
    elif for_sale < cell.taken:
        raise TooFewForSale(taken=cell.taken)
    else:
        SalesCell.objects.filter(id=cell.id).update(for_sale=for_sale)
    return give_to_waiting(launch_id=launch_id, group_id=group.id, now=now)
