"""What every template may use: the language, the type size, the reader, the time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from yinuo.platform import clock
from yinuo.web.kit.demo import is_demo
from yinuo.web.kit.viewer import Viewer, viewer_of


def _with(request: HttpRequest, **changed: str) -> str:
    """This page's address with other preferences; a form's answer goes back to its page."""
    query = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    return f"{request.path}?{urlencode({**query, **changed})}"


def kit(request: HttpRequest) -> dict[str, Any]:
    """The kit's part of every page."""
    language = getattr(request, "language", "zh")
    elder = getattr(request, "elder", False)
    return {
        "language": language,
        "html_language": "zh-CN" if language == "zh" else "en",
        "elder": elder,
        "viewer": viewer_of(request) if hasattr(request, "session") else Viewer(None, None),
        "now": clock.now(),
        "demo": is_demo(),
        "other_language_url": _with(request, lang="en" if language == "zh" else "zh"),
        "size_url": _with(request, big="0" if elder else "1"),
    }
