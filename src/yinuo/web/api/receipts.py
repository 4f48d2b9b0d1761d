"""What gateways and mail servers say later about a message: it arrived, or it came back."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from yinuo.platform import clock
from yinuo.platform.channels.bounces import parse_bounce
from yinuo.platform.channels.receipts import Receipt, parse_receipts
from yinuo.web.api.problems import Problem, answer, new_request_id, to_json
from yinuo.workflows import tell

# What each gateway wants to read; anything else makes it send the same again.
ACCEPTED = {
    "aliyun": {"code": 0, "msg": "OK"},
    "tencent": {"result": 0, "errmsg": "OK"},
    "mail": {"result": "OK"},
}


@csrf_exempt
@require_POST
def take(request: HttpRequest, provider: str, secret: str) -> HttpResponse:
    """Receipts of an SMS gateway, or a mail that came back, posted whole.

    Neither is signed by its sender, so the address holds a secret; without RECEIPT_SECRET the
    address does not exist.
    """
    if not settings.RECEIPT_SECRET or provider not in ACCEPTED:
        raise Http404
    if not hmac.compare_digest(secret.encode(), settings.RECEIPT_SECRET.encode()):
        raise Http404
    try:
        if provider == "mail":
            _take_mail(request.body)
        else:
            _take_receipts(parse_receipts(provider, request.body))  # type: ignore[arg-type]
    except RequestDataTooBig:
        problem = Problem(413, "too_large", "一次最多 10 MB", "At most 10 MB at a time.")
        return answer(problem, new_request_id())
    except ValueError as wrong:
        problem = Problem(400, "bad_receipts", "回执格式不对", str(wrong))
        return answer(problem, new_request_id())
    return to_json(ACCEPTED[provider], 200)


def _take_mail(raw: bytes) -> None:
    # A mail that is no bounce of ours is none of our business; it is not sent again.
    bounce = parse_bounce(raw)
    if bounce is not None:
        tell.keep_bounce(bounce, now=clock.now())


def _take_receipts(receipts: list[Receipt]) -> None:
    for receipt in receipts:
        tell.keep_receipt(receipt, now=clock.now())
