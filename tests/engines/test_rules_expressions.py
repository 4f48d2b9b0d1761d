"""The condition language: typed before it runs, always ending, honest about what is not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.rules.calendar import WorkCalendar
from yinuo.engines.rules.expressions import ExpressionError, Node, Scope, constant
from yinuo.engines.rules.functions import make_functions
from yinuo.engines.rules.values import DATE, YES_NO, Kind, Value, number

FACTS = {
    "a.p": YES_NO,
    "a.q": YES_NO,
    "a.r": YES_NO,
    "a.paid_fen": number("fen"),
    "a.price_fen": number("fen"),
    "a.km": number("km"),
    "a.done_date": DATE,
    "a.stage": Kind("one_of", options=frozenset({"new", "old"})),
    "a.means": Kind("some_of", options=frozenset({"bold", "box"})),
}
CALENDAR = WorkCalendar(years=frozenset({2026}))
TENTH: dict[str, Value] = {"a.price_fen": 10}
NEW_YEAR: dict[str, Value] = {"a.done_date": dt.date(2026, 1, 1)}


def make_scope() -> Scope:
    scope = Scope(FACTS, make_functions(CALENDAR))
    scope.names["cap_bp"] = constant(2000, number("bp"))
    scope.names["wait_days"] = constant(10, number("days"))
    scope.names["wait_workdays"] = constant(10, number("workdays"))
    scope.names["twice_times"] = constant(2, number("times"))
    return scope


def run(text: str, facts: Mapping[str, Value]) -> Value | None:
    found: Value | None = make_scope().compile(text).run(facts)
    return found


@pytest.mark.parametrize(
    ("text", "facts", "value"),
    [
        ("a.paid_fen > share_down(a.price_fen, cap_bp)", TENTH | {"a.paid_fen": 3}, True),
        ("a.paid_fen > share_down(a.price_fen, cap_bp)", TENTH | {"a.paid_fen": 2}, False),
        ("max(a.paid_fen - a.price_fen, 0)", {"a.paid_fen": 2, "a.price_fen": 10}, 0),
        ("a.paid_fen * twice_times + 1", {"a.paid_fen": 2}, 5),
        ("a.paid_fen if a.p else a.price_fen", {"a.p": False, "a.price_fen": 7}, 7),
        ("a.stage in ('new', 'old')", {"a.stage": "old"}, True),
        ("a.stage not in ('new',)", {"a.stage": "old"}, True),
        ("'bold' in a.means", {"a.means": frozenset({"box"})}, False),
        ("a.done_date <= days_after(a.done_date, wait_days)", NEW_YEAR, True),
        (
            "workdays_after(a.done_date, wait_workdays)",
            {"a.done_date": dt.date(2026, 1, 2)},
            dt.date(2026, 1, 16),
        ),
        ("not a.p or a.q", {"a.p": False}, True),
        ("a.p and a.q", {"a.q": False}, False),
    ],
)  # fmt: skip
def test_what_expressions_say(text: str, facts: Mapping[str, Value], value: Value) -> None:
    assert run(text, facts) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.nothing", "'a.nothing' is no known fact"),
        ("cap", "'cap' is no known parameter"),
        ("a.paid_fen", "a condition must be yes_no"),
        ("a.paid_fen > a.km", "number of fen and number of km do not fit"),
        ("a.paid_fen + a.done_date > 0", "no arithmetic"),
        ("a.paid_fen > 500", "500 stands in the text"),
        ("a.paid_fen * a.price_fen > 0", "product with a number of times"),
        ("a.paid_fen / twice_times > 0", "only +, -"),
        ("a.p and a.paid_fen", "is number of fen, not yes_no"),
        ("not a.km", "is number of km, not yes_no"),
        ("a.p > a.q", "has no order"),
        ("a.stage == 'older'", "do not fit"),
        ("'italic' in a.means", "cannot be in"),
        ("a.stage < 'old'", "has no order"),
        ("a.done_date == a.km", "do not fit"),
        ("a.p is a.q", "compare"),
        ("0 < a.km < a.km", "not part of the language"),
        ("share_down(a.km, cap_bp) > 0", "do not fit"),
        ("share_down(a.paid_fen) > 0", "takes 2 values, not 1"),
        ("open('x') == 1", "no known function"),
        ("a.p.__class__", "no known fact"),
        ("__import__('os').system('true')", "not part of the language"),
        ("[x for x in a.means]", "not part of the language"),
        ("(lambda: a.p)()", "not part of the language"),
        ("a.p := True", "not an expression"),
        ("a.p and", "not an expression"),
        ("", "not an expression"),
        ("1.5 > 0", "stands in the text"),
        ("max(a.p, a.q)", "has no order"),
        ("a.p if a.q else a.km", "do not fit"),
        ("a.p" + " and a.p" * 200, "longer than"),
        ("a.means == a.means", "has no order"),
    ],
)
def test_what_is_refused_before_any_fact_is_seen(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said.replace("+", r"\+")):
        make_scope().condition(text)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        node = make_scope().compile(text)
    except ExpressionError:
        return
    node.run({})
    assert node.run({}) is not None or node.missing({})


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    """A condition over three facts, as deep as `depth`."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a.p", "a.q", "a.r", "True", "False"]))
    inner = conditions(depth=depth - 1)
    shape = draw(
        st.sampled_from(["not ({})", "({}) and ({})", "({}) or ({})", "({}) if ({}) else ({})"])
    )
    return shape.format(*(draw(inner) for _ in range(shape.count("{}"))))


def completions(known: Mapping[str, Value]) -> list[dict[str, Value]]:
    """Every way to fill in what is not known."""
    names = [name for name in ("a.p", "a.q", "a.r") if name not in known]
    return [{**known, **dict(zip(names, each, strict=True))}
            for each in product((True, False), repeat=len(names))]  # fmt: skip


@given(conditions(), st.dictionaries(st.sampled_from(["a.p", "a.q", "a.r"]), st.booleans()))
@settings(max_examples=400, deadline=None)
def test_an_answer_stands_whatever_the_unknown_facts_turn_out_to_be(
    text: str, known: dict[str, bool]
) -> None:
    node: Node = make_scope().condition(text)
    answer = node.run(known)
    if answer is None:
        missing = node.missing(known)
        assert missing
        assert not missing & known.keys()
        told = {**known, **dict.fromkeys(missing, True)}
        assert node.run(told) is not None
    else:
        assert not node.missing(known)
        assert {node.run(each) for each in completions(known)} == {answer}


@given(conditions())
@settings(max_examples=200, deadline=None)
def test_with_all_facts_known_it_is_ordinary_logic(text: str) -> None:
    node = make_scope().condition(text)
    for facts in completions({}):
        plain = text.replace("a.", "a_")
        expected = eval(plain, {name.replace(".", "_"): value for name, value in facts.items()})
        assert node.run(facts) is expected


def test_a_part_that_others_settle_is_not_asked_for() -> None:
    node = make_scope().condition("a.p and (a.q or a.r)")
    assert node.missing({"a.p": True}) == {"a.q", "a.r"}
    assert node.missing({"a.p": True, "a.q": False}) == {"a.r"}
    assert node.missing({"a.p": False}) == frozenset()


def test_working_days_of_an_unpublished_year_are_unknown() -> None:
    node = make_scope().compile("workdays_after(a.done_date, wait_workdays)")
    facts = {"a.done_date": dt.date(2026, 12, 28)}
    assert node.run(facts) is None
    assert node.missing(facts) == {"calendar"}
