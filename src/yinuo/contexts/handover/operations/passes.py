"""Letting somebody else inspect: a code that the customer gives and takes back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.handover.models import InspectorPass
from yinuo.contexts.handover.rules.passes import CODE_LENGTH, PASS_DAYS, digest_of
from yinuo.platform.ids import new_code
from yinuo.platform.refusals import Refusal

NAME_MAX = 60


class NameTheHelper(Refusal):
    """Who inspects is named in the record."""

    code = "name_the_helper"
    zh = "请写下替您验车的人叫什么。"
    en = "Please give the name of who inspects for you."


def give_pass(*, order_id: int, name: str, person_id: int, now: dt.datetime) -> tuple[str, str]:
    """A code for the person named, and until when it holds is `PASS_DAYS`; earlier codes end.

    Returns the code, shown once, and the name as it is kept.

    Raises
    ------
    NameTheHelper
    """
    name = name.strip()[:NAME_MAX]
    if not name:
        raise NameTheHelper
    code = new_code(CODE_LENGTH)
    with transaction.atomic():
        end_passes(order_id=order_id, now=now)
        InspectorPass.objects.create(
            order_id=order_id,
            name=name,
            code_digest=digest_of(code),
            given_by_id=person_id,
            given_at=now,
            until_at=now + dt.timedelta(days=PASS_DAYS),
        )
    return code, name


def end_passes(*, order_id: int, now: dt.datetime) -> int:
    """Take back every code of this order; how many held."""
    return InspectorPass.objects.filter(order=order_id, ended_at=None).update(ended_at=now)
