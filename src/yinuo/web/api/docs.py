"""One plain page that says what the API takes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yinuo.workflows.intake import FEEDS


def show(request: HttpRequest) -> HttpResponse:
    """The feeds with their fields, for a person who will write a sender."""
    zh = getattr(request, "language", "zh") == "zh"
    feeds = [
        {
            "name": name,
            "title": kind.zh if zh else kind.en,
            "fields": [
                {"name": one.name, "need": one.required, "about": one.zh if zh else one.en}
                for one in kind.schema.fields
            ],
        }
        for name, kind in FEEDS.items()
    ]
    return render(request, "api/docs.html", {"feeds": feeds, "zh": zh})
