"""Who works for the maker, and which customers live together."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from yinuo.contexts.people.models import Household, Person, StaffMember
from yinuo.platform import ids


def save_staff(
    *,
    public_id: str,
    name_zh: str,
    name_en: str,
    phone: str,
    role: str,
    centre_code: str = "",
) -> int:
    """Add or change a member of staff; their row is given back.

    `role` is one of `StaffMember.Role`; `centre_code` is empty for those of no centre.

    Raises
    ------
    ValueError
        There is no such role.
    """
    row, _ = StaffMember.objects.update_or_create(
        public_id=public_id,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "phone": phone,
            "role": StaffMember.Role(role),
            "centre_code": centre_code,
        },
    )
    return row.id


def join_household(*, phones: Sequence[str]) -> str:
    """Put the customers with these telephones into one household; its public id is given back.

    Raises
    ------
    ValueError
        A telephone belongs to no customer.
    """
    with transaction.atomic():
        people = list(Person.objects.select_for_update().filter(phone__in=phones).order_by("id"))
        if len(people) != len(set(phones)):
            raise ValueError("a household is joined by customers who are known")
        household = Household.objects.create(public_id=ids.new_id("hsh"))
        Person.objects.filter(id__in=[person.id for person in people]).update(household=household)
    return household.public_id
