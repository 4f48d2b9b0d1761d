"""The closed list of reasons why a date may move, each with its words, its side and its evidence.

"Ours" decides who pays for the delay. A holiday is not on the list: holidays are known before a
date is promised. OTHER exists only with the name of a manager.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """Why a date moved.

    `short_*` fit into an SMS. `evidence` names what must exist before the cause may be given: a
    carrier's report of one of `events`, a plan, a hold, a supply report, or a manager's name.
    """

    code: str
    zh: str
    en: str
    ours: bool
    evidence: str
    short_zh: str
    short_en: str
    events: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()


CAUSES = {
    cause.code: cause
    for cause in (
        Cause(
            "TRAIN_CANCELLED",
            "运车的列车停运了",
            "The train carrying it was cancelled",
            False,
            "carrier",
            "列车停运",
            "train cancelled",
            ("CANCELLED",),
            ("RAIL",),
        ),
        Cause(
            "TRAIN_LATE",
            "运车的列车晚点了",
            "The train carrying it is running late",
            False,
            "carrier",
            "列车晚点",
            "train late",
            ("DELAYED",),
            ("RAIL",),
        ),
        Cause(
            "TRUCK_LATE",
            "运车的卡车晚到了",
            "The truck carrying it is late",
            True,
            "carrier",
            "卡车晚到",
            "truck late",
            ("DELAYED", "CANCELLED"),
            ("ROAD",),
        ),
        Cause(
            "WEATHER",
            "恶劣天气，道路或铁路封了",
            "Bad weather closed the road or the railway",
            False,
            "carrier",
            "恶劣天气",
            "bad weather",
            ("DELAYED", "CANCELLED"),
        ),
        Cause(
            "TRANSIT_DAMAGE",
            "车在运输中受损了",
            "The car was damaged on the way",
            True,
            "carrier",
            "运输受损",
            "damaged en route",
            ("DAMAGED",),
        ),
        Cause(
            "PLANT_STOPPED",
            "工厂停产了",
            "The plant stopped for a time",
            True,
            "plan",
            "工厂停产",
            "plant stopped",
        ),
        Cause(
            "PLANT_SLOWER",
            "工厂产量低于计划",
            "The plant builds fewer cars than planned",
            True,
            "plan",
            "产量不足",
            "plant slower",
        ),
        Cause(
            "PART_LATE",
            "零件没有按时到货",
            "A part did not arrive in time",
            True,
            "plan",
            "零件缺货",
            "part late",
        ),
        Cause(
            "LINE_REBUILT",
            "产线正在改造",
            "The line is being rebuilt",
            True,
            "plan",
            "产线改造",
            "line rebuilt",
        ),
        Cause(
            "PLANT_FASTER",
            "工厂产量高于计划",
            "The plant builds more than planned",
            True,
            "plan",
            "工厂提速",
            "plant faster",
        ),
        Cause(
            "OPTION_SCARCE",
            "您选的配置缺货",
            "An option you chose is in short supply",
            True,
            "supply",
            "配置缺货",
            "option scarce",
        ),
        Cause(
            "CENTRE_FULL",
            "交付中心排满了",
            "The delivery centre is fully booked",
            True,
            "supply",
            "交付排满",
            "centre full",
        ),
        Cause(
            "QUALITY_HOLD",
            "同批车要多做一项检查",
            "Cars of this batch need one more check",
            True,
            "hold",
            "质量检查",
            "quality check",
        ),
        Cause(
            "OUTPUT_MEASURED",
            "按工厂最近的实际产量重算了",
            "Worked out again from what the plant has really built",
            True,
            "forecast",
            "产量重算",
            "output measured",
        ),
        Cause(
            "POSITION_MEASURED",
            "按车现在的位置重算了",
            "Worked out again from where the car is now",
            True,
            "forecast",
            "位置重算",
            "car's position",
        ),
        Cause(
            "CUSTOMER_CHANGED",
            "您换了配置或交付中心",
            "You changed the configuration or the centre",
            False,
            "customer",
            "您改订单",
            "your change",
        ),
        Cause(
            "CUSTOMER_POSTPONED",
            "您改了要车的日子",
            "You changed the day on which you want the car",
            False,
            "customer",
            "您改日子",
            "your day",
        ),
        Cause("OTHER", "其他原因", "Another reason", True, "manager", "其他原因", "other reason"),
    )
}
