"""The facts of a visit to a centre, and of who is in charge."""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

WHERE = ("place_zh", "place_en")
WHO = ("answerer", "answer_by_at", "known_at")
VISIT = ("order", "visit", "visit_at", *WHERE, *WHO)
MOVED = (*VISIT, "old_at")
# A visit that cannot take place as booked: what it was to be, and the next free times.
LOST = ("order", "visit", "old_at", "offers", *WHERE, *WHO)

# Told at any hour: they change the customer's own day.
SAME_DAY_KINDS = frozenset(
    {"visit.moved_same_day", "visit.called_off_same_day", "visit.missed_by_us"}
)


def _kind(name: str, private: tuple[str, ...], zh: str, en: str) -> Kind:
    return Kind(name, "visit", "p", ("code",), private, True, zh, en)


MOVED_WORDS = (
    "到店时间从 {old_at} 改到 {visit_at}：{why_words}。",
    "Your visit moved from {old_at} to {visit_at}: {why_words}.",
)
CALLED_OFF_WORDS = (
    "{old_at} 的到店取消了：{why_words}。",
    "The visit of {old_at} is off: {why_words}.",
)

VISIT_KINDS = (
    _kind(
        "visit.booked",
        VISIT,
        "到店约好了：{visit_at}，{place}。",
        "Visit booked: {visit_at}, {place}.",
    ),
    _kind("visit.moved", MOVED, *MOVED_WORDS),
    _kind("visit.moved_same_day", MOVED, *MOVED_WORDS),
    _kind(
        "visit.cancelled",
        LOST,
        "您取消了 {old_at} 的到店。",
        "You cancelled the visit of {old_at}.",
    ),
    _kind("visit.called_off", LOST, *CALLED_OFF_WORDS),
    _kind("visit.called_off_same_day", LOST, *CALLED_OFF_WORDS),
    _kind(
        "visit.missed_by_us",
        LOST,
        "{old_at} 的到店，我们没有做到：{why_words}。",
        "We did not keep the visit of {old_at}: {why_words}.",
    ),
    _kind(
        "visit.missed_by_customer",
        LOST,
        "{old_at} 没有见到您。车和位置照旧留着。",
        "We did not see you on {old_at}. Car and place are kept.",
    ),
    _kind(
        "visit.tomorrow",
        VISIT,
        "提醒：{visit_at} 到店，{place}。",
        "Reminder: your visit is {visit_at}, {place}.",
    ),
    Kind(
        "owner.changed",
        "owner",
        "p",
        ("code",),
        ("order", *WHO),
        True,
        "换人负责：{owner_words}。",
        "Somebody else is in charge: {owner_words}.",
    ),
)
TOLD = tuple(kind.name for kind in VISIT_KINDS)
