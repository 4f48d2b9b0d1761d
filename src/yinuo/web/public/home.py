"""The first page: what we promise, and the way to an order."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from yinuo.platform.ids import clean_code


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What we promise; `?code=` opens that order, after a login where one is needed."""
    code = clean_code(request.GET.get("code", ""))
    if code and code.isalnum():
        return redirect(f"/o/{code}")
    return render(request, "public/home.html", {"promises": [f"home.p{n}" for n in range(1, 6)]})
