"""Whether the books balance and say the same as bills, charges, refunds and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from yinuo.contexts.payments.models import Posting

# What each account must hold by the rows that it stands for.
EXPECTED = """
SELECT 'CLAIMS' AS account,
       coalesce(sum(amount_fen), 0) AS fen FROM payments_bill WHERE state = 'OPEN'
UNION ALL
SELECT 'DEPOSITS_HELD', -coalesce(sum(paid_fen - refunded_fen - kept_fen), 0)
FROM payments_bill WHERE kind = 'DEPOSIT' AND earned_at IS NULL
UNION ALL
SELECT 'BALANCES_HELD', -coalesce(sum(paid_fen - refunded_fen - kept_fen), 0)
FROM payments_bill WHERE kind = 'BALANCE' AND earned_at IS NULL
UNION ALL
SELECT 'FORFEITS', -coalesce(sum(kept_fen), 0) FROM payments_bill
UNION ALL
SELECT 'REFUNDS_PAYABLE',
       (SELECT coalesce(sum(amount_fen), 0) FROM payments_refundpart WHERE state = 'PAID')
       - (SELECT coalesce(sum(amount_fen + penalty_fen + interest_fen), 0) FROM payments_refund)
UNION ALL
SELECT 'INTEREST', coalesce(sum(interest_fen), 0) FROM payments_refund
UNION ALL
SELECT 'DOUBLE_DEPOSIT', coalesce(sum(penalty_fen), 0) FROM payments_refund
"""
HELD = """
SELECT CASE WHEN account LIKE 'FORFEITS%' THEN 'FORFEITS' ELSE account END, sum(amount_fen)
FROM payments_postingline GROUP BY 1
"""
UNBALANCED = """
SELECT p.key FROM payments_posting p LEFT JOIN payments_postingline l ON l.posting_id = p.id
GROUP BY p.id, p.key HAVING coalesce(sum(l.amount_fen), 0) <> 0 OR count(l.id) < 2
ORDER BY p.key LIMIT 20
"""
WRONG_CHARGES = """
SELECT b.public_id FROM payments_bill b
LEFT JOIN payments_charge c ON c.bill_id = b.id AND c.state = 'PAID'
GROUP BY b.id HAVING (b.state = 'PAID') <> (count(c.id) = 1)
    OR coalesce(sum(c.amount_fen), 0) <> b.paid_fen
ORDER BY b.public_id LIMIT 20
"""
UNENDED = """
SELECT r.public_id FROM payments_refund r
WHERE (r.state = 'PAID') <> (
    NOT EXISTS (SELECT FROM payments_refundpart p WHERE p.refund_id = r.id AND p.state <> 'PAID')
    AND r.amount_fen + r.penalty_fen + r.interest_fen = (
        SELECT coalesce(sum(p.amount_fen), 0) FROM payments_refundpart p WHERE p.refund_id = r.id))
ORDER BY r.public_id LIMIT 20
"""


@dataclass(frozen=True)
class Fault:
    """Something in which the books and the rows differ."""

    what: str
    where: str
    fen: int = 0


def check_books() -> list[Fault]:
    """Every fault of the books; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        held = {account: int(fen) for account, fen in cursor.fetchall()}
        cursor.execute(EXPECTED)
        wanted = {account: int(fen) for account, fen in cursor.fetchall()}
        faults = [
            Fault("account", account, held.get(account, 0) - fen)
            for account, fen in sorted(wanted.items())
            if held.get(account, 0) != fen
        ]
        if sum(held.values()):
            faults.append(Fault("sum", "all accounts", sum(held.values())))
        for what, question in (
            ("posting", UNBALANCED),
            ("charge", WRONG_CHARGES),
            ("refund", UNENDED),
        ):
            cursor.execute(question)
            faults += [Fault(what, row[0]) for row in cursor.fetchall()]
    return faults


def count_postings() -> int:
    """How many postings there are."""
    return Posting.objects.count()


def list_sums() -> dict[str, int]:
    """The sum of every account in fen, debits above 0."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, sum(amount_fen) FROM payments_postingline GROUP BY 1")
        return {account: int(fen) for account, fen in sorted(cursor.fetchall())}
