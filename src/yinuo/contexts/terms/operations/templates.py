"""Writing clauses, putting templates together, and issuing one only where the law lets it pass."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import (
    Clause,
    ClauseVersion,
    Statement,
    Template,
    TemplateClause,
)
from yinuo.contexts.terms.queries.checks import Verdict, check_template
from yinuo.contexts.terms.queries.clauses import list_wordings, void_wordings
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date
from yinuo.rulepacks import load_pack

# A lasting name of a clause or template, as it stands in addresses.
CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class WordingHeldVoid(Refusal):
    """The same words were held void, under this name or another."""

    code = "wording_held_void"
    zh = "这段文字已被认定无效（{case_no}），换个名字也不能再写进来。"
    en = "These words were held void ({case_no}); another name does not bring them back."


class NoSuchClause(Refusal):
    """There is no clause of this name."""

    code = "no_such_clause"
    zh = "没有条款 {clause}。"
    en = "There is no clause {clause}."


class ClauseNotComplete(Refusal):
    """A clause has a lasting code, a name and words in both languages, and dates in their order."""

    code = "clause_not_complete"
    zh = "请写全：代号（小写字母、数字、连字符）、中英文名称和全文。结束日期要晚于开始日期。"
    en = (
        "Give a code (small letters, digits, hyphens), name and words in both languages, and an"
        " end after the beginning."
    )


class ClauseCodeTaken(Refusal):
    """Another clause has this code; another wording of it is written on its own page."""

    code = "clause_code_taken"
    zh = "代号 {clause} 已经有条款在用。要改文字，请到它的页面写新版本。"
    en = "Code {clause} is taken. Other words of that clause are written on its page."


class ClauseOutOfForce(Refusal):
    """A template holds clauses that are in force on the day it is issued."""

    code = "clause_out_of_force"
    zh = "{clauses} 今天不在有效期内，模板不能发布。"
    en = "{clauses} is not in force today; the template cannot be issued."


class TemplateNotComplete(Refusal):
    """A template has a code, a name in both languages and clauses, each once and legible."""

    code = "template_not_complete"
    zh = "请写全：代号、中英文名称，至少选一条条款，每条只放一次，字号按表里选。"
    en = "Give a code, both names and at least one clause, each once, in a size that is listed."


class TemplateNotADraft(Refusal):
    """Only a draft can be issued."""

    code = "template_not_a_draft"
    zh = "模板 {template} 不是草稿。"
    en = "Template {template} is not a draft."


class TemplateStopped(Refusal):
    """The law or a public promise stands against a clause of the template."""

    code = "template_stopped"
    zh = "模板 {template} 不能发布。{why_zh}"
    en = "Template {template} cannot be issued. {why_en}"


def write_clause(
    *,
    code: str,
    title_zh: str,
    title_en: str,
    text_zh: str,
    text_en: str,
    facts: Mapping[str, Any],
    effective_from: dt.date | None = None,
    effective_until: dt.date | None = None,
    staff_id: int | None = None,
    first: bool = False,
    now: dt.datetime,
) -> ClauseVersion:
    """A clause, or another wording of it as its next version.

    `facts` are what the rules ask of a clause, without the subject's name. It may stand in
    contracts from `effective_from` on and before `effective_until`. `first` says that the code is
    meant to be new.

    Raises
    ------
    ClauseNotComplete, ClauseCodeTaken, WordingHeldVoid
    Unreadable
        A fact that the rule pack does not know.
    """
    words = (title_zh, title_en, text_zh, text_en)
    upside_down = effective_from and effective_until and effective_until <= effective_from
    if not CODE.fullmatch(code) or not all(map(str.strip, words)) or upside_down:
        raise ClauseNotComplete
    load_pack().read_facts({"clause": dict(facts)})
    digest = rules.wording_digest(text_zh)
    if case_no := void_wordings([digest]).get(digest):
        raise WordingHeldVoid(case_no=case_no)
    with transaction.atomic():
        clause, fresh = Clause.objects.get_or_create(
            code=code, defaults={"title_zh": title_zh.strip(), "title_en": title_en.strip()}
        )
        if first and not fresh:
            raise ClauseCodeTaken(clause=code)
        Clause.objects.select_for_update().get(id=clause.id)
        last = clause.versions.aggregate(last=Max("version"))["last"] or 0
        return ClauseVersion.objects.create(
            clause=clause,
            version=last + 1,
            text_zh=text_zh.strip(),
            text_en=text_en.strip(),
            facts=dict(facts),
            wording_digest=digest,
            written_at=now,
            written_by_id=staff_id,
            effective_from=effective_from,
            effective_until=effective_until,
        )


def draft_template(
    *,
    code: str,
    title_zh: str,
    title_en: str,
    clause_codes: Sequence[str],
    whole: Mapping[str, Any],
    prompt_px: Mapping[str, int] | None = None,
    now: dt.datetime,
) -> Template:
    """The next version of a template, from the newest wording of each clause.

    `prompt_px` is by clause how large its words have to stand on the page, in px; `rules.PAGE_PX`
    where nothing is said.

    Raises
    ------
    NoSuchClause, TemplateNotComplete
    """
    sizes = dict(prompt_px or {})
    if (
        not CODE.fullmatch(code)
        or not (title_zh.strip() and title_en.strip() and clause_codes)
        or len(set(clause_codes)) < len(clause_codes)
        or not {*sizes.values()} <= {*rules.PROMPT_PX}
    ):
        raise TemplateNotComplete
    load_pack().read_facts(dict(whole))
    with transaction.atomic():
        last = Template.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0
        template = Template.objects.create(
            code=code,
            version=last + 1,
            title_zh=title_zh,
            title_en=title_en,
            whole=dict(whole),
            drafted_at=now,
        )
        for position, clause_code in enumerate(clause_codes, 1):
            newest = (
                ClauseVersion.objects.filter(clause__code=clause_code).order_by("-version").first()
            )
            if newest is None:
                raise NoSuchClause(clause=clause_code)
            TemplateClause.objects.create(
                template=template,
                clause_version=newest,
                position=position,
                prompt_px=sizes.get(clause_code, rules.PAGE_PX),
            )
    return template


def issue(*, template_id: int, staff_id: int | None, now: dt.datetime) -> Template:
    """Put a draft into force; the version before it is withdrawn.

    Raises
    ------
    TemplateNotADraft, ClauseOutOfForce, TemplateStopped
    """
    with transaction.atomic():
        template = Template.objects.select_for_update().filter(id=template_id).first()
        if template is None:
            raise TemplateNotADraft(template=template_id)
        if template.state != Template.State.DRAFT:
            raise TemplateNotADraft(template=f"{template.code}-{template.version}")
        today = local_date(now)
        if out := [one.title_zh for one in list_wordings(template.id) if not one.in_force(today)]:
            raise ClauseOutOfForce(clauses="、".join(out))
        verdict = check_template(template.id, today)
        if verdict.clearance != "go":
            raise TemplateStopped(
                template=f"{template.code}-{template.version}",
                why_zh=verdict.why("zh"),
                why_en=verdict.why("en"),
                rules=verdict.rule_ids,
            )
        for old in Template.objects.select_for_update().filter(
            code=template.code, state=Template.State.ISSUED
        ):
            withdraw(template_id=old.id, why=f"{template.code}-{template.version}", now=now)
        _put_into_force(template, verdict, staff_id, now)
    return template


def withdraw(*, template_id: int, why: str, now: dt.datetime) -> bool:
    """No contract is made from this template any more; False where that was so before."""
    with transaction.atomic():
        template = Template.objects.select_for_update().get(id=template_id)
        if template.state == Template.State.WITHDRAWN:
            return False
        was_issued = template.state == Template.State.ISSUED
        template.state = Template.State.WITHDRAWN
        template.withdrawn_at, template.withdrawn_why = now, why
        template.save(update_fields=["state", "withdrawn_at", "withdrawn_why"])
        if was_issued:
            name = f"{template.code}-{template.version}"
            record(
                Fact("template.withdrawn", f"withdrawn:{name}", {"template": name, "why": why}),
                now=now,
            )
    return True


def state_publicly(
    *,
    code: str,
    text_zh: str,
    text_en: str,
    source: str,
    said_date: dt.date,
    forbids: str,
    now: dt.datetime,
) -> Statement:
    """Something promised to everybody; contracts made from now on carry it. Safe to repeat.

    `forbids` is the fact of a clause that would contradict it; empty for none.
    """
    if forbids:
        load_pack().read_facts({"clause": {forbids: True}})
    row, _ = Statement.objects.get_or_create(
        code=code,
        defaults={
            "text_zh": text_zh,
            "text_en": text_en,
            "source": source,
            "said_date": said_date,
            "forbids": forbids,
            "recorded_at": now,
        },
    )
    return row


def _put_into_force(
    template: Template, verdict: Verdict, staff_id: int | None, now: dt.datetime
) -> None:
    template.state = Template.State.ISSUED
    template.check_record = verdict.to_record()
    template.digest = rules.content_digest(
        {
            "template": [template.code, template.version, template.title_zh, template.title_en],
            "whole": template.whole,
            "clauses": [
                [one.code, one.version, one.text_zh, one.text_en, one.facts, one.prompt_px]
                for one in list_wordings(template.id)
            ],
        }
    )
    template.issued_at, template.issued_by_id = now, staff_id
    template.save()
    name = f"{template.code}-{template.version}"
    record(
        Fact("template.issued", f"issued:{name}", {"template": name, "digest": template.digest}),
        now=now,
    )
