"""What those who record and apply reports may ask about orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from yinuo.contexts.orders.models import Order
from yinuo.platform.ids import clean_code


class Found(NamedTuple):
    """An order that a report named; `centre_id` is the place where it is to be handed over."""

    id: int
    code: str
    state: str
    centre_id: int
    locked_at: dt.datetime


def get_digests(sender: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The content's digest of each order that this sender has sent, by the sender's id."""
    # One array and not thousands of parameters: a file asks this for every row.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, digest FROM orders_order"
            " WHERE sender = %s AND external_id = ANY(%s)",
            [sender, list(external_ids)],
        )
        return dict(cursor.fetchall())


def get_taken_codes(codes: Iterable[str]) -> set[str]:
    """Those of `codes` that an order has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM orders_order WHERE code = ANY(%s)", [list(codes)])
        return {row[0] for row in cursor.fetchall()}


def get_ordered_quotes(refs: Iterable[str]) -> set[str]:
    """Those of these quotes that an order was made from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ref FROM orders_order WHERE quote_ref = ANY(%s) AND quote_ref <> ''",
            [list(refs)],
        )
        return {row[0] for row in cursor.fetchall()}


def find_orders(sender: str, references: Iterable[str]) -> dict[str, Found]:
    """The order each reference means: the sender's own id, a public id, or the customer's code.

    The sender's own id comes first. References that mean nothing are left out.
    """
    asked = list(dict.fromkeys(references))
    if not asked:
        return {}
    by_own = _found("o.external_id = ANY(%s) AND o.sender = %s", "o.external_id", [asked, sender])
    public_ids = {reference: reference.casefold() for reference in asked}
    by_public_id = _found("o.public_id = ANY(%s)", "o.public_id", [[*public_ids.values()]])
    codes = {reference: clean_code(reference) for reference in asked}
    by_code = _found("o.code = ANY(%s)", "o.code", [[*codes.values()]])
    found = {
        reference: by_own.get(reference)
        or by_public_id.get(public_ids[reference])
        or by_code.get(codes[reference])
        for reference in asked
    }
    return {reference: order for reference, order in found.items() if order is not None}


def _found(condition: str, key: str, values: list[str | list[str]]) -> dict[str, Found]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, o.id, o.code, o.state, l.centre_id, o.locked_at FROM orders_order o"
            f" JOIN orders_line l ON l.id = o.line_id WHERE {condition}",
            values,
        )
        return {row[0]: Found(*row[1:]) for row in cursor.fetchall()}


def get_order_rows(codes: Sequence[str]) -> dict[str, int]:
    """The row of each of these orders, by its code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, id FROM orders_order WHERE code = ANY(%s)", [list(codes)])
        return dict(cursor.fetchall())


def codes_of(order_ids: Sequence[int]) -> dict[int, str]:
    """The code of each of these orders that there is, by its row."""
    return dict(Order.objects.filter(id__in=order_ids).values_list("id", "code"))


def find_order(code: str) -> tuple[int, int] | None:
    """The rows of the order with this code and of its person."""
    return Order.objects.filter(code=clean_code(code)).values_list("id", "person_id").first()
