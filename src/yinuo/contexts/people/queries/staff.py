"""Who works for the maker, and who answers for what."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

from yinuo.contexts.people.models import StaffMember
from yinuo.platform.refusals import Refusal


class NotStaff(Refusal):
    """Only somebody who works for the maker now may see or do this."""

    code = "not_staff"
    zh = "这一页只给在职员工看。"
    en = "Only staff may see this."


@dataclass(frozen=True)
class StaffCard:
    """A member of staff as others may see them."""

    id: int
    public_id: str
    name_zh: str
    name_en: str
    role: str
    centre_code: str


def list_staff() -> list[StaffCard]:
    """Everybody active, managers first where roles are equal in a centre."""
    rows = StaffMember.objects.filter(active=True).order_by("id")
    return [
        StaffCard(row.id, row.public_id, row.name_zh, row.name_en, row.role, row.centre_code)
        for row in rows
    ]


def get_staff(staff_id: int) -> StaffCard | None:
    """One active member of staff, or None."""
    return next((card for card in list_staff() if card.id == staff_id), None)


def names_of_staff(language: str) -> dict[str, str]:
    """Everybody's name by public id, also of those who left."""
    column = "name_zh" if language == "zh" else "name_en"
    return dict(StaffMember.objects.order_by("id").values_list("public_id", column))


def answerer_for(
    cards: list[StaffCard], centre_code: str, owner_id: int | None
) -> StaffCard | None:
    """Who answers for an order: its owner, else a specialist of the centre, else a manager."""
    by_id = {card.id: card for card in cards}
    if owner_id in by_id:
        return by_id[owner_id]
    at_centre = [card for card in cards if card.centre_code == centre_code]
    for role in ("SPECIALIST", "MANAGER"):
        for card in (*at_centre, *cards):
            if card.role == role:
                return card
    return None


def answerers(cards: list[StaffCard]) -> Callable[[str, int | None], StaffCard | None]:
    """`answerer_for` among these people, for asking about very many orders."""

    @cache
    def answerer(centre_code: str, owner_id: int | None) -> StaffCard | None:
        return answerer_for(cards, centre_code, owner_id)

    return answerer


def get_staff_ids() -> dict[str, int]:
    """The row of everybody who works for the maker now, by public id."""
    return dict(StaffMember.objects.filter(active=True).values_list("public_id", "id"))


def require_staff(staff_id: int) -> None:
    """Let only an active member of staff on; every query for staff begins with this.

    Raises
    ------
    NotStaff
        Nobody active has this row.
    """
    if not StaffMember.objects.filter(id=staff_id, active=True).exists():
        raise NotStaff


def list_with_roles(roles: Collection[str]) -> list[StaffCard]:
    """Everybody active with one of these roles."""
    return [card for card in list_staff() if card.role in roles]


@dataclass(frozen=True)
class Member:
    """A member of staff, past or present, as the command line lists them."""

    public_id: str
    name_zh: str
    name_en: str
    phone: str
    role: str
    centre_code: str
    active: bool


def list_everybody() -> list[Member]:
    """Everybody who works or worked for the maker, in the order they were added."""
    return [
        Member(
            row.public_id,
            row.name_zh,
            row.name_en,
            row.phone,
            row.role,
            row.centre_code,
            row.active,
        )
        for row in StaffMember.objects.order_by("id")
    ]
