"""The factors of a move in words: days that add up, the same on every channel."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from tests.contexts.ledger.samples import MOVE, WINDOW
from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.factors import (
    FACTORS,
    factor_of,
    factor_words,
    join_shares,
    shares_of,
    shares_words,
    signed_days,
)
from yinuo.contexts.ledger.queries import Recorded
from yinuo.contexts.ledger.wording import parts_of, say, shares_told

NAMES = {"stf_minmin": "王敏", "": "王敏"}
AT = dt.datetime(2026, 2, 11, 1, 20, tzinfo=dt.UTC)


def payload(factors: dict[str, tuple[int, int]], **changed: Any) -> dict[str, Any]:
    """A move of so many days by factor: of the middle, of the latest date."""
    days = sum(middle for middle, _ in factors.values())
    back = dt.timedelta(days=days)
    return {
        **MOVE,
        "old_from": (dt.date.fromisoformat(MOVE["window_from"]) - back).isoformat(),
        "old_until": (dt.date.fromisoformat(MOVE["window_until"]) - back).isoformat(),
        "factors": list(factors),
        "factor_refs": ["pln_1"] * len(factors),
        "factor_days": [str(middle) for middle, _ in factors.values()],
        "factor_latest_days": [str(latest) for _, latest in factors.values()],
        "days_later": max(days, 0),
        "days_earlier": max(-days, 0),
        **changed,
    }


def move(factors: dict[str, tuple[int, int]], **changed: Any) -> Recorded:
    public = {"weeks": ["2026-W10", "2026-W11"], "code": "PLANT_SLOWER"}
    return Recorded(1, "promise.revised", 1, 1, payload(factors, **changed), public, AT)


TWO = {"PLAN": (9, 11), "TRANSPORT": (-2, 0)}


@pytest.mark.need(22)
def test_days_of_a_move_read_as_a_sum() -> None:
    shares = shares_of(payload(TWO))
    assert shares_words(shares, "zh") == "工厂计划 +9 天，运输 −2 天，合计 +7 天。"
    assert shares_words(shares, "en") == (
        "The plant's plan +9 days, transport −2 days, together +7 days."
    )
    assert sum(one.latest_days for one in shares) == 11


def test_one_factor_needs_no_sum_and_a_still_middle_no_words() -> None:
    assert shares_words(shares_of(payload({"CHECK": (1, 1)})), "zh") == "质量检查 +1 天。"
    assert shares_words(shares_of(payload({"CHECK": (1, 1)})), "en") == "The quality check +1 day."
    assert shares_words(shares_of(payload({"CHECK": (0, 3)})), "zh") == ""
    assert shares_words([], "en") == ""


@pytest.mark.need(22)
def test_history_and_notice_tell_the_same_days() -> None:
    entry = move(TWO, cause="PLANT_SLOWER")
    zh, en = "工厂计划 +9 天，运输 −2 天，合计 +7 天。", "transport −2 days, together +7 days."
    assert say(entry, "zh").endswith(f"原因：工厂产量低于计划。{zh}")
    assert say(entry, "en").endswith(f". The plant's plan +9 days, {en}")
    assert f"其中：{zh}" in parts_of([entry], WINDOW, NAMES, "zh").what
    assert f"Made of: the plant's plan +9 days, {en}" in parts_of([entry], WINDOW, NAMES, "en").what


def test_a_notice_with_one_reason_does_not_say_it_twice() -> None:
    assert "其中" not in parts_of([move({"TRANSPORT": (6, 6)})], WINDOW, NAMES, "zh").what


def test_several_moves_told_together_add_up_by_factor() -> None:
    first = payload({"PLAN": (4, 4), "TRANSPORT": (2, 3)})
    second = payload({"TRANSPORT": (-2, -1), "CHECK": (5, 6)})
    joined = {one.factor: (one.days, one.latest_days) for one in join_shares([first, second], 9)}
    assert joined == {"PLAN": (4, 4), "TRANSPORT": (0, 2), "CHECK": (5, 6)}
    # Each move was rounded by itself; together they are a day less.
    rounded = join_shares([first, second], 8)
    assert sum(one.days for one in rounded) == 8
    assert rounded[-1].factor == "REST"


def test_the_rest_stands_last_and_the_largest_first() -> None:
    shares = shares_of(payload({"REST": (5, 5), "TRANSPORT": (1, 1), "PLAN": (-3, 0)}))
    assert [one.factor for one in shares] == ["PLAN", "TRANSPORT", "REST"]


@pytest.mark.need(22)
def test_moves_told_in_one_notice_sum_to_its_headline() -> None:
    moves = [
        move({"PLAN": (3, 3)}, old_from="2026-02-24", old_until="2026-03-06",
             window_from="2026-02-27", window_until="2026-03-09"),
        move({"TRANSPORT": (4, 4)}, old_from="2026-02-27", old_until="2026-03-09",
             window_from="2026-03-02", window_until="2026-03-14"),
    ]  # fmt: skip
    parts = parts_of(moves, WINDOW, NAMES, "zh")
    total = sum(one.days for one in shares_told(moves))
    assert parts.headline == f"比上次晚 {total} 天"
    assert f"合计 {signed_days(total, 'zh')}" in parts.what


def test_an_entry_without_factors_is_said_without_them() -> None:
    old = {key: value for key, value in MOVE.items() if not key.startswith("factor")}
    assert shares_of(old) == []


@pytest.mark.parametrize("code", CAUSES)
def test_every_cause_has_a_factor_with_words(code: str) -> None:
    assert factor_of(code) in FACTORS


def test_factors_have_plain_words_in_both_languages() -> None:
    for zh, en in FACTORS.values():
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert en.isascii()
        for jargon in ("Shapley", "因子", "归因", "P50", "factor", "P90"):
            assert jargon not in zh + en


def test_factors_that_cannot_be_told_apart_are_named_together() -> None:
    assert factor_words("HOLIDAYS+CENTRE", "zh") == "放假安排和交付中心排期"
    assert factor_words("HOLIDAYS+CENTRE+TRANSPORT", "en") == (
        "public holidays, the delivery centre and transport"
    )
