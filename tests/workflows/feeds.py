"""Rows that feeds are made of: a small maker and the texts of its records."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.catalogue.operations import save_car_model, save_option, save_spec
from yinuo.contexts.places.operations import save_place
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.production.models import Resource
from yinuo.contexts.transit.models import Lane

NOW = dt.datetime(2026, 2, 11, 1, 20, tzinfo=dt.UTC)
ORDER_HEADER = "id,locked_at,spec,centre,name,phone"


def make_catalogue() -> None:
    """Two specs of one car, a plant, a hub and two delivery centres."""
    save_car_model(code="S7", name_zh="云帆 S7", name_en="Yunfan S7")
    save_option(code="TOW", name_zh="拖车钩", name_en="Tow bar")
    save_spec(code="S7-A", car_model_code="S7", name_zh="标准", name_en="A", price_fen=21_590_000)
    save_spec(
        code="S7-B",
        car_model_code="S7",
        name_zh="长续航",
        name_en="B",
        price_fen=24_590_000,
        option_codes=["TOW"],
    )
    for code, kind, city_zh, city_en in (
        ("P1", "PLANT", "北京", "Beijing"),
        ("ZZ", "HUB", "郑州", "Zhengzhou"),
        ("NC", "CENTRE", "南昌", "Nanchang"),
        ("TJ", "CENTRE", "天津", "Tianjin"),
    ):
        save_place(
            code=code,
            kind=kind,
            name_zh=f"{city_zh}站",
            name_en=city_en,
            city_zh=city_zh,
            city_en=city_en,
            latitude=30.0,
            longitude=115.0,
        )


def order(number: int, **changes: object) -> dict[str, object]:
    """The record of an order; `changes` replace or add fields."""
    return {
        "id": f"o-{number}",
        "locked_at": f"2025-10-01T09:{number % 60:02d}:00+08:00",
        "spec": "S7-A",
        "centre": "NC",
        "name": f"客户{number}",
        "phone": f"139{number:08d}",
        **changes,
    }


def make_network() -> None:
    """A plant, an option and a centre as resources, and lanes from the plant to both centres."""
    for code, kind in (("P1", "PLANT"), ("TOW", "OPTION"), ("NC", "CENTRE")):
        Resource.objects.create(code=code, kind=kind, name_zh=code, name_en=code)
    places = get_place_ids()
    for centre in ("NC", "TJ"):
        Lane.objects.create(
            origin_id=places["P1"],
            destination_id=places[centre],
            mode="RAIL",
            departure_weekdays=[1, 4],
            transit_days_mean=3.0,
            transit_days_sd=0.5,
            preparation_days=1.0,
        )


def plan_rows(
    plan: str, *, first: dt.date = dt.date(2026, 2, 9), weeks: int = 10, cars: int = 100
) -> list[dict[str, object]]:
    """A plan of `cars` a week for `weeks` weeks from the Monday `first`."""
    return [
        {
            "plan": plan,
            "resource": "P1",
            "week": (first + dt.timedelta(days=7 * n)).isoformat(),
            "cars": cars,
        }
        for n in range(weeks)
    ]


def shipment(number: int, orders: object, **changes: object) -> dict[str, object]:
    """A train from the plant to Nanchang, on the way from the 12th to the 15th."""
    return {
        "id": f"s{number}",
        "code": f"T{number}",
        "origin": "P1",
        "destination": "NC",
        "mode": "RAIL",
        "departs_at": "2026-02-12T08:00+08:00",
        "arrives_at": "2026-02-15T08:00+08:00",
        "orders": orders,
        **changes,
    }


def event(number: int, kind: str, **changes: object) -> dict[str, object]:
    """A report on train T1 of nine this morning."""
    return {
        "id": f"e{number}",
        "shipment": "T1",
        "kind": kind,
        "at": "2026-02-11T09:00+08:00",
        **changes,
    }
