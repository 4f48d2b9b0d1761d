"""The public folder of the log as files, for people and programs that check it themselves.

Any file server can stand in for this view: a name is a path inside the folder and nothing else.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
# What never changes once it is written; what grows or is replaced.
FOR_EVER, FRESH = "public, max-age=31536000, immutable", "no-store"
# A place in the tree: 000, or x001/x234/067; a part of a tile ends with its width. Numbers of
# entries stay below 10**16, so five groups name every tile.
PLACE = r"(?:x\d{3}/){0,4}\d{3}(?:\.p/(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]))?"
SORTS = [
    (re.compile(form, re.ASCII), content_type, caching)
    for form, content_type, caching in (
        (r"checkpoint", TEXT, FRESH),
        (rf"tile/(?:\d|[1-5]\d|6[0-3])/{PLACE}", BYTES, FOR_EVER),
        (rf"tile/entries/{PLACE}", BYTES, FOR_EVER),
        (r"checkpoints/\d{4}-\d\d-\d\d", TEXT, FRESH),
        (r"heads/\d{1,16}/index", BYTES, FOR_EVER),
        (r"heads/\d{1,16}/[0-9a-f]{4}", TEXT, FOR_EVER),
        (r"anchors/\d{1,16}\.tsr", "application/timestamp-reply", FOR_EVER),
        (r"blob/[0-9a-f]{64}", TEXT, FOR_EVER),
        (r"rules/\d{1,6}\.json", "application/json", FOR_EVER),
        (r"policy|verify\.py", TEXT, FRESH),
    )
]


@require_safe
def serve(_request: HttpRequest, name: str) -> HttpResponse:
    """The file of this name; 404 in plain text for one that is not there or is no name of ours."""
    found = next((sort for sort in SORTS if sort[0].fullmatch(name)), None)
    if found is None:
        return _answer(b"not found\n", TEXT, FRESH, 404)
    _, content_type, caching = found
    try:
        content = (settings.LOG_DIR / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return _answer(b"not found\n", TEXT, FRESH, 404)
    return _answer(content, content_type, caching)


def _answer(content: bytes, content_type: str, caching: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type, status=status)
    response["Cache-Control"] = caching
    # A page of somebody else may check the log in its reader's browser.
    response["Access-Control-Allow-Origin"] = "*"
    return response
