"""From a TOML table to a typed `Rule`, refusing whatever a lawyer could have written by mistake."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from yinuo.engines.rules.expressions import (
    ExpressionError,
    Node,
    Scope,
    all_of,
    constant,
    negated,
)
from yinuo.engines.rules.faults import Unreadable
from yinuo.engines.rules.functions import Function
from yinuo.engines.rules.rule import (
    ACTIONS,
    EFFECTS,
    EXPECTED,
    LEVELS,
    MARKS,
    RISKS,
    Citation,
    Example,
    Exemption,
    Rule,
)
from yinuo.engines.rules.schema import WORD, Schema, read_citation
from yinuo.engines.rules.tables import Table, get, get_or, one_of, only, words
from yinuo.engines.rules.values import DATE, Kind, Value, WrongKind, accept, number, unit_of

RULE_ID = re.compile(r"[a-z0-9]+(?:\.[a-z0-9_]+)+")
PLACE = re.compile(r"\{([^{}]*)\}")
KEYS = (
    "id", "zh", "en", "says_zh", "says_en", "note_zh", "note_en", "sources", "from", "until",
    "effect", "level", "risk", "mark", "asked_at", "when", "kept", "params", "values",
    "exemptions", "examples",
)  # fmt: skip
EXAMPLE_KEYS = (
    "on", "facts", "like", "without", "expect", "kept", "action", "values", "first_day", "last_day",
)  # fmt: skip


def read_rule(table: Table, schema: Schema, functions: Mapping[str, Function]) -> Rule:
    """One version of a rule.

    Raises
    ------
    Unreadable
        Anything is missing, misspelled, ill-typed or contradicts its source.
    """
    only(table, *KEYS)
    identity = get(table, "id", str)
    if not RULE_ID.fullmatch(identity):
        raise Unreadable("id 应像 deposit.cap 这样写", "an id is written like deposit.cap")
    citations = _citations(table, schema)
    begins = get(table, "from", dt.date)
    ends = get(table, "until", dt.date) if "until" in table else None
    _check_dates(begins, ends, citations[0])
    scope = Scope(schema.kinds(), functions)
    params = _params(get_or(table, "params", dict, {}), scope)
    values = _values(get_or(table, "values", dict, {}), scope)
    condition = _condition(scope, get(table, "when", str))
    exemptions = tuple(_exemption(each, scope) for each in get_or(table, "exemptions", list, []))
    not_exempt = tuple(negated(each.when) for each in exemptions)
    rule = Rule(
        id=identity,
        title=words(table),
        says=words(table, "says_zh", "says_en"),
        note=words(table, "note_zh", "note_en") if "note_zh" in table else None,
        citations=citations,
        effective_from=begins,
        effective_until=ends,
        effect=one_of(table, "effect", EFFECTS),
        level=one_of(table, "level", LEVELS),
        risk=one_of(table, "risk", RISKS),
        mark=one_of(table, "mark", MARKS),
        asked_at=_moments(table, schema),
        condition=condition,
        when=all_of((condition, *not_exempt)) if exemptions else condition,
        kept=_condition(scope, get(table, "kept", str)) if "kept" in table else None,
        params=params,
        values=values,
        exemptions=exemptions,
        examples=_examples(get(table, "examples", list), schema, scope),
        texts=_texts(table),
    )
    _check_powers(rule)
    _check_places(rule)
    _check_examples(rule)
    return rule


def _citations(table: Table, schema: Schema) -> tuple[Citation, ...]:
    texts = get_or(table, "sources", list, [])
    if not texts:
        raise Unreadable("没有写法律依据（sources）", "it has no source (sources)")
    return tuple(read_citation(str(text), schema.sources) for text in texts)


def _check_dates(begins: dt.date, ends: dt.date | None, first: Citation) -> None:
    """A rule is in force within the days of its first source."""
    source = first.source
    if ends is not None and ends <= begins:
        raise Unreadable("until 应晚于 from", "until must be later than from")
    if begins < source.valid_from:
        raise Unreadable(
            f"施行日期 {begins} 早于依据的施行日期 {source.valid_from}",
            f"it begins on {begins}, before its source does ({source.valid_from})",
        )
    if source.valid_until and (ends is None or ends > source.valid_until):
        raise Unreadable(
            f"依据 {source.valid_until} 起失效，规则却没有结束",
            f"its source ends on {source.valid_until}, the rule does not",
        )


def _params(table: Table, scope: Scope) -> dict[str, Value]:
    """Named constants; the last word of a number's name is its unit."""
    params: dict[str, Value] = {}
    for name, raw in table.items():
        unit = unit_of(name)
        kind = DATE if isinstance(raw, dt.date) else number(unit)
        if not WORD.fullmatch(name) or (kind != DATE and not unit):
            raise Unreadable(f"参数“{name}”的名字里没有单位", f"param {name!r} names no unit")
        try:
            params[name] = accept(kind, raw)
        except WrongKind as failure:
            raise Unreadable(f"参数“{name}”：{failure.zh}", f"param {name}: {failure}") from None
        scope.names[name] = constant(params[name], kind)
    return params


def _values(table: Table, scope: Scope) -> dict[str, Node]:
    """Named results, each free to use the ones above it."""
    found: dict[str, Node] = {}
    for name, text in table.items():
        node = _expression(scope, str(text))
        if not WORD.fullmatch(name) or name in scope.names:
            raise Unreadable(f"“{name}”重复或写法不对", f"{name!r} is taken or no name")
        if node.kind.unit != unit_of(name) or (node.kind == DATE) != name.endswith("_date"):
            raise Unreadable(
                f"“{name}”算出来是 {node.kind}，名字要说清单位",
                f"{name!r} is {node.kind}: its name must end in that",
            )
        found[name] = scope.names[name] = node
    return found


