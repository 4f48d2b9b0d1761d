"""Plans as others name them."""

from __future__ import annotations

from yinuo.contexts.production.models import Plan


def get_plan_id(sender: str, external_id: str) -> int:
    """The row of the plan that this sender calls so.

    Raises
    ------
    Plan.DoesNotExist
        The sender sent no such plan.
    """
    return Plan.objects.get(sender=sender, external_id=external_id).id
