"""Keeping who of the maker looked at an order, and what customers had to ask."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.orders.models import Inquiry, StaffLook
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform import locks
from yinuo.platform.refusals import Refusal

ACTIONS = ("VIEW", "ASKED", "ANSWERED", "CALLED")
ABOUT = ("DATE",)
ONE_LOOK = dt.timedelta(minutes=10)
ONE_TAP = dt.timedelta(minutes=1)


class UnknownInquiry(Refusal):
    """What the customer asked about is not on the list."""

    code = "unknown_inquiry"
    zh = "请选客户问的是什么。"
    en = "Say what the customer asked about."


def record_look(*, staff_id: int, order_id: int, action: str, now: dt.datetime) -> None:
    """Keep that somebody opened or changed an order; its customer sees role and time.

    Reading on within ten minutes is the same look.

    Raises
    ------
    NotStaff
    """
    assert action in ACTIONS, action
    require_staff(staff_id)
    looks = StaffLook.objects.filter(order=order_id, staff=staff_id, action="VIEW")
    if action == "VIEW" and looks.filter(at__gt=now - ONE_LOOK, at__lte=now).exists():
        return
    StaffLook.objects.create(order_id=order_id, staff_id=staff_id, action=action, at=now)


@transaction.atomic
def record_inquiry(*, staff_id: int, order_id: int, about: str, now: dt.datetime) -> None:
    """Keep that a customer asked before we told: the measure of whether we tell first.

    Tapped twice within a minute, it is one question.

    Raises
    ------
    UnknownInquiry, NotStaff
    """
    if about not in ABOUT:
        raise UnknownInquiry
    locks.hold(f"asked:{order_id}")
    just_now = Inquiry.objects.filter(order=order_id, staff=staff_id, about=about)
    if just_now.filter(asked_at__gt=now - ONE_TAP, asked_at__lte=now).exists():
        return
    record_look(staff_id=staff_id, order_id=order_id, action="ASKED", now=now)
    Inquiry.objects.create(order_id=order_id, about=about, asked_at=now, staff_id=staff_id)
