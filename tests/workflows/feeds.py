"""Rows that feeds are made of: a small maker and the texts of its records."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.catalogue.operations import save_car_model, save_option, save_spec
from yinuo.contexts.places.operations import save_place

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
