"""Asking rules: which version, whether it applies, what follows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Final

from yinuo.engines.rules.decision import Decision, Finding
from yinuo.engines.rules.expressions import CALENDAR_GAP, Facts
from yinuo.engines.rules.pack import Pack
from yinuo.engines.rules.reading import PLACE
from yinuo.engines.rules.rule import Action, Expected, Level, Rule, Words
from yinuo.engines.rules.values import Value, spoken, unit_of

BY_LEVEL: Final[Mapping[Level, Action]] = {
    "L1": "stop",
    "L2": "person",
    "L3": "evidence",
    "L4": "log",
}
ANSWER: Final[Mapping[bool | None, Expected]] = {True: "holds", False: "not", None: "cannot_tell"}
BINDING: Final = ("block", "duty", "deadline")
NOTHING: Final = Words("", "")
TODAY: Final = "ask.today_date"
# A space sets off figures from Chinese; after a filled-in date or unit it would be one too many.
BETWEEN_CHINESE: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


def decide(
    pack: Pack,
    facts: Facts,
    on: dt.date,
    *,
    rule_ids: Iterable[str] | None = None,
    at: str | None = None,
) -> Decision:
    """What the rules in force on `on` say of `facts`.

    Parameters
    ----------
    pack : Pack
    facts : mapping of fact name to value
        Typed, as `Pack.read_facts` gives them. What is absent is unknown.
    on : date
        The day of the fact that is judged; not the day on which somebody asks.
    rule_ids : iterable of str, optional
        Ask exactly these.
    at : str, optional
        Ask every rule of this moment. With neither, every rule is asked of whose condition at
        least one fact is known (other than `ask.today_date`); with either, a rule that knows no
        fact says `cannot_tell`. Rules of a moment that are not in force on `on` are left out.

    Raises
    ------
    KeyError
        A rule or a moment that the pack does not have.
    """
    if rule_ids is not None:
        wanted = list(dict.fromkeys(rule_ids))
    elif at is not None:
        wanted = pack.asked_at(at)
    else:
        # The day of asking is known of everything and makes nothing relevant.
        known = facts.keys() - {TODAY}
        wanted = [each for each in pack.ids() if pack.asked_facts(each) & known]
    findings: list[Finding] = []
    asleep: list[str] = []
    read: set[str] = set()
    for rule_id in wanted:
        rule = pack.version(rule_id, on)
        if rule is None:
            if rule_ids is not None:
                asleep.append(rule_id)
            continue
        read |= rule.facts()
        findings.append(examine(pack, rule, facts))
    used = {name: facts[name] for name in sorted(read & facts.keys())}
    return Decision(on, pack.label, used, tuple(findings), tuple(asleep))


def examine(pack: Pack, rule: Rule, facts: Facts) -> Finding:
    """What one version of a rule says of `facts`."""
    answer: bool | None = rule.when.run(facts)
    kept: bool | None = rule.kept.run(facts) if rule.kept and answer else None
    missing = rule.when.missing(facts)
    if answer and rule.kept and kept is None:
        missing |= rule.kept.missing(facts)
    values: dict[str, Value] = {}
    if answer:
        for name, node in rule.values.items():
            value = node.run(facts)
            if value is None:
                missing |= node.missing(facts)
            else:
                values[name] = value
    exempt = tuple(each.id for each in rule.exemptions if each.when.run(facts) is True)
    says = Words(_fill(rule, facts, values, "zh"), _fill(rule, facts, values, "en"))
    return Finding(
        rule.id,
        rule.effective_from,
        rule.effect,
        rule.level,
        rule.mark,
        ANSWER[answer],
        kept,
        follow(rule, answer=answer, kept=kept),
        tuple(sorted(missing)),
        exempt if rule.condition.run(facts) is not False else (),
        values,
        rule.title,
        says if answer else NOTHING,
        Words(rule.law("zh"), rule.law("en")),
        _meanings(pack, missing),
    )


def follow(rule: Rule, *, answer: bool | None, kept: bool | None) -> Action:
    """What the product has to do.

    A rule from memory (V3) at most warns. A binding rule that cannot be told asks for its facts,
    unless all that could follow is a line in a log.
    """
    if answer is False:
        return "none"
    if answer is None or (answer and rule.kept and kept is None):
        binding = rule.effect in BINDING and rule.mark != "V3" and rule.level != "L4"
        return "ask" if binding else "unsure"
    if rule.effect in ("right", "calc") or kept:
        return "tell"
    if rule.effect == "warn" or rule.mark == "V3":
        return "warn"
    return BY_LEVEL[rule.level]


def scan(rule: Rule, columns: Mapping[str, Sequence[Value | None]], rows: int) -> list[bool | None]:
    """Whether one rule applies, for many rows at once; None where a row's facts do not tell.

    Parameters
    ----------
    rule : Rule
    columns : mapping of fact name to a sequence of `rows` values
        A fact without a column, or None in it, is unknown.
    rows : int

    Notes
    -----
    Rows that agree in all facts of the rule are judged once: a fleet has few different ones.

    Raises
    ------
    ValueError
        A column has another length.
    """
    names = sorted(set(rule.when.facts()) & columns.keys())
    for name in names:
        if len(columns[name]) != rows:
            raise ValueError(f"column {name} has {len(columns[name])} rows, not {rows}")
    judged: dict[tuple[Value | None, ...], bool | None] = {}
    answers: list[bool | None] = []
    unknown = object()
    lines = zip(*(columns[name] for name in names), strict=True) if names else repeat((), rows)
    for line in lines:
        answer = judged.get(line, unknown)
        if answer is unknown:
            facts = {n: v for n, v in zip(names, line, strict=True) if v is not None}
            answer = judged[line] = rule.when.run(facts)
        answers.append(answer)  # type: ignore[arg-type]
    return answers


def _fill(rule: Rule, facts: Facts, values: Mapping[str, Value], language: str) -> str:
    """The rule's sentence with its places filled; what is not known is said so."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = values.get(name, rule.params.get(name, facts.get(name)))
        if value is None:
            return "（待查）" if language == "zh" else "(not known)"
        return spoken(value, unit_of(name), language)

    said = PLACE.sub(fill, rule.says.said(language))
    return BETWEEN_CHINESE.sub("", said) if language == "zh" else said


def _meanings(pack: Pack, missing: Iterable[str]) -> Words:
    """What the missing facts mean, in one line."""
    found = [
        _gap(pack) if name == CALENDAR_GAP else pack.schema.facts[name].meaning
        for name in sorted(missing)
    ]
    return Words("；".join(each.zh for each in found), "; ".join(each.en for each in found))


def _gap(pack: Pack) -> Words:
    """That working days run past the years whose holiday notice the pack holds."""
    years = pack.schema.calendar.years
    known = f"{min(years)}—{max(years)}" if years else ""
    return Words(
        f"规则包只收录了 {known} 年的法定节假日安排，超出的工作日还数不出来"
        if known
        else "规则包没有收录法定节假日安排，工作日数不出来",
        f"the pack knows the official holidays of {known} only; working days outside cannot be"
        " counted yet"
        if known
        else "the pack knows no official holidays; working days cannot be counted",
    )
