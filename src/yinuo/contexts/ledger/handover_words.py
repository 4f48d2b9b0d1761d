"""How the facts of a hand-over read in a notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yinuo.contexts.ledger.phrases import Names, Parts, date_part, who_answers
from yinuo.contexts.ledger.queries import Recorded


def readable(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Where the damage is and what it is, in words; nothing for a fact without."""
    if "spot_zh" not in fields:
        return {}
    shown = bool(fields["photos_sha256"])
    return {
        "spot": fields[f"spot_{language}"],
        "what": fields[f"words_{language}"],
        "shown_zh": "照片在这里" if shown else "照片随后补上",
        "shown_en": "the photos are here" if shown else "photos follow",
    }


def damage_told(
    recorded: Recorded, said: str, promise: Mapping[str, Any] | None, names: Names, language: str
) -> Parts:
    """How known damage is told before the trip: staying away costs nothing."""
    zh = language == "zh"
    return Parts(
        headline="到店前先告诉您：车有损伤" if zh else "Before your visit: the car has damage",
        what=said,
        date=date_part(promise, language),
        can=(
            "您可以来看、让我们修好再来、换一台或退订。"
            if zh
            else "Come and see, wait for the repair, take another car, or cancel."
        ),
        by_when=(
            "不用急着选。没有告诉您的损伤，车不会拿出来验。"
            if zh
            else "There is no hurry. No car is shown while damage is untold."
        ),
        who=who_answers(recorded.payload, names, language),
    )
