"""Deposits that were taken before the books were kept here: written in bulk, as they were."""

from __future__ import annotations

from django.db import connection, transaction

# Every order that stands or was delivered and has no bill of its own.
WANTED = """
CREATE TEMPORARY TABLE payments_adopted ON COMMIT DROP AS
SELECT o.id AS order_id, o.locked_at, o.delivered_at, s.price_fen,
       upper(lpad(to_hex(o.id), 20, '0')) AS number
FROM orders_order o
JOIN orders_line l ON l.id = o.line_id JOIN catalogue_spec s ON s.id = l.spec_id
WHERE o.state <> 'CANCELLED' AND s.price_fen >= 5 * %(deposit)s
  AND NOT EXISTS (SELECT FROM payments_bill b WHERE b.order_id = o.id)
"""
BILLS = """
INSERT INTO payments_bill (public_id, request_key, kind, order_id, amount_fen,
    contract_amount_fen, price_fen, state, opened_at, paid_at, paid_fen, refunded_fen, kept_fen,
    earned_at)
SELECT 'bil_' || lower(number), 'adopted:' || order_id, 'DEPOSIT', order_id, %(deposit)s,
    %(deposit)s, price_fen, 'PAID', locked_at, locked_at, %(deposit)s, 0, 0, delivered_at
FROM payments_adopted ON CONFLICT (request_key) DO NOTHING
"""
CHARGES = """
INSERT INTO payments_charge (number, bill_id, provider, request_key, amount_fen, state,
    provider_ref, link, started_at, expires_at, settled_at)
SELECT 'A' || a.number, b.id, %(provider)s, 'adopted:' || a.order_id, %(deposit)s, 'PAID',
    'adopted-' || a.order_id, '', a.locked_at, a.locked_at, a.locked_at
FROM payments_adopted a JOIN payments_bill b ON b.request_key = 'adopted:' || a.order_id
"""
# Asked for and paid in one: only what it came to was known.
PAID = """
WITH fresh AS (
    INSERT INTO payments_posting (key, kind, order_id, bill_id, posted_at)
    SELECT 'paid:' || b.public_id, 'bill.paid', a.order_id, b.id, a.locked_at
    FROM payments_adopted a JOIN payments_bill b ON b.request_key = 'adopted:' || a.order_id
    RETURNING id)
INSERT INTO payments_postingline (posting_id, account, amount_fen)
SELECT fresh.id, line.account, line.fen FROM fresh,
    (VALUES (%(clearing)s, %(deposit)s::bigint), ('DEPOSITS_HELD', -%(deposit)s::bigint))
    AS line(account, fen)
"""
EARNED = """
WITH fresh AS (
    INSERT INTO payments_posting (key, kind, order_id, bill_id, posted_at)
    SELECT 'earned:' || b.public_id, 'bill.earned', a.order_id, b.id, a.delivered_at
    FROM payments_adopted a JOIN payments_bill b ON b.request_key = 'adopted:' || a.order_id
    WHERE a.delivered_at IS NOT NULL
    RETURNING id)
INSERT INTO payments_postingline (posting_id, account, amount_fen)
SELECT fresh.id, line.account, line.fen FROM fresh,
    (VALUES ('DEPOSITS_HELD', %(deposit)s::bigint), ('REVENUE', -%(deposit)s::bigint))
    AS line(account, fen)
"""


def adopt_deposits(*, deposit_fen: int, provider: str) -> int:
    """Write a paid deposit for every order without one; returns how many. Safe to repeat.

    What was delivered is earned. Nobody is told: it is history, known to who paid. Each deposit has
    the moment of the lock of its order.
    """
    values: dict[str, str | int] = {
        "deposit": deposit_fen,
        "provider": provider,
        "clearing": f"CLEARING_{provider}",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS payments_adopted")
        cursor.execute(WANTED, values)
        cursor.execute(BILLS, values)
        count = int(cursor.rowcount)
        for statement in (CHARGES, PAID, EARNED):
            cursor.execute(statement, values)
    return count
