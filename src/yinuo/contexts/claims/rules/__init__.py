"""What may be said in public, how it is set, what it needs, and when a post may be hidden."""

from yinuo.contexts.claims.rules.gate import (
    MISSING,
    ROOM,
    SIDES,
    Missing,
    Proof,
    Said,
    digest_of,
    is_day,
    missing,
    still_valid,
)
from yinuo.contexts.claims.rules.moderation import (
    APPEAL_TIME,
    REASON_CHARS_MAX,
    REASON_CHARS_MIN,
    author_code,
    is_about_criticism,
    seal,
)
from yinuo.contexts.claims.rules.personal import WORDS, find_personal, said
from yinuo.contexts.claims.rules.small_print import (
    COLOUR,
    FINDINGS,
    Finding,
    Layout,
    contrast,
    lint,
)
from yinuo.contexts.claims.rules.topics import CHANNELS, TOPICS, Topic
from yinuo.contexts.claims.rules.watch import facts_of

__all__ = [
    "APPEAL_TIME",
    "CHANNELS",
    "COLOUR",
    "FINDINGS",
    "MISSING",
    "REASON_CHARS_MAX",
    "REASON_CHARS_MIN",
    "ROOM",
    "SIDES",
    "TOPICS",
    "WORDS",
    "Finding",
    "Layout",
    "Missing",
    "Proof",
    "Said",
    "Topic",
    "author_code",
    "contrast",
    "digest_of",
    "facts_of",
    "find_personal",
    "is_about_criticism",
    "is_day",
    "lint",
    "missing",
    "said",
    "seal",
    "still_valid",
]
