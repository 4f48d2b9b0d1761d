"""Collecting a bill: one charge for each attempt, begun with a provider outside a transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from yinuo.contexts.payments.models import Bill, Charge
from yinuo.platform.ids import new_code
from yinuo.platform.pay.port import Ask, Provider, Refused, Silent
from yinuo.platform.refusals import Refusal

# A page is paid at once or never; a transfer takes days.
LASTS = dt.timedelta(minutes=30)
TRANSFER_LASTS = dt.timedelta(days=14)


class NotOpen(Refusal):
    """The bill is paid, void or blocked."""

    code = "bill_not_open"
    zh = "这一笔不用付：已经付过，或者已经取消。"
    en = "There is nothing to pay here: it is paid, or no longer asked for."


class Blocked(Refusal):
    """The amount differs from the contract."""

    code = "amount_differs"
    zh = "金额和合同不一样，这一笔先停下，不用付款。我们的同事在核对。"
    en = "The amount differs from the contract, so this is stopped; do not pay. We are checking."


class NoSuchProvider(Refusal):
    """This installation does not collect that way."""

    code = "no_such_provider"
    zh = "这种付款方式现在不能用。"
    en = "This way of paying is not available."


class ProviderSilent(Refusal):
    """The provider does not answer; nothing was collected."""

    code = "provider_silent"
    zh = "付款平台没有回应，钱没有动。请换一种方式，或 10 分钟后再试。"
    en = "The payment platform does not answer; no money moved. Try another way, or in 10 minutes."


@dataclass(frozen=True)
class PayLink:
    """Where the customer goes to pay, and until when the address holds."""

    url: str
    number: str
    expires_at: dt.datetime


def start(
    *,
    bill_id: int,
    provider: str,
    providers: Mapping[str, Provider],
    subject: str,
    back_url: str,
    request_key: str,
    client_ip: str = "127.0.0.1",
    phone: bool = True,
    now: dt.datetime,
) -> PayLink:
    """Begin to collect a bill; the same `request_key` gives the same charge again.

    `client_ip` is where the customer's request came from and `phone` whether from a phone: some
    providers take the payment from nowhere else.

    The charge is stored before the provider hears of it, so that word of it always finds its row.

    Raises
    ------
    NotOpen, Blocked, NoSuchProvider, ProviderSilent
    """
    desk = providers.get(provider)
    if desk is None:
        raise NoSuchProvider

    def begin(charge: Charge) -> str:
        ask = Ask(
            number=charge.number,
            amount_fen=charge.amount_fen,
            subject=subject,
            expires_at=charge.expires_at,
            back_url=back_url,
            client_ip=client_ip,
            phone=phone,
        )
        try:
            return desk.start(ask)
        except (Silent, Refused) as failed:
            raise ProviderSilent from failed

    charge = _charge(bill_id, provider, request_key, begin if desk.starts_here else None, now)
    if not charge.link:
        charge.link = begin(charge)
        Charge.objects.filter(id=charge.id).update(link=charge.link)
    return PayLink(charge.link, charge.number, charge.expires_at)


def _charge(
    bill_id: int,
    provider: str,
    request_key: str,
    begin: Callable[[Charge], str] | None,
    now: dt.datetime,
) -> Charge:
    """The charge of this key, stored; with its address where `begin` asks nobody for it."""
    try:
        with transaction.atomic():
            bill = Bill.objects.select_for_update().get(id=bill_id)
            first = Charge.objects.filter(request_key=request_key, bill=bill).first()
            if first is not None:
                return first
            if bill.state == Bill.State.BLOCKED:
                raise Blocked
            if bill.state != Bill.State.OPEN:
                raise NotOpen
            charge = Charge(
                number=f"C{new_code(20)}",
                bill=bill,
                provider=provider,
                request_key=request_key,
                amount_fen=bill.amount_fen,
                started_at=now,
                expires_at=now + (TRANSFER_LASTS if provider == "BANK" else LASTS),
            )
            charge.link = begin(charge) if begin else ""
            charge.save(force_insert=True)
            return charge
    except IntegrityError:
        # Somebody else's key for another bill: never give that charge away.
        raise NotOpen from None
