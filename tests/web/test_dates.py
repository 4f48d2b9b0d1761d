"""How pages say by when, and how a car is called."""

from __future__ import annotations

import datetime as dt

import pytest

from yinuo.contexts.catalogue.rules import full_name
from yinuo.platform.spoken import CHINA
from yinuo.web.kit.dates import deadline

NOW = dt.datetime(2026, 2, 11, 9, 20, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (dt.datetime(2026, 2, 17, tzinfo=CHINA), "2月16日", "16 February"),
        (dt.datetime(2026, 2, 16, 16, tzinfo=dt.UTC), "2月16日", "16 February"),
        (dt.datetime(2026, 2, 17, 0, 1, tzinfo=CHINA), "2月17日 00:01", "17 February, 00:01"),
        (dt.datetime(2026, 2, 17, 18, tzinfo=CHINA), "2月17日 18:00", "17 February, 18:00"),
        (dt.datetime(2027, 1, 1, tzinfo=CHINA), "12月31日", "31 December"),
        (dt.datetime(2027, 1, 2, tzinfo=CHINA), "2027年1月1日", "1 January 2027"),
    ],
)
def test_a_midnight_is_the_day_that_ends_with_it(at: dt.datetime, zh: str, en: str) -> None:
    assert deadline(at, "zh", NOW) == zh
    assert deadline(at, "en", NOW) == en


@pytest.mark.parametrize(
    ("model", "spec", "name"),
    [
        ("云帆 A7", "A7 标准版 云白", "云帆 A7 标准版 云白"),
        ("Yunfan A7", "A7 Standard white", "Yunfan A7 Standard white"),
        ("云帆 S7", "标准版", "云帆 S7 标准版"),
        ("云帆 A7", "A7", "云帆 A7 A7"),
        ("云帆 A7", "A7L 标准版", "云帆 A7 A7L 标准版"),
        ("", "标准版", "标准版"),
    ],
)
def test_what_model_and_configuration_share_is_said_once(model: str, spec: str, name: str) -> None:
    assert full_name(model, spec) == name
