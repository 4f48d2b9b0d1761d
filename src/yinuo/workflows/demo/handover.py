"""Two cars of the demo at their centres: one with known damage, one ready to be inspected."""

from __future__ import annotations

import datetime as dt
import io

from PIL import Image, ImageDraw

from yinuo.contexts.handover.operations import evidence
from yinuo.contexts.orders.queries.handover import find_order_id, get_for_handover
from yinuo.contexts.orders.rules import life
from yinuo.contexts.people.queries.staff import answerer_for, list_staff
from yinuo.contexts.production.queries.handover import get_car
from yinuo.workflows import disclosure, inspecting

DAMAGED, READY = "SH26XN", "NC26TG"
SPOT, SCRATCH = ("右后门", "right rear door"), ("一处划痕", "a scratch")
PHOTO = (1280, 960)


def begin(*, now: dt.datetime) -> None:
    """SH26XN's scratch from the train was photographed and told; NC26TG waits for its customer."""
    damaged = find_order_id(DAMAGED)
    if damaged is not None:
        _tell(damaged, now)
    ready = find_order_id(READY)
    if ready is not None and _stands_there(ready):
        staff_id = _specialist(ready)
        if staff_id is not None:
            inspecting.begin(order_id=ready, staff_id=staff_id, now=now)


def _stands_there(order_id: int) -> bool:
    return get_for_handover(order_id).state == life.AT_CENTRE and bool(get_car(order_id).vin)


def _specialist(order_id: int) -> int | None:
    order = get_for_handover(order_id)
    card = answerer_for(list_staff(), order.centre_code, order.owner_id)
    return card.id if card else None


def _tell(order_id: int, now: dt.datetime) -> None:
    staff_id = _specialist(order_id)
    if staff_id is None:
        return
    number = disclosure.record(
        order_id=order_id, spot=SPOT, words=SCRATCH, staff_id=staff_id, now=now
    )
    evidence.keep_file(
        [_photo()],
        claimed="image/jpeg",
        about=evidence.About(order_id, None, number),
        sender=evidence.Sender(staff_id=staff_id),
        now=now,
    )
    disclosure.tell(order_id=order_id, damage_id=number, staff_id=staff_id, now=now)


def _photo() -> bytes:
    """A drawing of a door with a scratch that says that it is a sample."""
    sheet = Image.new("RGB", PHOTO, "#8fa3b5")
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle(
        (180, 120, 1120, 860), radius=60, fill="#c9d6e2", outline="#33475b", width=10
    )
    draw.rounded_rectangle((900, 430, 1060, 480), radius=20, fill="#33475b")
    draw.line((360, 600, 520, 570, 700, 590, 830, 545), fill="#f4f7fa", width=9)
    draw.text((220, 770), "SAMPLE / YINUO DEMO", fill="#33475b", font_size=44)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()
