"""The demo maker's own data: places, cars, staff, resources and lanes."""

from __future__ import annotations

from yinuo.contexts.catalogue import operations as catalogue
from yinuo.contexts.people.operations.reference import save_staff
from yinuo.contexts.places import operations as places
from yinuo.contexts.production.operations.reference import save_needs, save_resource
from yinuo.contexts.transit.operations.reference import save_lane
from yinuo.engines.twin import TwinParameters
from yinuo.workflows.demo.world import (
    AMPLE_OPTION,
    PLANT,
    REGIONS,
    SCARCE_OPTION,
    read_rows,
)

OPTIONS = (
    (SCARCE_OPTION, "碳纤维前盖", "carbon hood"),
    (AMPLE_OPTION, "长续航电池", "long-range battery"),
)
EVERY_DAY = range(1, 8)
PREPARATION_DAYS = 1.0
# Up to this scale a centre gets more than one train a week, so trains leave every day.
WEEKLY_TRAINS_FROM_SCALE = 20


def save_reference(scale: int) -> dict[str, int]:
    """Everything an order refers to; returns the row of each member of staff by public id."""
    place_ids = _save_places()
    for code, zh, en in OPTIONS:
        catalogue.save_option(code=code, name_zh=zh, name_en=en)
        save_resource(code=code, kind="OPTION", name_zh=zh, name_en=en)
    _save_cars()
    parameters = TwinParameters()
    for number, centre in enumerate(REGIONS):
        weekdays = [day + 1 for day in parameters.departure_weekdays[number]]
        save_lane(
            origin_id=place_ids[PLANT],
            destination_id=place_ids[centre],
            mode="RAIL",
            departure_weekdays=weekdays if scale >= WEEKLY_TRAINS_FROM_SCALE else EVERY_DAY,
            transit_days_mean=parameters.transit_days[number],
            transit_days_sd=parameters.transit_sd,
            preparation_days=PREPARATION_DAYS,
        )
    return {row["public_id"]: save_staff(**row) for row in read_rows("staff.csv")}


def _save_places() -> dict[str, int]:
    place_ids = {}
    for row in read_rows("places.csv"):
        place_ids[row["code"]] = places.save_place(
            code=row["code"],
            kind=row["kind"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            city_zh=row["city_zh"],
            city_en=row["city_en"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
        )
        if row["kind"] in ("PLANT", "CENTRE"):
            save_resource(
                code=row["code"],
                kind=row["kind"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
            )
    return place_ids


def _save_cars() -> None:
    for row in read_rows("catalogue.csv"):
        catalogue.save_car_model(
            code=row["model"], name_zh=row["model_zh"], name_en=row["model_en"]
        )
        spec_id = catalogue.save_spec(
            code=row["spec"],
            car_model_code=row["model"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            price_fen=int(row["price_yuan"]) * 100,
            option_codes=row["options"].split(),
        )
        save_needs(spec_id=spec_id, alternatives=[[PLANT, *row["options"].split()]])
