"""What may be promised, when a promise moves, how it ends, and until when we owe an answer."""

from yinuo.contexts.promises.rules.evidence import explains
from yinuo.contexts.promises.rules.life import (
    AT_RISK,
    BROKEN,
    CALM,
    KEPT,
    LATE,
    RECOVERED,
    STAGES,
    stage_of,
)
from yinuo.contexts.promises.rules.outcome import (
    CANCELLED,
    HANDED_OVER,
    WARNING_KINDS,
    late_days,
    told_before,
    was_kept,
)
from yinuo.contexts.promises.rules.times import (
    FIRST_IS_NEWS,
    answer_by_at,
    choose_by_at,
    iso_week,
    last_note_at,
    next_update_at,
)
from yinuo.contexts.promises.rules.watch import Look, Memory, look
from yinuo.contexts.promises.rules.windows import (
    ODDS_PERCENT,
    Flags,
    Ints,
    Windows,
    must_revise,
    settle,
    windows_of,
)

__all__ = [
    "AT_RISK",
    "BROKEN",
    "CALM",
    "CANCELLED",
    "FIRST_IS_NEWS",
    "HANDED_OVER",
    "KEPT",
    "LATE",
    "ODDS_PERCENT",
    "RECOVERED",
    "STAGES",
    "WARNING_KINDS",
    "Flags",
    "Ints",
    "Look",
    "Memory",
    "Windows",
    "answer_by_at",
    "choose_by_at",
    "explains",
    "iso_week",
    "last_note_at",
    "late_days",
    "look",
    "must_revise",
    "next_update_at",
    "settle",
    "stage_of",
    "told_before",
    "was_kept",
    "windows_of",
]