def _expression(scope: Scope, text: str) -> Node:
    try:
        return scope.compile(text)
    except ExpressionError as failure:
        raise Unreadable(f"条件写错了：{failure}", str(failure)) from None


def _condition(scope: Scope, text: str) -> Node:
    try:
        return scope.condition(text)
    except ExpressionError as failure:
        raise Unreadable(f"条件写错了：{failure}", str(failure)) from None


def _exemption(table: Table, scope: Scope) -> Exemption:
    only(table, "id", "zh", "en", "when")
    return Exemption(
        get(table, "id", str), words(table), _condition(scope, get(table, "when", str))
    )


def _moments(table: Table, schema: Schema) -> tuple[str, ...]:
    asked = tuple(map(str, get(table, "asked_at", list)))
    for moment in asked:
        if moment not in schema.moments:
            raise Unreadable(f"没有“{moment}”这个环节", f"no moment is called {moment!r}")
    if not asked:
        raise Unreadable("没有写在哪个环节问", "asked_at is empty: it would never be asked")
    return asked


def _examples(tables: list[Any], schema: Schema, scope: Scope) -> tuple[Example, ...]:
    """Examples; `like = 1` starts from the facts of the first one."""
    found: list[Example] = []
    for table in tables:
        only(table, *EXAMPLE_KEYS)
        facts: dict[str, Value] = {}
        if "like" in table:
            place = get(table, "like", int)
            if not 1 <= place <= len(found):
                raise Unreadable("like 指向后面的例子", "like names no earlier example")
            facts |= found[place - 1].facts
        facts |= schema.read_facts(get_or(table, "facts", dict, {}))
        for name in get_or(table, "without", list, []):
            facts.pop(str(name), None)
        found.append(
            Example(
                get(table, "on", dt.date),
                facts,
                one_of(table, "expect", EXPECTED),
                get(table, "kept", bool) if "kept" in table else None,
                one_of(table, "action", ACTIONS) if "action" in table else None,
                _expected(get_or(table, "values", dict, {}), scope),
                get_or(table, "first_day", bool, default=False),
                get_or(table, "last_day", bool, default=False),
            )
        )
    return tuple(found)


def _expected(table: Table, scope: Scope) -> dict[str, Value]:
    """Values an example says must come out."""
    for name in table:
        if name not in scope.names:
            raise Unreadable(f"没有“{name}”这个结果", f"no value is called {name!r}")
    kinds: dict[str, Kind] = {name: scope.names[name].kind for name in table}
    return {
        name: value if kinds[name].name == "number" else accept(kinds[name], value)
        for name, value in table.items()
    }


def _texts(table: Table) -> dict[str, str]:
    texts = {"when": get(table, "when", str)}
    if "kept" in table:
        texts["kept"] = get(table, "kept", str)
    for name, text in get_or(table, "values", dict, {}).items():
        texts[name] = str(text)
    for each in get_or(table, "exemptions", list, []):
        texts[f"unless {each['id']}"] = str(each["when"])
    return texts


def _check_powers(rule: Rule) -> None:
    """A rule from memory may warn, never block; what can be broken says how to tell."""
    if rule.mark == "V3" and (rule.effect == "block" or rule.level == "L1"):
        raise Unreadable(
            "V3（凭记忆）的规则只能提醒，不能拦截",
            "a rule from memory (V3) may warn, never block",
        )
    if rule.effect == "block" and rule.level == "L4":
        raise Unreadable("拦截不能只是记录", "a block cannot be a mere log (L4)")
    if rule.kept and rule.effect not in ("duty", "deadline"):
        raise Unreadable("只有 duty 和 deadline 才有 kept", "only a duty or a deadline can be kept")
    if rule.effect in ("duty", "deadline") and not rule.kept:
        raise Unreadable("没有写怎样算做到（kept）", "nothing says when it is kept")
    if rule.effect in ("deadline", "calc") and not rule.values:
        raise Unreadable("没有写算什么（values）", "it works nothing out (values)")


def _check_places(rule: Rule) -> None:
    """Sentences speak only of what the rule knows."""
    known = {*rule.params, *rule.values, *rule.facts()}
    for text in (rule.says.zh, rule.says.en):
        for name in PLACE.findall(text):
            if name not in known:
                raise Unreadable(f"句子里的“{name}”没有定义", f"the sentence speaks of {name!r}")


def _check_examples(rule: Rule) -> None:
    """Two examples at least each way, what follows, and the borders of the version."""
    good = [
        (each.kept is not False) if rule.kept and each.expect == "holds" else each.expect == "not"
        for each in rule.examples
        if each.expect != "cannot_tell"
    ]
    if min(good.count(True), good.count(False)) < 2:
        raise Unreadable(
            "合规和违规（成立和不成立）的例子各要有两个", "it needs two examples each way"
        )
    if not any(each.action for each in rule.examples):
        raise Unreadable("没有写该怎么办的例子（action）", "no example says what follows (action)")
    if not any(each.first_day for each in rule.examples):
        raise Unreadable("没有施行首日的例子", "no example stands on its first day (first_day)")
    if rule.effective_until and not any(each.last_day for each in rule.examples):
        raise Unreadable("没有末日的例子", "no example stands on its last day (last_day)")
