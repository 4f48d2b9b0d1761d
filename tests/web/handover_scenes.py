"""Cars at the centre for the browser: ready to inspect, damaged, refused, in both languages."""

from __future__ import annotations

from tests import factories, handovers
from yinuo.contexts.handover.operations import evidence
from yinuo.contexts.people.models import Person
from yinuo.workflows import disclosure

# One car for each way through the pages: language and scripts.
READY = {
    ("zh", True): "SH26XA",
    ("zh", False): "SH26XB",
    ("en", True): "SH26XC",
    ("en", False): "SH26XD",
}
DAMAGED, REFUSED, SIGNED = "SH26XN", "SH26XF", "SH26XG"
OPEN, DECIDED, DRAWN = "SH26XH", "SH26XJ", "SH26XK"


def build(world: factories.World) -> Person:
    """The cars and the customer whose they are."""
    owner = factories.make_person("许雅琪", "10000000024")
    codes = [*READY.values(), DAMAGED, REFUSED, SIGNED, OPEN, DECIDED, DRAWN]
    for number, code in enumerate(codes):
        order = handovers.make_car(world, code, vin=f"LYNS7ANC0S00001{number:02}")
        order.person = owner
        order.save(update_fields=["person"])
        handovers.make_contract(world, order)
        handovers.pay_deposit(order)
        factories.make_promise(order)
        if code == DAMAGED:
            _damage(world, order.id)
        else:
            inspection = handovers.begin(order, world)
        if code == REFUSED:
            handovers.answer_all(inspection, boot="按键、语音、拉手都打不开")
            handovers.decide(order, "REFUSE", "修好我再来")
        elif code in (SIGNED, DECIDED, DRAWN):
            handovers.answer_all(inspection)
            handovers.decide(order)
        if code == SIGNED:
            handovers.sign(order)
    return owner


def _damage(world: factories.World, order_id: int) -> None:
    number = disclosure.record(
        order_id=order_id,
        spot=("右后门", "right rear door"),
        words=("一处划痕", "a scratch"),
        staff_id=world.dora.id,
        now=factories.NOW,
    )
    evidence.keep_file(
        [handovers.photo("grey")],
        claimed="",
        about=evidence.About(order_id, None, number),
        sender=evidence.Sender(staff_id=world.dora.id),
        now=factories.NOW,
    )
    disclosure.tell(order_id=order_id, damage_id=number, staff_id=world.dora.id, now=factories.NOW)
