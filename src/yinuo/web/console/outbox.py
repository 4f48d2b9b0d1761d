"""The outbox: what would have gone out where no gateway is set up, to the letter."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yinuo.contexts.notices.queries import staff as notices
from yinuo.contexts.notices.queries.outbox import Kept
from yinuo.contexts.people.queries.people import StaffSeen
from yinuo.platform.channels.sms_text import sms_length, sms_parts
from yinuo.web.console.access import show
from yinuo.web.kit.demo import is_demo
from yinuo.web.kit.viewer import for_staff

PAGE = 50
KINDS = ("notices", "codes", "alerts")


def _kept(staff: StaffSeen, kind: str, before_id: int | None) -> list[Kept]:
    if kind == "notices":
        return notices.list_outbox_for_staff(staff.id, before_id=before_id, limit=PAGE + 1)
    channel = "SMS" if kind == "codes" else "CHAT"
    return notices.list_direct_for_staff(
        staff.id, channel=channel, before_id=before_id, limit=PAGE + 1
    )


@require_safe
@for_staff
def outbox(request: HttpRequest, staff: StaffSeen) -> HttpResponse:
    """Newest first, fifty a page; login codes only where nobody real logs in."""
    demo = is_demo()
    kinds = [kind for kind in KINDS if kind != "codes" or demo]
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else kinds[0]
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdigit() else None
    kept = _kept(staff, kind, before_id)
    signature = settings.MAKER_ZH
    context: dict[str, object] = {
        "kinds": kinds,
        "kind": kind,
        "kept": [
            (one, sms_length(one.text, signature), sms_parts(one.text, signature))
            for one in kept[:PAGE]
        ],
        "signature": signature,
        "older": kept[PAGE - 1].id if len(kept) > PAGE else None,
    }
    return show(request, staff, "outbox", context, tab="outbox")
