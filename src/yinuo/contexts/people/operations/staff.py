"""Who works for the maker, and as what."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from yinuo.contexts.people.models import StaffMember
from yinuo.platform.ids import new_id
from yinuo.platform.phones import clean_phone
from yinuo.platform.refusals import Refusal


class UnknownRole(Refusal):
    """The role is not on the list."""

    code = "unknown_role"
    zh = "没有“{role}”这个角色，可选：{roles}。"
    en = "There is no role {role!r}; use one of {roles}."


class PhoneTaken(Refusal):
    """Somebody else of the staff has this telephone, or it is none."""

    code = "phone_taken"
    zh = "电话 {phone} 不能用：不是号码，或已经有员工在用。"
    en = "The telephone {phone} cannot be used: it is none, or somebody of the staff has it."


class UnknownStaff(Refusal):
    """Nobody has this telephone or public id."""

    code = "unknown_staff"
    zh = "没有员工“{who}”。请写员工编号或电话。"
    en = "Nobody of the staff is {who!r}; give the public id or the telephone."


def add_staff(*, name_zh: str, name_en: str, phone: str, role: str, centre_code: str = "") -> str:
    """Add somebody; they log in by a code to this telephone. Returns their public id.

    Raises
    ------
    UnknownRole, PhoneTaken
    """
    _check_role(role)
    cleaned = clean_phone(phone)
    if cleaned is None:
        raise PhoneTaken(phone=phone)
    member = StaffMember(
        public_id=new_id("stf"),
        name_zh=name_zh,
        name_en=name_en,
        phone=cleaned,
        role=role,
        centre_code=centre_code,
    )
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError as error:
        raise PhoneTaken(phone=phone) from error
    return member.public_id


def set_role(*, who: str, role: str | None, active: bool | None) -> None:
    """Change somebody's role, or whether they still work here; `who` is a public id or telephone.

    Raises
    ------
    UnknownRole, UnknownStaff
    """
    if role is not None:
        _check_role(role)
    with transaction.atomic():
        rows = StaffMember.objects.select_for_update()
        member = (
            rows.filter(public_id=who).first() or rows.filter(phone=clean_phone(who) or "").first()
        )
        if member is None:
            raise UnknownStaff(who=who)
        member.role = role or member.role
        member.active = member.active if active is None else active
        member.save(update_fields=["role", "active"])


def _check_role(role: str) -> None:
    if role not in StaffMember.Role.values:
        raise UnknownRole(role=role, roles=", ".join(StaffMember.Role.values))
