"""One-time codes by telephone. Nothing here tells a stranger whether a number is known."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from yinuo.contexts.people import rules
from yinuo.contexts.people.models import LoginCode, Person, StaffMember
from yinuo.platform.locks import hold
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import CHINA


class CodeTooSoon(Refusal):
    """Another code for this number has to wait until `at`."""

    code = "code_too_soon"
    zh = "验证码刚发过。{at:%H:%M} 以后可以再要一个。"
    en = "A code was just sent. You can ask for another after {at:%H:%M}."


class WrongCode(Refusal):
    """The digits are not those sent last; `left` more tries."""

    code = "wrong_code"
    zh = "验证码不对。请看最新一条短信，还可以试 {left} 次。"
    en = "That code does not match. Look at the newest SMS; {left} tries left."


class CodeSpent(Refusal):
    """No code can be tried any more: expired, used, or tried too often."""

    code = "code_spent"
    zh = "这个验证码不能用了。请重新要一个。"
    en = "This code can no longer be used. Please ask for a new one."


@dataclass(frozen=True)
class NewCode:
    """A code to be sent, in clear for this moment only; `known`: somebody has the number."""

    digits: str
    known: bool
    expires_at: dt.datetime


@dataclass(frozen=True)
class Identity:
    """The roles behind a telephone number."""

    person_id: int | None
    staff_id: int | None


def _digest(phone: str, digits: str) -> str:
    return salted_hmac("yinuo.login", f"{phone}|{digits}", algorithm="sha256").hexdigest()


def _identity(phone: str) -> Identity:
    person = Person.objects.filter(phone=phone).values_list("id", flat=True).first()
    staff = (
        StaffMember.objects.filter(phone=phone, active=True).values_list("id", flat=True).first()
    )
    return Identity(person, staff)


@transaction.atomic
def create_code(*, phone: str, now: dt.datetime) -> NewCode:
    """A new code for `phone` (clean digits); it replaces every earlier one.

    An unknown number goes through the same steps, so that neither the answer nor the limits
    tell it from a known one.

    Raises
    ------
    CodeTooSoon
        The number had a code less than a minute ago, or five within the hour; `at` says when.
    """
    hold(f"login:{phone}")
    sent = LoginCode.objects.filter(phone=phone, sent_at__gt=now - rules.HOUR)
    wait_until = rules.next_code_at(list(sent.values_list("sent_at", flat=True)), now)
    if wait_until is not None:
        raise CodeTooSoon(at=wait_until.astimezone(CHINA))
    digits = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    row = LoginCode.objects.create(
        phone=phone,
        code_digest=_digest(phone, digits),
        sent_at=now,
        expires_at=now + rules.CODE_LIFE,
    )
    identity = _identity(phone)
    known = identity.person_id is not None or identity.staff_id is not None
    return NewCode(digits=digits, known=known, expires_at=row.expires_at)


def use_code(*, phone: str, digits: str, now: dt.datetime) -> Identity:
    """Who logs in with this code; the code is spent by it.

    Raises
    ------
    WrongCode
        The digits differ from the newest code; the try is counted.
    CodeSpent
        The newest code is older than ten minutes, used, or was tried five times.
    """
    outcome = _try_code(phone, digits, now)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


@transaction.atomic
def _try_code(phone: str, digits: str, now: dt.datetime) -> Identity | Refusal:
    """The try itself; a refusal is returned, so that its count is not rolled back."""
    hold(f"login:{phone}")
    row = LoginCode.objects.filter(phone=phone).order_by("-sent_at", "-id").first()
    if row is None or row.used_at is not None:
        return CodeSpent()
    if rules.may_try(row.attempts, row.expires_at, now).reason:
        return CodeSpent()
    row.attempts += 1
    if not constant_time_compare(row.code_digest, _digest(phone, digits)):
        row.save(update_fields=["attempts"])
        left = rules.ATTEMPTS_MAX - row.attempts
        return WrongCode(left=left) if left else CodeSpent()
    identity = _identity(phone)
    if identity.person_id is None and identity.staff_id is None:
        row.save(update_fields=["attempts"])
        return WrongCode(left=rules.ATTEMPTS_MAX - row.attempts)
    row.used_at = now
    row.save(update_fields=["attempts", "used_at"])
    return identity


def forget_before(moment: dt.datetime) -> int:
    """Remove codes that ran out before `moment`; how many."""
    return LoginCode.objects.filter(expires_at__lt=moment).delete()[0]
