"""Who works for the maker."""

from __future__ import annotations

from yinuo.contexts.people.models import StaffMember


def get_staff_ids() -> dict[str, int]:
    """The row of everybody who works for the maker now, by public id."""
    return dict(StaffMember.objects.filter(active=True).values_list("public_id", "id"))
