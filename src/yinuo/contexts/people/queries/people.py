"""Who people are, and the one rule of who may see whose orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from yinuo.contexts.people.models import Person, StaffMember
from yinuo.contexts.people.queries.staff import answerer_for
from yinuo.contexts.people.queries.staff import list_staff as list_cards


@dataclass(frozen=True)
class PersonSeen:
    """A customer, for a page of the customer's own."""

    id: int
    public_id: str
    name: str
    phone: str
    email: str
    language: str


@dataclass(frozen=True)
class StaffSeen:
    """A member of staff, for any page."""

    id: int
    public_id: str
    name_zh: str
    name_en: str
    phone: str
    role: str
    centre_code: str

    def name(self, language: str) -> str:
        """The name in `zh` or `en`."""
        return self.name_zh if language == "zh" else self.name_en


def _staff_seen(row: StaffMember) -> StaffSeen:
    return StaffSeen(
        row.id, row.public_id, row.name_zh, row.name_en, row.phone, row.role, row.centre_code
    )


def get_person(person_id: int) -> PersonSeen | None:
    """The customer with this id, if there is one."""
    row = Person.objects.filter(id=person_id).first()
    return _person_seen(row) if row else None


def get_people(person_ids: Sequence[int]) -> dict[int, PersonSeen]:
    """These customers, by their rows."""
    rows = Person.objects.filter(id__in=person_ids)
    return {row.id: _person_seen(row) for row in rows}


def _person_seen(row: Person) -> PersonSeen:
    return PersonSeen(row.id, row.public_id, row.name, row.phone, row.email, row.language)


def get_staff(staff_id: int) -> StaffSeen | None:
    """The active member of staff with this id, if there is one."""
    row = StaffMember.objects.filter(id=staff_id, active=True).first()
    return _staff_seen(row) if row else None


def get_named(public_id: str) -> StaffSeen:
    """The member of staff whom a record names, also one who has left; staff are never removed."""
    return _staff_seen(StaffMember.objects.get(public_id=public_id))


def get_person_in_charge(owner_id: int | None, centre_code: str) -> StaffSeen | None:
    """Who answers for an order: its owner, else the centre's specialist, else a manager."""
    card = answerer_for(list_cards(), centre_code, owner_id)
    return get_staff(card.id) if card else None


def list_first_people(limit: int) -> list[PersonSeen]:
    """The customers with the lowest telephone numbers: a demo's cast, for its choice of roles."""
    return [_person_seen(row) for row in Person.objects.order_by("phone")[:limit]]


def list_staff() -> list[StaffSeen]:
    """The active staff, one role after the other."""
    return [_staff_seen(row) for row in StaffMember.objects.filter(active=True).order_by("id")]


def sees(person_id: int, path: str) -> Q:
    """Rows that `person_id` may read; `path` leads from the row to the order's person.

    A customer reads the own orders and those of the own household.
    """
    return Q(**{path: person_id}) | Q(**{f"{path}__household__members": person_id})


def sees_person(viewer_id: int, person_id: int | None) -> bool:
    """Whether `sees` gives `viewer_id` the rows of this person."""
    if viewer_id == person_id or person_id is None:
        return viewer_id == person_id
    return Person.objects.filter(id=person_id, household__members=viewer_id).exists()


def acts(person_id: int, path: str) -> Q:
    """Rows that `person_id` may act on: the own ones, not the household's."""
    return Q(**{path: person_id})
