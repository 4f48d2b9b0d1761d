"""What was hidden in our community: under which rule, how often, and the author's appeal."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from yinuo.contexts.claims.operations import posts as hiding
from yinuo.contexts.claims.queries.posts import PostSeen, count_by_rule, get_post, list_posts
from yinuo.contexts.claims.rules import APPEAL_TIME
from yinuo.contexts.ledger.claims_codes import POST_RULES
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.throttle import count_try

SHOWN = 50
# A code has ten characters of 32; nobody finds it by trying, and nobody tries long.
TRIES, PERIOD = 20, dt.timedelta(hours=1)


@require_safe
def moderation(request: HttpRequest) -> HttpResponse:
    """The rules with their counts, and the newest posts."""
    counts = count_by_rule()
    context = {
        "counts": counts,
        "posts": list_posts(SHOWN),
        "total": sum(one.posts for one in counts),
        "restored": sum(one.restored for one in counts),
        "days": APPEAL_TIME.days,
    }
    return render(request, "public/moderation.html", context)


@require_safe
def download(_request: HttpRequest) -> HttpResponse:
    """The same for programs."""
    said = {
        "rules": [
            {**asdict(one), "zh": POST_RULES[one.rule][0], "en": POST_RULES[one.rule][1]}
            for one in count_by_rule()
        ],
        "posts": [_write(one) for one in list_posts(SHOWN)],
    }
    return JsonResponse(said, json_dumps_params={"ensure_ascii": False})


@require_http_methods(["GET", "HEAD", "POST"])
def post(request: HttpRequest, public_id: str) -> HttpResponse:
    """One hidden post; its author appeals with the code that came with the message."""
    found = get_post(public_id)
    if found is None:
        raise Http404
    if request.method != "POST":
        return render(request, "public/moderation_post.html", {"one": found, "days": _days()})
    typed = {name: request.POST.get(name, "") for name in ("code", "words")}
    try:
        _limit(public_id)
        hiding.appeal(public_id=public_id, now=clock.now(), **typed)
    except Refusal as refused:
        problem = refused.message(str(request.language))  # type: ignore[attr-defined]
        context = {"one": found, "days": _days(), "typed": typed, "problem": problem}
        return render(request, "public/moderation_post.html", context, status=409)
    return redirect(f"/public/moderation/{public_id}")


@require_safe
def download_post(_request: HttpRequest, public_id: str) -> HttpResponse:
    """One hidden post for programs."""
    found = get_post(public_id)
    if found is None:
        raise Http404
    return JsonResponse(_write(found), json_dumps_params={"ensure_ascii": False})


class TriedTooOften(Refusal):
    """So many codes were tried for one post."""

    code = "tried_too_often"
    zh = "试的次数太多，请一小时后再来。"
    en = "Too many tries; please come back in an hour."


def _limit(public_id: str) -> None:
    now = clock.machine_now()
    if count_try("appeal", public_id, limit=TRIES, period=PERIOD, now=now) is not None:
        raise TriedTooOften


def _days() -> int:
    return APPEAL_TIME.days


def _write(one: PostSeen) -> dict[str, object]:
    said = asdict(one)
    if one.appeal:
        del said["appeal"]["decider_id"]
    return {**said, "url": f"/public/moderation/{one.public_id}"}
