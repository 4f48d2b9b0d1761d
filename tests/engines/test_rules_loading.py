"""A rule pack that is wrong is refused, with the file, the rule and the reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import pytest

from yinuo.engines.rules import PackError, read_pack

GROUND = """
[moment]
order = { zh = "下单时", en = "at the order" }

[source.law]
zh = "《法》"
en = "Law"
instrument_zh = "主席令第1号"
instrument_en = "Order 1"
from = 2021-01-01
until = 2026-01-01
source_id = "somewhere"

[fact.deposit]
amount_fen = { type = "number", unit = "fen", zh = "金额", en = "amount" }
taken = { type = "yes_no", zh = "收了", en = "taken" }
kind = { type = "one_of", words = ["small", "big"], zh = "种类", en = "kind" }
"""
RULE = """
[[rule]]
id = "deposit.cap"
zh = "上限"
en = "the cap"
says_zh = "最多 {cap_fen}。"
says_en = "At most {cap_fen}."
sources = ["law:586.2"]
from = 2021-01-01
until = 2026-01-01
effect = "block"
level = "L1"
risk = "high"
mark = "V1"
asked_at = ["order"]
params = { cap_fen = 100 }
when = "deposit.taken and deposit.amount_fen > cap_fen"
examples = [
  FIRST,
  LAST,
  { on = 2022-01-01, like = 1, expect = "holds" },
  { on = 2022-01-01, like = 2, expect = "not" },
]
""".replace(
    "FIRST",
    '{ on = 2021-01-01, first_day = true, expect = "holds", action = "stop", '
    "facts = { deposit = { taken = true, amount_fen = 101 } } }",
).replace(
    "LAST",
    '{ on = 2025-12-31, last_day = true, expect = "not", '
    "facts = { deposit = { taken = true, amount_fen = 100 } } }",
)


def read(rule: str = RULE, ground: str = GROUND, **more: str) -> None:
    texts: Mapping[str, str] = {"ground.toml": ground, "money.toml": rule, **more}
    read_pack("cn", texts)


def faults(rule: str = RULE, ground: str = GROUND, **more: str) -> list[str]:
    with pytest.raises(PackError) as refused:
        read(rule, ground, **more)
    assert all(fault.said("zh") for fault in refused.value.faults)
    return [fault.said("en") for fault in refused.value.faults]


def test_the_sound_rule_is_read() -> None:
    read()


def edit(old: str, new: str) -> str:
    assert RULE.count(old) >= 1, old
    return RULE.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sources = ["law:586.2"]', "sources = []", "it has no source"),
        ('sources = ["law:586.2"]\n', "", "it has no source"),
        ("law:586.2", "code:586.2", "sources.toml has no 'code'"),
        ("law:586.2", "law:art 586", "'art 586' is no article"),
        ("until = 2026-01-01", "until = 2021-01-01", "until must be later than from"),
        ("from = 2021-01-01\nuntil", "from = 2020-12-31\nuntil", "before its source does"),
        ("until = 2026-01-01", "until = 2026-01-02", "its source ends on 2026-01-01"),
        ("until = 2026-01-01\n", "", "its source ends on 2026-01-01"),
        ("deposit.amount_fen >", "deposit.sum_fen >", "'deposit.sum_fen' is no known fact"),
        ("> cap_fen", "> 100", "100 stands in the text"),
        ("> cap_fen", "> limit_fen", "'limit_fen' is no known parameter"),
        ("deposit.taken and", "deposit.kind and", "is one_of, not yes_no"),
        ('> cap_fen"', '"', "is number of fen, not yes_no"),
        ("cap_fen = 100", "cap = 100", "param 'cap' names no unit"),
        ("cap_fen = 100", "cap_fen = 1.5", "param cap_fen"),
        ("cap_fen = 100", "cap_km = 100", "'cap_fen' is no known parameter"),
        ("{cap_fen}。", "{most_fen}。", "speaks of 'most_fen'"),
        ('mark = "V1"', 'mark = "V3"', "may warn, never block"),
        ('mark = "V1"', 'mark = "V4"', "'mark' must be one of V1, V2, V3"),
        ('level = "L1"', 'level = "L4"', "cannot be a mere log"),
        ('effect = "block"', 'effect = "duty"', "nothing says when it is kept"),
        ('effect = "block"', 'effect = "calc"', "it works nothing out"),
        ('mark = "V1"', 'mark = "V1"\nkept = "deposit.taken"', "only a duty or a deadline"),
        ('effect = "block"\n', "", "'effect' is missing"),
        ('id = "deposit.cap"', 'id = "Deposit Cap"', "written like deposit.cap"),
        ('zh = "上限"', 'zh = ""', "'zh' is missing"),
        ('zh = "上限"', 'zh = 5', "'zh' should be str"),
        ('risk = "high"', 'risk = "high"\nrisks = 1', "unknown: risks"),
        ('["order"]', '["tea"]', "no moment is called 'tea'"),
        ('["order"]', "[]", "asked_at is empty"),
        ("amount_fen = 101", "amount_fen = -1", "deposit.amount_fen: -1 is outside"),
        ("amount_fen = 101", "sum_fen = 101", "no fact is called 'deposit.sum_fen'"),
        ("amount_fen = 101", 'amount_fen = "101"', "amount_fen: '101' is not number of fen"),
        ('expect = "holds"', 'expect = "yes"', "'expect' must be one of"),
        ("first_day = true, ", "", "no example stands on its first day"),
        ("last_day = true, ", "", "no example stands on its last day"),
        (', action = "stop"', "", "no example says what follows"),
        ('like = 2, expect = "not"', 'like = 2, expect = "holds"', "two examples each way"),
        ("last_day = true, ", "last_day = true, like = 2, ", "like names no earlier example"),
        ("last_day = true, ", "last_day = true, values = { x_fen = 1 }, ", "no value is called"),
        ("params = {", 'values = { sum_km = "cap_fen" }\nparams = {', "its name must end in that"),
        ("params = {", 'values = { cap_fen = "cap_fen" }\nparams = {', "is taken or no name"),
    ],
)  # fmt: skip
def test_a_faulty_rule_is_refused_by_name(old: str, new: str, said: str) -> None:
    found = faults(edit(old, new))
    assert len(found) == 1
    assert found[0].startswith("money.toml [")
    assert said in found[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "fen"', 'unit = "yuan"', "no unit is called 'yuan'"),
        ('unit = "fen"', 'unit = "km"', "should end in its unit 'km'"),
        ("taken = {", "taken_fen = {", "should end in its unit ''"),
        ("taken = {", "taken_date = {", "only dates, end in _date"),
        ('type = "yes_no"', 'type = "bool"', "'type' must be one of"),
        ('words = ["small", "big"]', "words = []", "words may not be empty"),
        ("taken = {", "Taken = {", "is not subject.word"),
        ("source_id = ", "source = ", "unknown: source"),
        ("until = 2026-01-01", "until = 2020-01-01", "it ends before it begins"),
        ('order = { zh = "下单时", en', 'order = { zh = "", en', "'zh' is missing"),
    ],
)
def test_faulty_ground_is_refused(old: str, new: str, said: str) -> None:
    assert old in GROUND
    assert any(
        said in line and "ground.toml [" in line for line in faults(ground=GROUND.replace(old, new))
    )


def test_a_corrupt_character_is_refused_with_its_line() -> None:
    found = faults(edit("上限", "上\ufffd"))
    assert found == ["money.toml:4: a corrupt character (U+FFFD)"]


def test_text_that_is_no_toml_is_refused() -> None:
    assert "money.toml: not TOML" in faults("[[rule]\n")[0]


def test_an_unknown_table_is_refused() -> None:
    assert faults(RULE + "\n[rules]\nx = 1\n") == ["money.toml: unknown: rules"]


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ("rule = 1", "[[rule]]"),
        ('rule = ["x"]', "[[rule]]"),
        ("[case]\nid = 1", "[[case]]"),
        ("source = 3", "[source.NAME]"),
        ("[source]\nlaw = 1", "[source.NAME]"),
        ("[[fact]]", "[fact.SUBJECT.WORD]"),
        ("[fact]\ndeposit = 1", "[fact.SUBJECT.WORD]"),
        ("[fact.deposit]\ntaken = 1", "[fact.SUBJECT.WORD]"),
        ('moment = "x"', "[moment.NAME]"),
        ("year = [1]", "[year.2026]"),
    ],
)
def test_a_part_of_another_shape_is_refused(part: str, written: str) -> None:
    found = faults(**{"other.toml": part})
    assert f"other.toml [{part.strip('[').split()[0].split(']')[0].split('.')[0]}]" in found[0]
    assert found[0].endswith(f"should be written as {written}")


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (GROUND.partition("[source.law]")[0], "order"),
        ("[source.law]" + GROUND.partition("[source.law]")[2].partition("[fact")[0], "law"),
        ('[fact.deposit]\ntaken = { type = "yes_no", zh = "收", en = "x" }', "deposit.taken"),
    ],
)
def test_what_two_files_declare_is_refused(part: str, name: str) -> None:
    assert faults(**{"other.toml": part}) == [f"other.toml [{name}]: {name!r} is declared twice"]


YEAR = '[year.2026]\nnotice = "n"\nclosed = []\nworked = []\n'


def test_one_calendar_stands_in_one_file() -> None:
    read(**{"one.toml": YEAR})
    found = faults(**{"one.toml": YEAR, "two.toml": YEAR})
    assert found == ["two.toml [year]: 'year' is declared twice"]


@pytest.mark.parametrize(
    "deep", ["~" * 990 + "1", "a" + ".b" * 480, "not " * 240 + "deposit.taken"]
)
def test_an_expression_nested_without_end_is_refused(deep: str) -> None:
    found = faults(edit("deposit.taken and deposit.amount_fen > cap_fen", deep))
    assert found == ["money.toml [deposit.cap]: nested more than 40 deep"]


def test_nothing_is_in_an_empty_list() -> None:
    found = faults(edit("deposit.taken and", "deposit.kind in () and"))
    assert found == ["money.toml [deposit.cap]: 'deposit.kind' cannot be in an empty list"]


def test_versions_that_overlap_are_refused_across_files() -> None:
    later = (
        edit("2021-01-01", "2023-01-01")
        .replace("2022-01-01", "2024-01-01")
        .replace("2025-12-31", "2025-12-31")
    )
    found = faults(**{"other.toml": later})
    assert found == ["other.toml [deposit.cap]: two versions overlap on 2023-01-01"]


def test_versions_that_meet_are_fine() -> None:
    first = edit("until = 2026-01-01", "until = 2023-01-01").replace("2025-12-31", "2022-12-31")
    later = edit("2021-01-01", "2023-01-01").replace("2022-01-01", "2024-01-01")
    read(first, **{"other.toml": later})


def test_all_faults_are_told_at_once() -> None:
    bad = edit('mark = "V1"', 'mark = "V3"') + edit("law:586.2", "nix:1").replace('cap"', 'low"', 1)
    assert len(faults(bad)) == 2


CASE = """
[[case]]
id = "story"
zh = "故事"
en = "a story"

