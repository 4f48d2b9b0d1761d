"""Whether this installation knows anybody."""

from __future__ import annotations

from yinuo.contexts.people.models import Person, StaffMember


def is_anybody_known() -> bool:
    """Whether there is a customer or a member of staff."""
    return Person.objects.exists() or StaffMember.objects.exists()
