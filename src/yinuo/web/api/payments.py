"""What payment providers send: checked, stored, then applied; each reads the answer it expects."""

from __future__ import annotations

import logging
import os

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from yinuo.platform import clock
from yinuo.platform.pay.configure import installed_providers
from yinuo.platform.pay.port import Forged
from yinuo.workflows import money

LOG = logging.getLogger(__name__)
BYTES_MAX = 64 * 1024


@csrf_exempt
@require_POST
def notify(request: HttpRequest, provider: str) -> HttpResponse:
    """One message. Forged, too old or meant for others: 401, and nothing is kept of it.

    What is genuine is stored before it is answered; whether it can be applied now or only later
    changes nothing for its sender.
    """
    desk = installed_providers(os.environ, site=settings.SITE_URL).get(provider.upper())
    if desk is None or desk.name in ("SANDBOX", "BANK"):
        raise Http404
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    if len(body) > BYTES_MAX:
        return HttpResponse(status=413)
    try:
        message = desk.read(request.headers, body, clock.machine_now())
    except Forged as forged:
        LOG.warning("a message for %s was refused: %s", desk.name, forged)
        return HttpResponse("refused", status=401, content_type="text/plain")
    if message is not None:
        money.take_message(provider=desk.name, message=message, now=clock.now())
    reply = desk.reply(True)
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
