"""What customers of the demo asked to have changed before the story begins."""

from __future__ import annotations

import datetime as dt
import io

from PIL import Image, ImageDraw

from yinuo.contexts.orders.operations import amendments
from yinuo.contexts.orders.operations.amendments import Wish
from yinuo.contexts.orders.queries.intake import find_order
from yinuo.workflows import buyer_change

TO_COMPANY = "TJ26ZH"
COMPANY, CODE = "天津新岸商贸有限公司（演示）", "91350100M000100Y43"
PAPER = (1240, 880)


def begin(*, now: dt.datetime) -> None:
    """TJ26ZH asked for a company as the buyer; papers are in, both sides have confirmed.

    The specialist in charge is absent, so in the story nobody decides until the clock hands it up.
    """
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
