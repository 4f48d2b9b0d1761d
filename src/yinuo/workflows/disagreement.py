"""A customer does not agree: money and cancellation stand still until a named person answers."""

from __future__ import annotations

import datetime as dt

from yinuo.contexts.orders.operations import disputing
from yinuo.contexts.orders.operations.disputing import Opened
from yinuo.contexts.orders.queries.rights import get_leaving
from yinuo.contexts.people.queries.staff import answerer_for, list_staff
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import at_local, local_date

ANSWER_HOUR = 18


class NobodyThere(Refusal):
    """No member of staff is set up who could answer."""

    code = "nobody_there"
    zh = "现在没有人能接手。请打下面的电话。"
    en = "Nobody can take this now. Please call the number below."


def open_one(
    *,
    person_id: int,
    order_id: int,
    about: str,
    words: str,
    request_key: str,
    now: dt.datetime,
) -> Opened:
    """Open an objection, answered by who is in charge of the order until tomorrow evening.

    Raises
    ------
    NotYours, NotNow, NobodyThere
    """
    leaving = get_leaving(order_id)
    card = answerer_for(list_staff(), leaving.centre_code, leaving.owner_id)
    if card is None:
        raise NobodyThere
    return disputing.open_dispute(
        person_id=person_id,
        order_id=order_id,
        about=about,
        words=words,
        answerer_id=card.id,
        answer_by_at=at_local(local_date(now) + dt.timedelta(days=1), ANSWER_HOUR),
        request_key=request_key,
        now=now,
    )
