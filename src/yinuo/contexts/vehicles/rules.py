"""Cars that stand somewhere: who comes first, how long one is kept, and what is disclosed of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from yinuo.platform.spoken import say_date

# Orders of the same city come first for so long after a car is listed.
CITY_FIRST = dt.timedelta(hours=48)
HOLD_DAYS, HOLD_HOUR = 3, 18
NEW, DISPLAY, NEARLY_NEW, REPAIRED = "new", "display", "nearly_new", "repaired_in_transit"

GRADES = {
    "AS_NEW": ("和新的一样", "as new"),
    "WORN": ("有使用痕迹", "signs of use"),
    "REPAIRED": ("修过", "repaired"),
    "DAMAGED": ("有损伤，没有修", "damaged, not repaired"),
}
KINDS = {
    "STOCK": ("现车：没有给别人开过", "Stock car: driven by nobody"),
    "DISPLAY": ("展车：在店里摆过，坐过人", "Display car: stood in a shop, people sat in it"),
    "NEARLY_NEW": ("准新车：开过", "Nearly new car: it has been driven"),
}
PHOTO = ("照片编号", "photo")


@dataclass(frozen=True)
class Item:
    """One place of the car and how it is; `photo_digest` names the picture, empty for none."""

    place_zh: str
    place_en: str
    grade: str
    text_zh: str
    text_en: str
    photo_digest: str = ""
    photo_type: str = ""


@dataclass(frozen=True)
class Event:
    """What happened to the car, on which day."""

    on: dt.date
    zh: str
    en: str


@dataclass(frozen=True)
class Car:
    """Everything that is disclosed of a car."""

    vin: str
    kind: str
    spec_zh: str
    spec_en: str
    place_zh: str
    place_en: str
    price_fen: int
    mileage_km: int
    built_date: dt.date
    ready_date: dt.date
    warranty_from_date: dt.date | None
    items: tuple[Item, ...]
    events: tuple[Event, ...]


def hold_until_date(today: dt.date) -> dt.date:
    """The last day of a hold that begins today; it ends at `HOLD_HOUR`."""
    return today + dt.timedelta(days=HOLD_DAYS)


def may_have(car_city: str, city: str, first_until_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether an order of `city` may have the car now: its own city's orders come first."""
    return car_city == city or now >= first_until_at


def condition_of(kind: str, grades: Sequence[str]) -> str:
    """What the law calls the car: a stock car with a repair or a damage is no new one."""
    if kind == "DISPLAY":
        return DISPLAY
    if kind == "NEARLY_NEW":
        return NEARLY_NEW
    return REPAIRED if {"REPAIRED", "DAMAGED"} & set(grades) else NEW


def _on(date: dt.date, language: str) -> str:
    """A day with its year, as it is said."""
    said = say_date(date, language)
    return f"{date.year}年{said}" if language == "zh" else f"{said} {date.year}"


def write_disclosure(car: Car, language: str) -> str:
    """The whole text that is shown, signed and kept: every item, every event, nothing rounded."""
    zh = language == "zh"
    pick = 0 if zh else 1
    yuan = f"{car.price_fen / 100:,.2f}".removesuffix(".00")
    warranty = _on(car.warranty_from_date, language) if car.warranty_from_date else ""
    built, ready = _on(car.built_date, language), _on(car.ready_date, language)
    lines = (
        [
            "车况说明",
            f"车架号：{car.vin}",
            KINDS[car.kind][pick],
            f"配置：{car.spec_zh}",
            f"现在停在：{car.place_zh}",
            f"下线：{built}　里程：{car.mileage_km:,} 公里",
            f"质保从哪天起算：{warranty or '交车那天'}",
            f"价格：{yuan} 元",
            f"最早交车：{ready}",
            "一处一处说：",
        ]
        if zh
        else [
            "Condition of the car",
            f"VIN: {car.vin}",
            KINDS[car.kind][pick],
            f"Configuration: {car.spec_en}",
            f"Stands at: {car.place_en}",
            f"Built: {built}   Odometer: {car.mileage_km:,} km",
            f"Warranty counts from: {warranty or 'the day of hand-over'}",
            f"Price: {yuan} yuan",
            f"Hand-over from: {ready}",
            "Place by place:",
        ]
    )
    lines += [_item_line(item, language) for item in car.items]
    lines.append("以前的事：" if zh else "What happened before:")
    lines += [_event_line(event, language) for event in car.events]
    if not car.events:
        lines.append("- 没有" if zh else "- nothing")
    return "\n".join(lines) + "\n"


def _item_line(item: Item, language: str) -> str:
    zh = language == "zh"
    place, text = (item.place_zh, item.text_zh) if zh else (item.place_en, item.text_en)
    pick = 0 if zh else 1
    photo = f"{PHOTO[pick]} {item.photo_digest[:12]}" if item.photo_digest else ""
    return "- " + " · ".join(one for one in (place, GRADES[item.grade][pick], text, photo) if one)


def _event_line(event: Event, language: str) -> str:
    return f"- {_on(event.on, language)} {event.zh if language == 'zh' else event.en}"


def is_told_in(text: str, car: Car, language: str) -> bool:
    """Whether a signed text says all that is known of the car's condition today.

    What it is, every place of it and everything that happened to it; where the car stands and what
    it costs may have changed since.
    """
    known = [
        KINDS[car.kind][0 if language == "zh" else 1],
        *(_item_line(item, language) for item in car.items),
        *(_event_line(event, language) for event in car.events),
    ]
    return set(known) <= set(text.splitlines())


def digest_of(text: str) -> str:
    """SHA-256 of the text as it is signed."""
    return hashlib.sha256(text.encode()).hexdigest()
