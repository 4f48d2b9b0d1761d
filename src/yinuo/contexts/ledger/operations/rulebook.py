"""Stating the rule of the queue: with the log's first leaf at once, later with notice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from yinuo.contexts.ledger import rulebook
from yinuo.contexts.ledger.operations.facts import Fact, record
from yinuo.contexts.ledger.queries.queue import list_rules
from yinuo.contexts.ledger.rulebook import Figures, earliest_binding, read_figures
from yinuo.contexts.ledger.rules import Value
from yinuo.platform import locks
from yinuo.platform.refusals import Refusal

USES = ("log", "receipt")


class NoticeTooShort(Refusal):
    """A rule binds after its notice only: not before `earliest`."""

    code = "notice_too_short"
    zh = "规则要提前 {days} 天公布，从周一起生效，最早是 {earliest}。"
    en = (
        "A rule needs {days} days of notice and binds from a Monday on; the first possible is"
        " {earliest}."
    )


class NoRuleYet(Refusal):
    """The log has not begun, so there is no rule to be changed."""

    code = "no_rule_yet"
    zh = "公开记录还没有开始，没有可以改的规则。"
    en = "The log has not begun; there is no rule to change yet."


class RuleAsBefore(Refusal):
    """The newest rule says exactly this."""

    code = "rule_as_before"
    zh = "最新的规则就是这样写的，没有要改的。"
    en = "The newest rule says exactly this; there is nothing to change."


@dataclass(frozen=True)
class Stated:
    """A rule that is on its way into the log: its number and the day from which it binds."""

    fact: Fact
    number: int
    binds: dt.date


def genesis_facts(log_vkey: str, receipt_vkey: str) -> list[Fact]:
    """The first three leaves of a log: its rule, the log's key, the key of its receipts."""
    rule = _fact(1, Figures(), rulebook.AT_ONCE)
    keys = [key_fact(use, vkey) for use, vkey in zip(USES, (log_vkey, receipt_vkey), strict=True)]
    return [rule, *keys]


def key_fact(use: str, vkey: str) -> Fact:
    """A key that signs from now on; `use` is log or receipt."""
    return Fact("key.stated", f"key:{use}:{vkey}", {"use": use, "vkey": vkey})


def due_facts(*, now: dt.datetime) -> list[Fact]:
    """A newer rule where our catalogue knows leaves that the newest stated rule does not.

    It must stand in the log before the first such leaf. Its figures are those of the newest rule,
    so that nothing changes for any order. Empty before the log has begun.
    """
    rules = list_rules()
    if not rules or _grammar_of(rules[-1]) == rulebook.grammar():
        return []
    newest = read_figures(rules[-1])
    in_force = read_figures(_in_force(rules, now.date()))
    day = max(earliest_binding(in_force, now.date()), _day(rules[-1]))
    return [_fact(rules[-1]["rule"] + 1, newest, day.isoformat())]


def change(*, figures: Figures, binds: dt.date, now: dt.datetime) -> Stated:
    """A rule with other figures, to be put into the log; it binds from `binds` on.

    Raises
    ------
    NoRuleYet, NoticeTooShort, RuleAsBefore
    """
    rules = list_rules()
    if not rules:
        raise NoRuleYet
    in_force = read_figures(_in_force(rules, now.date()))
    earliest = max(earliest_binding(in_force, now.date()), _day(rules[-1]))
    if binds < earliest or binds.weekday():
        raise NoticeTooShort(days=in_force.notice_days, earliest=earliest.isoformat())
    if read_figures(rules[-1]) == figures:
        raise RuleAsBefore
    number = rules[-1]["rule"] + 1
    return Stated(_fact(number, figures, binds.isoformat()), number, binds)


def state_rule(*, figures: Figures, binds: dt.date, now: dt.datetime) -> Stated:
    """The same, recorded: the log's next turn takes it in.

    Raises
    ------
    NoRuleYet, NoticeTooShort, RuleAsBefore
    """
    with transaction.atomic():
        locks.hold("rulebook")
        stated = change(figures=figures, binds=binds, now=now)
        record(stated.fact, now=now)
    return stated


def _fact(number: int, figures: Figures, binds: str) -> Fact:
    fields: dict[str, Value] = rulebook.rule_fields(number, figures, binds)
    return Fact("rule.stated", f"rule:{number}", fields)


def _grammar_of(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: rule[name] for name in ("leaves", "forms")}


def _day(rule: dict[str, Any]) -> dt.date:
    """From when a stated rule binds; the first binds always."""
    at_once = rule["binds"] == rulebook.AT_ONCE
    return dt.date.min if at_once else dt.date.fromisoformat(rule["binds"])


def _in_force(rules: list[dict[str, Any]], today: dt.date) -> dict[str, Any]:
    return next(rule for rule in reversed(rules) if _day(rule) <= today)
