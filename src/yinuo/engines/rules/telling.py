"""A decision in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from yinuo.engines.rules.decision import Clearance, Decision, Finding
from yinuo.engines.rules.rule import ACTIONS, Action, Mark, Words
from yinuo.engines.rules.values import spoken

CLEARANCE_WORDS: Final[dict[Clearance, Words]] = {
    "stop": Words("不能这样办。", "This may not be done."),
    "cannot_tell": Words(
        "还不能判断：缺少下面的事实。", "This cannot be told yet: the facts below are missing."
    ),
    "person": Words("要由专人决定。", "A person has to decide."),
    "evidence": Words("要先补证据。", "Evidence is needed first."),
    "go": Words("没有规则拦住。", "No rule stands in the way."),
}
ACTION_WORDS: Final[dict[Action, Words]] = {
    "stop": Words("拦住", "stop"),
    "ask": Words("缺事实", "facts missing"),
    "person": Words("交专人", "to a person"),
    "evidence": Words("补证据", "needs evidence"),
    "warn": Words("提醒", "warning"),
    "log": Words("记录", "noted"),
    "tell": Words("告知", "to know"),
    "unsure": Words("说不准", "cannot be told"),
    "none": Words("不适用", "does not apply"),
}
MARK_WORDS: Final[dict[Mark, Words]] = {
    "V1": Words("已读条文全文", "full text read"),
    "V2": Words("据官方摘要或二手资料", "official summary or secondary source"),
    "V3": Words("凭记忆，只作提醒", "from memory, may only warn"),
}


def explain(decision: Decision, language: str, *, all_rules: bool = False) -> list[str]:
    """The decision line by line, the gravest first, each rule with its articles.

    Parameters
    ----------
    decision : Decision
    language : {'zh', 'en'}
    all_rules : bool
        Also name the rules that were asked and do not apply.
    """
    day = spoken(decision.on, "", language)
    clearance = CLEARANCE_WORDS[decision.clearance].said(language)
    lines = [
        f"{clearance}（按 {day}的规定）" if language == "zh" else f"{clearance} (law of {day})"
    ]
    shown = sorted(decision.findings, key=lambda finding: ACTIONS.index(finding.action))
    for finding in shown:
        if finding.action != "none" or all_rules:
            lines.extend(tell_finding(finding, language))
    if not decision.findings:
        lines.append("没有一条规则问到这些事实，等于没有检查。" if language == "zh"
                     else "No rule was asked about these facts: nothing was checked.")  # fmt: skip
    for rule_id in decision.not_in_force:
        lines.append(f"{rule_id}：{day}尚未施行或已失效" if language == "zh"
                     else f"{rule_id}: not in force on {day}")  # fmt: skip
    return lines


def tell_finding(finding: Finding, language: str) -> Iterator[str]:
    """One rule: what follows, what it says, what is missing, and where it stands."""
    zh = language == "zh"
    action = ACTION_WORDS[finding.action].said(language)
    title = finding.title.said(language)
    yield (
        f"〔{action}〕{title}（{finding.rule_id}）"
        if zh
        else f"[{action}] {title} ({finding.rule_id})"
    )
    if finding.says.said(language):
        yield "  " + finding.says.said(language)
    if finding.kept is not None:
        yield "  " + _kept(finding.kept, zh=zh)
    if finding.exempt:
        said = "、".join(finding.exempt) if zh else ", ".join(finding.exempt)
        yield f"  例外成立：{said}" if zh else f"  exempt: {said}"
    if finding.missing:
        names = ", ".join(finding.missing)
        meaning = finding.meaning.said(language)
        yield f"  缺少：{meaning}（{names}）" if zh else f"  missing: {meaning} ({names})"
    mark = MARK_WORDS[finding.mark].said(language)
    since = spoken(finding.effective_from, "", language)
    law = finding.law.said(language)
    yield f"  依据：{law}（{since}起；{mark}）" if zh else f"  {law} (since {since}; {mark})"


def _kept(kept: bool, *, zh: bool) -> str:
    if zh:
        return "已经做到。" if kept else "没有做到。"
    return "Complied with." if kept else "Not complied with."
