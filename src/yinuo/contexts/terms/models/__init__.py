"""Clauses, templates, contracts with their side terms, rulings, and decisions by law."""

from yinuo.contexts.terms.models.clauses import (
    Clause,
    ClauseVersion,
    Statement,
    Template,
    TemplateClause,
)
from yinuo.contexts.terms.models.contracts import ClauseShown, Contract, SideTerm
from yinuo.contexts.terms.models.decisions import Decision
from yinuo.contexts.terms.models.delivered import EnabledFeatures
from yinuo.contexts.terms.models.matters import Matter, MatterStep
from yinuo.contexts.terms.models.rulings import Remedy, Ruling, VoidClause
from yinuo.contexts.terms.models.side import SideOffer, TermBreach

__all__ = [
    "Clause",
    "ClauseShown",
    "ClauseVersion",
    "Contract",
    "Decision",
    "EnabledFeatures",
    "Matter",
    "MatterStep",
    "Remedy",
    "Ruling",
    "SideOffer",
    "SideTerm",
    "Statement",
    "Template",
    "TemplateClause",
    "TermBreach",
    "VoidClause",
]
