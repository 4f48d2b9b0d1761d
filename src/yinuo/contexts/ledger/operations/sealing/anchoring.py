"""Anchors: an authority of others says when a checkpoint existed.

The token stands in `anchors/<size>.tsr` and is over the checkpoint's text (its first three lines),
which is the same whoever signed it besides. Its digest is a leaf, so tokens cannot be exchanged.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from yinuo.contexts.ledger.log_folder import log_folder
from yinuo.contexts.ledger.models import Checkpoint, Entry
from yinuo.contexts.ledger.operations.facts import Fact, record
from yinuo.contexts.ledger.rules import Value
from yinuo.engines.tlog import split_note
from yinuo.platform.timestamps import Stamp

EVERY = dt.timedelta(hours=1)
ANCHORS = "anchors"


def text_to_anchor(*, now: dt.datetime, wanted: bool = False) -> tuple[int, bytes] | None:
    """Size and text of the newest published checkpoint, where it is time to have it stamped.

    That is an hour after the last time, or when it is `wanted`; never twice the same size.
    """
    newest = Checkpoint.objects.order_by("-id").first()
    if newest is None:
        return None
    last = Entry.objects.filter(kind="anchor.made").order_by("-id").first()
    if last is not None:
        # A clock that was set back must not end the anchors.
        early = abs(now - last.recorded_at) < EVERY and not wanted
        if early or Entry.objects.filter(change_key=f"anchor:{newest.size}").exists():
            return None
    return newest.size, split_note(newest.note)[0].encode()


def keep_anchor(*, size: int, stamp: Stamp, now: dt.datetime) -> None:
    """Put the token into the public folder and its digest into the log.

    The file comes first: whoever is killed between leaves a token that nobody was told of, and the
    next one takes its place.
    """
    folder = log_folder()
    with folder.writing():
        folder.add(f"{ANCHORS}/{size}.tsr", stamp.token, settled=False)
        folder.settle()
    with transaction.atomic():
        fields: dict[str, Value] = {"size": size, "digest": stamp.digest, "tsa": stamp.tsa}
        record(Fact("anchor.made", f"anchor:{size}", fields), now=now)
