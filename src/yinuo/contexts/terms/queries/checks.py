"""What the law and our own public promises say of a template."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import Statement, Template
from yinuo.contexts.terms.queries.clauses import Wording, list_wordings
from yinuo.contexts.terms.queries.contracts import live_statement_ids
from yinuo.contexts.terms.rules import Contradiction, PublicStatement
from yinuo.engines import rules as law
from yinuo.engines.rules import Clearance, Decision, Finding, TemplateCheck
from yinuo.engines.rules.decision import CLEARANCES
from yinuo.engines.rules.rule import Action
from yinuo.rulepacks import load_pack

STOPPING: Final[tuple[Action, ...]] = ("stop", "ask", "person", "evidence")


@dataclass(frozen=True)
class Verdict:
    """The check of a template: by the law, and against what was promised in public.

    Attributes
    ----------
    check : TemplateCheck
    titles : mapping of clause code to its name in both languages
    against : tuple of Contradiction
    promise : Decision or None
        What the law says of doing the opposite of what was promised; None where nothing is.
    """

    check: TemplateCheck
    titles: dict[str, tuple[str, str]]
    against: tuple[Contradiction, ...]
    promise: Decision | None

    @property
    def clearance(self) -> Clearance:
        """The gravest of all parts; only with `go` may the template be issued."""
        found = {self.check.clearance, *([self.promise.clearance] if self.promise else [])}
        return next((clearance for _, clearance in CLEARANCES if clearance in found), "go")

    def problems(self) -> list[tuple[str, Finding]]:
        """Each clause with a rule that keeps it from being issued; empty for the whole."""
        parts = [*self.check.clauses.items(), ("", self.check.whole)]
        if self.promise:
            parts += [(one.clause_code, self.promise) for one in self.against]
        return [(code, each) for code, decision in parts for each in decision.having(*STOPPING)]

    @property
    def rule_ids(self) -> list[str]:
        """The rules that keep it from being issued."""
        return sorted({finding.rule_id for _, finding in self.problems()})

    def why(self, language: str) -> str:
        """Clause by clause what stands against it, with the articles."""
        pick = 0 if language == "zh" else 1
        said = []
        for code, finding in self.problems():
            title = self.titles[code][pick] if code else ""
            law_said = finding.law.said(language)
            words = finding.title.said(language)
            if language == "zh":
                said.append(f"{title or '整份模板'}：{words}（{law_said}）")
            else:
                said.append(f"{title or 'The template'}: {words} ({law_said})")
        return ("；".join(said) + "。") if language == "zh" else "; ".join(said) + "."

    def to_record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "on": self.check.on.isoformat(),
            "clearance": self.clearance,
            "whole": self.check.whole.to_record(),
            "clauses": {code: each.to_record() for code, each in self.check.clauses.items()},
            "against": [[one.clause_code, one.statement_code] for one in self.against],
        }


def check_template(template_id: int, on: dt.date) -> Verdict:
    """What stands against a template on a day."""
    template = Template.objects.get(id=template_id)
    return check_wordings(list_wordings(template_id), template.whole, on)


def check_wordings(wordings: list[Wording], whole: dict[str, Any], on: dt.date) -> Verdict:
    """What stands against these clauses as one template."""
    pack = load_pack()
    clauses = [law.Clause(one.code, one.for_rules().named()) for one in wordings]
    check = law.check_template(pack, clauses, pack.read_facts(whole), on)
    statements = [
        PublicStatement(row.code, row.forbids)
        for row in Statement.objects.filter(id__in=live_statement_ids(on)).order_by("id")
    ]
    against = rules.contradictions([one.for_rules() for one in wordings], statements)
    promise = None
    if against:
        facts = {"terms.seller_changes_alone": False, "terms.against_public_promise": True}
        promise = law.decide(pack, facts, on, rule_ids=["terms.unilateral_change"])
    titles = {one.code: (one.title_zh, one.title_en) for one in wordings}
    return Verdict(check, titles, tuple(against), promise)
