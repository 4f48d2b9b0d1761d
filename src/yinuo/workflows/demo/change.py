"""What customers of the demo asked to have changed before the story begins."""

from __future__ import annotations

import datetime as dt
import io

from PIL import Image, ImageDraw

from yinuo.contexts.catalogue.queries import list_specs
from yinuo.contexts.orders.operations import amendments
from yinuo.contexts.orders.operations.amendments import Wish
from yinuo.contexts.orders.queries.intake import find_order
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.vehicles.operations import listing
from yinuo.contexts.vehicles.rules import Event, Item
from yinuo.platform.spoken import local_date
from yinuo.workflows import buyer_change, other_car

# Kind, spec, centre, how much below the list price in yuan, kilometres, days since it was built.
CARS = (
    ("STOCK", 0, "NC", 2_000, 6, 40),
    ("DISPLAY", 1, "NC", 9_000, 112, 95),
    ("DISPLAY", 0, "TJ", 8_000, 86, 100),
    ("NEARLY_NEW", 2, "SH", 21_000, 3_460, 160),
    ("STOCK", 1, "HK", 1_500, 9, 35),
)
FRESH = Item("外观", "Outside", "AS_NEW", "没有划痕", "no scratch")
SEATS = Item("座椅", "Seats", "WORN", "坐过人，没有破损", "people sat in it; nothing torn")
DOOR = (
    "右后门",
    "Rear right door",
    "一处 3 厘米划痕，没有露底",
    "a 3 cm scratch, paint not through",
)
TO_COMPANY = "TJ26ZH"
COMPANY, CODE = "天津新岸商贸有限公司（演示）", "91350100M000100Y43"
PAPER = (1240, 880)


def begin(*, now: dt.datetime) -> None:
    """TJ26ZH asked for a company as the buyer; papers are in, both sides have confirmed.

    The specialist in charge is absent, so in the story nobody decides until the clock hands it up.
    """
    _list_cars(now)
    found = find_order(TO_COMPANY)
    if found is None:
        return
    order_id, person_id = found
    paper = buyer_change.keep_paper([_licence()], claimed="image/jpeg")
    wish = Wish("TO_COMPANY", "NONE", "NEW_BUYER", person_id, COMPANY, CODE, (paper,))
    public_id = buyer_change.ask(
        person_id=person_id,
        order_id=order_id,
        wish=wish,
        to_name="",
        to_phone="",
        request_key="demo",
        now=now,
    )
    amendments.confirm(person_id=person_id, public_id=public_id, now=now)


def _list_cars(now: dt.datetime) -> None:
    """A few cars that stand at the centres, listed three days ago, each with all that is known."""
    specs, places = list_specs(), get_place_ids("CENTRE")
    scratch = other_car.keep_photo([_scratch()], claimed="image/jpeg")
    for number, (kind, spec, place, below_yuan, km, days) in enumerate(CARS):
        built = local_date(now) - dt.timedelta(days=days)
        zh_place, en_place, zh, en = DOOR
        photo = (scratch.digest, scratch.media_type)
        damage = Item(zh_place, en_place, "DAMAGED", zh, en, *photo)
        shown = Event(built + dt.timedelta(days=12), "进店展示", "shown in the shop")
        driven = Event(built + dt.timedelta(days=20), "做试驾车", "used for test drives")
        used = {"STOCK": (), "DISPLAY": (shown,), "NEARLY_NEW": (shown, driven)}[kind]
        car = listing.NewCar(
            kind=kind,
            vin=f"LYFDEM00P00000{number:03d}",
            spec_id=specs[spec].id,
            place_id=places[place],
            price_fen=specs[spec].price_fen - below_yuan * 100,
            mileage_km=km,
            built_date=built,
            ready_date=local_date(now) + dt.timedelta(days=3),
            items=(FRESH,) if kind == "STOCK" else (damage, SEATS),
            events=used,
            warranty_from_date=built if kind == "NEARLY_NEW" else None,
        )
        listing.list_car(car=car, now=now - dt.timedelta(days=3))


def _scratch() -> bytes:
    """A photo of a door with a scratch, drawn."""
    door = Image.new("RGB", (640, 420), "#7f8b99")
    ImageDraw.Draw(door).line((210, 180, 330, 214), fill="#f4f6f8", width=4)
    out = io.BytesIO()
    door.save(out, "JPEG", quality=80)
    return out.getvalue()


def _licence() -> bytes:
    """A sheet that says that it is a sample and carries the code."""
    sheet = Image.new("RGB", PAPER, "#fbf6e6")
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((40, 40, PAPER[0] - 40, PAPER[1] - 40), outline="#b8860b", width=8)
    draw.text((140, 160), "SAMPLE / YINUO DEMO", fill="#5b4a1a", font_size=64)
    draw.text((140, 320), CODE, fill="#222222", font_size=56)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()
