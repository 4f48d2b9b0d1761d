"""The daily look: is there a template or an open order that should not be as it is?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.terms.models import Remedy, Ruling, Template
from yinuo.contexts.terms.operations.rulings import open_remedies
from yinuo.contexts.terms.operations.templates import withdraw
from yinuo.contexts.terms.queries.checks import check_template
from yinuo.contexts.terms.queries.clauses import list_wordings
from yinuo.contexts.terms.queries.staff import default_owner
from yinuo.platform.spoken import local_date


@dataclass(frozen=True)
class Found:
    """What a look found: remedies opened for orders that had none, templates withdrawn."""

    opened: int
    withdrawn: int


def scan(*, now: dt.datetime) -> Found:
    """Ask today's law again of every issued template, and look for orders with void clauses.

    A template that the law or a public promise stops today is withdrawn with its rules as the
    reason, and one with a clause whose time is over with the clause; an order that holds a void
    clause and was missed gets its remedy. Safe to repeat.
    """
    withdrawn = 0
    for template in Template.objects.filter(state=Template.State.ISSUED).order_by("id"):
        verdict = check_template(template.id, local_date(now))
        ended = [
            one.code for one in list_wordings(template.id) if not one.in_force(local_date(now))
        ]
        if ended:
            withdrawn += withdraw(template_id=template.id, why=", ".join(ended), now=now)
        elif verdict.clearance == "stop":
            why = ", ".join(verdict.rule_ids)
            withdrawn += withdraw(template_id=template.id, why=why, now=now)
    opened = 0
    for ruling in Ruling.objects.filter(overturned_at=None).order_by("id"):
        owner = Remedy.objects.filter(ruling=ruling).values_list("owner_id", flat=True).first()
        opened += open_remedies(
            ruling_id=ruling.id, owner_staff_id=owner or default_owner(), now=now
        )
    return Found(opened, withdrawn)
