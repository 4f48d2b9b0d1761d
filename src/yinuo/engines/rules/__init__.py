"""Dated legal rules over typed facts: what is forbidden, owed, due, and by which article."""

from yinuo.engines.rules.calendar import WorkCalendar
from yinuo.engines.rules.clauses import Clause, TemplateCheck, check_clause, check_template
from yinuo.engines.rules.deciding import decide, examine, scan
from yinuo.engines.rules.decision import Clearance, Decision, Finding
from yinuo.engines.rules.examples import check_case, failed_cases, failed_examples
from yinuo.engines.rules.expressions import ExpressionError, Facts
from yinuo.engines.rules.faults import Fault, PackError, Unreadable
from yinuo.engines.rules.loading import read_pack
from yinuo.engines.rules.pack import Case, Pack
from yinuo.engines.rules.rule import Example, Rule, Words
from yinuo.engines.rules.telling import explain

__all__ = [
    "Case",
    "Clause",
    "Clearance",
    "Decision",
    "Example",
    "ExpressionError",
    "Facts",
    "Fault",
    "Finding",
    "Pack",
    "PackError",
    "Rule",
    "TemplateCheck",
    "Unreadable",
    "Words",
    "WorkCalendar",
    "check_case",
    "check_clause",
    "check_template",
    "decide",
    "examine",
    "explain",
    "failed_cases",
    "failed_examples",
    "read_pack",
    "scan",
]
