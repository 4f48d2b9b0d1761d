"""Forms of staff: one order for one form, whatever is pressed twice, and nothing typed is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest

from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.platform import clock, idempotency
from yinuo.platform.refusals import Refusal
from yinuo.web.kit.viewer import take_typed


class NotANumber(Refusal):
    """A field that asks for a number holds something else."""

    code = "not_a_number"
    zh = "“{field}”要填数字，现在填的是“{typed}”。"
    en = "“{field}” asks for a number, not “{typed}”."


# More than any car, dispute or fund: ten billion yuan.
FEN_MAX = 10**12


def give_once(request: HttpRequest, staff: StaffSeen, order: Callable[[], object]) -> str:
    """Give the order of this form, or nothing where the same form was sent before.

    The form's hidden `request_key` and all that was typed make the key: the same page sent again
    with other words is another order. Returns what the order returned the first time, as text.

    Raises
    ------
    Refusal
        As the order does.
    """
    if not request.POST.get("request_key"):
        return _said(order())
    sent = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    digest = hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
    scope = f"staff:{staff.id}:{request.path}"
    return idempotency.once(scope, digest, lambda: _said(order()), now=clock.now())


def typed_in(request: HttpRequest) -> Mapping[str, str]:
    """What was typed into this page's form: just now, or before a login came between."""
    return request.POST.dict() if request.method == "POST" else take_typed(request)


def read_fen(typed: str) -> int | None:
    """An amount typed in yuan, in fen; None where it is none, or less than nothing."""
    try:
        fen = Decimal(typed.strip().replace(",", "").replace("，", "")) * 100
    except InvalidOperation:
        return None
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= FEN_MAX:
        return None
    return int(fen)


def _said(answer: object) -> str:
    return "" if answer is None else str(answer)
