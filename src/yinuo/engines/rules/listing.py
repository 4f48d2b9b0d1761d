"""A rule as a person or a program reads it, without any facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from yinuo.engines.rules.pack import Pack
from yinuo.engines.rules.rule import Effect, Rule, Words
from yinuo.engines.rules.telling import MARK_WORDS
from yinuo.engines.rules.values import plain, spoken, unit_of

EFFECT_WORDS: Final[dict[Effect, Words]] = {
    "block": Words("不许", "forbids"),
    "deadline": Words("期限", "deadline"),
    "right": Words("权利", "right"),
    "duty": Words("义务", "duty"),
    "calc": Words("计算", "works out"),
    "warn": Words("提醒", "warns"),
}


def line_of(rule: Rule, language: str) -> str:
    """One line: id, what kind of rule, mark, title, articles."""
    effect = EFFECT_WORDS[rule.effect].said(language)
    return f"{rule.id:26} {rule.mark} {effect}  {rule.title.said(language)}  {rule.law(language)}"


def as_record(rule: Rule) -> dict[str, Any]:
    """The rule as JSON can hold it, with its facts and without its examples' facts."""
    return {
        "id": rule.id,
        "from": rule.effective_from.isoformat(),
        "until": rule.effective_until.isoformat() if rule.effective_until else None,
        "title": {"zh": rule.title.zh, "en": rule.title.en},
        "says": {"zh": rule.says.zh, "en": rule.says.en},
        "note": {"zh": rule.note.zh, "en": rule.note.en} if rule.note else None,
        "law": {"zh": rule.law("zh"), "en": rule.law("en")},
        "sources": [
            {"source": c.key, "articles": list(c.articles), "source_id": c.source.source_id}
            for c in rule.citations
        ],
        "effect": rule.effect,
        "level": rule.level,
        "risk": rule.risk,
        "mark": rule.mark,
        "asked_at": list(rule.asked_at),
        "facts": sorted(rule.facts()),
        "params": {name: plain(value) for name, value in rule.params.items()},
        "texts": dict(rule.texts),
        "exemptions": [
            {"id": each.id, "zh": each.words.zh, "en": each.words.en} for each in rule.exemptions
        ],
        "examples": len(rule.examples),
    }


def describe(pack: Pack, rule: Rule, language: str) -> Iterator[str]:
    """One version in full: words, law, dates, condition, facts with meanings."""
    zh = language == "zh"
    since = spoken(rule.effective_from, "", language)
    until = spoken(rule.effective_until, "", language) if rule.effective_until else ""
    yield f"{rule.id}  {rule.title.said(language)}"
    yield "  " + rule.says.said(language)
    if rule.note:
        yield "  " + rule.note.said(language)
    yield f"  {rule.law(language)}"
    for citation in rule.citations:
        yield f"    {citation.source.instrument.said(language)} [{citation.source.source_id}]"
    if zh:
        yield f"  {since}起施行" + (f"，{until}失效" if until else "")
    else:
        yield f"  in force since {since}" + (f", until {until}" if until else "")
    effect, mark = EFFECT_WORDS[rule.effect].said(language), MARK_WORDS[rule.mark].said(language)
    moments = ("、" if zh else ", ").join(rule.asked_at)
    yield f"  {effect} · {rule.level} · {rule.mark} {mark} · {moments}"
    for name, value in rule.params.items():
        yield f"    {name} = {spoken(value, unit_of(name), language)}"
    for name, text in rule.texts.items():
        yield f"    {name}: {text}"
    for each in rule.exemptions:
        yield f"    {each.id}: {each.words.said(language)}"
    for name in sorted(rule.facts()):
        spec = pack.schema.facts[name]
        yield f"    {name} ({spec.kind}): {spec.meaning.said(language)}"