[[case.steps]]
on = 2022-01-01
zh = "一"
en = "one"
rules = ["deposit.cap"]
clearance = "go"
expect = { "deposit.cap" = "not" }
facts = { deposit = { taken = false } }
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('rules = ["deposit.cap"]', 'rules = ["x.y"]', "no rule is called 'x.y'"),
        ('rules = ["deposit.cap"]', 'at = "tea"', "no moment 'tea'"),
        ("taken = false", "took = false", "no fact is called 'deposit.took'"),
        ('zh = "故事"\n', "", "'zh' is missing"),
        ('clearance = "go"\n', "", "'clearance' is missing"),
    ],
)
def test_a_faulty_case_is_refused(old: str, new: str, said: str) -> None:
    read(RULE + CASE)
    assert old in CASE
    found = faults(RULE + CASE.replace(old, new))
    assert said in found[0]
    assert "[story]" in found[0]


def test_a_year_of_the_calendar_needs_its_notice() -> None:
    days = '[year.2026]\nclosed = ["01-01"]\nworked = []\n'
    assert "'notice' is missing" in faults(**{"calendar.toml": days})[0]
    assert tomllib.loads(days)
    read(**{"calendar.toml": days + 'notice = "国办发明电"\n'})
    wrong = days.replace("01-01", "13-01") + 'notice = "国办发明电"\n'
    assert "calendar.toml [year]: cannot be read" in faults(**{"calendar.toml": wrong})[0]
